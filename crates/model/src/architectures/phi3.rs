//! Phi-3, Phi-3.5 and Phi-4-mini (Abdin et al., 2024): Llama with queries, keys and values in one matrix, gates and ups in another,
//! and LongRoPE.

use crate::architectures::Architecture;
use crate::config::{Fields, Keys, SizeDefaults, Sizes, activation_or, between, sliding_window};
use crate::decoder::{Decoder, MlpNames, Qkv};
use crate::error::Defect;
use crate::layers::rope::{Rope, RopeDefaults, Scaling};
use crate::names::TensorName;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["phi3"],
    gguf: &["phi3"],
    prefix: "model.",
    spellings: &[],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: |keys| Ok(Box::new(read_gguf(keys)?)),
};

fn read(fields: Fields<'_>) -> Result<Decoder, Defect> {
    let sizes = Sizes::read(fields, SizeDefaults { context: 4096, kv_heads: None, head: None })?;
    // What stands beside the parameters counts, not what stands in them.
    let original = fields.count("original_max_position_embeddings")?.unwrap_or(4096);
    between("original_max_position_embeddings", original, 1, 1 << 30)?;
    let defaults = RopeDefaults { original: Some(original), ..RopeDefaults::new(sizes.context).partial(1.0) };
    let rope = Rope::read(fields, defaults)?;
    // Transformers takes `yarn` for LongRoPE here, and refuses the others.
    if !matches!(rope.scaling, Scaling::None | Scaling::LongRope { .. }) {
        return Err(Defect::unsupported("rope_type", "another", "default, longrope in this family"));
    }
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(false);
    let activation = activation_or(fields, "hidden_act", "silu")?;
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("rms_norm_eps", 1e-5)?, rope, tied);
    shape(&mut plan);
    plan.slide(sliding_window(fields, "sliding_window", None)?, &vec![true; sizes.layers]);
    plan.check()
}

/// What all of them share.
fn shape(plan: &mut Decoder) {
    plan.attention.qkv = Qkv::Concatenated(TensorName::new("layers.{}.self_attn.qkv_proj", "blk.{}.attn_qkv"));
    plan.mlps[0].names = MlpNames::GatedFused([
        TensorName::new("layers.{}.mlp.gate_up_proj", "blk.{}.ffn_up"),
        TensorName::new("layers.{}.mlp.down_proj", "blk.{}.ffn_down"),
    ]);
}

fn read_gguf(keys: &Keys<'_, '_>) -> Result<Decoder, Defect> {
    let mut plan = Decoder::from_gguf(keys)?;
    shape(&mut plan);
    if keys.has("rope_factors_short.weight") {
        let original = keys.count("rope.scaling.original_context_length")?;
        between(&keys.name("rope.scaling.original_context_length"), original, 1, 1 << 30)?;
        let amplitude = keys.positive("rope.scaling.attn_factor", Some(1.0))?;
        let pairs = plan.ropes[0].turned(plan.head) / 2;
        // The divisors are a tensor, which comes with the weights.
        plan.ropes[0].scaling = Scaling::LongRope { divisors: vec![1.0; pairs], amplitude, original };
    }
    let window = keys.gguf.count(&keys.name("attention.sliding_window"))?.filter(|&window| window > 0);
    plan.slide(window, &vec![true; plan.layers.len()]);
    plan.check()
}
