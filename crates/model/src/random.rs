//! From a shape to a checkpoint whose weights are random: a model that has learned nothing, to look at or to measure.

use safetensors::tensor::{Dtype, View, serialize_to_file};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The most weights that are written: 4 GB of them.
const MOST: usize = 1_000_000_000;

/// The networks that a random checkpoint can be of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RandomArchitecture {
    /// GPT-2: learned positions, LayerNorm, one matrix for queries, keys and values.
    Gpt2,
    /// Llama: rotary positions, RMS norms, a gated feed-forward part.
    Llama,
}

/// The shape of a checkpoint with random weights.
///
/// ```
/// use beamline_model::{Checkpoint, RandomArchitecture, RandomCheckpoint};
/// let shape = RandomCheckpoint {
///     architecture: RandomArchitecture::Gpt2, vocab: 10, width: 16, layers: 2, heads: 4, context: 10,
/// };
/// let folder = tempfile::tempdir()?;
/// shape.write(folder.path(), &|tensor, i| f64::from((tensor * 31 + i * 17) % 97) / 97.0)?;
/// assert_eq!(Checkpoint::open(folder.path())?.geometry().context, 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RandomCheckpoint {
    /// The network.
    pub architecture: RandomArchitecture,
    /// Tokens in the vocabulary.
    pub vocab: usize,
    /// The width of the residual stream; a multiple of `heads`.
    pub width: usize,
    /// Blocks.
    pub layers: usize,
    /// Attention heads of a block.
    pub heads: usize,
    /// The most tokens that the model can look at.
    pub context: usize,
}

/// Why no checkpoint was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RandomError {
    /// A size that makes no model.
    #[error("{field} is {value}; it must be {allowed}")]
    Size {
        /// Which one.
        field: &'static str,
        /// Its value.
        value: usize,
        /// What it may be.
        allowed: String,
    },
    /// More weights than are written.
    #[error(
        "the model would have {parameters} weights; at most {MOST} are written: make it narrower, or give it fewer layers"
    )]
    TooLarge {
        /// How many.
        parameters: usize,
    },
    /// A file that could not be written.
    #[error("{}: {reason}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// What a tensor is filled with.
#[derive(Clone, Copy)]
enum Fill {
    /// The same number everywhere: 1 in norms, 0 in biases.
    Constant(f32),
    /// Normal numbers around 0 of this standard deviation.
    Normal(f64),
}

/// A tensor that is made while it is written, so that no more than one is in memory.
struct Tensor<'a> {
    number: u32,
    shape: Vec<usize>,
    fill: Fill,
    uniform: &'a dyn Fn(u32, u32) -> f64,
}

impl View for Tensor<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let mut bytes = Vec::with_capacity(self.data_len());
        let mut i = 0;
        while bytes.len() < self.data_len() {
            // Two uniform numbers make two normal ones (Box and Muller, 1958).
            let pair = match self.fill {
                Fill::Constant(value) => [value, value],
                Fill::Normal(deviation) => {
                    let (radius, angle) = ((self.uniform)(self.number, i), (self.uniform)(self.number, i + 1));
                    let radius = deviation * (-2.0 * libm::log(1.0 - radius)).sqrt();
                    let (sin, cos) = libm::sincos(std::f64::consts::TAU * angle);
                    [(radius * cos) as f32, (radius * sin) as f32]
                }
            };
            bytes.extend(pair.iter().flat_map(|value| value.to_le_bytes()));
            i += 2;
        }
        bytes.truncate(self.data_len());
        bytes.into()
    }

    fn data_len(&self) -> usize {
        self.shape.iter().product::<usize>() * 4
    }
}

impl RandomCheckpoint {
    /// Writes `config.json` and `model.safetensors` into a folder, in transformers' names and shapes. Weights are drawn as GPT-2's
    /// were (Radford et al., 2019): normal with a standard deviation of 0.02, of matrices that add to the residual stream
    /// divided by the root of twice the layers; norms are 1, biases 0.
    ///
    /// `uniform` gives the numbers: in `[0, 1)`, for a tensor's number and a place in it. The same numbers give the same bytes.
    ///
    /// # Errors
    /// When a size makes no model, or a file cannot be written.
    pub fn write(&self, folder: &Path, uniform: &dyn Fn(u32, u32) -> f64) -> Result<(), RandomError> {
        self.check()?;
        let parameters = self.parameters();
        if parameters > MOST {
            return Err(RandomError::TooLarge { parameters });
        }
        let failed = |path: &Path, reason: &dyn std::fmt::Display| RandomError::Write {
            path: path.to_owned(),
            reason: reason.to_string(),
        };
        let path = folder.join("config.json");
        let config = format!("{:#}\n", Value::Object(self.config()));
        std::fs::write(&path, config).map_err(|error| failed(&path, &error))?;
        let path = folder.join("model.safetensors");
        let views = self
            .tensors()
            .into_iter()
            .zip(0..)
            .map(|((name, shape, fill), number)| (name, Tensor { number, shape, fill, uniform }));
        let format = HashMap::from([("format".to_owned(), "pt".to_owned())]);
        serialize_to_file(views, Some(format), &path).map_err(|error| failed(&path, &error))
    }

