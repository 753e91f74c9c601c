//! Arithmetic sampling: samples spread evenly over everything that could be said.

use crate::coins::{Coins, Purpose};
use crate::observer::{Draw, Fate, SearchEvent, SearchObserver};
use crate::randomness::interval;
use crate::report::report_choice;
use crate::stop::Stop;
use crate::strategy::{Found, Outlook, Strategy, Tip, Wants, extend, sound};
use crate::tree::{NodeId, State, Tree};
use beamline_shape::ShapeError;

#[doc = include_str!("pages/arithmetic.md")]
#[derive(Clone, Debug)]
pub struct Arithmetic {
    stop: Stop,
    coins: Coins,
    walks: Vec<Walk>,
}

/// A sequence and where its place lies within what it has come to.
#[derive(Clone, Copy, Debug)]
struct Walk {
    node: NodeId,
    place: f64,
    /// How finely the place is known.
    grain: f64,
}

impl Arithmetic {
    /// `sequences` evenly spaced draws.
    pub fn new(sequences: usize, coins: Coins, stop: Stop) -> Self {
        let shift = coins.toss(0, 0, Purpose::Place, 0);
        let place = |i: usize| (i as f64 + shift) / sequences as f64;
        let walks = (0..sequences).map(|i| Walk { node: Tree::ROOT, place: place(i), grain: f64::EPSILON });
        Self { stop, coins, walks: walks.collect() }
    }
}

impl Walk {
    /// Goes into an interval; where the place becomes too coarse for a draw, a coin says where in the grain it lies.
    fn enter(&mut self, (low, high): (f64, f64), coin: f64) {
        let width = (high - low).max(f64::MIN_POSITIVE);
        self.place = ((self.place - low) / width).clamp(0.0, 1.0 - f64::EPSILON);
        self.grain /= width;
        if self.grain > 1e-6 {
            self.place = (self.place + coin * self.grain.min(1.0)).fract();
            self.grain = f64::EPSILON;
        }
    }
}

impl Strategy for Arithmetic {
    fn wants(&self) -> Wants {
        Wants { independent: true, ..Wants::default() }
    }

    fn frontier(&mut self, tree: &Tree) -> Vec<Tip> {
        let tips = self.walks.iter().zip(0..).map(|(walk, sequence)| Tip { node: walk.node, sequence });
        tips.filter(|tip| tree.node(tip.node).state == State::Open).collect()
    }

    fn grow(
        &mut self,
        tree: &mut Tree,
        outlooks: &[Outlook<'_>],
        watch: &mut dyn SearchObserver,
    ) -> Result<(), ShapeError> {
        for outlook in outlooks {
            sound(outlook)?;
            let walk = &mut self.walks[outlook.tip.sequence as usize];
            let distribution = outlook.scores.distribution();
            let token = distribution.pick(walk.place).expect("a row without fault has tokens");
            let interval = interval(&distribution, token);
            if watch.wants() {
                let (parent, sequence) = (outlook.tip.node, outlook.tip.sequence);
                let coin = Some(walk.place);
                watch.on_event(SearchEvent::Draw(Draw { parent, sequence, coin, token, interval }));
            }
            let depth = tree.depth(outlook.tip.node) as u32;
            walk.enter(interval, self.coins.toss(outlook.tip.sequence, depth, Purpose::Place, 1));
            walk.node = extend(tree, &self.stop, outlook, token);
            report_choice(watch, tree, outlook, walk.node, Fate::NotChosen);
        }
        Ok(())
    }

    fn streams(&self) -> bool {
        true
    }

    fn results(&self, _: &Tree) -> Vec<Found> {
        self.walks.iter().map(|walk| Found { node: walk.node, score: None }).collect()
    }
}
