//! The tokens that a folder's files add to a vocabulary, or mark as special, in the order of transformers 5.

use super::class::Class;
use super::{Built, Fields, FolderFiles, Settings};
use crate::guard::unless_it_panics;
use crate::{TokenId, TokensError};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tokenizers::AddedToken;

/// The names that every class has for special tokens, in the order in which they are added.
const NAMED: [&str; 7] = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

/// A token as a file writes it: a text alone, or with how it is to be found in a text.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Mark {
    text: String,
    single_word: bool,
    strips: (bool, bool),
    /// None: unless it is special.
    normalized: Option<bool>,
    special: bool,
}

impl Mark {
    fn special(text: impl Into<String>) -> Self {
        Self { text: text.into(), single_word: false, strips: (false, false), normalized: None, special: true }
    }

    /// A text, or an object with `content`; none for anything else.
    fn read(value: &Value) -> Option<Self> {
        if let Some(text) = value.as_str() {
            return Some(Self::special(text));
        }
        let flag = |name: &str| value[name].as_bool();
        Some(Self {
            text: value["content"].as_str()?.to_owned(),
            single_word: flag("single_word").unwrap_or(false),
            strips: (flag("lstrip").unwrap_or(false), flag("rstrip").unwrap_or(false)),
            normalized: flag("normalized"),
            special: flag("special").unwrap_or(false),
        })
    }

    fn list(value: &Value) -> Vec<Self> {
        value.as_array().into_iter().flatten().filter_map(Self::read).collect()
    }

    fn token(&self) -> AddedToken {
        AddedToken::from(self.text.clone(), self.special)
            .normalized(self.normalized.unwrap_or(!self.special))
            .single_word(self.single_word)
            .lstrip(self.strips.0)
            .rstrip(self.strips.1)
    }
}

/// What the files list, before the class and the vocabulary are known.
pub(super) struct Listed {
    /// `tokenizer_config.json`, with what `special_tokens_map.json` says over it where that counts.
    pub(super) fields: Fields,
    /// The added tokens under the ids that the files give them.
    decoder: BTreeMap<u64, Mark>,
    /// Special tokens without a name. None where no file has such a list.
    extra: Option<Vec<Mark>>,
    /// Special tokens with names that no class has, such as `image_token`.
    specific: Vec<Mark>,
}

/// Whether a value counts in Python's `if`.
fn is_there(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => false,
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(fields)) => !fields.is_empty(),
        Some(_) => true,
    }
}

impl Listed {
    /// Reads the lists. `added_tokens_decoder` in `tokenizer_config.json` counts alone; without it, `special_tokens_map.json`,
    /// `added_tokens.json` and the list of `tokenizer.json` do.
    pub(super) fn read(files: &FolderFiles, mut fields: Fields, json: Option<&mut Value>) -> Result<Self, TokensError> {
        if !is_there(fields.get("extra_special_tokens"))
            && let Some(additional) = fields.remove("additional_special_tokens")
        {
            fields.insert("extra_special_tokens".to_owned(), additional);
        }
        let decoder = match fields.get("added_tokens_decoder") {
            Some(Value::Object(tokens)) => decoder(tokens)?,
            _ => Self::older(files, &mut fields, json)?,
        };
        let lists = ["extra_special_tokens", "additional_special_tokens"];
        let list = lists.iter().find_map(|name| fields.get(*name));
        let mut specific: Vec<Mark> = Vec::new();
        let own = fields.iter().filter(|(name, value)| {
            name.ends_with("_token") && !NAMED.contains(&name.as_str()) && (value.is_string() || value.is_object())
        });
        specific.extend(own.filter_map(|(_, value)| Mark::read(value)));
        if let Some(Value::Object(tokens)) = list {
            specific.extend(tokens.values().filter_map(Mark::read));
        }
        let extra = list.filter(|list| !list.is_object()).map(Mark::list);
        Ok(Self { fields, decoder, extra, specific })
    }

    /// The lists of folders that are older than `added_tokens_decoder`.
    fn older(
        files: &FolderFiles,
        fields: &mut Fields,
        json: Option<&mut Value>,
    ) -> Result<BTreeMap<u64, Mark>, TokensError> {
        for (name, mut value) in files.fields("special_tokens_map.json")?.unwrap_or_default() {
            if let Value::Object(token) = &mut value {
                token.insert("special".to_owned(), Value::Bool(true));
            }
            if name == "extra_special_tokens" && value.is_array() {
                let before = fields.get(&name).and_then(Value::as_array).cloned().unwrap_or_default();
                let new = value.as_array().into_iter().flatten().filter(|token| !before.contains(token)).cloned();
                value = before.iter().cloned().chain(new).collect();
            }
            fields.insert(name, value);
        }
        let mut tokens = BTreeMap::new();
        if let Some(added) = files.fields("added_tokens.json")? {
            let named = NAMED.iter().filter_map(|name| Mark::read(fields.get(*name)?));
            let lists = fields.get("extra_special_tokens").map(Mark::list).unwrap_or_default();
            let special: BTreeSet<String> = named.chain(lists).map(|mark| mark.text).collect();
            for (text, id) in added {
                let Some(id) = id.as_u64() else {
                    return Err(TokensError::file(
                        "added_tokens.json",
                        format!("the id of {text:?} is {id}, which is no number"),
                    ));
                };
                let mark = Mark { special: special.contains(&text), ..Mark::special(text) };
                tokens.insert(id, mark);
            }
        }
        let own = json.map(|json| json["added_tokens"].as_array().cloned().unwrap_or_default());
        for token in own.into_iter().flatten() {
            if let (Some(id), Some(mark)) = (token["id"].as_u64(), Mark::read(&token)) {
                tokens.insert(id, mark);
            }
        }
        Ok(tokens)
    }
}

