//! What callers of other crates rely on without a call: threads may share these types, and print them.

use beamline_kernels::{
    Activation, ActivationFormat, Compute, ComputeError, Encoding, Isa, Layout, Matrix, PackError, Rotation, Scratch,
};
use std::fmt::Debug;

fn shared<T: Send + Sync>() {}
fn printed<T: Debug>() {}

/// One `Compute` serves many threads, and a model's matrices are read by all of them.
#[test]
fn public_types_may_be_sent_and_shared() {
    shared::<Compute>();
    shared::<Matrix>();
    shared::<Isa>();
    shared::<Encoding>();
    shared::<ActivationFormat>();
    shared::<Activation>();
    shared::<Layout>();
    shared::<Rotation>();
    shared::<Scratch<'static>>();
    shared::<ComputeError>();
    shared::<PackError>();
}

#[test]
fn public_types_can_be_printed() {
    printed::<Compute>();
    printed::<Matrix>();
    printed::<Isa>();
    printed::<Scratch<'static>>();
    printed::<ComputeError>();
    printed::<PackError>();
}
