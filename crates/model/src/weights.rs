//! Tensors fetched by part, checked against the shapes that the config asks for, and packed.

use crate::deferred_check::CheckedMatrix;
use crate::error::{Defect, LoadError};
use crate::gguf::{Kind, Stored};
use crate::holding::Holding;
use crate::names::{Format, TensorName};
use crate::slice::Slice;
use crate::weight_file::Held;
use beamline_kernels::{ActivationFormat, Compute, Encoding, Layout, Matrix, PackError};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// How a model is to be loaded.
///
/// ```
/// use beamline_model::{Holding, LoadOptions};
/// // Nothing is mapped unless it is asked for.
/// assert_eq!(LoadOptions::default().holding, Holding::Packed);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct LoadOptions {
    /// Converts every matrix to this format; none keeps each as stored. Norms, biases and position embeddings are
    /// always f32.
    pub dtype: Option<Encoding>,
    /// The precision of activations in quantized matmuls; none takes [`DEFAULT_ACTIVATIONS`].
    pub activations: Option<ActivationFormat>,
    /// Where the weights are once the model has been loaded.
    pub holding: Holding,
    /// When plain floats that are used in place are looked through for NaN and infinity.
    pub check: Check,
}

/// When plain floats that are used in place ([`Holding::Mapped`]) are looked through for NaN and infinity, which no model may
/// have. Weights that are packed while loading are looked through on the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Check {
    /// When they are loaded, which reads all of them.
    #[default]
    Loading,
    /// By the first pass that computes with them, which costs nothing: it ends in [`ModelError::Weights`](crate::ModelError)
    /// where loading would have been refused. Of a table that is only looked up, rows that no token asks for are never read.
    FirstPass,
}

/// The precision of activations in quantized matmuls unless something else is asked for: the fastest format whose results cannot be
/// told from those of f32 (docs/performance.md has the figures).
pub const DEFAULT_ACTIVATIONS: ActivationFormat = ActivationFormat::I16;

/// What was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// What the checkpoint calls its network, such as `gpt2` or `llama`.
    pub architecture: String,
    /// The number of weights; a tied output matrix counts once.
    pub parameters: usize,
    /// The format that most matrix weights are held in.
    pub dtype: Encoding,
    /// Bytes of memory that the weights take.
    pub weight_bytes: usize,
    /// Bytes of weights that one decoding step reads: all but embeddings that are only looked up.
    pub step_bytes: usize,
}

/// A tensor, and the file it lies in.
pub(crate) struct Found<'a> {
    pub(crate) stored: &'a Stored,
    pub(crate) file: &'a Held<'a>,
}

/// Finds a tensor.
type Find<'a> = &'a dyn Fn(&str) -> Option<Found<'a>>;

/// The tensors of a checkpoint, on their way into a model.
pub(crate) struct Weights<'a> {
    path: &'a Path,
    format: Format,
    find: Find<'a>,
    options: LoadOptions,
    compute: &'a Compute,
    taken: Vec<Taken>,
    /// To be checked.
    matrices: Vec<CheckedMatrix>,
    /// For the bytes of one tensor after another.
    buffer: Vec<u8>,
}

/// A tensor that has been loaded.
struct Taken {
    /// The format of a matrix; none for plain numbers.
    matrix: Option<Encoding>,
    weights: usize,
    bytes: usize,
    /// Whether every step reads all of it, which a table for looking up is not.
    stepped: bool,
}

impl<'a> Weights<'a> {
    pub(super) fn new(
        path: &'a Path,
        format: Format,
        find: Find<'a>,
        options: LoadOptions,
        compute: &'a Compute,
    ) -> Self {
        Self { path, format, find, options, compute, taken: Vec::new(), matrices: Vec::new(), buffer: Vec::new() }
    }

    /// Checks all matrices together, once everything has been loaded; or returns those that are left to the first pass.
    pub(super) fn check(&mut self) -> Result<Arc<[CheckedMatrix]>, LoadError> {
        let matrices = std::mem::take(&mut self.matrices);
        if self.options.check == Check::FirstPass {
            return Ok(matrices.into_iter().filter(|origin| origin.matrix.is_in_place()).collect());
        }
        let all: Vec<&Matrix> = matrices.iter().map(|origin| origin.matrix.as_ref()).collect();
        Matrix::check(&all, self.compute).map_err(|(which, source)| {
            let CheckedMatrix { name, path, .. } = &matrices[which];
            Defect::Weights { name: name.clone(), source }.at(path)
        })?;
        // Of a table, hardly anything will be read again.
        matrices.iter().filter(|origin| origin.is_table).for_each(|origin| origin.matrix.release());
        Ok(Arc::new([]))
    }

