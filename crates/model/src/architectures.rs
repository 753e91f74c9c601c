//! The list of networks that can be run: one file each, with one [`Architecture`].
//!
//! What goes in: the fields of a `config.json` or the keys of a GGUF file. What comes out: a [`Network`], which knows its
//! sizes and makes a model of its weights. Everything outside of this folder asks the list and knows no network by name.
//! What several networks share lies in [`layers`](crate::layers).

mod bloom;
mod cohere;
mod ernie4_5;
mod experts;
mod falcon;
mod gemma;
mod glm4;
mod gpt2;
mod gpt_neo;
mod gpt_neox;
mod gptj;
mod granite;
mod llama;
mod ministral;
mod olmo;
mod opt;
mod phi;
mod phi3;
mod smollm3;
mod stablelm;
mod starcoder2;
mod text_part;

use crate::config::{Asked, Fields, Keys, layer_types};
use crate::error::Defect;
use crate::gguf::Gguf;
use crate::network::Network;
use serde_json::{Map, Value};

/// All networks that can be run.
pub(crate) const ARCHITECTURES: &[Architecture] = &[
    gpt2::ENTRY,
    llama::ENTRY,
    gemma::ENTRY,
    smollm3::ENTRY,
    granite::ENTRY,
    olmo::ENTRY,
    ministral::ENTRY,
    ernie4_5::ENTRY,
    glm4::ENTRY,
    cohere::ENTRY,
    experts::ENTRY,
    phi::ENTRY,
    phi3::ENTRY,
    stablelm::ENTRY,
    starcoder2::ENTRY,
    gpt_neox::ENTRY,
    gptj::ENTRY,
    gpt_neo::ENTRY,
    opt::ENTRY,
    bloom::ENTRY,
    falcon::ENTRY,
];

/// A network, or a family of them: what its checkpoints are called, and how they are read.
pub(crate) struct Architecture {
    /// `model_type` in `config.json`: one for each member of the family.
    pub(crate) names: &'static [&'static str],
    /// `general.architecture` in GGUF files.
    pub(crate) gguf: &'static [&'static str],
    /// What may stand before the names of tensors in safetensors, or not.
    pub(crate) prefix: &'static str,
    /// Standard names of fields that the family spells otherwise: the standard name, the family's own (transformers'
    /// `attribute_map`).
    pub(crate) spellings: &'static [(&'static str, &'static str)],
    /// Reads and checks `config.json`. A field that changes the result is honoured or refused.
    pub(crate) read: fn(&str, Fields<'_>) -> ReadNetwork,
    /// Reads and checks the keys of a GGUF file.
    pub(crate) read_gguf: fn(&Keys<'_, '_>) -> ReadNetwork,
}

/// For networks that no GGUF file is read of: they have no name there.
pub(crate) fn not_from_gguf(keys: &Keys<'_, '_>) -> ReadNetwork {
    Err(Defect::unsupported("general.architecture", keys.architecture, "its safetensors"))
}

/// What reading a description gives.
pub(crate) type ReadNetwork = Result<Box<dyn Network>, Defect>;

/// A network that a checkpoint describes.
pub(crate) struct Described {
    /// The name by which the checkpoint asked for it.
    pub(crate) name: String,
    /// What may stand before its tensors' names: the first that does, or nothing.
    pub(crate) prefixes: &'static [&'static str],
    /// Whether it is the text part of a model that has others.
    pub(crate) is_text_part: bool,
    pub(crate) network: Box<dyn Network>,
}

/// Reads a `config.json`, as transformers writes it.
pub(crate) fn from_json(bytes: &[u8]) -> Result<Described, Defect> {
    let json = crate::json::python_json(bytes).map_err(|e| Defect::Json(e.to_string()))?;
    let json = json.as_object().ok_or_else(|| Defect::Json("not an object".to_owned()))?;
    let known = |kind: &str| ARCHITECTURES.iter().any(|architecture| architecture.names.contains(&kind));
    match text_part::of(json, known)? {
        Some(text) => Ok(Described { prefixes: text.prefixes, is_text_part: true, ..read_json(&text.config, None)? }),
        None => read_json(json, None),
    }
}

/// Reads the fields of a `config.json`; `asked` keeps the names of those that are read.
fn read_json(json: &Map<String, Value>, asked: Option<&Asked>) -> Result<Described, Defect> {
    let own = Asked::default();
    let asked = asked.unwrap_or(&own);
    let fields = Fields::new(json).watched(Some(asked));
    if let Some(quantization) = fields.get("quantization_config") {
        return Err(quantized(quantization));
    }
    fields.only("is_encoder_decoder", &Value::Bool(false))?;
    fields.only("per_layer_config", &Value::Null)?;
    let kind = fields.text("model_type")?;
    let described = describe(
        "model_type",
        kind,
        |a| a.names,
        |architecture, name| (architecture.read)(name, fields.spelled(architecture.spellings)),
    )?;
    // Networks without windows: transformers' cache slides all the same, so that a text depends on how it is computed.
    let is_read = asked.borrow().contains("sliding_window");
    let plain = Fields::new(json);
    layer_types::have_a_window(plain, &described.name)?;
    if !asked.borrow().contains("layer_types") {
        layer_types::are_the_family_s(plain, described.network.geometry().layers, is_read)?;
    }
    match json.get("sliding_window").filter(|window| !window.is_null() && !is_read) {
        Some(window) => Err(Defect::unsupported("sliding_window", window, "null in this family")),
        None => Ok(described),
    }
}

