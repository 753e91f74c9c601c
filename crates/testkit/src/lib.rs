//! Tests that span crates: goldens, invariance, the direction of the arrows.
