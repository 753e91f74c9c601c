//! Looking into a model while it runs.

/// A part of a layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Token (and position) embeddings, before the first layer.
    Embedding,
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
    /// The layer, from 0; for [`Part::Embedding`] 0, for [`Part::FinalNorm`] the number of layers.
    pub layer: usize,
    /// The part of it.
    pub part: Part,
}

/// Looks at activations, or changes them, while a model runs. `()` does neither.
///
/// Rows come `[positions of all spans in order, width]`. What is written into them is what the model goes on with:
/// ablation, steering and patching are the same hook as looking.
pub trait Probe: Send {
    /// Whether to call [`visit`](Self::visit) here; asked once a site and pass.
    fn wants(&self, _site: Site) -> bool {
        false
    }
    /// The activations of a site.
    fn visit(&mut self, _site: Site, _rows: &mut [f32]) {}
}

impl Probe for () {}

/// Shows `rows` to a probe that wants them.
pub(crate) fn show(probe: &mut dyn Probe, layer: usize, part: Part, rows: &mut [f32]) {
    let site = Site { layer, part };
    if probe.wants(site) {
        probe.visit(site, rows);
    }
}
