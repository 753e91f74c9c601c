//! The list of networks that can be run: one file each, with one [`Architecture`].
//!
//! What goes in: the fields of a `config.json` or the keys of a GGUF file. What comes out: a [`Network`], which knows its
//! sizes and makes a model of its weights. Everything outside of this folder asks the list and knows no network by name.
//! What several networks share lies in [`layers`](crate::layers).

mod gpt2;
mod llama;

use crate::config::{Fields, Keys};
use crate::error::{Defect, LoadError};
use crate::forward::Model;
use crate::geometry::Geometry;
use crate::gguf::Gguf;
use crate::weights::Weights;
use beamline_kernels::Compute;
use serde_json::Value;
use std::sync::Arc;

/// All networks that can be run.
pub(crate) const ARCHITECTURES: &[Architecture] = &[gpt2::ENTRY, llama::ENTRY];

/// A network, or a family of them: what its checkpoints are called, and how they are read.
pub(crate) struct Architecture {
    /// `model_type` in `config.json`: one for each member of the family.
    pub(crate) names: &'static [&'static str],
    /// `general.architecture` in GGUF files.
    pub(crate) gguf: &'static [&'static str],
    /// What may stand before the names of tensors in safetensors, or not.
    pub(crate) prefix: &'static str,
    /// Reads and checks `config.json`. A field that changes the result is honoured or refused.
    pub(crate) read: fn(&str, Fields<'_>) -> ReadNetwork,
    /// Reads and checks the keys of a GGUF file.
    pub(crate) read_gguf: fn(&Keys<'_, '_>) -> ReadNetwork,
}

/// What reading a description gives.
pub(crate) type ReadNetwork = Result<Box<dyn Network>, Defect>;

/// The sizes and choices of one network, checked: all but its weights.
pub(crate) trait Network: Send + Sync {
    /// What everybody outside may know.
    fn geometry(&self) -> Geometry;

    /// The width of the residual stream, and the heads of queries of a layer.
    fn width_and_heads(&self) -> (usize, usize);

    /// Fetches the weights, each in the shape that the sizes ask for, and makes the model.
    fn load(&self, weights: &mut Weights<'_>, compute: &Arc<Compute>) -> Result<Arc<dyn Model>, LoadError>;
}

/// A network that a checkpoint describes.
pub(crate) struct Described {
    /// The name by which the checkpoint asked for it.
    pub(crate) name: String,
    /// The prefix of its tensors' names.
    pub(crate) prefix: &'static str,
    pub(crate) network: Box<dyn Network>,
}

/// Reads a `config.json`, as transformers writes it.
pub(crate) fn from_json(bytes: &[u8]) -> Result<Described, Defect> {
    let json = crate::json::python_json(bytes).map_err(|e| Defect::Json(e.to_string()))?;
    let fields = Fields(json.as_object().ok_or_else(|| Defect::Json("not an object".to_owned()))?);
    if let Some(quantization) = fields.get("quantization_config") {
        return Err(quantized(quantization));
    }
    let asked = fields.text("model_type")?;
    describe("model_type", asked, |a| a.names, |architecture, name| (architecture.read)(name, fields))
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
        |architecture, name| (architecture.read_gguf)(&Keys { gguf, architecture: name }),
    )
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
    Ok(Described { name: name.to_owned(), prefix: architecture.prefix, network })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_architecture_has_names_of_its_own() {
        let lists: [fn(&Architecture) -> &'static [&'static str]; 2] = [|a| a.names, |a| a.gguf];
        for names in lists {
            let mut seen = BTreeSet::new();
            for architecture in ARCHITECTURES {
                assert!(!names(architecture).is_empty(), "an entry without a name cannot be asked for");
                for name in names(architecture) {
                    assert!(!name.is_empty() && seen.insert(name), "{name} is in the list twice");
                }
            }
        }
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
        assert_eq!(
            unknown,
            "model_type is mamba, which is not supported; supported: gpt2, llama, mistral, qwen2, qwen3"
        );
        assert!(
            refused(None).unwrap_err().to_string().contains("model_type is missing; it must be one of gpt2, llama")
        );
    }
}
