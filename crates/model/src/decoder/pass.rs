//! A decoder with its weights, and a forward pass through it.

use crate::decoder::attention::alibi;
use crate::decoder::block::Block;
use crate::decoder::plan::Decoder;
use crate::decoder::positions::Pass;
use crate::error::LoadError;
use crate::forward::{Model, Rows, Span};
use crate::geometry::Geometry;
use crate::layers::attention::Batch;
use crate::layers::embedding::Embedding;
use crate::layers::linear::Linear;
use crate::layers::norm::Norm;
use crate::layers::rope::Rope;
use crate::model_error::ModelError;
use crate::model_id::ModelId;
use crate::network::Network;
use crate::probe::{Part, Probe, visit, visit_copy};
use crate::weights::Weights;
use beamline_kernels::{Compute, Rotation, cap_row, scale};
use std::sync::Arc;

/// A decoder, ready to run.
#[derive(Debug)]
struct DecoderModel {
    id: ModelId,
    plan: Decoder,
    /// Radians a position for each pair of a head's numbers, for each of the plan's ropes.
    frequencies: Vec<Vec<f32>>,
    embedding: Embedding,
    embedding_norm: Option<Norm>,
    positions: Option<Vec<f32>>, // [offset + context, width]
    project_in: Option<Linear>,
    blocks: Vec<Block>,
    last_norm: Option<Norm>,
    project_out: Option<Linear>,
    compute: Arc<Compute>,
}

impl Network for Decoder {
    fn geometry(&self) -> Geometry {
        let context = self.ropes.iter().fold(self.context, |context, rope| rope.scaling.bound(context));
        let Self { vocab, kv_heads, head, .. } = *self;
        Geometry { vocab, context, layers: self.layers.len(), kv_heads, head }
    }

    fn width_and_heads(&self) -> (usize, usize) {
        (self.width, self.heads)
    }

    fn load(&self, weights: &mut Weights<'_>, compute: &Arc<Compute>) -> Result<Arc<dyn Model>, LoadError> {
        let Self { vocab, width, ref embedding, ref output, .. } = *self;
        let frequencies = self.ropes.iter().map(|rope| rope.load_frequencies(weights, self.head));
        let frequencies = frequencies.collect::<Result<Vec<_>, _>>()?;
        let narrow = embedding.project.map_or(width, |(narrow, _)| narrow);
        let names = [embedding.tokens, output.name];
        let tables = Embedding::load(weights, names, [vocab, narrow], output.tied, output.bias)?;
        let project = embedding.project.map(|(_, name)| weights.linear_if(name, None, [width, narrow], false));
        let positions =
            embedding.positions.map(|table| weights.table(table.name, [table.offset + self.context, width]));
        let blocks = (0..self.layers.len()).map(|layer| Block::load(self, weights, layer));
        let (project_in, positions) = (project.transpose()?, positions.transpose()?);
        let blocks = blocks.collect::<Result<Vec<_>, LoadError>>()?;
        let mut norm = |name| Norm::load(weights, self.norm, name, None, width, self.epsilon);
        let (embedding_norm, last_norm) = (embedding.norm.map(&mut norm), self.norms.last.map(&mut norm));
        let (embedding_norm, last_norm) = (embedding_norm.transpose()?, last_norm.transpose()?);
        let project_out =
            output.project.map(|name| weights.linear_if(name, None, [narrow, width], false)).transpose()?;
        Ok(Arc::new(DecoderModel {
            id: ModelId::unique(),
            plan: self.clone(),
            frequencies,
            embedding: tables,
            embedding_norm,
            positions,
            project_in,
            blocks,
            last_norm,
            project_out,
            compute: compute.clone(),
        }))
    }
}

