//! `beamline models random`: a checkpoint that has learned nothing.

use crate::args::{Architecture, ModelRandom};
use crate::failure::Failure;
use crate::output::print;
use beamline::{Coins, Purpose, RandomArchitecture, RandomCheckpoint, byte_tokenizer_json, word_tokenizer_json};

pub(super) fn run(args: &ModelRandom) -> Result<(), Failure> {
    let words = words(args)?;
    let vocab = words.as_ref().map_or(args.vocab.unwrap_or(512), Vec::len);
    let tokenizer = match &words {
        Some(words) => word_tokenizer_json(words),
        None => byte_tokenizer_json(vocab).unwrap_or_else(|| word_tokenizer_json(&numbered(vocab))),
    };
    let architecture = match args.architecture {
        Architecture::Gpt2 => RandomArchitecture::Gpt2,
        Architecture::Llama => RandomArchitecture::Llama,
    };
    let (width, layers, heads, context) = (args.width, args.layers, args.heads, args.context);
    let shape = RandomCheckpoint { architecture, vocab, width, layers, heads, context };
    let folder = &args.output;
    let wrong = |error: std::io::Error| Failure::usage(format!("{}: {error}; give -o a new folder", folder.display()));
    std::fs::create_dir_all(folder).map_err(wrong)?;
    if std::fs::read_dir(folder).map_err(wrong)?.next().is_some() {
        return Err(Failure::usage(format!("{}: there are files in it; give -o a new folder", folder.display())));
    }
    let coins = Coins::new(args.seed);
    shape
        .write(folder, &|tensor, i| coins.toss(tensor, i, Purpose::Weight, 0))
        .map_err(|error| Failure::usage(error.to_string()))?;
    let failed = |error: std::io::Error| Failure::usage(format!("{}: {error}", folder.display()));
    std::fs::write(folder.join("tokenizer.json"), tokenizer).map_err(failed)?;
    // Its words are its own, and not those of the tokenizers that the architecture usually has.
    let class = "{\"tokenizer_class\": \"PreTrainedTokenizerFast\"}\n";
    std::fs::write(folder.join("tokenizer_config.json"), class).map_err(failed)?;
    print(&format!("{}\n", folder.display()))
}

/// The words that were given, each once.
fn words(args: &ModelRandom) -> Result<Option<Vec<String>>, Failure> {
    let Some(text) = &args.words else { return Ok(None) };
    let words: Vec<String> = text.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    if let Some(twice) = words.iter().enumerate().find(|(i, word)| words[..*i].contains(word)).map(|(_, word)| word) {
        return Err(Failure::usage(format!("--words has {twice:?} twice; give each word once")));
    }
    match args.vocab {
        Some(vocab) if vocab != words.len() => {
            Err(Failure::usage(format!("--words has {} words and --vocab is {vocab}; leave --vocab out", words.len())))
        }
        _ if words.is_empty() => Err(Failure::usage("--words has no word; give some, such as \"hello world\"")),
        _ => Ok(Some(words)),
    }
}

/// Words for a vocabulary that has no room for all bytes.
fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("w{i}")).collect()
}
