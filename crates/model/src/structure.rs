//! What a checkpoint is made of, told without reading a weight.

/// The sizes of a network that its [`Geometry`](crate::Geometry) has no need of, and its tensors.
///
/// ```
/// use beamline_model::{Checkpoint, RandomArchitecture, RandomCheckpoint};
/// let folder = tempfile::tempdir()?;
/// let architecture = RandomArchitecture::Gpt2;
/// let shape = RandomCheckpoint { architecture, vocab: 10, width: 16, layers: 1, heads: 4, context: 10 };
/// shape.write(folder.path(), &|_, _| 0.5)?;
/// let structure = Checkpoint::open(folder.path())?.structure()?;
/// assert_eq!((structure.width, structure.heads, structure.tensors.len()), (16, 4, 16));
/// assert_eq!(structure.tensors[0].name, "transformer.h.0.attn.c_attn.bias");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Structure {
    /// The width of the residual stream.
    #[doc(alias = "hidden_size")]
    #[doc(alias = "d_model")]
    pub width: usize,
    /// Attention heads of a layer: those of queries.
    pub heads: usize,
    /// Every tensor, by name.
    pub tensors: Vec<TensorInfo>,
}

/// A tensor of a checkpoint, by the name that its file gives it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TensorInfo {
    /// Its name; dots part the modules that it lies in.
    pub name: String,
    /// Its sizes, the slowest first.
    pub shape: Vec<usize>,
    /// How its weights are stored, such as `f32` or `q4_1`.
    pub dtype: String,
}
