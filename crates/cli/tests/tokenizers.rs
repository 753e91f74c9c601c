//! Tokenizers as people meet them: how text is split by name, begin tokens that are there twice, ids without a token, and a grammar
//! of the empty text.
#![allow(clippy::unwrap_used)] // tests may

use assert_cmd::Command;
use std::path::{Path, PathBuf};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens").join(name)
}

/// Exit code, standard output and standard error.
fn run(model: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("beamline").unwrap();
    command.args(args).arg("--model").arg(model).env_remove("BEAMLINE_MODEL").env("HF_HUB_OFFLINE", "1");
    let output = command.timeout(std::time::Duration::from_secs(120)).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn refused(model: &Path, args: &[&str], code: i32, expected: &str) {
    let (was, out, error) = run(model, args);
    assert!(was == code && out.is_empty() && error.starts_with("error: ") && error.lines().count() == 1, "{error}");
    assert!(error.contains(expected), "{error}");
}

/// A SentencePiece model (BPE) of these pieces: unknown, begin and end first.
fn pieces(pieces: &[&str]) -> Vec<u8> {
    let field = |number: u8, value: &[u8]| [&[number << 3 | 2, value.len() as u8], value].concat();
    let mut file = Vec::new();
    for (id, piece) in pieces.iter().enumerate() {
        let kind = [2, 3, 3].get(id).copied().unwrap_or(1);
        let score = (-0.5 * id as f32).to_le_bytes();
        file.extend(field(1, &[&field(1, piece.as_bytes())[..], &[0x15], &score, &[0x18, kind]].concat()));
    }
    file.extend(field(2, &[0x18, 2]));
    file
}

/// A model of sixteen ids with a tokenizer of fewer tokens that puts a begin token before every text.
fn beginning() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "model.safetensors"] {
        std::fs::copy(golden("pytorch").join(file), folder.path().join(file)).unwrap();
    }
    let vocabulary = pieces(&["<unk>", "<s>", "</s>", "\u{2581}", "a", "b"]);
    std::fs::write(folder.path().join("tokenizer.model"), vocabulary).unwrap();
    let config = r#"{"tokenizer_class": "LlamaTokenizer", "add_bos_token": true, "bos_token": "<s>", "eos_token": "</s>",
        "unk_token": "<unk>", "chat_template": "{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}"}"#;
    std::fs::write(folder.path().join("tokenizer_config.json"), config).unwrap();
    folder
}

/// The ids of `tokenize`.
fn ids(table: &str) -> Vec<u32> {
    table.lines().filter_map(|line| line.split('|').next()?.trim().parse().ok()).collect()
}

#[test]
fn text_is_split_as_a_name_says() {
    let (gguf, folder) = (golden("gguf/tiny-gpt2.gguf"), golden("checkpoints/tiny-gpt2"));
    let plain = ids(&run(&gguf, &["tokenize", "it's 12345 a"]).1);
    let digits = ids(&run(&gguf, &["tokenize", "it's 12345 a", "--pre", "qwen2"]).1);
    assert!(digits.len() > plain.len(), "every digit of its own: {digits:?}, {plain:?}");
    assert_eq!(ids(&run(&folder, &["tokenize", "it's 12345 a", "--pre", "qwen2"]).1), digits);
    let (code, text, error) = run(&gguf, &["generate", "12345", "--pre", "qwen2", "--max-new-tokens", "4"]);
    assert!(code == 0 && !text.is_empty() && error.is_empty(), "{error}");

    refused(&gguf, &["tokenize", "a", "--pre", "quen2"], 2, "a similar one is 'qwen2'; see 'beamline tokenize --help'");
    refused(&gguf, &["tokenize", "a", "--pre", "llama_bpe"], 2, "a similar one is 'llama-bpe'");
    refused(&gguf, &["tokenize", "a", "--pre", "penguins"], 2, "known are gpt-2, ");
    refused(
        beginning().path(),
        &["tokenize", "a", "--pre", "qwen2"],
        3,
        "--pre qwen2 has no effect: the vocabulary is not",
    );
    let file = golden("checkpoints/tiny-gpt2/tokenizer.json");
    refused(&file, &["tokenize", "a", "--pre", "qwen2"], 3, "the first four bytes are not \"GGUF\"");
}