    /// What was loaded.
    pub(super) fn description(&self, architecture: String) -> Description {
        let of = |encoding| self.taken.iter().filter(|t| t.matrix == Some(encoding)).map(|t| t.weights).sum::<usize>();
        // Of equals the first, so that the answer is always the same.
        let most = Encoding::ALL.into_iter().rev().max_by_key(|&encoding| of(encoding));
        Description {
            architecture,
            parameters: self.taken.iter().map(|t| t.weights).sum(),
            dtype: most.unwrap_or(Encoding::F32),
            weight_bytes: self.taken.iter().map(|t| t.bytes).sum(),
            step_bytes: self.taken.iter().filter(|t| t.stepped).map(|t| t.bytes).sum(),
        }
    }

    /// A tensor that must be there, in this shape.
    pub(crate) fn stored(&self, name: &str, shape: &[usize]) -> Result<(Found<'a>, Encoding), LoadError> {
        let found = (self.find)(name).ok_or_else(|| Defect::MissingTensor(name.to_owned()).at(self.path))?;
        if found.stored.shape != shape {
            let (had, expected) = (found.stored.shape.clone(), shape.to_vec());
            return Err(Defect::Shape { name: name.to_owned(), found: had, expected }.at(found.file.path()));
        }
        match found.stored.kind {
            Kind::Known(encoding) => Ok((found, encoding)),
            other => Err(Defect::Type { name: name.to_owned(), kind: other.to_string() }.at(found.file.path())),
        }
    }

    /// A tensor as plain numbers, all finite.
    pub(crate) fn numbers(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        let (found, encoding) = self.stored(name, shape)?;
        let place = found.stored.place.clone();
        self.decoded(name, &found, encoding, &place, shape)
    }

    /// One row of a tensor `[count, width]`: `[which, count]`.
    pub(crate) fn row_of(&mut self, name: &str, of: [usize; 2], width: usize) -> Result<Vec<f32>, LoadError> {
        let (found, encoding) = self.stored(name, &[of[1], width])?;
        let place = Slice { of: Some(of), ..Slice::default() }.place(&found.stored.place);
        self.decoded(name, &found, encoding, &place, &[width])
    }

    /// Some bytes of a tensor as numbers in a shape, all finite.
    fn decoded(
        &mut self,
        name: &str,
        found: &Found<'a>,
        encoding: Encoding,
        place: &Range<usize>,
        shape: &[usize],
    ) -> Result<Vec<f32>, LoadError> {
        let (count, path) = (shape.iter().product(), found.file.path());
        if encoding.bytes(count) != Some(place.len()) {
            let source = PackError::Length { outputs: 1, inputs: count, encoding, bytes: place.len() };
            return Err(Defect::Weights { name: name.to_owned(), source }.at(path));
        }
        let mut out = vec![0.0; count];
        found.file.with(place, &mut self.buffer, |bytes| encoding.decode(bytes, &mut out))?;
        if let Some(at) = out.iter().position(|v| !v.is_finite()) {
            let row = at / shape.last().copied().unwrap_or(1);
            return Err(
                Defect::Weights { name: name.to_owned(), source: PackError::NotFinite { output: row } }.at(path)
            );
        }
        self.taken.push(Taken { matrix: None, weights: count, bytes: count * 4, stepped: shape.len() == 1 });
        Ok(out)
    }

