//! The choices that networks are made of. Llama's are the ones to begin from.

use crate::config::{Keys, Sizes};
use crate::error::Defect;
use crate::layers::norm::NormKind;
use crate::layers::rope::{Rope, Scaling};
use crate::names::{OUTPUT, TensorName};
use beamline_kernels::Activation;

/// The sizes and choices of a decoder.
#[derive(Clone, Debug)]
pub(crate) struct Decoder {
    pub(crate) vocab: usize,
    /// The most positions of a sequence.
    pub(crate) context: usize,
    /// The width of the residual stream.
    pub(crate) width: usize,
    /// Heads of queries; a multiple of `kv_heads`.
    pub(crate) heads: usize,
    /// Heads of keys and values (grouped-query attention).
    pub(crate) kv_heads: usize,
    /// Numbers in a head.
    pub(crate) head: usize,
    pub(crate) embedding: EmbeddingPlan,
    pub(crate) attention: AttentionPlan,
    /// Feed-forward parts that layers choose among.
    pub(crate) mlps: Vec<MlpPlan>,
    /// Which normalisation the layers have, and its epsilon.
    pub(crate) norm: NormKind,
    pub(crate) epsilon: f32,
    pub(crate) norms: NormNames,
    pub(crate) flow: Flow,
    /// What attention and feed-forward parts are multiplied by before they are added (Granite).
    pub(crate) residual_scale: f32,
    /// Ways of turning queries and keys that layers choose among.
    pub(crate) ropes: Vec<Rope>,
    pub(crate) layers: Vec<LayerPlan>,
    pub(crate) output: OutputPlan,
}

/// What a layer has of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LayerPlan {
    /// The positions it looks back at, its own among them, where that is limited.
    pub(crate) window: Option<usize>,
    /// Which of the ropes it turns by; none for positions that it does not see (NoPE).
    pub(crate) rope: Option<usize>,
    /// Which of the feed-forward parts it has.
    pub(crate) mlp: usize,
}

impl LayerPlan {
    /// Looks at all positions, turned by the first rope.
    pub(crate) const FULL: Self = Self { window: None, rope: Some(0), mlp: 0 };
}

/// Tokens and positions on their way in.
#[derive(Clone, Debug)]
pub(crate) struct EmbeddingPlan {
    pub(crate) tokens: TensorName,
    /// What embeddings are multiplied by.
    pub(crate) scale: f32,
    /// A normalisation of the embeddings (BLOOM).
    pub(crate) norm: Option<TensorName>,
    /// Learned positions.
    pub(crate) positions: Option<PositionTable>,
    /// The width of the embeddings and a matrix from it to the stream's, where they differ (OPT 350M).
    pub(crate) project: Option<(usize, TensorName)>,
}

/// A table of learned positions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PositionTable {
    pub(crate) name: TensorName,
    /// The row of position 0.
    pub(crate) offset: usize,
}

/// How the matrices of queries, keys and values are stored.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Qkv {
    /// Three of them.
    Separate([TensorName; 3]),
    /// One: all queries, then all keys, then all values.
    Concatenated(TensorName),
    /// One: for each key-value head its queries, its key and its value.
    Grouped(TensorName),
}

/// Attention.
#[derive(Clone, Debug)]
pub(crate) struct AttentionPlan {
    pub(crate) qkv: Qkv,
    pub(crate) qkv_bias: bool,
    pub(crate) projection: TensorName,
    pub(crate) out_bias: bool,
    /// Whether the numbers that turn against each other lie side by side in a head, not half a head apart.
    pub(crate) interleaved: bool,
    /// A normalisation of queries and keys before they turn.
    pub(crate) head_norm: Option<HeadNormPlan>,
    /// What scores are multiplied by.
    pub(crate) scale: f32,
    /// The bound that scores come near (Gemma 2).
    pub(crate) softcap: Option<f32>,
    /// A score of nothing for each head (gpt-oss).
    pub(crate) sinks: Option<TensorName>,
    /// Biases by distance in place of rotary positions.
    pub(crate) alibi: Option<Alibi>,
}

/// A normalisation of queries and keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadNormPlan {
    pub(crate) names: [TensorName; 2],
    pub(crate) kind: NormKind,
    pub(crate) width: HeadNormWidth,
}

/// What one normalisation of queries or keys spans.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HeadNormWidth {
    /// A head, all by the same weights.
    Head,
    /// All heads together.
    AllHeads,
    /// A head, each by weights of its own, in one tensor `[heads, head]`.
    EachHead,
    /// The same, in a tensor for each head.
    EachHeadApart,
}

/// Biases of scores by position (ALiBi; Press et al., 2022), as two families compute them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Alibi {
    /// `slope * position`, added to scaled scores (BLOOM).
    Plain,
    /// The same rounded to bf16, added to scores before they are scaled (Falcon).
    RoundedBeforeScale,
}

