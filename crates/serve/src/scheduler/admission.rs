//! Who may begin: as many sessions as memory can hold at their longest, in turns between requests.

/// Tokens of one request's prompts that are being read at a time, unless one prompt alone is longer. Its others wait, so that a
/// request with many prompts does not stand in the way of the next one.
pub(super) const UNREAD: usize = 512;

/// What is taken, and what there is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Blocks that sessions may hold.
    pub(super) blocks: usize,
    /// Blocks promised to those that run, whether or not they hold them already.
    pub(super) promised: usize,
    /// Sessions that may run.
    pub(super) sessions: usize,
    /// Sessions that run.
    pub(super) running: usize,
}

/// What wants to begin together: one session, or several that share their draws.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Asks {
    pub(super) blocks: usize,
    pub(super) sessions: usize,
}

impl Room {
    /// Whether these fit. Who runs alone may be larger than every bound but memory's.
    pub(super) fn has(&self, asks: Asks) -> bool {
        let memory = self.promised.saturating_add(asks.blocks) <= self.blocks;
        let place = self.running == 0 || self.running + asks.sessions <= self.sessions;
        memory && place
    }

    /// Takes them in.
    pub(super) fn take(&mut self, asks: Asks) {
        self.promised += asks.blocks;
        self.running += asks.sessions;
    }
}

/// Which of several requests has its turn: the one of which fewest sessions have begun, and among those the one that came first.
/// Nobody is overtaken for want of memory: whoever has the turn and does not fit makes all others wait, or a large request would
/// wait for ever.
pub(super) fn next(begun: impl Iterator<Item = (usize, usize)>) -> Option<usize> {
    begun.min_by_key(|&(request, begun)| (begun, request)).map(|(request, _)| request)
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

    #[test]
    fn requests_take_turns() {
        assert_eq!(next([(0, 3), (1, 0), (2, 0)].into_iter()), Some(1));
        assert_eq!(next([(0, 1), (1, 1)].into_iter()), Some(0));
        assert_eq!(next(std::iter::empty()), None);
    }
}
