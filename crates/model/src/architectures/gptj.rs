//! GPT-J (Wang and Komatsuzaki, 2021), KoGPT: one LayerNorm for attention and feed-forward part side by side, the first numbers of
//! each head turned pair by pair, a bias on the output matrix.

use crate::architectures::Architecture;
use crate::config::{Fields, SizeDefaults, Sizes, activation_or};
use crate::decoder::{Decoder, EmbeddingPlan, Flow, MlpNames, NormNames, Qkv};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::Rope;
use crate::names::TensorName;

pub(crate) const ENTRY: Architecture = Architecture {
    names: &["gptj"],
    gguf: &[],
    prefix: "transformer.",
    spellings: &[
        ("max_position_embeddings", "n_positions"),
        ("hidden_size", "n_embd"),
        ("num_attention_heads", "n_head"),
        ("num_hidden_layers", "n_layer"),
    ],
    read: |_, fields| Ok(Box::new(read(fields)?)),
    read_gguf: crate::architectures::not_from_gguf,
};

fn read(fields: Fields<'_>) -> Result<Decoder, Defect> {
    let own = SizeDefaults { context: 2048, kv_heads: None, head: None };
    let sizes =
        Sizes::read_named(fields, own, Sizes::OF_GPT2, |width| Ok(fields.count("n_inner")?.unwrap_or(4 * width)))?;
    let turned = if fields.mentions("rotary_dim") { fields.count("rotary_dim")?.unwrap_or(sizes.head) } else { 64 };
    if turned > sizes.head {
        return Err(Defect::value("rotary_dim", turned, &format!("at most the head width, {}", sizes.head)));
    }
    let rope = Rope { share: turned as f64 / sizes.head as f64, ..Rope::plain(1e4) };
    let tied = fields.flag("tie_word_embeddings")?.unwrap_or(false);
    let activation = activation_or(fields, "activation_function", "gelu_new")?;
    let mut plan = Decoder::llama(&sizes, activation, fields.positive("layer_norm_epsilon", 1e-5)?, rope, tied);
    plan.embedding = EmbeddingPlan::new(TensorName::transformers("wte"));
    plan.norm = NormKind::Layer;
    plan.norms = NormNames {
        attention: Some(TensorName::transformers("h.{}.ln_1")),
        mlp: None,
        last: Some(TensorName::transformers("ln_f")),
        ..NormNames::LLAMA
    };
    let matrices = ["h.{}.attn.q_proj", "h.{}.attn.k_proj", "h.{}.attn.v_proj"];
    plan.attention.qkv = Qkv::Separate(matrices.map(TensorName::transformers));
    plan.attention.projection = TensorName::transformers("h.{}.attn.out_proj");
    plan.attention.interleaved = true;
    plan.mlps[0].names =
        MlpNames::Plain([TensorName::transformers("h.{}.mlp.fc_in"), TensorName::transformers("h.{}.mlp.fc_out")]);
    plan.mlps[0].bias = true;
    plan.flow = Flow::Parallel;
    plan.output.bias = true;
    plan.check()
}