/// A feed-forward part.
#[derive(Clone, Debug)]
pub(crate) struct MlpPlan {
    pub(crate) names: MlpNames,
    pub(crate) inner: usize,
    pub(crate) activation: Activation,
    pub(crate) bias: bool,
}

/// Which matrices a feed-forward part has.
#[derive(Clone, Debug)]
pub(crate) enum MlpNames {
    /// Gate, up and down.
    Gated([TensorName; 3]),
    /// Gate and up in one matrix, gate first; and down.
    GatedFused([TensorName; 2]),
    /// Up and down, without a gate.
    Plain([TensorName; 2]),
    /// Several gated parts, of which each row takes a few (mixture of experts).
    Experts(ExpertsPlan),
}

/// A mixture of experts (Shazeer et al., 2017).
#[derive(Clone, Debug)]
pub(crate) struct ExpertsPlan {
    pub(crate) count: usize,
    /// Experts that each row takes.
    pub(crate) top: usize,
    pub(crate) router: TensorName,
    pub(crate) routing: Routing,
    pub(crate) names: ExpertNames,
    /// gpt-oss: gates are at most this, ups within it on both sides, and one is added to ups.
    pub(crate) clamp: Option<f32>,
}

/// What the experts chosen weigh.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Routing {
    /// Their shares of the softmax over all.
    Softmax,
    /// The softmax over those chosen: the shares above, made to sum to one.
    SoftmaxOfChosen,
}

/// How the experts' matrices are stored.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ExpertNames {
    /// Gate, up and down of each (`{e}` is its number); stacked in GGUF files, where they may have biases.
    Each([TensorName; 3]),
    /// Stacked with biases: gates and ups in turn, and downs, both `[experts, inputs, outputs]` (gpt-oss).
    StackedInTurn([TensorName; 2]),
}

/// The normalisations of a layer, and the last one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NormNames {
    /// Before attention.
    pub(crate) attention: Option<TensorName>,
    /// Of what attention gives.
    pub(crate) attention_after: Option<TensorName>,
    /// Before the feed-forward part; beside attention, none means the same as before attention.
    pub(crate) mlp: Option<TensorName>,
    /// Of what the feed-forward part gives.
    pub(crate) mlp_after: Option<TensorName>,
    /// After the last layer.
    pub(crate) last: Option<TensorName>,
}

/// How a layer's parts are added to the residual stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flow {
    /// Attention, then the feed-forward part of what came of it.
    Sequential,
    /// The same, but what is added to is the normalised stream (BLOOM's `apply_residual_connection_post_layernorm`).
    SequentialFromNorm,
    /// Both of the same stream.
    Parallel,
    /// One after the other, the stream normalised after each addition and not before (OPT 350M).
    NormAfterAddition,
}

/// From the last layer to logits.
#[derive(Clone, Debug)]
pub(crate) struct OutputPlan {
    pub(crate) name: TensorName,
    /// Whether it is the token embedding.
    pub(crate) tied: bool,
    pub(crate) bias: bool,
    /// A matrix before it (OPT 350M).
    pub(crate) project: Option<TensorName>,
    /// What logits are multiplied by.
    pub(crate) scale: f32,
    /// The bound that logits come near (Gemma 2).
    pub(crate) softcap: Option<f32>,
}

const NAMES: [TensorName; 4] = [
    TensorName::new("layers.{}.self_attn.q_proj", "blk.{}.attn_q"),
    TensorName::new("layers.{}.self_attn.k_proj", "blk.{}.attn_k"),
    TensorName::new("layers.{}.self_attn.v_proj", "blk.{}.attn_v"),
    TensorName::new("layers.{}.self_attn.o_proj", "blk.{}.attn_output"),
];

impl Decoder {
    /// Llama's choices in some sizes: rotary positions in every layer, RMS norms before each part, a gated feed-forward part.
    pub(crate) fn llama(sizes: &Sizes, activation: Activation, epsilon: f32, rope: Rope, tied: bool) -> Self {
        Self {
            vocab: sizes.vocab,
            context: sizes.context,
            width: sizes.width,
            heads: sizes.heads,
            kv_heads: sizes.kv_heads,
            head: sizes.head,
            embedding: EmbeddingPlan::llama(),
            attention: AttentionPlan::llama(sizes.head),
            mlps: vec![MlpPlan::llama(sizes.inner, activation)],
            norm: NormKind::Rms,
            epsilon,
            norms: NormNames::LLAMA,
            flow: Flow::Sequential,
            residual_scale: 1.0,
            ropes: vec![rope],
            layers: vec![LayerPlan::FULL; sizes.layers],
            output: OutputPlan::new(tied),
        }
    }

