//! The cache without a network: what counts as there, what an offline error says, and what is listed.
#![allow(clippy::unwrap_used)] // tests may

mod server;

use std::fs;
use std::path::{Path, PathBuf};

use beamline_hub::{Fault, Hub, HubError};
use server::{COMMIT, SMALL, Server, hub, reference, settings};

/// Writes a file and the folders above it.
fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("it has one")).expect("folders");
    fs::write(path, text).expect("a file");
}

/// A snapshot as other tools leave it: a ref with a line end, and files.
fn snapshot(cache: &Path, files: &[(&str, &str)]) -> PathBuf {
    let root = cache.join("models--org--name");
    write(&root.join("refs/main"), &format!("{COMMIT}\n"));
    let folder = root.join("snapshots").join(COMMIT);
    for (name, text) in SMALL.iter().chain(files) {
        write(&folder.join(name), text);
    }
    folder
}

/// A hub that is offline, at an address where nobody is.
fn offline(cache: &Path) -> Hub {
    let mut settings = settings(cache, "http://127.0.0.1:9");
    settings.offline = true;
    hub(settings)
}

/// What `name` lacks when offline.
fn missing(hub: &Hub, name: &str) -> (Vec<String>, Vec<PathBuf>, String) {
    let error = hub.resolve(&reference(name), &mut ()).expect_err(name);
    let text = error.to_string();
    assert_eq!(error.fault(), Fault::NotFound);
    match error {
        HubError::Offline { missing, looked, .. } => (missing, looked, text),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_full_cache_is_enough() {
    let cache = tempfile::tempdir().unwrap();
    let folder = snapshot(cache.path(), &[("model.safetensors", "w"), ("gguf/q8.gguf", "q")]);
    // Offline, and online with nobody to ask.
    for hub in [offline(cache.path()), hub(settings(cache.path(), "http://127.0.0.1:9"))] {
        assert_eq!(hub.resolve(&reference("org/name"), &mut ()).unwrap(), folder);
        assert_eq!(hub.resolve(&reference("org/name@main"), &mut ()).unwrap(), folder);
        assert_eq!(hub.resolve(&reference(&format!("org/name@{COMMIT}")), &mut ()).unwrap(), folder);
        let file = hub.resolve(&reference("org/name:gguf/q8.gguf"), &mut ()).unwrap();
        assert_eq!(file, folder.join("gguf/q8.gguf"));
    }
}

#[test]
fn a_missing_revision_is_named() {
    let cache = tempfile::tempdir().unwrap();
    let (lacks, looked, text) = missing(&offline(cache.path()), "org/name@v1");
    assert_eq!(lacks, ["revision v1"]);
    assert_eq!(looked, [cache.path().join("models--org--name/refs/v1")]);
    for part in ["org/name@v1", "revision v1", "refs/v1", "HF_HUB_OFFLINE", "HF_HUB_CACHE"] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
    assert!(!text.contains('\n'));
}

#[test]
fn missing_files_are_named() {
    let cache = tempfile::tempdir().unwrap();
    let folder = snapshot(cache.path(), &[]);
    fs::remove_file(folder.join("tokenizer.json")).unwrap();
    let hub = offline(cache.path());
    let (lacks, looked, _) = missing(&hub, "org/name");
    assert_eq!(lacks, ["tokenizer.json", "model.safetensors"]);
    assert_eq!(looked, [cache.path().join("models--org--name/refs/main"), folder.clone()]);
    let (lacks, ..) = missing(&hub, "org/name:q8.gguf");
    assert_eq!(lacks, ["q8.gguf"]);
    let (lacks, looked, _) = missing(&hub, &format!("org/name@{COMMIT}"));
    assert_eq!((lacks.len(), looked), (2, vec![folder]));
}

#[test]
fn a_missing_shard_is_named() {
    let cache = tempfile::tempdir().unwrap();
    let index = r#"{"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"}}"#;
    let folder = snapshot(cache.path(), &[("model.safetensors.index.json", index), ("m-1.safetensors", "1")]);
    let hub = offline(cache.path());
    assert_eq!(missing(&hub, "org/name").0, ["m-2.safetensors"]);
    write(&folder.join("m-2.safetensors"), "2");
    assert_eq!(hub.resolve(&reference("org/name"), &mut ()).unwrap(), folder);
}

#[test]
fn a_bad_index_is_an_error_that_names_it() {
    let cache = tempfile::tempdir().unwrap();
    for text in ["", "[1]", r#"{"weight_map":{}}"#, r#"{"weight_map":{"a":"../../x"}}"#] {
        let folder = snapshot(cache.path(), &[("model.safetensors.index.json", text)]);
        let error = offline(cache.path()).resolve(&reference("org/name"), &mut ()).unwrap_err();
        let index = folder.join("model.safetensors.index.json");
        assert!(matches!(&error, HubError::BadIndex { path, .. } if *path == index), "{text}: {error:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_without_its_blob_does_not_count() {
    let cache = tempfile::tempdir().unwrap();
    let folder = snapshot(cache.path(), &[]);
    std::os::unix::fs::symlink("../../blobs/gone", folder.join("model.safetensors")).unwrap();
    assert_eq!(missing(&offline(cache.path()), "org/name").0, ["model.safetensors"]);

    // Online it is fetched, and the dead link replaced.
    let server = Server::start();
    server.repo("org/name", &[("config.json", b"{}"), ("tokenizer.json", b"{}"), ("model.safetensors", b"w")]);
    hub(settings(cache.path(), &server.url)).resolve(&reference("org/name"), &mut ()).unwrap();
    assert_eq!(fs::read(folder.join("model.safetensors")).unwrap(), b"w");
}

#[test]
fn a_ref_that_is_no_commit_does_not_count() {
    let cache = tempfile::tempdir().unwrap();
    snapshot(cache.path(), &[("model.safetensors", "w")]);
    for text in ["", "../../..", "main", &"0".repeat(39), &"0".repeat(1000)] {
        write(&cache.path().join("models--org--name/refs/main"), text);
        assert_eq!(missing(&offline(cache.path()), "org/name").0, ["revision main"], "{text}");
    }
}

#[test]
fn the_cache_is_listed_by_name() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start();
    let whole: [(&str, &[u8]); 3] = [("config.json", b"1"), ("tokenizer.json", b"22"), ("model.safetensors", b"333")];
    server.repo("org/name", &whole);
    server.repo("alone", &[("x/q8.gguf", b"4444")]);
    let hub = hub(settings(cache.path(), &server.url));
    hub.resolve(&reference("org/name"), &mut ()).unwrap();
    hub.resolve(&reference(&format!("alone@{COMMIT}:x/q8.gguf")), &mut ()).unwrap();
    write(&cache.path().join("models--org--name/refs/refs/pr/1"), COMMIT);
    write(&cache.path().join("models--org--name/blobs/abc.incomplete"), "55555");
    write(&cache.path().join("datasets--org--data/blobs/x"), "x");
    write(&cache.path().join("version.txt"), "1");

    let models = hub.cached();
    assert_eq!(models.iter().map(|model| model.repo.as_str()).collect::<Vec<_>>(), ["alone", "org/name"]);
    let (alone, name) = (&models[0], &models[1]);
    assert_eq!(alone.bytes, 4);
    assert_eq!(alone.revisions[0].files, ["x/q8.gguf"]);
    assert!(alone.revisions[0].names.is_empty() && !alone.revisions[0].whole);

    assert_eq!(name.path, cache.path().join("models--org--name"));
    assert_eq!(name.bytes, 6 + 5 + 40 + 40, "blobs, the part, and two refs");
    assert_eq!(name.revisions.len(), 1);
    let revision = &name.revisions[0];
    assert_eq!((revision.commit.as_str(), revision.bytes, revision.whole), (COMMIT, 6, true));
    assert_eq!(revision.names, ["main", "refs/pr/1"]);
    assert_eq!(revision.files, ["config.json", "model.safetensors", "tokenizer.json"]);
    assert_eq!(revision.path, name.path.join("snapshots").join(COMMIT));
}

#[test]
fn no_cache_is_an_empty_list() {
    let cache = tempfile::tempdir().unwrap();
    assert!(offline(&cache.path().join("nowhere")).cached().is_empty());
}