/// Why weights that another program quantised are refused: its method by name, and the way out.
fn quantized(config: &Value) -> Defect {
    let text = |name: &str| config.get(name).and_then(Value::as_str);
    let flag = |name: &str| config.get(name).and_then(Value::as_bool) == Some(true);
    // bitsandbytes has not always named itself.
    let unnamed = if flag("load_in_4bit") || flag("load_in_8bit") { "bitsandbytes" } else { "an unnamed method" };
    let method: String = text("quant_method").unwrap_or(unnamed).chars().take(40).collect();
    let ways = "none; take a GGUF file of the model (--model FILE.gguf), or the repository that it was quantized from, which --dtype can convert";
    Defect::unsupported("quantization_config.quant_method", method, ways)
}

/// Reads the keys of a GGUF file.
pub(crate) fn from_gguf(gguf: &Gguf<'_>) -> Result<Described, Defect> {
    let asked = gguf.text("general.architecture")?;
    describe(
        "general.architecture",
        asked,
        |a| a.gguf,
        |architecture, name| {
            (architecture.read_gguf)(&Keys { gguf, architecture: name }).map_err(|defect| in_gguf(defect, name))
        },
    )
}

/// What GGUF calls the fields of a `config.json` that are checked for both.
const IN_GGUF: [(&str, &str); 15] = [
    ("max_position_embeddings", "context_length"),
    ("n_positions", "context_length"),
    ("hidden_size", "embedding_length"),
    ("n_embd", "embedding_length"),
    ("num_hidden_layers", "block_count"),
    ("n_layer", "block_count"),
    ("num_attention_heads", "attention.head_count"),
    ("n_head", "attention.head_count"),
    ("num_key_value_heads", "attention.head_count_kv"),
    ("head_dim", "attention.key_length"),
    ("intermediate_size", "feed_forward_length"),
    ("n_inner", "feed_forward_length"),
    ("vocab_size", "vocab_size"),
    ("rms_norm_eps", "attention.layer_norm_rms_epsilon"),
    ("rope_theta", "rope.freq_base"),
];

/// A defect by the name that the field has in the file.
fn in_gguf(defect: Defect, architecture: &str) -> Defect {
    let Defect::Value { field, value, allowed } = defect else { return defect };
    let named = IN_GGUF.iter().find(|(name, _)| *name == field);
    let field = named.map_or(field, |(_, key)| format!("{architecture}.{key}"));
    Defect::Value { field, value, allowed }
}

