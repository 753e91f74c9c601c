//! Downloads that break: resumed, started over, or given up, and never taken for whole.
#![allow(clippy::unwrap_used)] // tests may

mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use beamline_hub::{Fault, Hub, HubError, RetryPolicy};
use server::{Answer, COMMIT, Diary, Server, file_path, hub, noise, reference, settings, sha256};

const NAME: &str = "org/name:q8.gguf";

/// A server with one file whose answers the test plays, and a cache to fetch it into.
struct Scene {
    cache: tempfile::TempDir,
    server: Server,
    body: Vec<u8>,
}

impl Scene {
    fn new(length: usize, answer: impl Fn(&server::Seen, &[u8]) -> Answer + Send + Sync + 'static) -> Self {
        let (cache, server, body) = (tempfile::tempdir().expect("a folder"), Server::start(), noise(length));
        server.list("org/name", &["q8.gguf"]);
        let (bytes, sum) = (body.clone(), sha256(&body));
        server.on(&file_path("org/name", "q8.gguf"), move |seen| answer(seen, &bytes).etag(&sum));
        Self { cache, server, body }
    }

    fn hub(&self) -> Hub {
        hub(settings(self.cache.path(), &self.server.url))
    }

    fn blob(&self) -> PathBuf {
        self.cache.path().join("models--org--name/blobs").join(sha256(&self.body))
    }

    fn part(&self) -> PathBuf {
        self.blob().with_extension("incomplete")
    }

    /// Puts bytes where an earlier call would have left them.
    fn leave(&self, bytes: &[u8]) {
        fs::create_dir_all(self.part().parent().expect("it has one")).expect("a folder");
        fs::write(self.part(), bytes).expect("a file");
    }

    /// The starts that were asked for, one for each request of the file.
    fn starts(&self) -> Vec<Option<usize>> {
        self.server.asked(&file_path("org/name", "q8.gguf")).iter().map(server::Seen::start).collect()
    }

    fn assert_whole(&self, path: &Path) {
        assert!(fs::read(path).expect("it is there") == self.body, "the bytes differ");
        assert!(!self.part().exists(), "the part is still there");
    }

    fn assert_nothing_passes_for_whole(&self) {
        let root = self.cache.path().join("models--org--name");
        assert!(!self.blob().exists());
        assert!(!root.join("snapshots").join(COMMIT).join("q8.gguf").exists());
        assert!(!root.join("refs/main").exists());
    }
}

#[test]
fn a_cut_is_taken_up_within_the_call() {
    let scene = Scene::new(100_000, |seen, body| {
        let answer = Answer::ranged(seen, body);
        if seen.earlier == 0 { answer.cut(40_000) } else { answer }
    });
    let mut diary = Diary::default();
    let path = scene.hub().resolve(&reference(NAME), &mut diary).unwrap();
    scene.assert_whole(&path);
    assert_eq!(scene.starts(), [None, Some(40_000)]);
    assert_eq!(diary.bytes, 100_000);
    let name = "q8.gguf".to_owned();
    assert_eq!(diary.begins, [(name.clone(), 0, Some(100_000)), (name, 40_000, Some(100_000))]);
    assert_eq!(diary.ends, 2);
}

#[test]
fn a_cut_is_taken_up_by_the_next_call() {
    let scene = Scene::new(100_000, |seen, body| {
        let answer = Answer::ranged(seen, body);
        if seen.earlier == 0 { answer.cut(40_000) } else { answer }
    });
    let once = RetryPolicy { attempts: 1, ..RetryPolicy::default() };
    let error = scene.hub().with_retry(once).resolve(&reference(NAME), &mut ()).unwrap_err();
    assert!(matches!(error, HubError::CutShort { got: 40_000, expected: Some(100_000), .. }), "{error:?}");
    assert_eq!(error.fault(), Fault::Transfer);
    assert_eq!(fs::metadata(scene.part()).unwrap().len(), 40_000);
    scene.assert_nothing_passes_for_whole();

    let path = scene.hub().resolve(&reference(NAME), &mut ()).unwrap();
    scene.assert_whole(&path);
    assert_eq!(scene.starts().last(), Some(&Some(40_000)));
}

#[test]
fn resuming_works_behind_a_redirect() {
    let (cache, server, store) = (tempfile::tempdir().unwrap(), Server::start(), Server::start());
    let body = noise(100_000);
    server.list("org/name", &["q8.gguf"]);
    let (location, sum) = (format!("{}/bytes", store.url), sha256(&body));
    server.on(&file_path("org/name", "q8.gguf"), move |_| {
        Answer::redirect(302, &location).with("X-Linked-Etag", &sum).with("X-Linked-Size", "100000")
    });
    store.on("/bytes", move |seen| {
        let answer = Answer::ranged(seen, &body).etag("own");
        if seen.earlier == 0 { answer.cut(70_000) } else { answer }
    });
    let path = hub(settings(cache.path(), &server.url)).resolve(&reference(NAME), &mut ()).unwrap();
    assert!(fs::read(path).unwrap() == noise(100_000));
    assert_eq!(store.asked("/bytes").iter().map(server::Seen::start).collect::<Vec<_>>(), [None, Some(70_000)]);
}

