//! What each checkpoint format calls the parts of a network: the one place that knows.

/// A part of a network, under our names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Name {
    Tokens,
    Positions,
    AttentionNorm,
    FusedQkv,
    Query,
    Key,
    Value,
    QueryNorm,
    KeyNorm,
    AttentionOut,
    MlpNorm,
    Gate,
    Up,
    Down,
    FinalNorm,
    Output,
}

/// Who wrote the checkpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Naming {
    /// transformers' GPT-2; `transformer.` before each name, or nothing. Its matrices are `[inputs, outputs]`.
    Gpt2 { prefix: &'static str },
    /// transformers' Llama and relatives; `model.` before each name, or nothing.
    Llama { prefix: &'static str },
    /// llama.cpp's; queries and keys may be stored in the order for interleaved rotation.
    Gguf { permuted: bool },
}

impl Naming {
    /// The tensor's name without `.weight` or `.bias`.
    pub(crate) fn stem(self, name: Name, layer: Option<usize>) -> String {
        let layer = layer.unwrap_or(0);
        match self {
            Self::Gpt2 { .. } | Self::Llama { .. } if name == Name::Output => "lm_head".to_owned(),
            Self::Gpt2 { prefix } => match gpt2(name) {
                Ok(part) => format!("{prefix}h.{layer}.{part}"),
                Err(whole) => format!("{prefix}{whole}"),
            },
            Self::Llama { prefix } => match llama(name) {
                Ok(part) => format!("{prefix}layers.{layer}.{part}"),
                Err(whole) => format!("{prefix}{whole}"),
            },
            Self::Gguf { .. } => match gguf(name) {
                Ok(part) => format!("blk.{layer}.{part}"),
                Err(whole) => whole.to_owned(),
            },
        }
    }

    /// Whether a matrix is stored `[inputs, outputs]`.
    pub(crate) fn transposed(self, name: Name) -> bool {
        matches!(self, Self::Gpt2 { .. }) && !matches!(name, Name::Tokens | Name::Positions | Name::Output)
    }
}

/// `Ok` for a part of a layer, `Err` for one of the whole network.
type Part = Result<&'static str, &'static str>;

fn gpt2(name: Name) -> Part {
    match name {
        Name::Tokens => Err("wte"),
        Name::Positions => Err("wpe"),
        Name::FinalNorm => Err("ln_f"),
        Name::AttentionNorm => Ok("ln_1"),
        Name::FusedQkv => Ok("attn.c_attn"),
        Name::AttentionOut => Ok("attn.c_proj"),
        Name::MlpNorm => Ok("ln_2"),
        Name::Up => Ok("mlp.c_fc"),
        Name::Down => Ok("mlp.c_proj"),
        Name::Query | Name::Key | Name::Value | Name::QueryNorm | Name::KeyNorm | Name::Gate | Name::Output => {
            Err("none")
        }
    }
}

fn llama(name: Name) -> Part {
    match name {
        Name::Tokens => Err("embed_tokens"),
        Name::FinalNorm => Err("norm"),
        Name::AttentionNorm => Ok("input_layernorm"),
        Name::Query => Ok("self_attn.q_proj"),
        Name::Key => Ok("self_attn.k_proj"),
        Name::Value => Ok("self_attn.v_proj"),
        Name::QueryNorm => Ok("self_attn.q_norm"),
        Name::KeyNorm => Ok("self_attn.k_norm"),
        Name::AttentionOut => Ok("self_attn.o_proj"),
        Name::MlpNorm => Ok("post_attention_layernorm"),
        Name::Gate => Ok("mlp.gate_proj"),
        Name::Up => Ok("mlp.up_proj"),
        Name::Down => Ok("mlp.down_proj"),
        Name::Positions | Name::FusedQkv | Name::Output => Err("none"),
    }
}

fn gguf(name: Name) -> Part {
    match name {
        Name::Tokens => Err("token_embd"),
        Name::Positions => Err("position_embd"),
        Name::FinalNorm => Err("output_norm"),
        Name::Output => Err("output"),
        Name::AttentionNorm => Ok("attn_norm"),
        Name::FusedQkv => Ok("attn_qkv"),
        Name::Query => Ok("attn_q"),
        Name::Key => Ok("attn_k"),
        Name::Value => Ok("attn_v"),
        Name::QueryNorm => Ok("attn_q_norm"),
        Name::KeyNorm => Ok("attn_k_norm"),
        Name::AttentionOut => Ok("attn_output"),
        Name::MlpNorm => Ok("ffn_norm"),
        Name::Gate => Ok("ffn_gate"),
        Name::Up => Ok("ffn_up"),
        Name::Down => Ok("ffn_down"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_each_format() {
        let gpt2 = Naming::Gpt2 { prefix: "transformer." };
        assert_eq!(gpt2.stem(Name::Up, Some(3)), "transformer.h.3.mlp.c_fc");
        assert_eq!(Naming::Gpt2 { prefix: "" }.stem(Name::Tokens, None), "wte");
        assert_eq!(gpt2.stem(Name::Output, None), "lm_head");
        assert!(gpt2.transposed(Name::Up) && !gpt2.transposed(Name::Tokens));
        assert_eq!(Naming::Llama { prefix: "model." }.stem(Name::Gate, Some(0)), "model.layers.0.mlp.gate_proj");
        assert_eq!(Naming::Gguf { permuted: true }.stem(Name::Query, Some(7)), "blk.7.attn_q");
    }
}
