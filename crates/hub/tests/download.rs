//! Downloads that go well: what is asked for, what lands where, and who is shown the token.
#![allow(clippy::unwrap_used)] // tests may

mod server;

use std::fs;
use std::path::Path;

use beamline_hub::{Fault, HubError};
use server::{Answer, COMMIT, Diary, SMALL, Server, file_path, hub, listing, noise, reference, settings, sha256};

fn files<'a>(weights: &'a [(&'a str, &'a [u8])]) -> Vec<(&'a str, &'a [u8])> {
    SMALL.iter().map(|(name, text)| (*name, text.as_bytes())).chain(weights.iter().copied()).collect()
}

fn repo_cache(cache: &Path) -> std::path::PathBuf {
    cache.join("models--org--name")
}

#[test]
fn a_whole_model_lands_in_the_cache() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start();
    let weights = noise(300_000);
    let more: [(&str, &[u8]); 4] = [
        ("model.safetensors", &weights),
        ("generation_config.json", b"{\"g\":1}"),
        ("pytorch_model.bin", b"pickle"),
        ("README.md", b"hello"),
    ];
    let all = files(&more);
    server.repo("org/name", &all);

    let mut diary = Diary::default();
    let folder = hub(settings(cache.path(), &server.url)).resolve(&reference("org/name"), &mut diary).unwrap();

    assert_eq!(folder, repo_cache(cache.path()).join("snapshots").join(COMMIT));
    for (name, body) in &all[..4] {
        assert_eq!(&fs::read(folder.join(name)).unwrap(), body, "{name}");
        assert!(repo_cache(cache.path()).join("blobs").join(sha256(body)).is_file(), "{name}");
    }
    for absent in ["pytorch_model.bin", "README.md"] {
        assert!(!folder.join(absent).exists());
        assert!(server.asked(&file_path("org/name", absent)).is_empty(), "{absent} was asked for");
    }
    assert_eq!(fs::read_to_string(repo_cache(cache.path()).join("refs/main")).unwrap(), COMMIT);
    assert_eq!(diary.bytes, all[..4].iter().map(|(_, body)| body.len() as u64).sum::<u64>());
    assert_eq!((diary.begins.len(), diary.ends), (4, 4));
    assert!(diary.begins.contains(&("model.safetensors".to_owned(), 0, Some(300_000))));
    let left = fs::read_dir(repo_cache(cache.path()).join("blobs")).unwrap().count();
    assert_eq!(left, 4, "nothing but the four blobs stays");
}

#[cfg(unix)]
#[test]
fn snapshots_link_to_blobs_by_relative_paths() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start();
    server.repo("org/name", &[("a.gguf", b"top"), ("x/y/b.gguf", b"deep")]);
    let hub = hub(settings(cache.path(), &server.url));
    for (name, body, up) in [("a.gguf", "top", "../../"), ("x/y/b.gguf", "deep", "../../../../")] {
        let path = hub.resolve(&reference(&format!("org/name:{name}")), &mut ()).unwrap();
        assert_eq!(path, repo_cache(cache.path()).join("snapshots").join(COMMIT).join(name));
        let target = fs::read_link(&path).unwrap();
        assert_eq!(target, Path::new(&format!("{up}blobs/{}", sha256(body))));
        assert_eq!(fs::read_to_string(path).unwrap(), body);
    }
}

#[test]
fn an_index_brings_every_shard_it_names() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start();
    let index = r#"{"metadata":{},"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors","c":"m-1.safetensors"}}"#;
    let more: [(&str, &[u8]); 4] = [
        ("model.safetensors.index.json", index.as_bytes()),
        ("m-1.safetensors", b"one"),
        ("m-2.safetensors", b"two"),
        ("m-3.safetensors", b"not in the index"),
    ];
    server.repo("org/name", &files(&more));
    let folder = hub(settings(cache.path(), &server.url)).resolve(&reference("org/name"), &mut ()).unwrap();
    assert_eq!(fs::read(folder.join("m-1.safetensors")).unwrap(), b"one");
    assert_eq!(fs::read(folder.join("m-2.safetensors")).unwrap(), b"two");
    assert!(!folder.join("m-3.safetensors").exists());
    assert_eq!(server.asked(&file_path("org/name", "m-1.safetensors")).len(), 1, "a shard is fetched once");
}

