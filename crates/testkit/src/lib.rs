//! Tests that span crates: goldens through the whole path, invariance, bad files, the direction of the arrows.
//!
//! Everything is in `tests/`; nobody depends on this crate, so it may depend on all others.