#[test]
fn a_long_file_outlives_more_cuts_than_there_are_attempts() {
    let scene = Scene::new(6 << 20, |seen, body| Answer::ranged(seen, body).cut((1 << 20) + 7));
    let path = scene.hub().resolve(&reference(NAME), &mut ()).unwrap();
    scene.assert_whole(&path);
    assert_eq!(scene.starts().len(), 6);
}

#[test]
fn a_server_that_ignores_ranges_starts_over() {
    let scene = Scene::new(100_000, |seen, body| {
        let answer = Answer::ok(body);
        if seen.earlier == 0 { answer.cut(40_000) } else { answer }
    });
    let path = scene.hub().resolve(&reference(NAME), &mut ()).unwrap();
    scene.assert_whole(&path);
    assert_eq!(scene.starts(), [None, Some(40_000)]);
}

#[test]
fn a_refused_range_starts_over() {
    let scene =
        Scene::new(1000, |seen, body| if seen.start().is_some() { Answer::status(416) } else { Answer::ok(body) });
    scene.leave(&scene.body[..300]);
    let path = scene.hub().resolve(&reference(NAME), &mut ()).unwrap();
    scene.assert_whole(&path);
    assert_eq!(scene.starts(), [None, Some(300), None]);
}

#[test]
fn a_range_that_starts_elsewhere_is_not_appended() {
    let scene = Scene::new(1000, |seen, body| match seen.start() {
        Some(_) => Answer::partial(0, body),
        None => Answer::ok(body),
    });
    scene.leave(&scene.body[..300]);
    let path = scene.hub().resolve(&reference(NAME), &mut ()).unwrap();
    scene.assert_whole(&path);
    assert_eq!(scene.starts(), [None, Some(300), None]);
}

#[test]
fn what_was_left_whole_needs_no_more_bytes() {
    let scene = Scene::new(1000, Answer::ranged);
    scene.leave(&scene.body);
    let mut diary = Diary::default();
    let path = scene.hub().resolve(&reference(NAME), &mut diary).unwrap();
    scene.assert_whole(&path);
    assert_eq!((scene.starts(), diary.bytes), (vec![None], 0));
}

#[test]
fn what_was_left_too_long_starts_over() {
    let scene = Scene::new(1000, Answer::ranged);
    scene.leave(&noise(1200));
    let path = scene.hub().resolve(&reference(NAME), &mut ()).unwrap();
    scene.assert_whole(&path);
}

#[test]
fn a_file_that_is_always_cut_is_given_up_and_kept() {
    let scene = Scene::new(1000, |seen, body| Answer::ranged(seen, body).cut(100));
    let error = scene.hub().resolve(&reference(NAME), &mut ()).unwrap_err();
    assert!(matches!(error, HubError::CutShort { got: 300, expected: Some(1000), .. }), "{error:?}");
    assert_eq!(scene.starts(), [None, Some(100), Some(200)], "three attempts");
    assert!(fs::read(scene.part()).unwrap() == scene.body[..300]);
    scene.assert_nothing_passes_for_whole();
}

#[test]
fn large_pieces_that_lead_nowhere_are_given_up_too() {
    // Two mebibytes each time, always the same two: every second answer refuses to go on.
    let scene =
        Scene::new(
            3 << 20,
            |seen, body| {
                if seen.start().is_some() { Answer::status(416) } else { Answer::ok(body).cut(2 << 20) }
            },
        );
    let error = scene.hub().resolve(&reference(NAME), &mut ()).unwrap_err();
    assert!(matches!(error, HubError::CutShort { .. }), "{error:?}");
    assert!(scene.starts().len() < 8, "{:?}", scene.starts());
    scene.assert_nothing_passes_for_whole();
}

#[test]
fn a_line_that_falls_silent_is_a_cut() {
    let scene = Scene::new(1000, |seen, body| Answer::ranged(seen, body).hang(600));
    let retry = RetryPolicy { attempts: 1, stall: Duration::from_millis(200), ..RetryPolicy::default() };
    let start = Instant::now();
    let error = scene.hub().with_retry(retry).resolve(&reference(NAME), &mut ()).unwrap_err();
    assert!(matches!(error, HubError::CutShort { got: 600, .. }), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(15), "the stall limit did not end it");
}