    /// Where the weights lie, for messages.
    pub(crate) fn path(&self) -> &'a Path {
        self.path
    }

    /// The name of a tensor that is neither a `.weight` nor a `.bias`.
    pub(crate) fn bare(&self, name: TensorName, layer: Option<usize>) -> String {
        self.format.stem(name, layer)
    }

    /// Who wrote the checkpoint.
    pub(crate) fn format(&self) -> Format {
        self.format
    }

    /// A table of plain numbers that rows are looked up in, `[rows, width]`.
    pub(crate) fn table(&mut self, name: TensorName, shape: [usize; 2]) -> Result<Vec<f32>, LoadError> {
        self.numbers(&self.tensor(name, None, "weight"), &shape)
    }

    /// Plain numbers, one for each column: the `weight` or `bias` of a normalisation.
    pub(crate) fn vector(
        &mut self,
        name: TensorName,
        layer: Option<usize>,
        kind: &str,
        width: usize,
    ) -> Result<Vec<f32>, LoadError> {
        self.numbers(&self.tensor(name, layer, kind), &[width])
    }

    /// Plain numbers that a GGUF file may have beside the network's own.
    pub(crate) fn gguf_extra(&mut self, name: &str, shape: &[usize]) -> Result<Option<Vec<f32>>, LoadError> {
        let there = self.format == Format::Gguf && (self.find)(name).is_some();
        there.then(|| self.numbers(name, shape)).transpose()
    }

    pub(crate) fn tensor(&self, name: TensorName, layer: Option<usize>, kind: &str) -> String {
        format!("{}.{kind}", self.format.stem(name, layer))
    }

    /// A matrix `[outputs, inputs]`: packed, or plain floats in a mapped file.
    pub(crate) fn matrix(
        &mut self,
        name: TensorName,
        layer: Option<usize>,
        shape: [usize; 2],
    ) -> Result<Arc<Matrix>, LoadError> {
        let (tensor, layout) = (self.tensor(name, layer, "weight"), self.layout(name));
        self.slice(tensor, Slice { layout, ..Slice::default() }, shape, true)
    }

    /// A matrix that only rows are looked up in, which is not what a step reads.
    pub(crate) fn looked_up(&mut self, name: TensorName, shape: [usize; 2]) -> Result<Arc<Matrix>, LoadError> {
        let (tensor, layout) = (self.tensor(name, None, "weight"), self.layout(name));
        self.slice(tensor, Slice { layout, ..Slice::default() }, shape, false)
    }

    /// Which way round the format stores a matrix.
    fn layout(&self, name: TensorName) -> Layout {
        if self.format.transposed(name) { Layout::InOut } else { Layout::OutIn }
    }

    /// A matrix `[outputs, inputs]` that is a part of what is stored under a name.
    pub(crate) fn slice(
        &mut self,
        tensor: String,
        slice: Slice<'_>,
        [outputs, inputs]: [usize; 2],
        stepped: bool,
    ) -> Result<Arc<Matrix>, LoadError> {
        let (Found { stored, file }, encoding) = self.stored(&tensor, &slice.stored_shape([outputs, inputs]))?;
        let (target, path) = (self.options.dtype.unwrap_or(encoding.held()), file.path());
        let place = slice.place(&stored.place);
        let fits = slice.rows.is_none() && target == encoding && encoding.is_float();
        let matrix = if let Some(lent) = fits.then(|| file.lend(&place)).flatten() {
            Matrix::in_place(lent, encoding, slice.layout, [outputs, inputs])
        } else {
            file.with(&place, &mut self.buffer, |bytes| {
                slice.with_source(bytes, encoding, [outputs, inputs], |source| {
                    Matrix::pack(source, Some(target), self.compute)
                })
            })?
        };
        let weights = |source| Defect::Weights { name: tensor.clone(), source }.at(path);
        let matrix = matrix.map_err(weights)?;
        let matrix = Arc::new(matrix.with_activations(self.options.activations.unwrap_or(DEFAULT_ACTIVATIONS)));
        let (matrix_encoding, bytes) = (Some(matrix.encoding()), matrix.bytes());
        self.taken.push(Taken { matrix: matrix_encoding, weights: outputs * inputs, bytes, stepped });
        self.matrices.push(CheckedMatrix {
            matrix: matrix.clone(),
            name: tensor,
            path: path.to_owned(),
            is_table: !stepped,
        });
        Ok(matrix)
    }

    /// Whether there is a tensor of this name.
    pub(crate) fn has(&self, tensor: &str) -> bool {
        (self.find)(tensor).is_some()
    }

    /// Whether two tensors hold the same, byte for byte.
    pub(crate) fn are_equal(&self, one: &str, other: &str) -> Result<bool, LoadError> {
        const PIECE: usize = 1 << 20;
        let (Some(one), Some(other)) = ((self.find)(one), (self.find)(other)) else { return Ok(false) };
        let [a, b] = [one.stored, other.stored];
        if a.kind != b.kind || a.shape != b.shape || a.place.len() != b.place.len() {
            return Ok(false);
        }
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for at in (0..a.place.len()).step_by(PIECE) {
            let piece = |place: &Range<usize>| place.start + at..(place.start + at + PIECE).min(place.end);
            let seen = one.file.with(&piece(&a.place), &mut first, <[u8]>::to_vec)?;
            if !other.file.with(&piece(&b.place), &mut second, |bytes| bytes == seen)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