#[test]
fn one_gguf_file_needs_no_config() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start();
    server.repo("org/name", &[("q4.gguf", b"four"), ("q8.gguf", b"eight")]);
    let hub = hub(settings(cache.path(), &server.url));
    let path = hub.resolve(&reference("org/name:q8.gguf"), &mut ()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"eight");
    assert!(server.asked(&file_path("org/name", "q4.gguf")).is_empty());

    // The same repository is no model as a folder, and the message says what to write instead.
    let error = hub.resolve(&reference("org/name"), &mut ()).unwrap_err();
    assert!(matches!(&error, HubError::NoModel { missing, ggufs, .. } if missing.len() == 3 && ggufs.len() == 2));
    assert!(error.to_string().contains("org/name:q4.gguf"), "{error}");
}

#[test]
fn the_token_goes_to_the_hub_and_to_nobody_else() {
    let cache = tempfile::tempdir().unwrap();
    let (server, store) = (Server::start(), Server::start());
    let body = noise(50_000);
    server.list("org/name", &["q8.gguf"]);
    let (location, sum) = (format!("{}/bytes?signature=1", store.url), sha256(&body));
    let blob = sum.clone();
    server.on(&file_path("org/name", "q8.gguf"), move |_| {
        Answer::redirect(302, &location).with("X-Linked-Etag", &format!("\"{sum}\"")).with("X-Linked-Size", "50000")
    });
    store.on("/bytes?signature=1", move |seen| Answer::ranged(seen, &body).etag("the-store-s-own"));

    let mut settings = settings(cache.path(), &server.url);
    settings.token = Some("hf_secret".into());
    let path = hub(settings).resolve(&reference("org/name:q8.gguf"), &mut ()).unwrap();

    assert_eq!(fs::read(path).unwrap(), noise(50_000));
    assert!(repo_cache(cache.path()).join("blobs").join(blob).is_file(), "the hub's etag names the blob");
    assert_eq!(server.seen().len(), 2);
    for seen in server.seen() {
        assert_eq!(seen.header("authorization"), Some("Bearer hf_secret"), "{}", seen.path);
    }
    assert_eq!(store.seen().len(), 1);
    assert_eq!(store.seen()[0].header("authorization"), None);
}

#[test]
fn relative_redirects_of_all_kinds_are_followed_with_the_token() {
    for status in [301, 302, 303, 307, 308] {
        let cache = tempfile::tempdir().unwrap();
        let server = Server::start();
        server.on("/api/models/gpt2/revision/main", move |_| Answer::redirect(status, "/moved/list"));
        server.on("/moved/list", |_| Answer::ok(listing(&["q8.gguf"])));
        server.on(&file_path("gpt2", "q8.gguf"), move |_| Answer::redirect(status, "other/file"));
        let moved = format!("/gpt2/resolve/{COMMIT}/other/file");
        server.on(&moved, |_| Answer::ok("bytes").with("ETag", "W/\"weak-1\""));
        let mut settings = settings(cache.path(), &format!("{}/", server.url));
        settings.token = Some("hf_secret".into());
        let path = hub(settings).resolve(&reference("gpt2:q8.gguf"), &mut ()).unwrap();
        assert_eq!(fs::read(path).unwrap(), b"bytes", "{status}");
        let asked = format!("/gpt2/resolve/{COMMIT}/q8.gguf");
        assert!(cache.path().join("models--gpt2/blobs").join(sha256(format!("weak-1\n{asked}"))).is_file());
        assert_eq!(server.asked(&moved)[0].header("authorization"), Some("Bearer hf_secret"));
    }
}

