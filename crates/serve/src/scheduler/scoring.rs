//! Texts that are scored beside the sessions, a few at a time.

use super::turns;
use super::work::{Ended, ScoredText, Scores, TextToScore};
use crate::metrics::Metrics;
use crate::ranking::best;
use beamline::{Asks, Budget, CachedText, Engine, Error, PrefixStore, Room, Scoring};
use std::collections::VecDeque;
use std::time::Instant;

/// Texts in work at a time: enough to fill passes, few enough that their keys and values take little.
const TOGETHER: usize = 16;

/// One request's texts.
struct Request {
    scores: Scores,
    waiting: VecDeque<(usize, TextToScore)>,
    results: Vec<ScoredText>,
    begun: usize,
    /// Whether each text has its numbers, or has failed.
    finished: Vec<bool>,
}

impl Request {
    /// Whether all texts have their numbers, or have failed.
    fn is_over(&self) -> bool {
        self.finished.iter().all(|&finished| finished)
    }

    /// The first that waits and may begin: what goes ahead of it has been read.
    fn next(&self) -> Option<usize> {
        self.waiting.iter().position(|(_, text)| text.after.is_none_or(|first| self.finished[first]))
    }
}

/// Whose text a scoring is: the request's number, and the text's place in it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    request: u64,
    text: usize,
    blocks: usize,
}

/// All texts that are to be scored.
#[derive(Default)]
pub(super) struct ScoreQueue {
    /// By number, in the order in which they came.
    requests: Vec<(u64, Request)>,
    count: u64,
    live: Vec<Scoring>,
    places: Vec<Place>,
}

impl ScoreQueue {
    pub(super) fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// Requests of which nothing has begun.
    pub(super) fn waiting(&self) -> usize {
        self.requests.iter().filter(|(_, request)| request.begun == 0).count()
    }

    /// Blocks promised to texts in work.
    pub(super) fn promised(&self) -> usize {
        self.places.iter().map(|place| place.blocks).sum()
    }

    pub(super) fn push(&mut self, mut scores: Scores) {
        let waiting: VecDeque<_> = std::mem::take(&mut scores.texts).into_iter().enumerate().collect();
        let results = vec![ScoredText::default(); waiting.len()];
        self.count += 1;
        let finished = vec![false; waiting.len()];
        self.requests.push((self.count, Request { scores, waiting, results, begun: 0, finished }));
    }

    /// Lets go of requests that nobody waits for, and of those that are late.
    pub(super) fn drop_gone(&mut self, now: Instant) {
        for (number, request) in self
            .requests
            .extract_if(.., |(_, request)| request.scores.answer.is_closed() || now >= request.scores.deadline)
        {
            remove(&mut self.live, &mut self.places, number);
            let _ = request.scores.answer.send(Err(Ended::Late)); // whoever asked may be gone
        }
    }

    /// Ends all of them.
    pub(super) fn stop(&mut self) {
        for (_, request) in self.requests.drain(..) {
            let _ = request.scores.answer.send(Err(Ended::Stopped)); // whoever asked may be gone
        }
    }

    /// Takes texts into work, by turns between requests.
    pub(super) fn admit(&mut self, engine: &Engine, store: &mut PrefixStore, room: &mut Room, metrics: &Metrics) {
        while self.live.len() < TOGETHER {
            let begun = self.requests.iter().enumerate().filter(|(_, (_, request))| request.next().is_some());
            let Some(turn) = turns::next(begun.map(|(i, (_, request))| (i, request.begun))) else { return };
            let (number, request) = &mut self.requests[turn];
            let Some(next) = request.next() else { return };
            let blocks = request.waiting[next].1.blocks();
            let asks = Asks { blocks, sessions: 0 };
            if !room.has(asks) {
                return;
            }
            room.take(asks);
            let Some((text, TextToScore { tokens, from, .. })) = request.waiting.remove(next) else { return };
            if request.begun == 0 {
                metrics.queued(request.scores.arrived.elapsed());
            }
            request.begun += 1;
            let begin: CachedText = store.beginning(engine, &tokens[..from.saturating_sub(1).min(tokens.len())]);
            match engine.scoring(tokens, from, Some(begin)) {
                Ok(scoring) => {
                    self.live.push(scoring);
                    self.places.push(Place { request: *number, text, blocks });
                }
                Err(error) => {
                    request.results[text] = ScoredText { error: Some(error.to_string()), ..ScoredText::default() };
                    request.finished[text] = true;
                }
            }
        }
    }

    /// One pass over texts. Gives the tokens that it took.
    ///
    /// # Errors
    /// When the model is broken.
    pub(super) fn step(&mut self, engine: &Engine, store: &mut PrefixStore, budget: Budget) -> Result<usize, Error> {
        let Self { requests, live, places, .. } = self;
        let mut tops: Vec<Vec<Vec<(beamline::TokenId, f64)>>> = live.iter().map(|_| Vec::new()).collect();
        let top = |place: &Place| of(requests, place.request).map_or(0, |request| request.scores.top);
        let wanted: Vec<usize> = places.iter().map(top).collect();
        let taken = engine.score_step(live, budget, &mut |row| {
            if wanted[row.scoring] > 0 {
                tops[row.scoring].push(best(row.row, &row.sums, wanted[row.scoring]));
            }
        })?;
        for (place, top) in places.iter().zip(tops) {
            if let Some(request) = of(requests, place.request) {
                request.results[place.text].top.extend(top);
            }
        }
        for at in (0..live.len()).rev() {
            if !live[at].is_done() {
                continue;
            }
            let (scoring, place) = (live.remove(at), places.remove(at));
            store.keep_text(&engine.scored_text(&scoring));
            let Some(request) = of(requests, place.request) else { continue };
            request.finished[place.text] = true;
            let text = &mut request.results[place.text];
            (text.from, text.stats) = (scoring.from(), scoring.stats().to_vec());
            text.error = scoring.error().map(ToString::to_string);
        }
        Ok(taken)
    }

    /// Requests of which texts are in work.
    pub(super) fn running(&self) -> usize {
        self.requests.iter().filter(|(_, request)| request.begun > 0 && !request.is_over()).count()
    }

    /// Answers requests whose texts are all done.
    pub(super) fn answer(&mut self) {
        let over = |(_, request): &mut (u64, Request)| request.is_over();
        for (_, request) in self.requests.extract_if(.., over) {
            let _ = request.scores.answer.send(Ok(request.results)); // whoever asked may be gone
        }
    }
}

fn of(requests: &mut [(u64, Request)], number: u64) -> Option<&mut Request> {
    requests.iter_mut().find(|(other, _)| *other == number).map(|(_, request)| request)
}

/// Takes a request's texts out of work.
fn remove(live: &mut Vec<Scoring>, places: &mut Vec<Place>, request: u64) {
    for at in (0..places.len()).rev() {
        if places[at].request == request {
            live.remove(at);
            places.remove(at);
        }
    }
}