    /// The same in the sizes and settings of a GGUF file: whether the output matrix and biases are there, the file shows.
    pub(crate) fn from_gguf(keys: &Keys<'_, '_>) -> Result<Self, Defect> {
        let sizes = Sizes::read_gguf(keys)?;
        let rope = Rope { share: keys.turned_share(sizes.head)?, ..Rope::read_gguf(keys)? };
        let mut plan = Self::llama(&sizes, Activation::Silu, keys.epsilon()?, rope, !keys.has("output.weight"));
        let bias = |tensor: &str| keys.has(&format!("blk.0.{tensor}.bias"));
        plan.attention.qkv_bias = bias("attn_q") || bias("attn_qkv");
        plan.attention.out_bias = bias("attn_output");
        plan.mlps[0].bias = bias("ffn_up");
        plan.output.bias = keys.has("output.bias");
        Ok(plan)
    }

    /// Gives each layer that slides the window.
    pub(crate) fn slide(&mut self, window: Option<usize>, slides: &[bool]) {
        for (layer, _) in self.layers.iter_mut().zip(slides).filter(|(_, slides)| **slides) {
            layer.window = window;
        }
    }

    /// How many numbers of a head turn in a layer.
    pub(super) fn turned(&self, layer: usize) -> usize {
        let rope = self.layers[layer].rope.or((!self.ropes.is_empty()).then_some(0));
        rope.map_or(self.head, |which| self.ropes[which].turned(self.head))
    }

    /// Refuses what no arithmetic here can do: heads of which an odd number of numbers, or none, would turn.
    pub(crate) fn check(self) -> Result<Self, Defect> {
        for rope in &self.ropes {
            let turned = rope.turned(self.head);
            if turned < 2 || !turned.is_multiple_of(2) {
                return Err(Defect::value("head_dim", self.head, "even, and so the numbers of it that turn"));
            }
            if let Scaling::LongRope { divisors, .. } = &rope.scaling
                && divisors.len() != turned / 2
            {
                let allowed = format!("a list of {}, one for each pair that turns", turned / 2);
                return Err(Defect::value("short_factor", divisors.len(), &allowed));
            }
        }
        Ok(self)
    }
}

impl EmbeddingPlan {
    /// A table of tokens and nothing more.
    pub(crate) fn new(tokens: TensorName) -> Self {
        Self { tokens, scale: 1.0, norm: None, positions: None, project: None }
    }

    /// Llama's name.
    pub(crate) fn llama() -> Self {
        Self::new(TensorName::new("embed_tokens", "token_embd"))
    }
}

impl AttentionPlan {
    /// Llama's: three matrices without biases.
    pub(crate) fn llama(head: usize) -> Self {
        let [query, key, value, projection] = NAMES;
        Self {
            qkv: Qkv::Separate([query, key, value]),
            qkv_bias: false,
            projection,
            out_bias: false,
            interleaved: false,
            head_norm: None,
            scale: 1.0 / (head as f32).sqrt(),
            softcap: None,
            sinks: None,
            alibi: None,
        }
    }
}

impl HeadNormPlan {
    /// `q_norm` and `k_norm`, as most families call them.
    pub(crate) fn new(kind: NormKind, width: HeadNormWidth) -> Self {
        let query = TensorName::new("layers.{}.self_attn.q_norm", "blk.{}.attn_q_norm");
        let key = TensorName::new("layers.{}.self_attn.k_norm", "blk.{}.attn_k_norm");
        Self { names: [query, key], kind, width }
    }
}

impl MlpPlan {
    /// Llama's: gate, up and down.
    pub(crate) fn llama(inner: usize, activation: Activation) -> Self {
        let names = [
            TensorName::new("layers.{}.mlp.gate_proj", "blk.{}.ffn_gate"),
            TensorName::new("layers.{}.mlp.up_proj", "blk.{}.ffn_up"),
            TensorName::new("layers.{}.mlp.down_proj", "blk.{}.ffn_down"),
        ];
        Self { names: MlpNames::Gated(names), inner, activation, bias: false }
    }
}

impl NormNames {
    /// Llama's: one before each part, and one after the last layer.
    pub(crate) const LLAMA: Self = Self {
        attention: Some(TensorName::new("layers.{}.input_layernorm", "blk.{}.attn_norm")),
        attention_after: None,
        mlp: Some(TensorName::new("layers.{}.post_attention_layernorm", "blk.{}.ffn_norm")),
        mlp_after: None,
        last: Some(TensorName::new("norm", "output_norm")),
    };

    /// One after each part and none before (OLMo 2).
    pub(crate) const AFTER: Self = Self {
        attention: None,
        attention_after: Some(TensorName::new("layers.{}.post_attention_layernorm", "blk.{}.post_attention_norm")),
        mlp: None,
        mlp_after: Some(TensorName::new("layers.{}.post_feedforward_layernorm", "blk.{}.post_ffw_norm")),
        last: Self::LLAMA.last,
    };
}

impl OutputPlan {
    /// `lm_head`, tied or not.
    pub(crate) fn new(tied: bool) -> Self {
        Self { name: OUTPUT, tied, bias: false, project: None, scale: 1.0, softcap: None }
    }
}
