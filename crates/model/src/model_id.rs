//! Which model it is: what sizes alone cannot tell.

use std::sync::atomic::{AtomicU64, Ordering};

/// Names one loaded model among all of this process: a base model and its instruct twin have the same sizes, but their
/// [`KvCache`](crate::KvCache)s must not be mixed up.
///
/// Loading the same files twice gives two ids. They mean nothing to another process.
///
/// ```
/// use beamline_model::ModelId;
/// let (a, b) = (ModelId::unique(), ModelId::unique());
/// assert!(a == a && a != b && a.is_known() && !ModelId::UNKNOWN.is_known());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ModelId(u64);

impl ModelId {
    /// What a model says that has no id of its own.
    pub const UNKNOWN: Self = Self(0);

    /// An id that no other model of this process has.
    pub fn unique() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// Whether this is the id of one model alone.
    pub fn is_known(self) -> bool {
        self != Self::UNKNOWN
    }
}
