//! The lab as a command: a server of this machine alone, a browser that is sent to it, and an end.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // tests may

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

/// Starts it; gives its address.
fn start(flags: &[&str], path: Option<&Path>) -> (Child, BufReader<ChildStderr>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_beamline"));
    command.arg("lab").args(flags).env_remove("BEAMLINE_MODEL").stderr(Stdio::piped());
    if let Some(path) = path {
        command.env("PATH", path);
    }
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    let address = line.strip_prefix("the lab is at ").and_then(|rest| rest.split(' ').next());
    let address = address.unwrap_or_else(|| panic!("{line}")).to_owned();
    (child, lines, address)
}

/// Ends it as Ctrl-C does.
fn end(child: Child) {
    end_by("-INT", child);
}

/// Ends it by a signal; it must end well, and soon.
fn end_by(signal: &str, mut child: Child) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "it does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn pages_and_numbers_are_at_the_address_that_is_printed() {
    let (child, _lines, address) = start(&["--no-browser"], None);
    assert!(address.starts_with("http://127.0.0.1:") && address.ends_with("/lab/"), "{address}");
    let page = ureq::get(&address).call().unwrap().body_mut().read_to_string().unwrap();
    assert!(page.contains("start.js"), "{page}");
    let health = address.replace("lab/", "health");
    let begun = Instant::now();
    while ureq::get(&health).call().is_err() {
        assert!(begun.elapsed() < Duration::from_secs(60), "the model is not loaded");
        std::thread::sleep(Duration::from_millis(20));
    }
    let options = ureq::get(address.replace("lab/", "v1/options")).call().unwrap().body_mut().read_to_string().unwrap();
    assert!(options.contains("no_repeat_ngram_size"));
    end(child);
}

#[test]
#[cfg(target_os = "linux")]
fn a_browser_is_sent_to_the_address() {
    let folder = tempfile::tempdir().unwrap();
    let (opener, seen) = (folder.path().join("xdg-open"), folder.path().join("seen"));
    std::fs::write(&opener, format!("#!/bin/sh\necho \"$1\" > {}\n", seen.display())).unwrap();
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (child, _lines, address) = start(&[], Some(folder.path()));
    let begun = Instant::now();
    let sent = loop {
        let text = std::fs::read_to_string(&seen).unwrap_or_default();
        if text.ends_with('\n') {
            break text;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "no browser was asked");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(sent.trim(), address);
    end(child);
}

#[test]
fn without_a_browser_the_address_is_what_is_left() {
    let empty = tempfile::tempdir().unwrap();
    let (child, mut lines, _) = start(&[], Some(empty.path()));
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    assert!(line.contains("open the address in one"), "{line}");
    end(child);
}

/// A signal that comes while the server and the model are only beginning is not lost, whenever it comes.
#[test]
fn who_is_told_to_end_at_the_beginning_ends() {
    for round in 0..12_u64 {
        for signal in ["-INT", "-TERM"] {
            let (child, _lines, _) = start(&["--no-browser"], None);
            std::thread::sleep(Duration::from_millis(3 * round));
            end_by(signal, child);
        }
    }
}