#[test]
fn a_begin_token_that_is_there_twice_is_said() {
    let folder = beginning();
    let model = folder.path();
    let (_, table, error) = run(model, &["tokenize", "<s>ab"]);
    assert_eq!(ids(&table)[..2], [1, 1]);
    let said =
        "warning: the text begins with \"<s>\", which this model puts before every text: it is there twice now\n";
    assert_eq!(error, said);
    assert_eq!(run(model, &["generate", "<s>ab", "--max-new-tokens", "2"]).2, said);
    assert_eq!(run(model, &["tokenize", "ab"]).2, "");
    // A template writes it itself, and none is added; twice it is there where the message begins with it too.
    let (_, shown, error) = run(model, &["tokenize", "--chat", "ab"]);
    assert_eq!((ids(&shown)[0], ids(&shown).iter().filter(|id| **id == 1).count(), error.as_str()), (1, 1, ""));
    let (_, shown, error) = run(model, &["tokenize", "--chat", "<s>ab"]);
    assert_eq!(ids(&shown)[..2], [1, 1]);
    assert_eq!(error, "warning: the text that the template writes begins with \"<s>\" twice\n");
    assert_eq!(run(model, &["generate", "--chat", "ab", "--max-new-tokens", "2"]).2, "");
    let mut command = Command::cargo_bin("beamline").unwrap();
    command.args(["chat", "--max-new-tokens", "2", "--model"]).arg(model).env_remove("BEAMLINE_MODEL");
    let said = command.write_stdin("<s>a\nb\n").output().unwrap().stderr;
    assert_eq!(String::from_utf8(said).unwrap().matches("begins with \"<s>\" twice").count(), 1);
}

#[test]
fn an_id_without_a_token_is_shown_by_its_number() {
    let folder = beginning();
    let picture = folder.path().join("heat.svg");
    let (code, table, error) = run(folder.path(), &["inspect", "ab", "--steps", "2", "--top", "16"]);
    assert_eq!(code, 0, "{error}");
    let (_, stages, _) = run(folder.path(), &["inspect", "ab", "--stages", "--steps", "1", "--top", "16"]);
    let heat = ["plot", "heat", "ab", "-o", picture.to_str().unwrap(), "--top", "16"];
    let (code, _, error) = run(folder.path(), &heat);
    assert_eq!(code, 0, "{error}");
    let svg = std::fs::read_to_string(&picture).unwrap();
    let (_, prompt, _) = run(folder.path(), &["score", "--ids", "4,13,5"]);
    for (shown, expected) in [(&table, "#6 "), (&table, "#15 "), (&stages, "#15 "), (&prompt, "#13 ")] {
        assert!(shown.contains(expected), "{expected} is not in:\n{shown}");
    }
    assert!(svg.contains("#15<") && !table.contains('∅') && !stages.contains('∅') && !svg.contains('∅'), "{svg}");
}

#[test]
fn a_grammar_of_the_empty_text_ends_or_is_an_error_at_once() {
    let model = golden("checkpoints/tiny-gpt2");
    for regex in ["", "()", "a{0}", "^$"] {
        for search in [&["--num-beams", "3"][..], &["--do-sample", "--seed", "1"], &[]] {
            let args = [&["generate", "x", "--regex", regex, "--max-new-tokens", "5"], search].concat();
            // With an end token the text is empty; without one nothing can follow.
            let (code, text, error) = run(&model, &args);
            assert_eq!((code, text.as_str(), error.as_str()), (0, "\n", ""), "{args:?}");
            let args = [&args[..], &["--eos-token-id", ""]].concat();
            refused(&model, &args, 1, "grammar removed every token");
        }
    }
}