    fn check(&self) -> Result<(), RandomError> {
        let sizes = [
            ("vocab", self.vocab),
            ("width", self.width),
            ("layers", self.layers),
            ("heads", self.heads),
            ("context", self.context),
        ];
        for (field, value) in sizes {
            if !(1..=MOST).contains(&value) {
                return Err(RandomError::Size { field, value, allowed: format!("in 1..={MOST}") });
            }
        }
        let each = match self.architecture {
            RandomArchitecture::Gpt2 => self.heads,
            // Rotary positions turn pairs.
            RandomArchitecture::Llama => 2 * self.heads,
        };
        if !self.width.is_multiple_of(each) {
            let allowed = format!("a multiple of {each}, for {} heads", self.heads);
            return Err(RandomError::Size { field: "width", value: self.width, allowed });
        }
        Ok(())
    }

    /// How many weights it has, counted without listing the tensors of every layer.
    pub fn parameters(&self) -> usize {
        let of = |layers| {
            let size = |shape: &[usize]| shape.iter().fold(1usize, |n, &size| n.saturating_mul(size));
            Self { layers, ..*self }.tensors().iter().fold(0usize, |n, (_, shape, _)| n.saturating_add(size(shape)))
        };
        let (outside, with_one) = (of(0), of(1));
        outside.saturating_add(self.layers.saturating_mul(with_one - outside))
    }

    /// The width of the feed-forward part.
    fn inner(&self) -> usize {
        match self.architecture {
            RandomArchitecture::Gpt2 => 4 * self.width,
            // Three matrices in place of two, so two thirds of it.
            RandomArchitecture::Llama => (8 * self.width).div_ceil(3),
        }
    }

    fn config(&self) -> Map<String, Value> {
        let Self { vocab, width, layers, heads, context, .. } = *self;
        let config = match self.architecture {
            RandomArchitecture::Gpt2 => json!({
                "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "vocab_size": vocab, "n_embd": width,
                "n_layer": layers, "n_head": heads, "n_positions": context, "activation_function": "gelu_new",
                "layer_norm_epsilon": 1e-5, "tie_word_embeddings": true, "bos_token_id": null, "eos_token_id": null,
            }),
            RandomArchitecture::Llama => json!({
                "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": vocab, "hidden_size": width,
                "intermediate_size": self.inner(), "num_hidden_layers": layers, "num_attention_heads": heads,
                "num_key_value_heads": heads, "max_position_embeddings": context, "hidden_act": "silu",
                "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": true, "bos_token_id": null,
                "eos_token_id": null,
            }),
        };
        config.as_object().cloned().unwrap_or_default()
    }

