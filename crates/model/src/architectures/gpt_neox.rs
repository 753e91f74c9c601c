//! GPT-NeoX (Black et al., 2022), Pythia, Polyglot-Ko, OpenCALM: LayerNorm, attention and feed-forward part side by side, a share
//! of each head turned, queries, keys and values fused head by head.

use crate::architectures::Architecture;
use crate::config::{Fields, SizeDefaults, Sizes, activation_or};
use crate::decoder::{Decoder, EmbeddingPlan, Flow, MlpNames, NormNames, Qkv};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::{Rope, RopeDefaults};
use crate::names::TensorName;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["gpt_neox"],
    gguf: &[],
    prefix: "gpt_neox.",
    spellings: &[],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: crate::architectures::not_from_gguf,
};

const fn name(transformers: &'static str) -> TensorName {
    TensorName::new(transformers, "")
}

fn read(fields: Fields<'_>) -> Result<Decoder, Defect> {
    let sizes = Sizes::read(fields, SizeDefaults { context: 2048, kv_heads: None, head: None })?;
    let base = fields.positive("rotary_emb_base", 1e4)?;
    let share = fields.number("rotary_pct")?.unwrap_or(0.25);
    // What `rope_theta` says beside the parameters is not read by this family.
    let parameters = fields.object("rope_scaling")?.filter(|p| !p.is_empty()).or(fields.object("rope_parameters")?);
    let defaults = RopeDefaults::new(sizes.context).theta(base.into()).partial(share);
    let rope = Rope::read_parameters(parameters, Fields::none(), defaults)?;
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(false);
    let activation = activation_or(fields, "hidden_act", "gelu")?;
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("layer_norm_eps", 1e-5)?, rope, tied);
    plan.embedding = EmbeddingPlan::new(name("embed_in"));
    plan.norm = NormKind::Layer;
    plan.norms = NormNames { last: Some(name("final_layer_norm")), ..NormNames::LLAMA };
    plan.attention.qkv = Qkv::Grouped(name("layers.{}.attention.query_key_value"));
    plan.attention.projection = name("layers.{}.attention.dense");
    let bias = fields.flag("attention_bias")?.unwrap_or(true);
    (plan.attention.qkv_bias, plan.attention.out_bias) = (bias, bias);
    plan.mlps[0].names = MlpNames::Plain([name("layers.{}.mlp.dense_h_to_4h"), name("layers.{}.mlp.dense_4h_to_h")]);
    plan.mlps[0].bias = true;
    if fields.flag("use_parallel_residual")?.unwrap_or(true) {
        plan.flow = Flow::Parallel;
    }
    plan.output.name = name("embed_out").unprefixed();
    plan.check()
}
