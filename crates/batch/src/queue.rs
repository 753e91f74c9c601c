//! Rows in, one step after the other, completed rows out (continuous batching): whoever is done makes room at once.

use crate::plans::Plans;
use crate::row::{Completed, Row, RowError};
use crate::settings::{Bounds, Settings};
use beamline::{Asks, Budget, Engine, Error, PrefixStats, PrefixStore, Room, Session};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Rows that are looked at ahead: so many may wait for a beginning that another is reading, while later ones begin.
const AHEAD: usize = 16;

/// A row's place in the order in which rows were handed in.
type Ticket = u64;

/// Rows that are continued together. Rows are handed in at any time, and each begins as soon as there is room for all that it may
/// come to; steps carry all on that have begun.
///
/// This is the innermost face: its caller owns the loop, and may do between steps what it likes, such as looking whether it was
/// interrupted. [`Rows`](crate::Rows) is that loop over an iterator.
///
/// ```
/// use beamline::{Engine, Options};
/// use beamline_batch::{Queue, Row, Settings};
/// use std::sync::Arc;
/// let engine = Arc::new(Engine::open("builtin")?);
/// let settings = Settings { options: Options::new().max_new_tokens(5), ..Settings::default() };
/// let mut queue = Queue::new(engine, &settings)?;
/// let mut prompts = ["Once upon a time", "It was", "She said"].into_iter().zip(0..);
/// let mut texts = Vec::new();
/// loop {
///     while queue.wants() && let Some((prompt, number)) = prompts.next() {
///         queue.push(Row::new(number, prompt));
///     }
///     while let Some(done) = queue.pop() {
///         texts.push(done.outcome.expect("a completion").remove(0).text);
///     }
///     if queue.is_empty() {
///         break;
///     }
///     queue.step()?;
/// }
/// assert_eq!(texts.len(), 3);
/// # Ok::<(), beamline::Error>(())
/// ```
pub struct Queue {
    engine: Arc<Engine>,
    plans: Plans,
    bounds: Bounds,
    blocks: usize,
    store: PrefixStore,
    waiting: VecDeque<(Session, Seat)>,
    live: Vec<Session>,
    seats: Vec<Seat>,
    done: BTreeMap<Ticket, Completed>,
    /// Of the next row that is handed in.
    ticket: Ticket,
    /// Of the next row that comes out in order.
    next: Ticket,
    counts: Counts,
}

/// What belongs to a session.
struct Seat {
    ticket: Ticket,
    number: u64,
    key: Option<String>,
    asks: Asks,
    /// Whether its prompt has been read.
    read: bool,
}

/// What has been done so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Rows that are done.
    pub rows: u64,
    /// Those of them that have an error in place of a completion.
    pub errors: u64,
    /// Tokens of their prompts.
    pub prompt_tokens: u64,
    /// New tokens.
    pub new_tokens: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, row: &Completed) {
        self.rows += 1;
        self.errors += u64::from(row.outcome.is_err());
        self.prompt_tokens += row.prompt_tokens as u64;
        self.new_tokens += row.new_tokens() as u64;
    }
}

impl Queue {
    /// An empty queue.
    ///
    /// # Errors
    /// When the options of all rows are wrong, or need each other ([`Engine::plan`]).
    pub fn new(engine: Arc<Engine>, settings: &Settings) -> Result<Self, Error> {
        let plans = Plans::new(&engine, settings)?;
        let bounds = settings.bounds;
        let store = PrefixStore::new(&engine, bounds.cache_bytes / 4);
        // A quarter is always there for beginnings.
        let blocks = Room::blocks_in(&engine, bounds.cache_bytes - bounds.cache_bytes / 4);
        let (waiting, live, seats, done) = (VecDeque::new(), Vec::new(), Vec::new(), BTreeMap::new());
        let counts = Counts::default();
        Ok(Self { engine, plans, bounds, blocks, store, waiting, live, seats, done, ticket: 0, next: 0, counts })
    }

    /// The engine.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// The run's seed: as given, or as chosen.
    pub fn seed(&self) -> u64 {
        self.plans.seed()
    }

    /// Whether tokens are drawn in rows without options of their own.
    pub fn draws(&self) -> bool {
        self.plans.draws()
    }

    /// Whether a template has asked for the date.
    pub(crate) fn is_dated(&self) -> bool {
        self.plans.is_dated()
    }

    /// Sequences of rows without options of their own.
    pub(crate) fn returned(&self) -> u64 {
        self.plans.returned()
    }

    /// What has been done so far.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What beginnings that rows share have saved so far.
    pub fn shared_beginnings(&self) -> PrefixStats {
        self.store.stats()
    }

    /// Rows that are being continued.
    pub fn running(&self) -> usize {
        self.live.len()
    }

    /// Whether another row would be of use now. Handing in more takes memory and nothing else.
    pub fn wants(&self) -> bool {
        let ahead = self.ticket - self.oldest();
        self.waiting.len() < AHEAD && ahead < self.bounds.window.max(1) as u64
    }

    /// The oldest row that has not come out.
    fn oldest(&self) -> Ticket {
        let waiting = self.waiting.iter().map(|(_, seat)| seat.ticket);
        let all = self.seats.iter().map(|seat| seat.ticket).chain(waiting).chain(self.done.keys().next().copied());
        all.min().unwrap_or(self.ticket)
    }

