//! What somebody needs who writes a model: two methods, an error of one's own, and threads.
#![allow(clippy::unwrap_used)] // tests may

use beamline_kernels::Encoding;
use beamline_model::{
    Checkpoint, Description, Geometry, KvCache, Loaded, Model, ModelError, ModelId, Probe, Rows, Span, TableModel, Want,
};
use beamline_tokens::TokenId;
use std::error::Error;
use std::sync::Arc;

/// A model that is out of order.
struct Broken;

impl Model for Broken {
    fn geometry(&self) -> Geometry {
        Geometry { vocab: 2, context: 8, layers: 0, kv_heads: 0, head: 0 }
    }

    fn forward(&self, spans: &mut [Span<'_>], _: &mut dyn Probe) -> Result<Rows, ModelError> {
        self.geometry().check(spans)?;
        Err(ModelError::custom(std::io::Error::other("the device is gone")))
    }
}

fn description() -> Description {
    let (parameters, dtype, weight_bytes, step_bytes) = (0, Encoding::F32, 0, 0);
    Description { architecture: "own".to_owned(), parameters, dtype, weight_bytes, step_bytes }
}

#[test]
fn a_model_may_fail_in_its_own_words() {
    let mut cache = KvCache::new(Broken.geometry());
    let spans = &mut [Span { tokens: &[TokenId(1)], cache: &mut cache, want: Want::Last }];
    let error = Broken.forward(spans, &mut ()).unwrap_err();
    assert_eq!(error.to_string(), "the device is gone");
    let ModelError::Custom(custom) = &error else { panic!("{error:?}") };
    assert!(custom.get().downcast_ref::<std::io::Error>().is_some());
    assert_eq!(error, error.clone());
    assert_ne!(error, ModelError::custom("the device is gone"), "another error, if in the same words");
    assert!(Error::source(&error).is_none());
}

#[test]
fn twins_of_the_same_sizes_have_ids_of_their_own() {
    let table = || Arc::new(TableModel::new(vec![vec![0.5, 0.5], vec![1.0, 0.0]], 8).unwrap());
    let (base, twin) = (Loaded::new(table(), description()), Loaded::new(table(), description()));
    assert_eq!(base.model.geometry(), twin.model.geometry());
    assert!(base.id().is_known() && twin.id().is_known() && base.id() != twin.id());
    assert_eq!(Broken.id(), ModelId::UNKNOWN, "a model need not name itself");
    // A model from files names itself, whoever holds it.
    let compute = Arc::new(beamline_kernels::Compute::scalar());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens/variants/llama-bf16");
    let loaded =
        Checkpoint::open(path.as_ref()).unwrap().load(beamline_model::LoadOptions::default(), &compute).unwrap();
    assert_eq!(loaded.id(), loaded.model.id());
    assert_eq!(Loaded::new(loaded.model.clone(), description()).id(), loaded.id());
}

#[test]
fn models_go_to_other_threads() {
    fn send_and_sync<T: Send + Sync + ?Sized>() {}
    send_and_sync::<dyn Model>();
    send_and_sync::<Loaded>();
    send_and_sync::<Checkpoint>();
    send_and_sync::<KvCache>();
    send_and_sync::<ModelError>();
}
