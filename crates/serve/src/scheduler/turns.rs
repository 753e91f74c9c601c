//! Whose session begins next: requests take turns.

/// Tokens of one request's prompts that are being read at a time, unless one prompt alone is longer. Its others wait, so that a
/// request with many prompts does not stand in the way of the next one.
pub(super) const UNREAD: usize = 512;

/// Which of several requests has its turn: the one of which fewest sessions have begun, and among those the one that came first.
/// Nobody is overtaken for want of memory: whoever has the turn and does not fit makes all others wait, or a large request would
/// wait for ever.
pub(super) fn next(begun: impl Iterator<Item = (usize, usize)>) -> Option<usize> {
    begun.min_by_key(|&(request, begun)| (begun, request)).map(|(request, _)| request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_take_turns() {
        assert_eq!(next([(0, 3), (1, 0), (2, 0)].into_iter()), Some(1));
        assert_eq!(next([(0, 1), (1, 1)].into_iter()), Some(0));
        assert_eq!(next(std::iter::empty()), None);
    }
}