    /// Whether nothing runs, waits, or is there to be taken out.
    pub fn is_empty(&self) -> bool {
        self.live.is_empty() && self.waiting.is_empty() && self.done.is_empty()
    }

    /// Hands a row in. One that cannot be continued is done at once, with an error.
    pub fn push(&mut self, row: Row) {
        match self.plans.session(&self.engine, &row) {
            Ok(session) => {
                let Row { number, key, .. } = row;
                let asks = Asks::of(&session);
                if asks.blocks > self.blocks {
                    let error = self.too_large(asks.blocks);
                    return self.fail(number, key, session.prompt().len(), error);
                }
                let seat = Seat { ticket: self.ticket, number, key, asks, read: false };
                self.ticket += 1;
                self.waiting.push_back((session, seat));
                self.admit();
            }
            Err(error) => self.refuse(row.number, row.key, error),
        }
    }

    /// Hands in a row that could not be read: it comes out in its place, with this error.
    pub fn refuse(&mut self, number: u64, key: Option<String>, error: RowError) {
        self.fail(number, key, 0, error);
    }

    fn fail(&mut self, number: u64, key: Option<String>, prompt_tokens: usize, error: RowError) {
        let ticket = self.ticket;
        self.ticket += 1;
        self.finish(ticket, Completed { number, key, prompt_tokens, outcome: Err(error) });
    }

    fn too_large(&self, blocks: usize) -> RowError {
        let bytes = |blocks: usize| blocks.saturating_mul(self.engine.model().geometry().block_bytes());
        let (needs, has) = (megabytes(bytes(blocks)), megabytes(bytes(self.blocks)));
        RowError::usage(format!(
            "the row may need {needs} of keys and values, and there are {has} for rows; ask for fewer tokens, beams or sequences, or give more memory for the cache"
        ))
    }

    fn finish(&mut self, ticket: Ticket, row: Completed) {
        self.counts.add(&row);
        self.done.insert(ticket, row);
    }

    /// The next row in the order in which rows were handed in, if it is done.
    pub fn pop(&mut self) -> Option<Completed> {
        let row = self.done.remove(&self.next)?;
        self.next += 1;
        Some(row)
    }

    /// Any row that is done, the oldest first: for who puts them into order otherwise. After it [`pop`](Self::pop) waits for rows
    /// that have come out already, so a caller takes one of both.
    pub fn pop_any(&mut self) -> Option<Completed> {
        self.done.pop_first().map(|(_, row)| row)
    }

    /// Lets those begin for whom there is room. Who would not fit makes all others wait, or a large row would wait for ever; who
    /// waits for a beginning that another is reading lets others pass.
    fn admit(&mut self) {
        let promised = self.seats.iter().map(|seat| seat.asks.blocks).sum();
        let mut room = Room { blocks: self.blocks, promised, sessions: self.bounds.sessions, running: self.live.len() };
        let mut at = 0;
        while let Some((session, seat)) = self.waiting.get(at) {
            if !room.has(seat.asks) {
                break;
            }
            let reading = self.live.iter().zip(&self.seats).filter(|(_, seat)| !seat.read);
            if self.store.will_have(session.prompt(), reading.map(|(session, _)| session)) {
                at += 1;
                continue;
            }
            let Some((mut session, seat)) = self.waiting.remove(at) else { break };
            self.store.lend(&mut session);
            room.take(seat.asks);
            self.live.push(session);
            self.seats.push(seat);
        }
        // What rows may come to need is not there for beginnings.
        let all = Room::blocks_in(&self.engine, self.bounds.cache_bytes);
        let block = self.engine.model().geometry().block_bytes();
        self.store.set_limit(all.saturating_sub(room.promised) * block);
    }

    /// Takes all rows that have begun a step on. Does nothing where there are none.
    ///
    /// # Errors
    /// When the model itself is broken: no row can go on then.
    pub fn step(&mut self) -> Result<(), Error> {
        self.admit();
        if self.live.is_empty() {
            return Ok(());
        }
        self.engine.step(&mut self.live, Budget::tokens(self.bounds.step_tokens), &mut ())?;
        for (session, seat) in self.live.iter().zip(&mut self.seats) {
            if !seat.read && session.tree().len() > 1 {
                seat.read = true;
                self.store.keep(&self.engine, session);
            }
        }
        let all = std::mem::take(&mut self.live).into_iter().zip(std::mem::take(&mut self.seats));
        let mut over = Vec::new();
        for (session, seat) in all {
            if session.is_done() {
                over.push((session, seat));
            } else {
                self.live.push(session);
                self.seats.push(seat);
            }
        }
        for (session, seat) in over {
            let outcome = match session.error() {
                Some(error) => Err(RowError::from(error)),
                None => Ok(self.engine.sequences(&session)),
            };
            let Seat { ticket, number, key, .. } = seat;
            let prompt_tokens = session.prompt().len();
            self.finish(ticket, Completed { number, key, prompt_tokens, outcome });
        }
        self.admit();
        Ok(())
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue")
            .field("waiting", &self.waiting.len())
            .field("running", &self.live.len())
            .field("done", &self.done.len())
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}

/// Bytes in words.
fn megabytes(bytes: usize) -> String {
    let megabytes = bytes as f64 / f64::from(1 << 20);
    if megabytes < 10.0 { format!("{megabytes:.1} MiB") } else { format!("{megabytes:.0} MiB") }
}
