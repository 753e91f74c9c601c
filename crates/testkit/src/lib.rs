//! Checks of the workspace as a whole: the direction of the arrows between crates, and the work whose instructions are
//! counted.
//!
//! Everything is in `tests/` and `examples/`; nobody depends on this crate. What tests one crate lies in that crate.
