//! Who may begin: as many sessions as memory can hold at their longest.

use super::engine::Engine;
use super::prefix::PrefixStore;
use super::session::Session;
use beamline_tokens::TokenId;

/// Tokens that two prompts must have in common for the second to wait until the first is read.
const FOLLOWS: usize = 64;

/// What is taken, and what there is, for who lets sessions join and leave between steps: a session that begins only when there
/// is room for all that it may come to ([`Session::most_cache_blocks`]) can always finish.
///
/// ```
/// use beamline::{Asks, Engine, Options, Room};
/// let engine = Engine::open("builtin")?;
/// let session = engine.session("Once upon a time", &engine.plan(&Options::new().max_new_tokens(20))?)?;
/// let mut room = Room { blocks: Room::blocks_in(&engine, 64 << 20), promised: 0, sessions: 32, running: 0 };
/// let asks = Asks::of(&session);
/// assert!(room.has(asks));
/// room.take(asks);
/// assert_eq!((room.promised, room.running), (session.most_cache_blocks(), 1));
/// # Ok::<(), beamline::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Blocks that sessions may hold.
    pub blocks: usize,
    /// Blocks promised to those that run, whether or not they hold them already.
    pub promised: usize,
    /// Sessions that may run.
    pub sessions: usize,
    /// Sessions that run.
    pub running: usize,
}

/// What wants to begin together: one session, or several that share their draws.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asks {
    /// Blocks of keys and values, at most.
    pub blocks: usize,
    /// Sessions.
    pub sessions: usize,
}

impl Asks {
    /// What one session asks for.
    pub fn of(session: &Session) -> Self {
        Self { blocks: session.most_cache_blocks(), sessions: 1 }
    }
}

impl Room {
    /// Blocks of keys and values of this model that so many bytes hold.
    pub fn blocks_in(engine: &Engine, bytes: usize) -> usize {
        bytes / engine.model().geometry().block_bytes().max(1)
    }

    /// Whether these fit. Who runs alone may be larger than every bound but memory's.
    pub fn has(&self, asks: Asks) -> bool {
        let memory = self.promised.saturating_add(asks.blocks) <= self.blocks;
        let place = self.running == 0 || self.running + asks.sessions <= self.sessions;
        memory && place
    }

    /// Takes them in.
    pub fn take(&mut self, asks: Asks) {
        self.promised += asks.blocks;
        self.running += asks.sessions;
    }
}

impl PrefixStore {
    /// Whether a prompt begins as one that is being read, well beyond what is kept here: whoever waits until that is read finds it
    /// kept, and need not read it again.
    pub fn will_have<'a>(&self, prompt: &[TokenId], reading: impl IntoIterator<Item = &'a Session>) -> bool {
        let common = |other: &[TokenId]| other.iter().zip(prompt).take_while(|(a, b)| a == b).count();
        let longest = reading.into_iter().map(|session| common(session.prompt())).max().unwrap_or(0);
        longest >= FOLLOWS && longest >= self.shared(prompt) + FOLLOWS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = Room { blocks: 10, promised: 0, sessions: 4, running: 0 };
    const ONE: Asks = Asks { blocks: 4, sessions: 1 };

    #[test]
    fn as_many_begin_as_memory_holds_at_their_longest() {
        let mut room = ROOM;
        for _ in 0..2 {
            assert!(room.has(ONE));
            room.take(ONE);
        }
        assert!(!room.has(ONE));
        assert!(room.has(Asks { blocks: 2, ..ONE }));
    }

    #[test]
    fn a_request_larger_than_all_places_runs_alone() {
        let batch = Asks { blocks: 10, sessions: 9 };
        assert!(ROOM.has(batch));
        assert!(!Room { running: 1, ..ROOM }.has(batch));
        assert!(!ROOM.has(Asks { blocks: 11, ..batch }));
    }
}
