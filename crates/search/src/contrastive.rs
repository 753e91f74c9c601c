//! Contrastive search: probable, and unlike what has been said.

use crate::observer::{Considered, Fate, SearchEvent, SearchObserver};
use crate::stop::Stop;
use crate::strategy::{Found, Outlook, Strategy, Tip, Wants, sound};
use crate::tree::{NodeId, State, Tree};
use beamline_shape::ShapeError;
use beamline_tokens::TokenId;

#[doc = include_str!("pages/contrastive.md")]
#[derive(Clone, Debug)]
pub struct Contrastive {
    stop: Stop,
    alpha: f64,
    k: usize,
    /// The node that the text has come to.
    tip: NodeId,
    /// Its candidates, each looked beyond next; empty before the first step.
    candidates: Vec<Ahead>,
    /// Hidden states of the text, each of length 1, `[n, width]`.
    said: Vec<f32>,
    ended: bool,
}

/// A candidate for the next token.
#[derive(Clone, Copy, Debug)]
struct Ahead {
    node: NodeId,
    p: f32,
}

impl Contrastive {
    /// `alpha` in `[0, 1]`, `k` candidates.
    pub fn new(alpha: f64, k: usize, stop: Stop) -> Self {
        Self { stop, alpha, k, tip: Tree::ROOT, candidates: Vec::new(), said: Vec::new(), ended: false }
    }

    /// Makes the best continuations of an outlook candidates.
    fn spread(&mut self, tree: &mut Tree, outlook: &Outlook<'_>) -> Result<(), ShapeError> {
        sound(outlook)?;
        let sums = outlook.scores.sums();
        let parent = outlook.tip.node;
        let score = tree.node(parent).score;
        self.candidates.clear();
        for (token, value) in outlook.scores.top(self.k, 0.0) {
            let logprob = f64::from(value) - sums.log_sum();
            let node = tree.grow(parent, token, logprob, score + logprob);
            self.candidates.push(Ahead { node, p: libm::exp(logprob) as f32 });
        }
        Ok(())
    }

    /// The candidate to take, and each one's score.
    fn judge(&self, outlooks: &[Outlook<'_>]) -> (usize, Vec<f32>) {
        let (keep, avoid) = ((1.0 - self.alpha) as f32, self.alpha as f32);
        let value = |(candidate, outlook): (&Ahead, &Outlook<'_>)| {
            let hidden = unit(outlook.hidden);
            let cosine = |said: &[f32]| said.iter().zip(&hidden).fold(0.0f32, |sum, (a, b)| a.mul_add(*b, sum));
            let alike = self.said.chunks_exact(hidden.len()).map(cosine).fold(f32::NEG_INFINITY, f32::max);
            keep * candidate.p - avoid * alike
        };
        let values: Vec<f32> = self.candidates.iter().zip(outlooks).map(value).collect();
        // Of equals the first, which is the more probable.
        let best = (0..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best });
        (best, values)
    }

    fn tell(&self, tree: &Tree, values: &[f32], best: usize, watch: &mut dyn SearchObserver) {
        if !watch.wants() {
            return;
        }
        for (i, (candidate, value)) in self.candidates.iter().zip(values).enumerate() {
            let node = tree.node(candidate.node);
            let fate = match node.state {
                _ if i != best => Fate::Replaced,
                State::Open => Fate::Kept,
                State::Finished(reason) => Fate::Finished(reason),
            };
            let token: TokenId = node.token;
            watch.on_event(SearchEvent::Candidate(Considered {
                parent: node.parent.unwrap_or(Tree::ROOT),
                sequence: i as u32,
                token,
                node: Some(candidate.node),
                logprob: node.logprob,
                score: node.score,
                normalised: Some(f64::from(*value)),
                rank: i + 1,
                fate,
            }));
        }
    }
}

/// A vector of length 1.
fn unit(vector: &[f32]) -> Vec<f32> {
    let length = vector.iter().fold(0.0f32, |sum, x| x.mul_add(*x, sum)).sqrt();
    vector.iter().map(|x| x / length).collect()
}

impl Strategy for Contrastive {
    fn wants(&self) -> Wants {
        Wants { hidden: true, ..Wants::default() }
    }

    fn frontier(&mut self, _: &Tree) -> Vec<Tip> {
        if self.ended {
            return Vec::new();
        }
        if self.candidates.is_empty() {
            return vec![Tip { node: self.tip, sequence: 0 }];
        }
        self.candidates.iter().zip(0..).map(|(c, sequence)| Tip { node: c.node, sequence }).collect()
    }

    fn grow(
        &mut self,
        tree: &mut Tree,
        outlooks: &[Outlook<'_>],
        watch: &mut dyn SearchObserver,
    ) -> Result<(), ShapeError> {
        let Some(first) = outlooks.first() else { return Ok(()) };
        if self.candidates.is_empty() {
            // The prompt: every one of its tokens has been said.
            let width = first.hidden.len() / first.states.max(1);
            self.said = first.hidden.chunks_exact(width.max(1)).flat_map(unit).collect();
            return self.spread(tree, first);
        }
        let (best, values) = self.judge(outlooks);
        let taken = self.candidates[best].node;
        self.tip = taken;
        self.said.extend(unit(outlooks[best].hidden));
        let node = tree.node(taken);
        if let Some(reason) = self.stop.after(tree, node.parent.unwrap_or(Tree::ROOT), node.token) {
            tree.set_state(taken, State::Finished(reason));
            self.ended = true;
        }
        self.tell(tree, &values, best, watch);
        if self.ended { Ok(()) } else { self.spread(tree, &outlooks[best]) }
    }

    fn streams(&self) -> bool {
        true
    }

    fn results(&self, _: &Tree) -> Vec<Found> {
        vec![Found { node: self.tip, score: None }]
    }
}