/// `added_tokens_decoder`: tokens by their ids, which are texts there.
fn decoder(tokens: &Fields) -> Result<BTreeMap<u64, Mark>, TokensError> {
    let read = |(id, token): (&String, &Value)| {
        let number = id.parse::<u64>().ok();
        let mark = Mark::read(token).filter(|_| token.is_object());
        number.zip(mark).ok_or_else(|| {
            let reason = format!(
                "added_tokens_decoder has {token} under {id:?}; expected an object with a content, under a number"
            );
            TokensError::file("tokenizer_config.json", reason)
        })
    };
    tokens.iter().map(read).collect()
}

/// The special tokens of a tokenizer.
pub(super) struct Named {
    /// Those with names that every class has.
    by_name: HashMap<&'static str, Mark>,
    /// All of them, in the order in which they are added.
    all: Vec<Mark>,
    extra: Vec<Mark>,
}

impl Named {
    pub(super) fn new(built: &Built, settings: &Settings, listed: &Listed) -> Result<Self, TokensError> {
        let by_text: HashMap<&str, &Mark> = listed.decoder.values().map(|mark| (mark.text.as_str(), mark)).collect();
        let defaults = defaults(settings.class);
        let mut named = HashMap::new();
        for name in NAMED {
            let mark = match listed.fields.get(name) {
                Some(Value::Null) => None,
                Some(value) => Some(marked(name, value, &by_text)?),
                None => {
                    let own = built.names.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str());
                    let default = defaults.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
                    default.or(own).map(Mark::special)
                }
            };
            named.extend(mark.map(|mark| (name, mark)));
        }
        let mut all: Vec<Mark> = NAMED.iter().filter_map(|name| named.get(name).cloned()).collect();
        let of_class = defaults.iter().filter(|(name, _)| !NAMED.contains(name) && !listed.fields.contains_key(*name));
        all.extend(of_class.map(|(_, text)| Mark::special(*text)));
        all.extend(listed.specific.iter().cloned());
        let mut extra = listed.extra.clone().unwrap_or_default();
        if listed.extra.is_none() {
            extra.extend(built.marked.iter().map(|(text, special)| Mark {
                normalized: Some(false),
                special: *special,
                ..Mark::special(text)
            }));
            if settings.class == Class::T5 {
                extra.extend(extra_ids(&listed.fields).map(Mark::special));
            }
        }
        Ok(Self { by_name: named, all, extra })
    }

    /// Adds the listed tokens and the special ones to a vocabulary.
    pub(super) fn add_to(
        &self,
        library: &mut tokenizers::Tokenizer,
        settings: &Settings,
        listed: &Listed,
    ) -> Result<(), TokensError> {
        let mut known: BTreeSet<String> = library.get_added_vocabulary().get_vocab().keys().cloned().collect();
        let mut tokens: Vec<Mark> = listed.decoder.values().cloned().collect();
        known.extend(tokens.iter().map(|mark| mark.text.clone()));
        for mark in self.all.iter().chain(&self.extra) {
            if known.insert(mark.text.clone()) {
                tokens.push(mark.clone());
            }
        }
        let special: BTreeSet<&str> = self.all.iter().map(|mark| mark.text.as_str()).collect();
        for mark in &mut tokens {
            mark.special |= special.contains(mark.text.as_str());
        }
        let mut again = Vec::new();
        if settings.class == Class::Qwen2 {
            again.extend(self.all.iter().chain(&self.extra).map(|mark| Mark::special(&mark.text)));
        }
        if settings.class == Class::Cohere {
            again.extend(self.all.iter().chain(&self.extra).cloned());
        }
        add(library, &tokens)?;
        add(library, &again)
    }

    /// The tokens put before and after every text. The file's own rule is taken out where the class has another.
    pub(super) fn around(
        &self,
        built: &mut Built,
        settings: &Settings,
        listed: &Listed,
    ) -> (Option<TokenId>, Option<TokenId>) {
        let library = &mut built.encoder;
        let flag = |name: &str| listed.fields.get(name).and_then(Value::as_bool);
        // What tokenizer.json says counts where there is one.
        let asked = |name: &str| if settings.from_json { None } else { flag(name) };
        let id = |name: &str| {
            let text = &self.by_name.get(name)?.text;
            library.token_to_id(text).map(TokenId)
        };
        let (before, after) = match settings.class {
            // [SEP] too, as there: whoever wants none gives token ids.
            Class::Bert => (id("cls_token"), id("sep_token")),
            // A prompt goes on: no end token after it.
            Class::T5 => (None, None),
            class => {
                let by_class = class == Class::CodeLlama;
                let begins = asked("add_bos_token").unwrap_or(by_class);
                let ends = asked("add_eos_token").unwrap_or(false);
                let fields = !settings.from_json
                    && (listed.fields.contains_key("add_bos_token") || listed.fields.contains_key("add_eos_token"));
                let own = !fields && !by_class && class != Class::GptNeoX && library.get_post_processor().is_some();
                if own {
                    return (None, None);
                }
                (begins.then(|| id("bos_token")).flatten(), ends.then(|| id("eos_token")).flatten())
            }
        };
        library.with_post_processor(None::<tokenizers::PostProcessorWrapper>);
        (before, after)
    }
}

