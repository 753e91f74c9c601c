//! The sizes that nearly every network has, under the names that most families give them.

use crate::config::{Fields, Keys, MAX_LAYERS, activation, between, shared_checks};
use crate::error::Defect;
use beamline_kernels::Activation;
use serde_json::Value;

/// The sizes of a decoder, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    /// `vocab_size`.
    pub(crate) vocab: usize,
    /// `max_position_embeddings`.
    pub(crate) context: usize,
    /// `hidden_size`.
    pub(crate) width: usize,
    /// `num_hidden_layers`.
    pub(crate) layers: usize,
    /// `num_attention_heads`.
    pub(crate) heads: usize,
    /// `num_key_value_heads`; divides `heads`.
    pub(crate) kv_heads: usize,
    /// `head_dim`.
    pub(crate) head: usize,
    /// `intermediate_size`.
    pub(crate) inner: usize,
}

/// What a family takes where its `config.json` does not say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SizeDefaults {
    pub(crate) context: usize,
    /// Key-value heads where the field is not there; none means as many as heads, as null always does.
    pub(crate) kv_heads: Option<usize>,
    /// The width of a head; none means the stream's shared out among the heads.
    pub(crate) head: Option<usize>,
}

impl Sizes {
    /// Reads a `config.json`. The width, the layers, the heads, the vocabulary and the width of the feed-forward part must be there.
    pub(crate) fn read(fields: Fields<'_>, defaults: SizeDefaults) -> Result<Self, Defect> {
        let sizes = Self::named(fields, defaults, Self::STANDARD, |_| required(fields, "intermediate_size"))?;
        let absent = if fields.mentions("num_key_value_heads") { None } else { defaults.kv_heads };
        let kv_heads = fields.count("num_key_value_heads")?.or(absent).unwrap_or(sizes.heads);
        let default = if fields.mentions("head_dim") { None } else { defaults.head };
        match fields.count("head_dim")?.or(default) {
            Some(head) => Self { kv_heads, head, ..sizes }.check(),
            None => Self { kv_heads, ..sizes }.shared_out(Self::STANDARD)?.check(),
        }
    }

    /// What most families call the width, the layers, the heads and the context.
    pub(crate) const STANDARD: [&str; 4] =
        ["hidden_size", "num_hidden_layers", "num_attention_heads", "max_position_embeddings"];

    /// What GPT-2 and its nearest call them.
    pub(crate) const OF_GPT2: [&str; 4] = ["n_embd", "n_layer", "n_head", "n_positions"];

    /// Reads sizes by the names of the width, the layers, the heads and the context (which may be empty, for none), of a network
    /// without heads of its own for keys and values; `inner` is given the width.
    pub(crate) fn read_named(
        fields: Fields<'_>,
        defaults: SizeDefaults,
        names: [&str; 4],
        inner: impl FnOnce(usize) -> Result<usize, Defect>,
    ) -> Result<Self, Defect> {
        Self::named(fields, defaults, names, inner)?.shared_out(names)?.check()
    }

    /// Refuses a width that the heads cannot share.
    fn shared_out(self, [width, _, heads, _]: [&str; 4]) -> Result<Self, Defect> {
        if self.width.is_multiple_of(self.heads) {
            return Ok(self);
        }
        Err(Defect::value(heads, self.heads, &format!("a divisor of {width} = {}", self.width)))
    }

    fn named(
        fields: Fields<'_>,
        defaults: SizeDefaults,
        [width, layers, heads, context]: [&str; 4],
        inner: impl FnOnce(usize) -> Result<usize, Defect>,
    ) -> Result<Self, Defect> {
        let count = |name: &str, most: usize| {
            let value = required(fields, name)?;
            between(name, value, 1, most).map(|()| value)
        };
        let (width, heads) = (count(width, 1 << 24)?, count(heads, 1 << 16)?);
        let context = if context.is_empty() { None } else { fields.count(context)? };
        Ok(Self {
            vocab: required(fields, "vocab_size")?,
            context: context.unwrap_or(defaults.context),
            width,
            layers: count(layers, MAX_LAYERS)?,
            heads,
            kv_heads: heads,
            head: width / heads,
            inner: inner(width)?,
        })
    }

    /// Reads the keys of a GGUF file.
    pub(crate) fn read_gguf(keys: &Keys<'_, '_>) -> Result<Self, Defect> {
        let (width, heads) = (keys.count("embedding_length")?, keys.count("attention.head_count")?);
        between(&keys.name("attention.head_count"), heads, 1, 1 << 16)?;
        let head = keys.count_or("attention.key_length", width / heads)?;
        let value = keys.count_or("attention.value_length", head)?;
        if value != head {
            let name = keys.name("attention.value_length");
            return Err(Defect::unsupported(&name, value, &format!("the head width, {head}")));
        }
        Self {
            vocab: keys.vocab()?,
            context: keys.count("context_length")?,
            width,
            layers: keys.count("block_count")?,
            heads,
            kv_heads: keys.count_or("attention.head_count_kv", heads)?,
            head,
            inner: keys.count("feed_forward_length")?,
        }
        .check()
    }

    fn check(self) -> Result<Self, Defect> {
        shared_checks(self.vocab, self.layers)?;
        between("max_position_embeddings", self.context, 1, 1 << 30)?;
        between("hidden_size", self.width, 1, 1 << 24)?;
        between("intermediate_size", self.inner, 1, 1 << 30)?;
        between("num_key_value_heads", self.kv_heads, 1, 1 << 16)?;
        between("head_dim", self.head, 1, 1 << 16)?;
        if !self.heads.is_multiple_of(self.kv_heads) {
            let allowed = format!("a divisor of num_attention_heads = {}", self.heads);
            return Err(Defect::value("num_key_value_heads", self.kv_heads, &allowed));
        }
        Ok(self)
    }
}

/// A count that must be there.
pub(crate) fn required(fields: Fields<'_>, name: &str) -> Result<usize, Defect> {
    let missing = || Defect::value(name, "missing", "an integer; the config does not say it");
    fields.count(name)?.ok_or_else(missing)
}

/// The activation that a field names.
pub(crate) fn activation_or(fields: Fields<'_>, name: &str, default: &str) -> Result<Activation, Defect> {
    activation(name, fields.text(name)?.unwrap_or(default))
}

/// `layer_types`: for each layer whether it looks back through the sliding window; where it is not there, `default` says.
pub(crate) fn sliding_layers(
    fields: Fields<'_>,
    layers: usize,
    default: impl Fn(usize) -> bool,
) -> Result<Vec<bool>, Defect> {
    let Some(types) = fields.list("layer_types")? else { return Ok((0..layers).map(default).collect()) };
    if types.len() != layers {
        return Err(Defect::value("layer_types", types.len(), &format!("a list of {layers}, one for each layer")));
    }
    let of = |kind: &Value| match kind.as_str() {
        Some("full_attention") => Ok(false),
        Some("sliding_attention") => Ok(true),
        _ => Err(Defect::unsupported("layer_types", kind, "full_attention, sliding_attention")),
    };
    types.iter().map(of).collect()
}

/// A sliding window: null for none, `default` where the field is not there.
pub(crate) fn sliding_window(fields: Fields<'_>, name: &str, default: Option<usize>) -> Result<Option<usize>, Defect> {
    let window = if fields.mentions(name) { fields.count(name)? } else { default };
    match window {
        Some(0) => Err(Defect::value(name, 0, "1 or more, or null")),
        window => Ok(window),
    }
}
