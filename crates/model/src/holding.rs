//! Where the weights are while a model lives.

use crate::mapped::TrustedFiles;

/// Where the weights are once a model has been loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Holding {
    /// In memory of this process, packed for products. Files are read while loading (no mmap) and closed when it returns:
    /// whatever happens to them afterwards does not matter.
    #[default]
    Packed,
    /// Quantised and converted weights are packed; plain floats stay in the mapped file (mmap), are used there by the first
    /// product, and packed by the second one. The first token comes sooner, and the files must stay what they are for as
    /// long as the model lives, which the promise says. All results are the same bits.
    Mapped(TrustedFiles),
}
