//! What the hub refuses, and what a hostile one may try.
#![allow(clippy::unwrap_used)] // tests may

mod server;

use std::fs;

use beamline_hub::{Fault, Hub, HubError, Reference};
use server::{Answer, COMMIT, SMALL, Server, file_path, hub, listing, reference, settings, sha256};

const LIST: &str = "/api/models/org/name/revision/main";

/// A server with nothing on it yet, and the hub that asks it.
fn scene() -> (tempfile::TempDir, Server, Hub) {
    let (cache, server) = (tempfile::tempdir().expect("a folder"), Server::start());
    let hub = hub(settings(cache.path(), &server.url));
    (cache, server, hub)
}

/// What `name` fails with. The message must fit one line.
fn failure(hub: &Hub, name: &str) -> HubError {
    let error = hub.resolve(&reference(name), &mut ()).expect_err(name);
    let text = error.to_string();
    assert!(!text.contains('\n') && !text.ends_with('.'), "{text}");
    error
}

#[test]
fn refused_access_says_what_to_do() {
    for code in [401, 403] {
        let (_cache, server, hub) = scene();
        server.on(LIST, move |_| Answer::status(code));
        let error = failure(&hub, "org/name");
        assert!(matches!(error, HubError::Denied { status, with_token: false, .. } if status == code), "{error:?}");
        assert_eq!(error.fault(), Fault::NotFound);
        let text = error.to_string();
        let page = format!("{}/org/name", server.url);
        assert!(text.contains("HF_TOKEN") && text.contains("terms") && text.contains(&page), "{text}");
        assert_eq!(server.seen().len(), 1, "a refusal is not tried again");
    }
}

