//! Looking into a model while it runs.

/// A part of a layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Token embeddings alone; a look: what is written is not used.
    Tokens,
    /// What tells positions apart: the embeddings added to the tokens', or, where heads are turned (rotary positions),
    /// `[rows, head]`: the cosines, then the sines, of each pair's angle. A look, as above.
    Positions,
    /// Token (and position) embeddings, before the first layer.
    Embedding,
    /// How much each head of each row looks at each position of its own sequence: `[rows, heads, positions]`, as many
    /// positions as the longest sequence has, zeros where a row does not look. A look, as above; it costs a second
    /// attention.
    AttentionWeights,
    /// What the heads saw, side by side, before the output projection.
    Attention,
    /// What the feed-forward part adds.
    Mlp,
    /// The stream that layers add to, after the layer.
    Residual,
    /// After the last normalisation, before the output matrix; only the rows wanted.
    FinalNorm,
}

/// A place in the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Site {
    /// The layer, from 0; for what lies before the layers 0, for [`Part::FinalNorm`] the number of layers.
    pub layer: usize,
    /// The part of it.
    pub part: Part,
}

/// Looks at activations (hidden states), or changes them, while a model runs: a hook. `()` does neither, and costs nothing:
/// what no probe wants is not copied.
///
/// Rows come `[positions of all spans in order, width]`. What is written into them is what the model goes on with:
/// ablation, steering and patching are the same hook as looking.
#[doc(alias = "hook")]
#[doc(alias = "hidden_states")]
#[doc(alias = "output_attentions")]
pub trait Probe: Send {
    /// Whether to call [`visit`](Self::visit) here; asked once a site and pass.
    fn wants(&self, _site: Site) -> bool {
        false
    }
    /// The activations of a site.
    fn visit(&mut self, _site: Site, _rows: &mut [f32]) {}
}

impl Probe for () {}

/// Shows a probe something made for it alone, if it wants that.
pub(crate) fn visit_copy(probe: &mut dyn Probe, layer: usize, part: Part, make: impl FnOnce() -> Vec<f32>) {
    let site = Site { layer, part };
    if probe.wants(site) {
        probe.visit(site, &mut make());
    }
}

/// Shows `rows` to a probe that wants them.
pub(crate) fn visit(probe: &mut dyn Probe, layer: usize, part: Part, rows: &mut [f32]) {
    let site = Site { layer, part };
    if probe.wants(site) {
        probe.visit(site, rows);
    }
}
