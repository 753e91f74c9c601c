//! Where chat templates lie: beside the weights in files, or in the keys of a GGUF file.

use crate::chat::ChatTemplates;
use crate::open::file;
use beamline_chat::TokenTexts;
use beamline_model::gguf::{Gguf, Value as Stored};
use serde_json::{Map, Value};
use std::path::Path;

/// The longest file that is read for a template; templates themselves must be shorter.
const MOST_BYTES: u64 = 64 << 20;

const CONFIG: &str = "tokenizer_config.json";
const FILE: &str = "chat_template.jinja";
const OTHERS: &str = "additional_chat_templates";

/// The templates of a folder. Files of their own win over `tokenizer_config.json`, as in transformers. What cannot be read is said
/// when a template is asked for: a prompt needs none.
pub(super) fn in_folder(model: &str, folder: &Path) -> ChatTemplates {
    let mut problem = None;
    let mut fields = |file: &str| match object(&folder.join(file)) {
        Ok(fields) => fields,
        Err(reason) => {
            problem.get_or_insert(format!("{file}: {reason}"));
            Map::new()
        }
    };
    let config = fields(CONFIG);
    let mut tokens = token_texts(&fields("special_tokens_map.json"));
    tokens.append(&mut token_texts(&config));
    let mut templates = ChatTemplates::of(model, tokens);
    let read = files(folder, &mut templates).and_then(|count| match count {
        0 => from_config(&config, &mut templates),
        _ => Ok(()),
    });
    if let Some(reason) = read.err().or(problem) {
        templates.unreadable(reason);
    }
    templates
}

/// A file's text; none where there is no such file.
fn text(path: &Path) -> Result<Option<String>, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let Ok(about) = std::fs::metadata(path) else { return Ok(None) };
    if about.len() > MOST_BYTES {
        return Err(format!("{name} has {} bytes; at most {MOST_BYTES} are read", about.len()));
    }
    let bytes = file::bytes(path).map_err(|error| format!("{name}: {error}"))?;
    String::from_utf8(bytes).map(Some).map_err(|_| format!("{name}: not UTF-8 text"))
}

/// A file's JSON object; an empty one where there is no such file.
fn object(path: &Path) -> Result<Map<String, Value>, String> {
    let Some(text) = text(path)? else { return Ok(Map::new()) };
    match serde_json::from_str(&text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err("it is no JSON object".to_owned()),
        Err(error) => Err(format!("not valid JSON: {error}")),
    }
}

/// Templates in files of their own; how many there are.
fn files(folder: &Path, templates: &mut ChatTemplates) -> Result<usize, String> {
    let mut count = 0;
    if let Some(source) = text(&folder.join(FILE))? {
        templates.add(ChatTemplates::DEFAULT, FILE.to_owned(), source);
        count += 1;
    }
    let Ok(others) = std::fs::read_dir(folder.join(OTHERS)) else { return Ok(count) };
    let mut paths: Vec<_> = others.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jinja"));
    paths.sort();
    for path in paths {
        let (Some(name), Some(source)) = (path.file_stem().and_then(|stem| stem.to_str()), text(&path)?) else {
            continue;
        };
        templates.add(name, format!("{OTHERS}/{name}.jinja"), source);
        count += 1;
    }
    Ok(count)
}

/// `chat_template` of `tokenizer_config.json`: a text, or a list of objects with name and template.
fn from_config(config: &Map<String, Value>, templates: &mut ChatTemplates) -> Result<(), String> {
    let wrong = || format!("{CONFIG}: chat_template must be a text, or a list of objects with name and template");
    match config.get("chat_template") {
        None | Some(Value::Null) => {}
        Some(Value::String(source)) => templates.add(ChatTemplates::DEFAULT, CONFIG.to_owned(), source.clone()),
        Some(Value::Array(several)) => {
            for one in several {
                let field = |name: &str| one.get(name).and_then(Value::as_str).ok_or_else(wrong);
                let name = field("name")?;
                templates.add(name, format!("{CONFIG} ({name})"), field("template")?.to_owned());
            }
        }
        Some(_) => return Err(wrong()),
    }
    Ok(())
}

/// Every `..._token`: a text, or an object with `content`; those that a model names itself too.
fn token_texts(fields: &Map<String, Value>) -> TokenTexts {
    let content = |value: &Value| value.as_str().or_else(|| value.get("content")?.as_str()).map(str::to_owned);
    let own = fields.get("extra_special_tokens").and_then(Value::as_object).into_iter().flatten();
    let named = own.chain(fields).filter(|(name, _)| name.ends_with("_token"));
    named.filter_map(|(name, value)| Some((name.clone(), content(value)?))).collect()
}

/// The templates of a GGUF file.
pub(super) fn in_gguf(model: &str, gguf: &Gguf<'_>) -> ChatTemplates {
    const KEY: &str = "tokenizer.chat_template";
    let mut templates = ChatTemplates::of(model, gguf_tokens(gguf));
    let texts = |value| match value {
        Stored::Text(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    };
    let names = gguf.list("tokenizer.chat_templates").ok().flatten();
    for name in names.iter().flat_map(beamline_model::gguf::List::values).filter_map(texts) {
        let key = format!("{KEY}.{name}");
        match gguf.text(&key) {
            Ok(Some(source)) => templates.add(name, key, source.to_owned()),
            Ok(None) => {}
            Err(defect) => templates.unreadable(defect.to_string()),
        }
    }
    match gguf.text(KEY) {
        Ok(Some(source)) => templates.add(ChatTemplates::DEFAULT, KEY.to_owned(), source.to_owned()),
        Ok(None) => {}
        Err(defect) => templates.unreadable(defect.to_string()),
    }
    templates
}

/// The texts of a GGUF file's own tokens, under the names that templates know.
fn gguf_tokens(gguf: &Gguf<'_>) -> TokenTexts {
    const NAMES: [(&str, &str); 6] = [
        ("bos_token", "bos"),
        ("eos_token", "eos"),
        ("unk_token", "unknown"),
        ("pad_token", "padding"),
        ("sep_token", "seperator"), // as the format spells it
        ("mask_token", "mask"),
    ];
    let Ok(Some(list)) = gguf.list("tokenizer.ggml.tokens") else { return TokenTexts::new() };
    let text = |key: &str| {
        let id = gguf.count(&format!("tokenizer.ggml.{key}_token_id")).ok().flatten()?;
        match list.values().nth(id)? {
            Stored::Text(bytes) => std::str::from_utf8(bytes).ok().map(str::to_owned),
            _ => None,
        }
    };
    NAMES.into_iter().filter_map(|(name, key)| Some((name.to_owned(), text(key)?))).collect()
}