#[test]
fn without_a_linked_etag_the_hub_s_own_names_the_blob() {
    let cache = tempfile::tempdir().unwrap();
    let (server, store) = (Server::start(), Server::start());
    let location = format!("{}/bytes", store.url);
    server.list("org/name", &["q8.gguf"]);
    // git's checksum, as the hub has it for small files.
    let (own, other) = ("5e".repeat(20), "ab".repeat(20));
    let blob = own.clone();
    server.on(&file_path("org/name", "q8.gguf"), move |_| Answer::redirect(302, &location).etag(&own));
    store.on("/bytes", move |_| Answer::ok("bytes").etag(&other));
    hub(settings(cache.path(), &server.url)).resolve(&reference("org/name:q8.gguf"), &mut ()).unwrap();
    let blobs: Vec<_> = fs::read_dir(repo_cache(cache.path()).join("blobs")).unwrap().collect();
    assert_eq!(blobs.len(), 1);
    assert_eq!(blobs[0].as_ref().unwrap().file_name().to_str(), Some(&*blob));
}

/// A mirror may make etags of time and size: files that were put there together, and are as long, have the same.
#[test]
fn files_of_one_etag_that_is_no_checksum_do_not_share_a_blob() {
    for etag in ["5f-66a1b2c3", "W/\"1699999999-64\"", "../5f"] {
        let cache = tempfile::tempdir().unwrap();
        let server = Server::start();
        let all = files(&[("model.safetensors", b"weights")]);
        server.list("org/name", &all.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        // All of one length.
        let padded = |body: &[u8]| [body, &b" ".repeat(64)[..]].concat()[..64].to_vec();
        let header = if etag.starts_with('W') { etag.to_owned() } else { format!("\"{etag}\"") };
        for (name, body) in &all {
            let (body, header) = (padded(body), header.clone());
            server.on(&file_path("org/name", name), move |_| Answer::ok(&body).with("ETag", &header));
        }
        let hub = hub(settings(cache.path(), &server.url));
        let folder = hub.resolve(&reference("org/name"), &mut ()).unwrap();
        for (name, body) in &all {
            assert_eq!(fs::read(folder.join(name)).unwrap(), padded(body), "{etag} {name}");
        }
        // And it is found again without the network.
        let before = server.seen().len();
        assert_eq!(hub.resolve(&reference("org/name"), &mut ()).unwrap(), folder);
        assert_eq!(server.seen().len(), before);
    }
}

/// Checksums are the bytes' own: what is alike is fetched and kept once, as other readers of the cache have it.
#[test]
fn files_of_one_checksum_share_a_blob() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start();
    let weights = [("model.safetensors", SMALL[0].1.as_bytes())];
    let all = files(&weights);
    server.repo("org/name", &all);
    hub(settings(cache.path(), &server.url)).resolve(&reference("org/name"), &mut ()).unwrap();
    let blobs = fs::read_dir(repo_cache(cache.path()).join("blobs")).unwrap().count();
    assert_eq!(blobs, all.len() - 1, "weights and {} are alike", SMALL[0].0);
}

#[test]
fn what_is_in_the_cache_is_not_asked_for_again() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start();
    server.repo("org/name", &files(&[("model.safetensors", b"weights")]));
    let hub = hub(settings(cache.path(), &server.url));
    let first = hub.resolve(&reference("org/name"), &mut ()).unwrap();
    let before = server.seen().len();
    let mut diary = Diary::default();
    assert_eq!(hub.resolve(&reference("org/name"), &mut diary).unwrap(), first);
    assert_eq!(
        hub.resolve(&reference(&format!("org/name@{COMMIT}:config.json")), &mut diary).unwrap(),
        first.join("config.json")
    );
    assert_eq!(server.seen().len(), before, "the second call went to the network");
    assert!(diary.begins.is_empty());
}