/// Finds the network that `field` asks for and reads what describes it.
fn describe(
    field: &str,
    asked: Option<&str>,
    names: fn(&Architecture) -> &'static [&'static str],
    read: impl FnOnce(&Architecture, &str) -> ReadNetwork,
) -> Result<Described, Defect> {
    let all = || ARCHITECTURES.iter().flat_map(names).copied().collect::<Vec<_>>().join(", ");
    let name = asked.ok_or_else(|| Defect::value(field, "missing", &format!("one of {}", all())))?;
    let found = ARCHITECTURES.iter().find(|architecture| names(architecture).contains(&name));
    let architecture = found.ok_or_else(|| Defect::unsupported(field, name, &all()))?;
    let network = read(architecture, name)?;
    let prefixes = std::slice::from_ref(&architecture.prefix);
    Ok(Described { name: name.to_owned(), prefixes, is_text_part: false, network })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defects_of_a_gguf_file_have_its_names() {
        let said = |field: &str| in_gguf(Defect::value(field, 7, "less"), "llama").to_string();
        assert_eq!(said("max_position_embeddings"), "llama.context_length is 7; it must be less");
        assert_eq!(said("general.alignment"), "general.alignment is 7; it must be less");
    }
    use crate::config::HARMLESS;
    use std::collections::BTreeSet;

    #[test]
    fn each_architecture_has_names_of_its_own() {
        let lists: [fn(&Architecture) -> &'static [&'static str]; 2] = [|a| a.names, |a| a.gguf];
        for names in lists {
            let mut seen = BTreeSet::new();
            for architecture in ARCHITECTURES {
                for name in names(architecture) {
                    assert!(!name.is_empty() && seen.insert(name), "{name} is in the list twice");
                }
            }
        }
    }

    /// A config of a family with every field at transformers' default, but for sizes that make a small network.
    fn small(kind: &str, fields: &Map<String, Value>) -> Map<String, Value> {
        let mut config = fields.clone();
        let sizes = [
            ("hidden_size", 64),
            ("n_embd", 64),
            ("num_hidden_layers", 2),
            ("num_layers", 2),
            ("n_layer", 2),
            ("vocab_size", 9),
            ("num_attention_heads", 4),
            ("num_heads", 4),
            ("n_head", 4),
            ("num_key_value_heads", 4),
            ("head_dim", 16),
            ("intermediate_size", 32),
            ("ffn_dim", 32),
            ("rotary_dim", 8),
            ("num_kv_heads", 4),
        ];
        for (name, size) in sizes {
            if let Some(value) = config.get_mut(name) {
                *value = size.into();
            }
        }
        if kind == "gpt_neo" {
            config["attention_types"] = serde_json::json!([[["global", "local"], 1]]);
        }
        config.insert("model_type".to_owned(), kind.into());
        config
    }

    /// Compares the list in docs/architectures.md, or writes it where `UPDATE_DOCUMENTS` is set.
    fn is_documented(list: &str) {
        const MARKS: [&str; 2] = ["<!-- fields -->\n", "<!-- end of fields -->"];
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/architectures.md");
        let page = std::fs::read_to_string(path).unwrap();
        let (from, to) = (page.find(MARKS[0]).unwrap() + MARKS[0].len(), page.find(MARKS[1]).unwrap());
        if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
            std::fs::write(path, format!("{}{list}\n{}", &page[..from], &page[to..])).unwrap();
        } else {
            assert_eq!(page[from..to].trim_end(), list, "UPDATE_DOCUMENTS=1 writes it");
        }
    }

    #[test]
    fn every_field_of_transformers_is_honoured_refused_or_known_to_be_harmless() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens/expected/fields.json");
        let json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let families = json["families"].as_object().unwrap();
        let shared = families["*"]["fields"].as_object().unwrap();
        let (mut missing, mut seen, mut lines) = (Vec::new(), BTreeSet::new(), Vec::new());
        for architecture in ARCHITECTURES {
            for kind in architecture.names {
                let Some(family) = families.get(*kind) else {
                    missing.push(format!("{kind}: not in the list"));
                    continue;
                };
                let (asked, config) = (Asked::default(), small(kind, family["fields"].as_object().unwrap()));
                if let Err(defect) = read_json(&config, Some(&asked)) {
                    missing.push(format!("{kind}: {defect}"));
                }
                let names =
                    family["fields"].as_object().unwrap().keys().chain(family["names"].as_object().unwrap().keys());
                for name in names.chain(shared.keys()) {
                    let harmless = HARMLESS.iter().any(|(known, _)| known == name);
                    if !harmless && !asked.borrow().contains(name) {
                        missing.push(format!("{kind}: {name} is passed over"));
                    }
                }
                let asked = asked.into_inner();
                lines.push(format!(
                    "- `{kind}`: {}.",
                    asked.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
                ));
                seen.extend(asked);
            }
        }
        assert!(missing.is_empty(), "{}", missing.join("\n"));
        let both: Vec<_> = HARMLESS.iter().filter(|(name, _)| seen.contains(*name)).collect();
        assert!(both.is_empty(), "called harmless, and read: {both:?}");
        is_documented(&lines.join("\n"));
    }

    #[test]
    fn quantized_weights_are_refused_by_the_name_of_their_method() {
        let methods = ["awq", "gptq", "fp8", "bitsandbytes", "compressed-tensors", "mxfp4"];
        let named = methods.map(|method| (format!(r#"{{"quant_method": "{method}", "bits": 4}}"#), method));
        let unnamed =
            [(r#"{"load_in_4bit": true}"#, "bitsandbytes"), ("{}", "an unnamed method"), ("7", "an unnamed method")];
        let unnamed = unnamed.map(|(config, method)| (config.to_owned(), method));
        for (config, method) in named.into_iter().chain(unnamed) {
            let json = format!(r#"{{"model_type": "llama", "quantization_config": {config}}}"#);
            let refused = from_json(json.as_bytes()).map(|_| ()).unwrap_err().to_string();
            assert!(refused.contains(method) && refused.contains("GGUF") && refused.contains("--dtype"), "{refused}");
        }
    }

    #[test]
    fn a_network_that_is_not_in_the_list_is_refused_with_all_that_are() {
        let refused = |asked| describe("model_type", asked, |a| a.names, |_, _| unreachable!("not found")).map(|_| ());
        let unknown = refused(Some("mamba")).unwrap_err().to_string();
        let expected =
            "model_type is mamba, which is not supported; supported: gpt2, llama, mistral, qwen2, qwen3, gemma,";
        assert!(unknown.starts_with(expected) && unknown.ends_with(", falcon"), "{unknown}");
        assert!(
            refused(None).unwrap_err().to_string().contains("model_type is missing; it must be one of gpt2, llama")
        );
    }
}