/// A named special token as a file gives it; where a list has the same text, that is how it is found.
fn marked(name: &str, value: &Value, by_text: &HashMap<&str, &Mark>) -> Result<Mark, TokensError> {
    let mark = Mark::read(value).ok_or_else(|| {
        TokensError::file(
            "tokenizer_config.json",
            format!("{name} is {value}; expected a text, or an object with a content"),
        )
    })?;
    Ok(by_text.get(mark.text.as_str()).map_or(mark, |listed| (*listed).clone()))
}

fn add(library: &mut tokenizers::Tokenizer, marks: &[Mark]) -> Result<(), TokensError> {
    if marks.is_empty() {
        return Ok(());
    }
    let tokens: Vec<AddedToken> = marks.iter().map(Mark::token).collect();
    let added = unless_it_panics(|| library.add_tokens(tokens));
    match added {
        Some(Ok(_)) => Ok(()),
        Some(Err(error)) => Err(TokensError::Vocabulary(crate::error::one_line(&error.to_string()))),
        None => Err(TokensError::Vocabulary("its added tokens contradict it".to_owned())),
    }
}

/// The special tokens that a class has unless a file names others.
fn defaults(class: Class) -> &'static [(&'static str, &'static str)] {
    const END: &str = "<|endoftext|>";
    match class {
        Class::Backend => &[],
        Class::Gpt2 => &[("unk_token", END), ("bos_token", END), ("eos_token", END)],
        Class::GptNeoX => &[("unk_token", END), ("bos_token", END), ("eos_token", END), ("pad_token", "<|padding|>")],
        Class::Qwen2 | Class::Qwen35 => &[("unk_token", END), ("eos_token", END), ("pad_token", END)],
        Class::Llama => &[("unk_token", "<unk>"), ("bos_token", "<s>"), ("eos_token", "</s>")],
        Class::CodeLlama => &[
            ("unk_token", "<unk>"),
            ("bos_token", "<s>"),
            ("eos_token", "</s>"),
            ("prefix_token", "▁<PRE>"),
            ("middle_token", "▁<MID>"),
            ("suffix_token", "▁<SUF>"),
            ("eot_token", "▁<EOT>"),
            ("fill_token", "<FILL_ME>"),
        ],
        Class::Gemma => &[
            ("unk_token", "<unk>"),
            ("bos_token", "<bos>"),
            ("eos_token", "<eos>"),
            ("pad_token", "<pad>"),
            ("mask_token", "<mask>"),
        ],
        Class::Cohere => &[
            ("unk_token", "<UNK>"),
            ("bos_token", "<BOS_TOKEN>"),
            ("eos_token", "<|END_OF_TURN_TOKEN|>"),
            ("pad_token", "<PAD>"),
            ("cls_token", "<CLS>"),
            ("sep_token", "<SEP>"),
            ("mask_token", "<MASK_TOKEN>"),
        ],
        Class::T5 => &[("eos_token", "</s>"), ("unk_token", "<unk>"), ("pad_token", "<pad>")],
        Class::Bert => &[
            ("unk_token", "[UNK]"),
            ("sep_token", "[SEP]"),
            ("pad_token", "[PAD]"),
            ("cls_token", "[CLS]"),
            ("mask_token", "[MASK]"),
        ],
    }
}

/// The tokens that `T5Tokenizer` adds for its training.
pub(super) fn extra_ids(fields: &Fields) -> impl Iterator<Item = String> + use<> {
    let count = fields.get("extra_ids").and_then(Value::as_u64).unwrap_or(100).min(10_000);
    (0..count).rev().map(|i| format!("<extra_id_{i}>"))
}

/// The text that stands for what no token can: the class's, or the one that the files name.
pub(super) fn unknown(class: Class, fields: &Fields) -> Option<String> {
    match fields.get("unk_token") {
        Some(value) => Mark::read(value).map(|mark| mark.text),
        None => defaults(class).iter().find(|(name, _)| *name == "unk_token").map(|(_, text)| (*text).to_owned()),
    }
}
