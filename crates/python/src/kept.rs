//! Rows of logits that a user asked to keep.

use beamline::{Event, EventKind, Interest, Observer};

/// Which rows to keep.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wish {
    /// The model's own logits.
    pub(crate) logits: bool,
    /// What processors made of them.
    pub(crate) scores: bool,
}

/// The rows of one step of one prompt: a row for each tip that was looked beyond, in the search's order.
#[derive(Default)]
pub(crate) struct StepRows {
    /// The nodes that the rows follow.
    pub(crate) nodes: Vec<i64>,
    /// The sequences that asked for them.
    pub(crate) sequences: Vec<i64>,
    /// `[tips, vocab]`, where wanted.
    pub(crate) logits: Vec<f32>,
    /// `[tips, vocab]`, where wanted; minus infinity for what processors removed.
    pub(crate) scores: Vec<f32>,
}

/// Keeps rows while searches run.
pub(crate) struct Kept {
    pub(crate) wish: Wish,
    pub(crate) vocab: usize,
    /// By prompt, then by step.
    pub(crate) prompts: Vec<Vec<StepRows>>,
}

impl Kept {
    pub(crate) fn new(wish: Wish, vocab: usize, prompts: usize) -> Self {
        Self { wish, vocab, prompts: (0..prompts).map(|_| Vec::new()).collect() }
    }
}

impl Observer for Kept {
    fn wants(&self, _: usize, interest: Interest) -> bool {
        interest == Interest::Rows && (self.wish.logits || self.wish.scores)
    }

    fn event(&mut self, event: &Event<'_>) {
        let EventKind::Row { outlook, .. } = &event.kind else { return };
        let steps = &mut self.prompts[event.session];
        if steps.len() <= event.step {
            steps.resize_with(event.step + 1, StepRows::default);
        }
        let rows = &mut steps[event.step];
        rows.nodes.push(outlook.tip.node.index() as i64);
        rows.sequences.push(i64::from(outlook.tip.sequence));
        if self.wish.logits {
            rows.logits.extend_from_slice(outlook.raw);
        }
        if self.wish.scores {
            let from = rows.scores.len();
            rows.scores.resize(from + self.vocab, f32::NEG_INFINITY);
            for (id, value) in outlook.scores.iter() {
                rows.scores[from + id.index()] = value;
            }
        }
    }
}
