//! What each checkpoint format calls the tensors of a network.

/// A tensor's name in each format, without `.weight` or `.bias`; `{}` stands for the number of the layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TensorName {
    /// transformers', without the prefix that may stand before it.
    transformers: &'static str,
    /// llama.cpp's.
    gguf: &'static str,
    /// Whether transformers' name may have the prefix.
    prefixed: bool,
    /// Whether transformers holds the matrix as `[inputs, outputs]`.
    transposed: bool,
}

/// The output matrix, where it is not the token embedding: called this in nearly every network.
pub(crate) const OUTPUT: TensorName = TensorName::new("lm_head", "output").unprefixed();

impl TensorName {
    /// A tensor that is called this by transformers and by llama.cpp.
    pub(crate) const fn new(transformers: &'static str, gguf: &'static str) -> Self {
        Self { transformers, gguf, prefixed: true, transposed: false }
    }

    /// A tensor of a network that no GGUF file is read of.
    pub(crate) const fn transformers(name: &'static str) -> Self {
        Self::new(name, "")
    }

    /// A tensor that only GGUF files hold in this form.
    pub(crate) const fn gguf(name: &'static str) -> Self {
        Self::new("", name)
    }

    /// A matrix that transformers holds as `[inputs, outputs]`.
    pub(crate) const fn transposed(self) -> Self {
        Self { transposed: true, ..self }
    }

    /// A tensor whose name never has the prefix.
    pub(crate) const fn unprefixed(self) -> Self {
        Self { prefixed: false, ..self }
    }
}

/// Who wrote the checkpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// transformers; with this before most names, or nothing.
    Safetensors { prefix: &'static str },
    /// llama.cpp.
    Gguf,
}

impl Format {
    /// The tensor's name without `.weight` or `.bias`.
    pub(crate) fn stem(self, name: TensorName, layer: Option<usize>) -> String {
        let name = match self {
            Self::Safetensors { prefix } if name.prefixed => format!("{prefix}{}", name.transformers),
            Self::Safetensors { .. } => name.transformers.to_owned(),
            Self::Gguf => name.gguf.to_owned(),
        };
        match layer {
            Some(layer) => name.replace("{}", &layer.to_string()),
            None => name,
        }
    }

    /// Whether a matrix is stored `[inputs, outputs]`.
    pub(crate) fn transposed(self, name: TensorName) -> bool {
        name.transposed && self != Self::Gguf
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_each_format() {
        let up = TensorName::new("h.{}.mlp.c_fc", "blk.{}.ffn_up").transposed();
        let tokens = TensorName::new("wte", "token_embd");
        let safetensors = Format::Safetensors { prefix: "transformer." };
        assert_eq!(safetensors.stem(up, Some(3)), "transformer.h.3.mlp.c_fc");
        assert_eq!(Format::Safetensors { prefix: "" }.stem(tokens, None), "wte");
        assert_eq!(safetensors.stem(OUTPUT, None), "lm_head");
        assert_eq!(Format::Gguf.stem(OUTPUT, None), "output");
        assert_eq!(Format::Gguf.stem(up, Some(7)), "blk.7.ffn_up");
        assert!(safetensors.transposed(up) && !safetensors.transposed(tokens) && !Format::Gguf.transposed(up));
    }
}