#[test]
fn only_what_is_missing_is_fetched() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start();
    server.repo("org/name", &files(&[("model.safetensors", b"weights")]));
    let hub = hub(settings(cache.path(), &server.url));
    let folder = hub.resolve(&reference("org/name"), &mut ()).unwrap();
    fs::remove_file(folder.join("tokenizer.json")).unwrap();
    hub.resolve(&reference("org/name"), &mut ()).unwrap();
    assert_eq!(server.asked(&file_path("org/name", "model.safetensors")).len(), 1);
    assert_eq!(server.asked(&file_path("org/name", "tokenizer.json")).len(), 2);
    assert_eq!(fs::read_to_string(folder.join("tokenizer.json")).unwrap(), SMALL[1].1);
}

#[test]
fn a_blob_of_the_wrong_length_is_replaced() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start();
    server.repo("org/name", &[("q8.gguf", b"the whole file")]);
    let blob = repo_cache(cache.path()).join("blobs").join(sha256("the whole file"));
    fs::create_dir_all(blob.parent().unwrap()).unwrap();
    fs::write(&blob, "the who").unwrap();
    let path = hub(settings(cache.path(), &server.url)).resolve(&reference("org/name:q8.gguf"), &mut ()).unwrap();
    assert_eq!(fs::read_to_string(path).unwrap(), "the whole file");
}

#[test]
fn revisions_are_noted_and_commits_are_not() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start();
    server.repo("org/name", &[("q8.gguf", b"eight")]);
    server.on("/api/models/org/name/revision/refs%2Fpr%2F1", |_| Answer::ok(listing(&["q8.gguf"])));
    let hub = hub(settings(cache.path(), &server.url));
    hub.resolve(&reference("org/name@refs/pr/1:q8.gguf"), &mut ()).unwrap();
    let noted = repo_cache(cache.path()).join("refs/refs/pr/1");
    assert_eq!(fs::read_to_string(noted).unwrap(), COMMIT);

    fs::remove_dir_all(repo_cache(cache.path())).unwrap();
    hub.resolve(&reference(&format!("org/name@{COMMIT}:q8.gguf")), &mut ()).unwrap();
    assert!(!repo_cache(cache.path()).join("refs").exists());
}

#[test]
fn odd_names_are_escaped_on_the_wire() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start();
    server.list("org/name", &["a+b.gguf"]);
    server.on(&file_path("org/name", "a%2Bb.gguf"), |_| Answer::ok("plus").etag("p"));
    let path = hub(settings(cache.path(), &server.url)).resolve(&reference("org/name:a+b.gguf"), &mut ()).unwrap();
    assert_eq!(fs::read(path).unwrap(), b"plus");
}

/// The small files that a fetch of this listing brings, and what it says.
fn fetched(listing: &[&str]) -> (Vec<String>, Vec<String>) {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start();
    let index = br#"{"weight_map":{"a":"parts/one.bin","b":"two.bin"}}"#.as_slice();
    // No two files alike: a blob is fetched once.
    let body = |name| if str::ends_with(name, ".index.json") { index } else { str::as_bytes(name) };
    server.repo("org/name", &listing.iter().map(|&name| (name, body(name))).collect::<Vec<_>>());
    let mut diary = Diary::default();
    hub(settings(cache.path(), &server.url)).resolve(&reference("org/name"), &mut diary).unwrap();
    // A second time without anybody to ask.
    let mut offline = settings(cache.path(), "http://127.0.0.1:9");
    offline.offline = true;
    hub(offline).resolve(&reference("org/name"), &mut ()).unwrap();
    let mut names: Vec<String> = diary.begins.into_iter().map(|(name, ..)| name).collect();
    names.sort();
    (names, diary.notices)
}

