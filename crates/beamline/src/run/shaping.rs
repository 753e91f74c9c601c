//! Rows made into scores: the processors of every tip.

use super::branch::Branch;
use super::session::Session;
use crate::observe::{Event, EventKind, Interest, Observer, Stages};
use beamline_model::Rows;
use beamline_search::{NodeId, Purpose, Tip};
use beamline_shape::{Context, Logits, ShapeError};
use beamline_tokens::TokenId;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

/// An item on its way through shaping and choosing.
pub(super) struct Work {
    pub(super) branch: Branch,
    pub(super) draft: VecDeque<TokenId>,
    pub(super) rows: Range<usize>,
    pub(super) unguided: Range<usize>,
    pub(super) hidden: Vec<f32>,
    /// How many hidden states there are.
    pub(super) states: usize,
}

/// A row after the processors.
pub(crate) struct Shaped {
    pub(crate) scores: Logits,
    pub(crate) fault: Option<ShapeError>,
}

/// Shapes a row for every tip. Tips of one node share a row, unless a processor tosses coins.
pub(crate) fn shape(
    s: usize,
    session: &mut Session,
    tips: &[Tip],
    work: &mut BTreeMap<NodeId, Work>,
    rows: &Rows,
    observer: &mut dyn Observer,
) -> Vec<Shaped> {
    let log_probabilities = session.wants().log_probabilities;
    let independent = session.wants().independent;
    let taken = session.strategy.taken().to_vec();
    session.own.clear();
    let mut all: Vec<Shaped> = Vec::with_capacity(tips.len());
    for (i, &tip) in tips.iter().enumerate() {
        let Some(work) = work.get_mut(&tip.node) else { continue };
        let mut scores = session.spare.pop().unwrap_or_default();
        let twin = tips[..i].iter().position(|other| other.node == tip.node);
        if let Some(twin) = twin.filter(|_| !work.branch.pipeline.is_random()) {
            scores.clone_from(&all[twin].scores);
            let fault = all[twin].fault.clone();
            all.push(Shaped { scores, fault });
            continue;
        }
        let row = rows.row(work.rows.start);
        load(&mut scores, row, log_probabilities);
        let len = session.prompt().len() + session.tree.depth(tip.node);
        let depth = session.tree.depth(tip.node) as u32;
        let tokens = work.branch.cache.tokens().prefix(len);
        let context = Context {
            tokens: &tokens,
            prompt_len: session.prompt().len(),
            coin: session.coins.toss(tip.sequence, depth, Purpose::Processor, 0),
            taken: &taken,
            unguided: (!work.unguided.is_empty()).then(|| rows.row(work.unguided.start)),
        };
        let mut stages = observer.wants(s, Interest::Stages).then(|| Stages::new(&scores));
        let (id, step) = (session.id(), session.steps);
        let pipeline = &mut work.branch.pipeline;
        let sound = pipeline.apply(&mut scores, &context, &mut |processor, left| {
            if let Some(stages) = &mut stages {
                let kind = EventKind::Stage { stage: stages.after(tip, processor, left), row: left };
                observer.event(&Event { session: s, id, step, kind });
            }
        });
        let mut fault = None;
        if !sound {
            // Rare, and worth a second run to learn whose fault it is.
            load(&mut scores, row, log_probabilities);
            fault = pipeline.shape(&mut scores, &context, &mut |_, _| {}).err();
        }
        if independent && pipeline.is_random() {
            // Each sequence has tossed its own coin, and goes on with what its own processors have seen.
            session.own.insert((tip.node, tip.sequence), pipeline.fork());
        }
        all.push(Shaped { scores, fault });
    }
    all
}

/// A row of logits, or its log-probabilities where a search wants its processors to act on those.
fn load(scores: &mut Logits, row: &[f32], log_probabilities: bool) {
    scores.load(row);
    if log_probabilities {
        scores.log_softmax();
    }
}
