//! Tensors fetched by part, checked against the shapes that the config asks for, and packed.

use crate::error::{Defect, LoadError};
use crate::gguf::{Kind, Stored};
use crate::mapped::Mapped;
use crate::names::{Name, Naming};
use crate::unseen::Origin;
use beamline_kernels::{
    ActivationFormat, Compute, Encoding, Layout, Matrix, PackError, Product, Scratch, Source, products,
};
use std::path::Path;
use std::sync::Arc;

/// How weights are to be held.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoadOptions {
    /// Converts every matrix to this format; none keeps each as stored. Norms, biases and position embeddings are
    /// always f32.
    pub dtype: Option<Encoding>,
    /// The precision of activations in quantized matmuls; none takes [`DEFAULT_ACTIVATIONS`].
    pub activations: Option<ActivationFormat>,
    /// When plain floats are looked through for NaN and infinity.
    pub check: Check,
}

/// When plain floats are looked through for NaN and infinity, which no model may have. Quantised and converted weights are
/// while they are packed.
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
/// told from those of f32 (benches/ACTIVATIONS.md has the figures).
pub const DEFAULT_ACTIVATIONS: ActivationFormat = ActivationFormat::I16;

/// What was loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// `gpt2`, `llama`, `mistral`, `qwen2` or `qwen3`.
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

/// `x W + b`.
#[derive(Debug)]
pub(crate) struct Linear {
    pub(crate) matrix: Arc<Matrix>,
    pub(crate) bias: Option<Vec<f32>>,
}

impl Linear {
    /// `x` is `[rows, inputs]`; returns `[rows, outputs]`.
    pub(crate) fn apply<'c>(&self, x: &[f32], compute: &'c Compute) -> Scratch<'c> {
        let [out] = Self::apply_all([self], x, compute);
        out
    }

    /// Says that these will be applied together, after what is applied next.
    pub(crate) fn expect<const N: usize>(all: [&Self; N], compute: &Compute) {
        compute.expect(all.map(|linear| linear.matrix.as_ref()));
    }

    /// Several at once on the same `x`, which costs less than one after the other.
    pub(crate) fn apply_all<'c, const N: usize>(all: [&Self; N], x: &[f32], compute: &'c Compute) -> [Scratch<'c>; N] {
        let rows = x.len() / all[0].matrix.inputs();
        let mut outs = all.map(|linear| compute.scratch(rows * linear.matrix.outputs()));
        let list = all.into_iter().zip(outs.iter_mut());
        let list = list.map(|(linear, out)| Product { matrix: &linear.matrix, bias: linear.bias.as_deref(), out });
        products(x, list.collect(), compute);
        outs
    }
}

/// The weight and bias of a LayerNorm.
#[derive(Debug)]
pub(crate) struct Norm {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

/// A tensor, and the file it lies in.
pub(crate) struct Found<'a> {
    pub(crate) stored: &'a Stored<'a>,
    pub(crate) path: &'a Path,
    pub(crate) file: &'a Arc<Mapped>,
}

/// Finds a tensor.
type Find<'a> = &'a dyn Fn(&str) -> Option<Found<'a>>;