impl DecoderModel {
    /// Embeddings of all rows, `[rows, width]`, as the first layer takes them.
    fn embed(&self, spans: &[Span<'_>], batch: &Batch, probe: &mut dyn Probe) -> Vec<f32> {
        let (plan, compute) = (&self.plan, &self.compute);
        let mut x = self.embedding.rows(spans, compute);
        if plan.embedding.scale != 1.0 {
            scale(&mut x, plan.embedding.scale);
        }
        if let Some(project) = &self.project_in {
            x = project.apply(&x, compute).to_vec();
        }
        if let Some(norm) = &self.embedding_norm {
            norm.apply(&mut x, compute);
        }
        visit_copy(probe, 0, Part::Tokens, || x.clone());
        if let (Some(table), Some(positions)) = (plan.embedding.positions, &self.positions) {
            let row = |at: usize| &positions[(table.offset + at) * plan.width..][..plan.width];
            for (x, at) in x.chunks_exact_mut(plan.width).zip(batch.positions()) {
                x.iter_mut().zip(row(at)).for_each(|(x, p)| *x += p);
            }
            visit_copy(probe, 0, Part::Positions, || batch.positions().flat_map(row).copied().collect());
        }
        visit(probe, 0, Part::Embedding, &mut x);
        x
    }

    /// How far each row is turned, for each rope.
    fn rotations(&self, batch: &Batch, probe: &mut dyn Probe) -> Vec<Vec<Rotation>> {
        let of = |(rope, frequencies): (&Rope, &Vec<f32>)| {
            let amplitude = rope.scaling.amplitude();
            batch.positions().map(|at| Rotation::at(at, frequencies, amplitude)).collect::<Vec<_>>()
        };
        let all: Vec<_> = self.plan.ropes.iter().zip(&self.frequencies).map(of).collect();
        if let Some(first) = all.first() {
            visit_copy(probe, 0, Part::Positions, || first.iter().flat_map(Rotation::numbers).collect());
        }
        all
    }

    /// Says that block `layer` comes after the next product, or the output matrix where there is none.
    fn prefetch_next(&self, layer: usize) {
        match self.blocks.get(layer) {
            Some(next) => next.prefetch_next(&self.compute),
            None => self.compute.prefetch_next([self.embedding.output()]),
        }
    }

    /// Logits of the rows wanted, `[rows, width]`.
    fn logits(&self, mut rows: Vec<f32>, probe: &mut dyn Probe) -> Result<Rows, ModelError> {
        let (plan, compute) = (&self.plan, &self.compute);
        if let Some(norm) = &self.last_norm {
            norm.apply(&mut rows, compute);
        }
        visit(probe, self.blocks.len(), Part::FinalNorm, &mut rows);
        if let Some(project) = &self.project_out {
            rows = project.apply(&rows, compute).to_vec();
        }
        self.prefetch_next(0); // in the next pass
        let mut logits = self.embedding.logits(&rows, compute);
        if plan.output.scale != 1.0 {
            scale(&mut logits, plan.output.scale);
        }
        if let Some(bound) = plan.output.softcap {
            compute.for_chunks(&mut logits, plan.vocab, plan.vocab * 8, |_, row| cap_row(row, bound, compute));
        }
        Rows::new(logits, plan.vocab)
    }
}

impl Model for DecoderModel {
    fn geometry(&self) -> Geometry {
        self.plan.geometry()
    }

    fn id(&self) -> ModelId {
        self.id
    }

    fn forward(&self, spans: &mut [Span<'_>], probe: &mut dyn Probe) -> Result<Rows, ModelError> {
        let plan = &self.plan;
        self.geometry().check(spans)?;
        let batch = Batch::begin(spans);
        if batch.len() == 0 {
            return Rows::new(Vec::new(), plan.vocab);
        }
        let mut x = self.embed(spans, &batch, probe);
        let rotations = self.rotations(&batch, probe);
        let longest = batch.positions().max().map_or(0, |last| last + 1);
        let biases = plan.attention.alibi.map(|kind| alibi(kind, plan.heads, plan.head, longest)).unwrap_or_default();
        let mut pass = Pass { spans, batch, rotations, biases, compute: &self.compute };
        for (layer, block) in self.blocks.iter().enumerate() {
            block.forward(plan, layer, &mut x, &mut pass, || self.prefetch_next(layer + 1), probe);
        }
        if let Some(nothing) = pass.batch.nothing(plan.vocab) {
            return Ok(nothing);
        }
        self.logits(pass.batch.wanted(&x, plan.width), probe)
    }
}
