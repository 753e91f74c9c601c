//! Stochastic beam search: several samples, no two alike.

use crate::coins::{Coins, Purpose};
use crate::observer::{Considered, Fate, SearchEvent, SearchObserver};
use crate::stop::Stop;
use crate::strategy::{Found, Outlook, Strategy, Tip, sound};
use crate::tree::{NodeId, State, Tree};
use beamline_shape::ShapeError;
use beamline_tokens::TokenId;

#[doc = include_str!("pages/stochastic.md")]
#[derive(Clone, Debug)]
pub struct StochasticBeam {
    beams: usize,
    returned: usize,
    coins: Coins,
    stop: Stop,
    /// Open and finished hypotheses, the greatest perturbed log-probability first.
    held: Vec<Hypothesis>,
}

/// A hypothesis with its log-probability and the perturbed one.
#[derive(Clone, Copy, Debug)]
struct Hypothesis {
    node: NodeId,
    logprob: f64,
    perturbed: f64,
}

/// A hypothesis, kept as it is or continued.
struct Next {
    /// The one held, where it has ended.
    held: Option<Hypothesis>,
    outlook: usize,
    token: TokenId,
    own: f64,
    logprob: f64,
    perturbed: f64,
}

impl StochasticBeam {
    /// `beams` draws, of which the first `returned` are returned.
    pub fn new(beams: usize, returned: usize, coins: Coins, stop: Stop) -> Self {
        let root = Hypothesis { node: Tree::ROOT, logprob: 0.0, perturbed: 0.0 };
        Self { beams, returned, coins, stop, held: vec![root] }
    }

    /// The continuations of one hypothesis, perturbed so that their greatest is its own.
    fn continuations(&self, tree: &Tree, at: usize, outlook: &Outlook<'_>, of: Hypothesis) -> Vec<Next> {
        let log_sum = outlook.scores.sums().log_sum();
        let position = tree.depth(outlook.tip.node) as u32;
        let live = outlook.scores.iter().filter(|&(_, value)| value > f32::NEG_INFINITY);
        let mut next: Vec<Next> = live
            .map(|(token, value)| {
                let own = f64::from(value) - log_sum;
                let coin = self.coins.toss(outlook.tip.sequence, position, Purpose::Noise, token.0);
                // A coin of 0 would be noise without end.
                let noise = -libm::log(-libm::log(coin.max(f64::MIN_POSITIVE)));
                let logprob = of.logprob + own;
                Next { held: None, outlook: at, token, own, logprob, perturbed: logprob + noise }
            })
            .collect();
        let greatest = next.iter().map(|n| n.perturbed).fold(f64::NEG_INFINITY, f64::max);
        for n in &mut next {
            let v = of.perturbed - n.perturbed + libm::log1p(-libm::exp(n.perturbed - greatest));
            n.perturbed = of.perturbed - v.max(0.0) - libm::log1p(libm::exp(-v.abs()));
        }
        next
    }

    /// All that may be held next: the continuations of the open hypotheses, and those that have ended as they are.
    fn candidates(&self, tree: &Tree, outlooks: &[Outlook<'_>]) -> Result<Vec<Next>, ShapeError> {
        let mut all = Vec::new();
        for &held in &self.held {
            match outlooks.iter().position(|outlook| outlook.tip.node == held.node) {
                Some(at) => {
                    sound(&outlooks[at])?;
                    all.extend(self.continuations(tree, at, &outlooks[at], held));
                }
                None => all.push(Next {
                    held: Some(held),
                    outlook: 0,
                    token: tree.node(held.node).token,
                    own: 0.0,
                    logprob: held.logprob,
                    perturbed: held.perturbed,
                }),
            }
        }
        Ok(all)
    }

    /// Holds a continuation if it ranks among the first; says what became of it.
    fn consider(&mut self, tree: &mut Tree, outlooks: &[Outlook<'_>], rank: usize, next: &Next) -> Considered {
        let &Next { outlook, token, own, logprob, perturbed, .. } = next;
        let Tip { node: parent, sequence } = outlooks[outlook].tip;
        let (mut fate, mut node) = (Fate::BeyondWidth, None);
        if rank < self.beams {
            let ended = self.stop.after(tree, parent, token);
            let new = tree.grow(parent, token, own, perturbed);
            fate = ended.map_or(Fate::Kept, Fate::Finished);
            if let Some(reason) = ended {
                tree.set_state(new, State::Finished(reason));
            }
            self.held.push(Hypothesis { node: new, logprob, perturbed });
            node = Some(new);
        }
        Considered {
            parent,
            sequence,
            token,
            node,
            logprob: own,
            score: logprob,
            normalised: Some(perturbed),
            rank: rank + 1,
            fate,
        }
    }
}

impl Strategy for StochasticBeam {
    fn frontier(&mut self, tree: &Tree) -> Vec<Tip> {
        let open = self.held.iter().zip(0..).filter(|(held, _)| tree.node(held.node).state == State::Open);
        open.map(|(held, sequence)| Tip { node: held.node, sequence }).collect()
    }

    fn grow(
        &mut self,
        tree: &mut Tree,
        outlooks: &[Outlook<'_>],
        watch: &mut dyn SearchObserver,
    ) -> Result<(), ShapeError> {
        let mut all = self.candidates(tree, outlooks)?;
        // Stable: equals stay in their order.
        all.sort_by(|a, b| b.perturbed.total_cmp(&a.perturbed));
        self.held.clear();
        let shown = 2 * self.beams;
        for (rank, next) in all.into_iter().enumerate().take(shown) {
            match next.held {
                Some(held) if rank < self.beams => self.held.push(held),
                Some(_) => {}
                None => {
                    let considered = self.consider(tree, outlooks, rank, &next);
                    if watch.wants() {
                        watch.on_event(SearchEvent::Candidate(considered));
                    }
                }
            }
        }
        Ok(())
    }

    fn results(&self, _: &Tree) -> Vec<Found> {
        let found = |held: &Hypothesis| Found { node: held.node, score: Some(held.perturbed) };
        self.held.iter().take(self.returned).map(found).collect()
    }
}