#[test]
fn a_gated_file_is_refused_though_the_list_is_open() {
    let (cache, server, _) = scene();
    server.list("org/name", &["q8.gguf"]);
    server.on(&file_path("org/name", "q8.gguf"), |_| Answer::status(403).with("X-Error-Code", "GatedRepo"));
    let mut settings = settings(cache.path(), &server.url);
    settings.token = Some("hf_secret".into());
    let error = failure(&hub(settings), "org/name:q8.gguf");
    assert!(matches!(error, HubError::Denied { status: 403, with_token: true, .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("hf_secret"));
}

#[test]
fn a_repository_that_is_not_there() {
    let (_cache, server, hub) = scene();
    let error = failure(&hub, "org/name");
    assert!(matches!(&error, HubError::RepoNotFound { repo, .. } if repo == "org/name"), "{error:?}");
    assert_eq!(error.fault(), Fault::NotFound);
    // The hub hides what a caller may not know of behind a 401.
    server.on(LIST, |_| Answer::status(401).with("X-Error-Code", "RepoNotFound"));
    let error = failure(&hub, "org/name");
    assert!(matches!(error, HubError::RepoNotFound { .. }), "{error:?}");
    assert!(error.to_string().contains("HF_TOKEN"), "{error}");
}

#[test]
fn a_revision_that_is_not_there() {
    let (_cache, server, hub) = scene();
    let error = failure(&hub, "org/name@v9");
    assert!(matches!(&error, HubError::RevisionNotFound { revision, .. } if revision == "v9"), "{error:?}");
    server.on("/api/models/org/name/revision/v9", |_| Answer::status(404).with("X-Error-Code", "RepoNotFound"));
    assert!(matches!(failure(&hub, "org/name@v9"), HubError::RepoNotFound { .. }));
    server.on(LIST, |_| Answer::status(404).with("X-Error-Code", "RevisionNotFound"));
    assert!(matches!(failure(&hub, "org/name"), HubError::RevisionNotFound { .. }));
}

#[test]
fn a_file_that_is_not_there() {
    let (cache, server, hub) = scene();
    server.list("org/name", &["q4.gguf", "gone.gguf", "config.json", "bad\nname.gguf"]);
    let error = failure(&hub, "org/name:q9.gguf");
    match &error {
        HubError::FileNotFound { file, others, .. } => {
            assert_eq!(file, "q9.gguf");
            assert_eq!(others, &["gone.gguf", "q4.gguf"]);
        }
        other => panic!("{other:?}"),
    }
    assert!(error.to_string().contains("q4.gguf"), "{error}");
    // Listed, but 404 when asked for.
    let error = failure(&hub, "org/name:gone.gguf");
    assert!(matches!(&error, HubError::FileNotFound { file, .. } if file == "gone.gguf"), "{error:?}");
    assert!(!cache.path().join("models--org--name/refs/main").exists());
}

#[test]
fn a_failing_server() {
    let (_cache, server, hub) = scene();
    server.on(LIST, |_| Answer::status(500));
    let error = failure(&hub, "org/name");
    assert!(matches!(error, HubError::Status { status: 500, .. }), "{error:?}");
    assert_eq!(error.fault(), Fault::Transfer);
    assert_eq!(server.seen().len(), 1);
    // 503 is tried again, but not for ever.
    server.on(LIST, |_| Answer::status(503));
    assert!(matches!(failure(&hub, "org/name"), HubError::Status { status: 503, .. }));
    assert_eq!(server.seen().len(), 1 + 3);
}

#[test]
fn a_store_behind_the_hub_knows_no_tokens() {
    let (_cache, server, hub) = scene();
    let store = Server::start();
    let location = format!("{}/bytes?signature=hidden", store.url);
    server.list("org/name", &["q8.gguf"]);
    server.on(&file_path("org/name", "q8.gguf"), move |_| Answer::redirect(302, &location));
    store.on("/bytes?signature=hidden", |_| Answer::status(403));
    let error = failure(&hub, "org/name:q8.gguf");
    assert!(matches!(&error, HubError::Status { status: 403, .. }), "{error:?}");
    assert!(!error.to_string().contains("hidden"), "{error}");
}

#[test]
fn nobody_answers() {
    let (_cache, server, hub) = scene();
    server.on(LIST, |_| Answer::silence());
    let error = failure(&hub, "org/name");
    assert!(matches!(error, HubError::Unreachable { .. }), "{error:?}");
    assert_eq!(error.fault(), Fault::Transfer);
    assert!(error.to_string().contains("HF_ENDPOINT"), "{error}");
    assert_eq!(server.seen().len(), 1, "where nobody ever answered one try is enough");
}

#[test]
fn replies_that_make_no_sense() {
    let (_cache, server, hub) = scene();
    let bodies = ["", "nonsense", "[]", "{}", r#"{"sha":"main","siblings":[]}"#, r#"{"sha":"../../x","siblings":[]}"#];
    for body in bodies {
        server.on(LIST, move |_| Answer::ok(body));
        let error = failure(&hub, "org/name");
        assert!(matches!(error, HubError::BadReply { .. }), "{body}: {error:?}");
    }
    let other = COMMIT.replace('0', "f");
    server.on(&format!("/api/models/org/name/revision/{other}"), |_| Answer::ok(listing(&["q8.gguf"])));
    assert!(matches!(failure(&hub, &format!("org/name@{other}:q8.gguf")), HubError::BadReply { .. }));
}

#[test]
fn json_without_end_is_cut_off() {
    let (_cache, server, hub) = scene();
    server.on(LIST, |_| Answer::ok(vec![b' '; 1 << 16]).endless());
    let error = failure(&hub, "org/name");
    assert!(matches!(&error, HubError::BadReply { why, .. } if why.contains("16 MiB")), "{error:?}");
}

#[test]
fn redirects_that_lead_nowhere() {
    let (_cache, server, hub) = scene();
    server.on(LIST, |_| Answer::redirect(302, LIST));
    let error = failure(&hub, "org/name");
    assert!(matches!(error, HubError::Redirect { .. }), "{error:?}");
    assert_eq!(server.seen().len(), 11);
    for location in ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://", ""] {
        server
            .on(LIST, move |_| if location.is_empty() { Answer::status(302) } else { Answer::redirect(302, location) });
        let error = failure(&hub, "org/name");
        assert!(matches!(error, HubError::Redirect { .. }), "{location}: {error:?}");
    }
}

#[test]
fn bodies_that_break_their_word() {
    let (cache, server, hub) = scene();
    server.list("org/name", &["q8.gguf"]);
    let path = file_path("org/name", "q8.gguf");
    let why = |hub: &Hub| match failure(hub, "org/name:q8.gguf") {
        HubError::BadReply { why, .. } => why,
        other => panic!("{other:?}"),
    };
    server.on(&path, |_| Answer::ok("longer than promised").etag("e").with("X-Linked-Size", "6"));
    assert!(why(&hub).contains("more bytes"));
    server.on(&path, |_| Answer::ok("whole or not").etag("e").unmeasured());
    assert!(why(&hub).contains("without a length"));
    server.on(&path, |_| Answer::ok("x").etag("e").with("Content-Encoding", "br"));
    assert!(why(&hub).contains("encoded"));
    // A promise of 2^60 bytes costs no memory; the file is just short.
    server.on(&path, |_| Answer::ok("short").etag("e").with("X-Linked-Size", "1152921504606846976"));
    let before = server.asked(&path).len();
    assert!(matches!(failure(&hub, "org/name:q8.gguf"), HubError::CutShort { .. }));
    assert_eq!(server.asked(&path).len() - before, 3, "a short file is asked for again");
    let blobs = fs::read_dir(cache.path().join("models--org--name/blobs")).unwrap();
    let whole = |name: &std::ffi::OsString| !name.to_string_lossy().ends_with(".incomplete");
    assert_eq!(blobs.map(|entry| entry.unwrap().file_name()).filter(whole).count(), 0);
}

#[test]
fn hostile_etags_stay_inside_the_cache() {
    for etag in ["../../../evil", "a/b", "..", "/tmp/evil", "a\\b", "C:evil"] {
        let (cache, server, hub) = scene();
        server.list("org/name", &["q8.gguf"]);
        server.on(&file_path("org/name", "q8.gguf"), move |_| Answer::ok("bytes").etag(etag));
        let path = hub.resolve(&reference("org/name:q8.gguf"), &mut ()).unwrap();
        assert_eq!(fs::read(path).unwrap(), b"bytes");
        let blobs = cache.path().join("models--org--name/blobs");
        let names: Vec<_> = fs::read_dir(blobs).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        let path = file_path("org/name", "q8.gguf");
        assert_eq!(names, [std::ffi::OsString::from(sha256(format!("{etag}\n{path}")))], "{etag}");
    }
}

#[test]
fn hostile_file_names_are_never_asked_for() {
    let (cache, server, hub) = scene();
    server.list("org/name", &["../x", "/etc/x", "config.json", "tokenizer.json", "model.safetensors.index.json"]);
    for (name, text) in SMALL {
        server.on(&file_path("org/name", name), move |_| Answer::ok(text).etag(name));
    }
    for shard in ["../x", "/etc/x", "a/../../x", "a\\x", ""] {
        let index = serde_json::json!({ "weight_map": { "w": shard } }).to_string();
        server.on(&file_path("org/name", "model.safetensors.index.json"), move |_| {
            Answer::ok(&index).etag(&sha256(&index))
        });
        let error = failure(&hub, "org/name");
        assert!(matches!(error, HubError::BadIndex { .. }), "{shard}: {error:?}");
        assert_eq!(error.fault(), Fault::Disk);
        fs::remove_dir_all(cache.path().join("models--org--name")).unwrap();
    }
    assert!(server.seen().iter().all(|seen| !seen.path.contains("..") && !seen.path.ends_with("/x")));
}

#[test]
fn hostile_references_are_refused_before_anything_else() {
    let (cache, server, hub) = scene();
    let good = Reference { repo: "org/name".into(), revision: None, file: None };
    for bad in [
        Reference { repo: "../../x".into(), ..good.clone() },
        Reference { revision: Some("../../x".into()), ..good.clone() },
        Reference { file: Some("../x".into()), ..good.clone() },
        Reference { file: Some("/etc/passwd".into()), ..good },
    ] {
        let error = hub.resolve(&bad, &mut ()).unwrap_err();
        assert!(matches!(error, HubError::BadReference { .. }), "{bad:?}: {error:?}");
        assert_eq!(error.fault(), Fault::Usage);
    }
    assert!(server.seen().is_empty());
    assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 0);
}