#[test]
fn a_wrong_checksum_is_an_error_and_leaves_nothing() {
    let scene = Scene::new(1000, |seen, body| {
        let mut other = body.to_vec();
        other[500] ^= 1;
        Answer::ranged(seen, &other)
    });
    let error = scene.hub().resolve(&reference(NAME), &mut ()).unwrap_err();
    let want = sha256(&scene.body);
    assert!(matches!(&error, HubError::Checksum { expected, .. } if *expected == want), "{error:?}");
    assert!(!scene.part().exists());
    scene.assert_nothing_passes_for_whole();
}

#[test]
fn a_resumed_file_is_checked_from_its_first_byte() {
    let scene = Scene::new(1000, Answer::ranged);
    scene.leave(&[0; 300]);
    let error = scene.hub().resolve(&reference(NAME), &mut ()).unwrap_err();
    assert!(matches!(error, HubError::Checksum { .. }), "{error:?}");
    scene.assert_nothing_passes_for_whole();
    let path = scene.hub().resolve(&reference(NAME), &mut ()).unwrap();
    scene.assert_whole(&path);
}

#[test]
fn a_passing_status_is_tried_again() {
    for status in [429, 502, 503, 504] {
        let scene =
            Scene::new(
                1000,
                move |seen, body| {
                    if seen.earlier == 0 { Answer::status(status) } else { Answer::ranged(seen, body) }
                },
            );
        let path = scene.hub().resolve(&reference(NAME), &mut ()).unwrap();
        scene.assert_whole(&path);
    }
}

#[test]
fn a_hub_that_hangs_up_after_the_list_is_asked_again() {
    let scene = Scene::new(1000, |seen, body| match seen.earlier {
        0 => Answer::silence(),
        _ => Answer::ranged(seen, body),
    });
    let path = scene.hub().resolve(&reference(NAME), &mut ()).unwrap();
    scene.assert_whole(&path);
    assert_eq!(scene.starts(), [None, None]);
}

#[test]
fn a_second_process_waits_for_the_first() {
    let scene = Scene::new(1000, Answer::ranged);
    let lock = scene.cache.path().join(".locks/models--org--name").join(format!("{}.lock", sha256(&scene.body)));
    fs::create_dir_all(lock.parent().unwrap()).unwrap();
    let held = fs::File::create(&lock).unwrap();
    held.lock().unwrap();

    let second = {
        let hub = scene.hub();
        std::thread::spawn(move || {
            let mut diary = Diary::default();
            (hub.resolve(&reference(NAME), &mut diary), diary.bytes)
        })
    };
    while scene.starts().is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(150));
    assert!(!second.is_finished(), "it did not wait for the lock");
    // What the first process fetched.
    fs::create_dir_all(scene.blob().parent().unwrap()).unwrap();
    fs::write(scene.blob(), &scene.body).unwrap();
    drop(held);
    let (path, bytes) = second.join().unwrap();
    scene.assert_whole(&path.unwrap());
    assert_eq!(bytes, 0, "it fetched what was there");
}

#[test]
fn the_hub_is_asked_again_when_it_said_and_not_before() {
    let scene = Scene::new(1000, |seen, bytes| match seen.earlier {
        0 => Answer::status(429).with("Retry-After", "1"),
        _ => Answer::ok(bytes),
    });
    let since = Instant::now();
    let path = scene.hub().resolve(&reference(NAME), &mut ()).expect("it is had at last");
    scene.assert_whole(&path);
    assert!(since.elapsed() >= Duration::from_secs(1), "{:?}", since.elapsed());
    let busy = Scene::new(1000, |_, _| Answer::status(503).with("Retry-After", "86400"));
    let error = busy.hub().resolve(&reference(NAME), &mut ()).expect_err("nobody waits a day");
    assert!(matches!(error, HubError::Busy { seconds: 86400 }) && error.fault() == Fault::Transfer, "{error}");
    assert_eq!(busy.starts().len(), 1);
}

#[cfg(unix)]
#[test]
fn a_part_that_leads_elsewhere_is_not_written_through() {
    let scene = Scene::new(1000, |_, bytes| Answer::ok(bytes));
    let elsewhere = scene.cache.path().join("precious");
    fs::write(&elsewhere, "precious").expect("a file");
    fs::create_dir_all(scene.part().parent().expect("it has one")).expect("a folder");
    std::os::unix::fs::symlink(&elsewhere, scene.part()).expect("a link");
    let path = scene.hub().resolve(&reference(NAME), &mut ()).expect("it is had");
    scene.assert_whole(&path);
    assert_eq!(fs::read(&elsewhere).expect("it is there"), b"precious");
}