    /// Every tensor's name, shape and content.
    fn tensors(&self) -> Vec<(String, Vec<usize>, Fill)> {
        let Self { vocab, width, layers, context, .. } = *self;
        let (one, zero, normal) = (Fill::Constant(1.0), Fill::Constant(0.0), Fill::Normal(0.02));
        let residual = Fill::Normal(0.02 / (2.0 * layers as f64).sqrt());
        let inner = self.inner();
        let mut all = Vec::new();
        let mut add = |name: String, shape: &[usize], fill| all.push((name, shape.to_vec(), fill));
        match self.architecture {
            RandomArchitecture::Gpt2 => {
                add("transformer.wte.weight".to_owned(), &[vocab, width], normal);
                add("transformer.wpe.weight".to_owned(), &[context, width], normal);
                for layer in (0..layers).map(Some).chain([None]) {
                    let at = |name: &str| match layer {
                        Some(layer) => format!("transformer.h.{layer}.{name}"),
                        None => format!("transformer.{name}"),
                    };
                    for norm in if layer.is_some() { &["ln_1", "ln_2"][..] } else { &["ln_f"] } {
                        add(at(&format!("{norm}.weight")), &[width], one);
                        add(at(&format!("{norm}.bias")), &[width], zero);
                    }
                    let matrices = [
                        ("attn.c_attn", [width, 3 * width], normal),
                        ("attn.c_proj", [width, width], residual),
                        ("mlp.c_fc", [width, inner], normal),
                        ("mlp.c_proj", [inner, width], residual),
                    ];
                    for (name, shape, fill) in matrices.into_iter().filter(|_| layer.is_some()) {
                        add(at(&format!("{name}.weight")), &shape, fill);
                        add(at(&format!("{name}.bias")), &shape[1..], zero);
                    }
                }
            }
            RandomArchitecture::Llama => {
                add("model.embed_tokens.weight".to_owned(), &[vocab, width], normal);
                for layer in 0..layers {
                    let mut matrix = |name: &str, shape: [usize; 2], fill| {
                        add(format!("model.layers.{layer}.{name}.weight"), &shape, fill);
                    };
                    for name in ["q_proj", "k_proj", "v_proj"] {
                        matrix(&format!("self_attn.{name}"), [width, width], normal);
                    }
                    matrix("self_attn.o_proj", [width, width], residual);
                    matrix("mlp.gate_proj", [inner, width], normal);
                    matrix("mlp.up_proj", [inner, width], normal);
                    matrix("mlp.down_proj", [width, inner], residual);
                    for norm in ["input_layernorm", "post_attention_layernorm"] {
                        add(format!("model.layers.{layer}.{norm}.weight"), &[width], one);
                    }
                }
                add("model.norm.weight".to_owned(), &[width], one);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Checkpoint, KvCache, LoadOptions, Span, Want};
    use beamline_kernels::Compute;
    use beamline_tokens::TokenId;
    use std::sync::Arc;

    /// SplitMix64 (Steele, Lea and Flood, 2014).
    fn uniform(tensor: u32, i: u32) -> f64 {
        let z = ((u64::from(tensor) << 32) | u64::from(i)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    #[test]
    fn what_is_written_loads_and_computes_and_comes_out_the_same() {
        for architecture in [RandomArchitecture::Gpt2, RandomArchitecture::Llama] {
            let shape = RandomCheckpoint { architecture, vocab: 11, width: 24, layers: 2, heads: 3, context: 9 };
            let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
            for folder in &folders {
                shape.write(folder.path(), &uniform).unwrap();
            }
            let bytes = |i: usize| std::fs::read(folders[i].path().join("model.safetensors")).unwrap();
            assert_eq!(bytes(0), bytes(1));
            let compute = Arc::new(Compute::from_env(Some(1)).unwrap());
            let checkpoint = Checkpoint::open(folders[0].path()).unwrap();
            let loaded = checkpoint.load(LoadOptions::default(), &compute).unwrap();
            let mut cache = KvCache::new(loaded.model.geometry());
            let span = Span { tokens: &[TokenId(1), TokenId(10)], cache: &mut cache, want: Want::Last };
            let rows = loaded.model.forward(&mut [span], &mut ()).unwrap();
            assert_eq!(rows.row(0).len(), 11);
            assert!(rows.row(0).iter().any(|&logit| logit != rows.row(0)[0]), "{architecture:?}");
        }
    }

    #[test]
    fn sizes_that_make_no_model_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let shape = RandomCheckpoint {
            architecture: RandomArchitecture::Llama,
            vocab: 10,
            width: 12,
            layers: 1,
            heads: 4,
            context: 8,
        };
        let said = |shape: RandomCheckpoint| shape.write(folder.path(), &uniform).unwrap_err().to_string();
        assert_eq!(said(shape), "width is 12; it must be a multiple of 8, for 4 heads");
        assert!(said(RandomCheckpoint { heads: 0, ..shape }).starts_with("heads is 0"));
        assert!(said(RandomCheckpoint { layers: 999_999, width: 4096, ..shape }).contains("at most 1000000000"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn weights_are_spread_as_said() {
        let tensor = Tensor { number: 3, shape: vec![101, 99], fill: Fill::Normal(0.02), uniform: &uniform };
        let data = tensor.data();
        let values: Vec<f64> = data.chunks(4).map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))).collect();
        assert_eq!(values.len(), 9999);
        let mean = values.iter().sum::<f64>() / 9999.0;
        let spread = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 9999.0).sqrt();
        assert!(mean.abs() < 1e-3 && (spread - 0.02).abs() < 1e-3, "{mean} {spread}");
    }
}