#[test]
fn pickles_are_fetched_only_where_there_are_no_safetensors_and_it_is_said() {
    let (names, notices) = fetched(&["README.md", "config.json", "pytorch_model.bin", "tokenizer.json"]);
    assert_eq!(names, ["config.json", "pytorch_model.bin", "tokenizer.json"]);
    let [notice] = &notices[..] else { panic!("{notices:?}") };
    assert!(notice.contains("org/name has no safetensors") && notice.contains("read as data and not run"), "{notice}");
    let shards = ["config.json", "parts/one.bin", "pytorch_model.bin.index.json", "tokenizer.json", "two.bin"];
    let (names, notices) = fetched(&shards);
    assert_eq!((names, notices.len()), (shards.map(str::to_owned).to_vec(), 1));
    let both = ["config.json", "model.safetensors", "pytorch_model.bin", "tokenizer.json"];
    let (names, notices) = fetched(&both);
    assert_eq!(names, ["config.json", "model.safetensors", "tokenizer.json"]);
    assert!(notices.is_empty(), "{notices:?}");
}

#[test]
fn every_form_of_a_tokenizer_is_fetched_and_the_first_there_is() {
    let forms: [&[&str]; 6] = [
        &["tokenizer.json"],
        &["tokenizer.model"],
        &["spiece.model"],
        &["sentencepiece.bpe.model"],
        &["merges.txt", "vocab.json"],
        &["vocab.txt"],
    ];
    let beside = ["config.json", "model.safetensors"];
    for (at, form) in forms.iter().enumerate() {
        // With all that are looked for later.
        let listing: Vec<&str> = forms[at..].concat().into_iter().chain(beside).collect();
        let mut expected = [*form, &beside].concat();
        expected.sort_unstable();
        assert_eq!(fetched(&listing).0, expected);
    }
    // What says more about the tokens comes too.
    let more = ["added_tokens.json", "chat_template.jinja", "special_tokens_map.json", "tokenizer_config.json"];
    let listing = [more.as_slice(), &["spiece.model", "generation_config.json"], &beside].concat();
    assert_eq!(fetched(&listing).0.len(), listing.len());

    let server = Server::start();
    let cache = tempfile::tempdir().unwrap();
    server.repo("org/name", &[("config.json", b"{}"), ("merges.txt", b"m"), ("pytorch_model.bin", b"p")]);
    let error = hub(settings(cache.path(), &server.url)).resolve(&reference("org/name"), &mut ()).unwrap_err();
    assert!(matches!(&error, HubError::NoModel { missing, .. } if *missing == ["a tokenizer"]), "{error:?}");
    assert_eq!(error.fault(), Fault::NotFound);
    assert!(error.to_string().contains("vocab.json with merges.txt"), "{error}");
    assert_eq!(server.seen().len(), 1, "only the list was asked for");
}

#[test]
fn naming_one_part_of_a_gguf_model_brings_all() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start();
    let (one, two) = ("in/q8-00001-of-00002.gguf", "in/q8-00002-of-00002.gguf");
    server.repo("org/name", &[(one, b"one"), (two, b"two")]);
    let hub = hub(settings(cache.path(), &server.url));
    let path = hub.resolve(&reference(&format!("org/name:{two}")), &mut ()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(fs::read(path.with_file_name("q8-00001-of-00002.gguf")).unwrap(), b"one");
    // A part that the cache has lost is fetched again; one that the repository lacks is named.
    fs::remove_file(path.with_file_name("q8-00001-of-00002.gguf")).unwrap();
    hub.resolve(&reference(&format!("org/name:{two}")), &mut ()).unwrap();
    assert!(path.with_file_name("q8-00001-of-00002.gguf").is_file());
    server.repo("org/lost", &[(two, b"two")]);
    let error = hub.resolve(&reference(&format!("org/lost:{two}")), &mut ()).unwrap_err();
    assert!(matches!(&error, HubError::FileNotFound { file, .. } if file == one), "{error:?}");
}
