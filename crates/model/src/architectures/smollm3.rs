//! SmolLM3 (Hugging Face, 2025): Llama in which every fourth layer does not see positions (NoPE).

use crate::architectures::Architecture;
use crate::config::{Fields, Keys, SizeDefaults, Sizes, activation_or, sliding_layers, sliding_window};
use crate::decoder::Decoder;
use crate::error::Defect;
use crate::layers::rope::{Rope, RopeDefaults};

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["smollm3"],
    gguf: &["smollm3"],
    prefix: "model.",
    spellings: &[],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: |keys| Ok(Box::new(read_gguf(keys)?)),
};

fn read(fields: Fields<'_>) -> Result<Decoder, Defect> {
    let sizes = Sizes::read(fields, SizeDefaults { context: 32_768, kv_heads: Some(4), head: None })?;
    let rope = Rope::read(fields, RopeDefaults::new(sizes.context).theta(2e6))?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(true);
    let activation = activation_or(fields, "hidden_act", "silu")?;
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("rms_norm_eps", 1e-6)?, rope, tied);
    let bias = fields.flag("attention_bias")?.unwrap_or(false);
    (plan.attention.qkv_bias, plan.attention.out_bias) = (bias, bias);
    plan.mlps[0].bias = fields.flag("mlp_bias")?.unwrap_or(false);
    let turns = turns(fields, sizes.layers)?;
    for (layer, _) in plan.layers.iter_mut().zip(&turns).filter(|(_, turns)| !**turns) {
        layer.rope = None;
    }
    let used = fields.flag("use_sliding_window")?.unwrap_or(false);
    // A list of layers counts whatever `use_sliding_window` says.
    let slides = sliding_layers(fields, sizes.layers, |layer| used && !turns[layer])?;
    plan.slide(sliding_window(fields, "sliding_window", None)?, &slides);
    plan.check()
}

/// `no_rope_layers`: for each layer 1 where it turns, 0 where not, whatever the name says; or every `no_rope_layer_interval`-th
/// does not.
fn turns(fields: Fields<'_>, layers: usize) -> Result<Vec<bool>, Defect> {
    if let Some(list) = fields.list("no_rope_layers")? {
        let all: Option<Vec<bool>> = list.iter().map(|n| n.as_u64().map(|n| n != 0)).collect();
        let wrong = || Defect::value("no_rope_layers", "another", &format!("a list of {layers} zeros and ones"));
        return all.filter(|all| all.len() >= layers).ok_or_else(wrong);
    }
    let interval = fields.count("no_rope_layer_interval")?.unwrap_or(4);
    if interval == 0 {
        return Err(Defect::value("no_rope_layer_interval", 0, "1 or more"));
    }
    Ok((0..layers).map(|layer| (layer + 1) % interval != 0).collect())
}

fn read_gguf(keys: &Keys<'_, '_>) -> Result<Decoder, Defect> {
    let mut plan = Decoder::from_gguf(keys)?;
    plan.attention.interleaved = true;
    // The file does not say which: every fourth is the family's own.
    plan.layers.iter_mut().skip(3).step_by(4).for_each(|layer| layer.rope = None);
    plan.check()
}