/// The tensors of a checkpoint, on their way into a model.
pub(crate) struct Weights<'a> {
    path: &'a Path,
    naming: Naming,
    find: Find<'a>,
    options: LoadOptions,
    compute: &'a Compute,
    taken: Vec<Taken>,
    /// To be checked.
    matrices: Vec<Origin>,
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
        naming: Naming,
        find: Find<'a>,
        options: LoadOptions,
        compute: &'a Compute,
    ) -> Self {
        Self { path, naming, find, options, compute, taken: Vec::new(), matrices: Vec::new() }
    }

    /// Checks all matrices together, once everything has been loaded; or returns those that are left to the first pass.
    pub(super) fn check(&mut self) -> Result<Arc<[Origin]>, LoadError> {
        let stepped = self.taken.iter().filter(|t| t.matrix.is_some()).map(|t| t.stepped);
        self.matrices.iter_mut().zip(stepped).for_each(|(origin, stepped)| origin.is_table = !stepped);
        let matrices = std::mem::take(&mut self.matrices);
        if self.options.check == Check::FirstPass {
            return Ok(matrices.into_iter().filter(|origin| origin.matrix.is_in_place()).collect());
        }
        let all: Vec<&Matrix> = matrices.iter().map(|origin| origin.matrix.as_ref()).collect();
        Matrix::check(&all, self.compute).map_err(|(which, source)| {
            let Origin { name, path, .. } = &matrices[which];
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
    fn stored(&self, name: &str, shape: &[usize]) -> Result<(Found<'a>, Encoding), LoadError> {
        let found = (self.find)(name).ok_or_else(|| Defect::MissingTensor(name.to_owned()).at(self.path))?;
        if found.stored.shape != shape {
            let (had, expected) = (found.stored.shape.clone(), shape.to_vec());
            return Err(Defect::Shape { name: name.to_owned(), found: had, expected }.at(found.path));
        }
        match found.stored.kind {
            Kind::Known(encoding) => Ok((found, encoding)),
            other => Err(Defect::Type { name: name.to_owned(), kind: other.to_string() }.at(found.path)),
        }
    }

    /// A tensor as plain numbers, all finite.
    fn numbers(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        let (Found { stored, path, file }, encoding) = self.stored(name, shape)?;
        let count = shape.iter().product();
        if encoding.bytes(count) != Some(stored.bytes.len()) {
            let source = PackError::Length { outputs: 1, inputs: count, encoding, bytes: stored.bytes.len() };
            return Err(Defect::Weights { name: name.to_owned(), source }.at(path));
        }
        let mut out = vec![0.0; count];
        encoding.decode(stored.bytes, &mut out);
        file.release(stored.bytes);
        if let Some(at) = out.iter().position(|v| !v.is_finite()) {
            let row = at / shape.last().copied().unwrap_or(1);
            return Err(
                Defect::Weights { name: name.to_owned(), source: PackError::NotFinite { output: row } }.at(path)
            );
        }
        self.taken.push(Taken { matrix: None, weights: count, bytes: count * 4, stepped: shape.len() == 1 });
        Ok(out)
    }

    /// A table that rows are looked up in, `[rows, width]`.
    pub(crate) fn table(&mut self, name: Name, shape: [usize; 2]) -> Result<Vec<f32>, LoadError> {
        self.numbers(&self.tensor(name, None, "weight"), &shape)
    }

    /// The weight of an RMS norm.
    pub(crate) fn scale(&mut self, name: Name, layer: Option<usize>, width: usize) -> Result<Vec<f32>, LoadError> {
        self.numbers(&self.tensor(name, layer, "weight"), &[width])
    }

    /// Weight and bias of a LayerNorm.
    pub(crate) fn norm(&mut self, name: Name, layer: Option<usize>, width: usize) -> Result<Norm, LoadError> {
        let weight = self.scale(name, layer, width)?;
        Ok(Norm { weight, bias: self.numbers(&self.tensor(name, layer, "bias"), &[width])? })
    }

    fn tensor(&self, name: Name, layer: Option<usize>, kind: &str) -> String {
        format!("{}.{kind}", self.naming.stem(name, layer))
    }

    /// A matrix `[outputs, inputs]`: packed, or plain floats in their place.
    pub(crate) fn matrix(
        &mut self,
        name: Name,
        layer: Option<usize>,
        shape: [usize; 2],
    ) -> Result<Arc<Matrix>, LoadError> {
        self.ordered(name, layer, shape, None)
    }

    fn ordered(
        &mut self,
        name: Name,
        layer: Option<usize>,
        [outputs, inputs]: [usize; 2],
        order: Option<&[usize]>,
    ) -> Result<Arc<Matrix>, LoadError> {
        let tensor = self.tensor(name, layer, "weight");
        let transposed = self.naming.transposed(name);
        let (layout, shape) =
            if transposed { (Layout::InOut, [inputs, outputs]) } else { (Layout::OutIn, [outputs, inputs]) };
        let (Found { stored, path, file }, encoding) = self.stored(&tensor, &shape)?;
        let target = self.options.dtype.unwrap_or(encoding);
        let matrix = if order.is_none() && target == encoding && encoding.is_float() {
            Matrix::in_place(file.lend(stored.bytes), encoding, layout, [outputs, inputs])
        } else {
            let source = Source { encoding, layout, bytes: stored.bytes, outputs, inputs, order };
            let packed = Matrix::pack(&source, Some(target), self.compute);
            file.release(stored.bytes);
            packed
        };
        let weights = |source| Defect::Weights { name: tensor.clone(), source }.at(path);
        let matrix = matrix.map_err(weights)?;
        let matrix = Arc::new(matrix.with_activations(self.options.activations.unwrap_or(DEFAULT_ACTIVATIONS)));
        let (matrix_encoding, bytes) = (Some(matrix.encoding()), matrix.bytes());
        let stepped = name != Name::Tokens;
        self.taken.push(Taken { matrix: matrix_encoding, weights: outputs * inputs, bytes, stepped });
        self.matrices.push(Origin { matrix: matrix.clone(), name: tensor, path: path.to_owned(), is_table: false });
        Ok(matrix)
    }

    /// Says that the token embedding serves as the output matrix too, so that a step reads it.
    pub(crate) fn tie(&mut self) {
        self.taken.iter_mut().filter(|t| t.matrix.is_some()).for_each(|t| t.stepped = true);
    }

    /// A matrix with a bias.
    pub(crate) fn linear(&mut self, name: Name, layer: Option<usize>, shape: [usize; 2]) -> Result<Linear, LoadError> {
        self.linear_if(name, layer, shape, true)
    }

    /// A matrix, with a bias where there is one.
    pub(crate) fn linear_if(
        &mut self,
        name: Name,
        layer: Option<usize>,
        shape: [usize; 2],
        biased: bool,
    ) -> Result<Linear, LoadError> {
        let matrix = self.matrix(name, layer, shape)?;
        let bias = biased.then(|| self.numbers(&self.tensor(name, layer, "bias"), &[shape[0]])).transpose()?;
        Ok(Linear { matrix, bias })
    }

    /// Queries or keys, brought into the order in which a head's halves are turned against each other.
    pub(crate) fn rotated(
        &mut self,
        name: Name,
        layer: Option<usize>,
        shape: [usize; 2],
        biased: bool,
        head: usize,
    ) -> Result<Linear, LoadError> {
        if self.naming != (Naming::Gguf { permuted: true }) {
            return self.linear_if(name, layer, shape, biased);
        }
        let tensor = self.tensor(name, layer, "weight");
        self.stored(&tensor, &shape)?; // before an order of that many outputs is made
        let order = interleaved(shape[0], head);
        let matrix = self.ordered(name, layer, shape, Some(&order))?;
        let bias = biased.then(|| self.numbers(&self.tensor(name, layer, "bias"), &[shape[0]])).transpose()?;
        let bias = bias.map(|stored| order.iter().map(|&i| stored[i]).collect());
        Ok(Linear { matrix, bias })
    }

    /// Frequencies divided by the file's factors, where it has them (Llama 3 in GGUF).
    pub(crate) fn rope_factors(&mut self, frequencies: Vec<f32>) -> Result<Vec<f32>, LoadError> {
        const FACTORS: &str = "rope_freqs.weight";
        if !matches!(self.naming, Naming::Gguf { .. }) || (self.find)(FACTORS).is_none() {
            return Ok(frequencies);
        }
        let factors = self.numbers(FACTORS, &[frequencies.len()])?;
        if let Some(bad) = factors.iter().find(|f| **f <= 0.0) {
            return Err(Defect::value(FACTORS, bad, "positive numbers").at(self.path));
        }
        Ok(frequencies.iter().zip(&factors).map(|(frequency, factor)| frequency / factor).collect())
    }
}

/// Where the outputs of a head's halves lie when pairs are stored side by side: output `i` of the first half at `2i`,
/// of the second at `2i + 1`.
fn interleaved(outputs: usize, head: usize) -> Vec<usize> {
    let half = head / 2;
    (0..outputs).map(|o| o / head * head + (o % half) * 2 + (o % head) / half).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interleaved_pairs_become_halves() {
        // Two heads of four: stored a0 b0 a1 b1, wanted a0 a1 b0 b1.
        assert_eq!(interleaved(8, 4), [0, 2, 1, 3, 4, 6, 5, 7]);
    }
}
