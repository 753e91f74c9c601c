//! Sorting no more than is asked for.

use std::cmp::Ordering;

/// Gives items in order, sorting them part by part: most nuclei are small, and most rows long.
pub(crate) struct Ordered<'a, T, F> {
    items: &'a mut [T],
    compare: F,
    /// `items[..sorted]` are in order, and none after them comes before.
    sorted: usize,
    at: usize,
}

impl<'a, T: Copy, F: Fn(&T, &T) -> Ordering> Ordered<'a, T, F> {
    /// Items by this order; equals come in any.
    pub(crate) fn new(items: &'a mut [T], compare: F) -> Self {
        Self { items, compare, sorted: 0, at: 0 }
    }
}

impl<T: Copy, F: Fn(&T, &T) -> Ordering> Iterator for Ordered<'_, T, F> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.at == self.sorted {
            let rest = &mut self.items[self.sorted..];
            let part = (self.sorted * 7).max(64).min(rest.len());
            if part < rest.len() {
                rest.select_nth_unstable_by(part, &self.compare);
            }
            rest[..part].sort_unstable_by(&self.compare);
            self.sorted += part;
        }
        let item = self.items.get(self.at).copied();
        self.at += 1;
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn items_come_sorted(mut items in prop::collection::vec(-50i32..50, 0..2000)) {
            let mut sorted = items.clone();
            sorted.sort_unstable();
            prop_assert_eq!(Ordered::new(&mut items, i32::cmp).collect::<Vec<_>>(), sorted);
        }
    }
}
