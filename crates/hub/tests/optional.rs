//! Files that a model works without: fetched where the repository has them, also for snapshots that others left.
#![allow(clippy::unwrap_used)] // tests may

mod server;

use std::fs;
use std::path::{Path, PathBuf};

use server::{COMMIT, Diary, SMALL, Server, file_path, hub, reference, settings};

const TOOL: &str = "additional_chat_templates/tool_use.jinja";

/// A repository with all of them, and some that look like them.
fn repository(server: &Server) {
    let more: [(&str, &[u8]); 8] = [
        ("model.safetensors", b"w"),
        ("tokenizer_config.json", b"{}"),
        ("special_tokens_map.json", b"{}"),
        ("chat_template.jinja", b"{{ 1 }}"),
        (TOOL, b"{{ 2 }}"),
        ("additional_chat_templates/README.md", b"no template"),
        ("additional_chat_templates/old/rag.jinja", b"too deep"),
        ("additional_chat_templates/a b.jinja", b"no name for a file"),
    ];
    let small = SMALL.iter().map(|(name, text)| (*name, text.as_bytes()));
    server.repo("org/name", &small.chain(more).collect::<Vec<_>>());
}

/// What an older version left: whole, but without what it did not know.
fn old_snapshot(cache: &Path) -> PathBuf {
    let root = cache.join("models--org--name");
    let folder = root.join("snapshots").join(COMMIT);
    fs::create_dir_all(&folder).unwrap();
    fs::create_dir_all(root.join("refs")).unwrap();
    fs::write(root.join("refs/main"), COMMIT).unwrap();
    for (name, text) in SMALL.iter().chain(&[("model.safetensors", "w"), ("tokenizer_config.json", "{}")]) {
        fs::write(folder.join(name), text).unwrap();
    }
    folder
}

fn listing() -> String {
    format!("/api/models/org/name/revision/{COMMIT}")
}

#[test]
fn templates_of_their_own_folder_are_fetched() {
    let (cache, server) = (tempfile::tempdir().unwrap(), Server::start());
    repository(&server);
    let folder = hub(settings(cache.path(), &server.url)).resolve(&reference("org/name"), &mut ()).unwrap();
    assert_eq!(fs::read_to_string(folder.join(TOOL)).unwrap(), "{{ 2 }}");
    let others: Vec<_> = fs::read_dir(folder.join("additional_chat_templates")).unwrap().collect();
    assert_eq!(others.len(), 1, "{others:?}");
}

#[test]
fn an_old_snapshot_gets_what_its_commit_has_and_is_asked_about_once() {
    let (cache, server) = (tempfile::tempdir().unwrap(), Server::start());
    repository(&server);
    let folder = old_snapshot(cache.path());
    let hub = hub(settings(cache.path(), &server.url));
    let mut diary = Diary::default();
    assert_eq!(hub.resolve(&reference("org/name"), &mut diary).unwrap(), folder);
    for file in ["special_tokens_map.json", "chat_template.jinja", TOOL] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    assert!(server.asked(&file_path("org/name", "model.safetensors")).is_empty(), "what is there is not fetched");
    // The commit that is there is asked about, not what main stands for today.
    assert!(server.asked("/api/models/org/name/revision/main").is_empty());
    let absent = cache.path().join("models--org--name/.no_exist").join(COMMIT);
    let mut names: Vec<_> = fs::read_dir(&absent).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["added_tokens.json", "generation_config.json"]);

    let before = server.seen().len();
    assert_eq!(hub.resolve(&reference("org/name"), &mut diary).unwrap(), folder);
    assert_eq!(server.seen().len(), before, "asked again");
    assert_eq!(server.asked(&listing()).len(), 1);
    assert!(diary.notices.is_empty(), "{:?}", diary.notices);
}

#[test]
fn where_nobody_can_be_asked_the_snapshot_is_used_and_that_is_said() {
    let cache = tempfile::tempdir().unwrap();
    let folder = old_snapshot(cache.path());
    for (offline, why) in [(true, "downloads are off"), (false, "HF_HUB_OFFLINE=1 asks nobody")] {
        let mut settings = settings(cache.path(), "http://127.0.0.1:9");
        settings.offline = offline;
        let mut diary = Diary::default();
        assert_eq!(hub(settings).resolve(&reference("org/name"), &mut diary).unwrap(), folder);
        let [said] = &diary.notices[..] else { panic!("{:?}", diary.notices) };
        for part in ["org/name", "chat_template.jinja", "additional_chat_templates", why] {
            assert!(said.contains(part) && !said.contains("tokenizer_config.json"), "{said}");
        }
        assert!(!said.contains('\n'));
    }
    // A file that is named needs no other.
    let mut diary = Diary::default();
    let hub = hub(settings(cache.path(), "http://127.0.0.1:9"));
    hub.resolve(&reference("org/name:model.safetensors"), &mut diary).unwrap();
    assert!(diary.notices.is_empty());
}

#[test]
fn a_model_that_was_fetched_whole_is_not_asked_about() {
    let (cache, server) = (tempfile::tempdir().unwrap(), Server::start());
    let small = SMALL.iter().map(|(name, text)| (*name, text.as_bytes()));
    server.repo("org/name", &small.chain([("model.safetensors", &b"w"[..])]).collect::<Vec<_>>());
    hub(settings(cache.path(), &server.url)).resolve(&reference("org/name"), &mut ()).unwrap();
    let mut settings = settings(cache.path(), "http://127.0.0.1:9");
    settings.offline = true;
    let mut diary = Diary::default();
    hub(settings).resolve(&reference("org/name"), &mut diary).unwrap();
    assert!(diary.notices.is_empty(), "{:?}", diary.notices);
}
