//! Requests as nobody should send them: each is answered in time, in our words, and leaves nothing behind.
//!
//! `BEAMLINE_MALFORMED=5000` sends more of them.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // tests may

mod hostile;
mod support;

use beamline_serve::Settings;
use hostile::{Attack, Draws};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use support::{Reply, Running};

/// How long a request may take on the test's server.
const DEADLINE: Duration = Duration::from_secs(4);
/// How long its answer may take: preparing comes on top, and the machine may be busy.
const BOUND: Duration = Duration::from_secs(40);

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Counts panics, of the server's threads too.
fn count_panics() {
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::SeqCst);
        told(info);
    }));
}

/// What is wrong with an answer, if anything is.
fn fault(attack: &Attack, reply: Option<&Reply>) -> Option<String> {
    let Some(reply) = reply else {
        return (!attack.breaks_http).then(|| "no answer".to_owned());
    };
    if reply.status >= 500 && reply.status != 503 {
        return Some(format!("status {}", reply.status));
    }
    if reply.status < 400 || (attack.breaks_http && reply.body.is_empty()) {
        return None;
    }
    let Ok(json) = serde_json::from_slice::<serde_json::Value>(&reply.body) else {
        return Some(format!("status {} without JSON: {:?}", reply.status, reply.text()));
    };
    let error = &json["error"];
    // Ollama's routes answer in Ollama's form, once a request has come to them.
    if let Some(message) = error.as_str().filter(|_| attack.is_for_ollama()) {
        let plain = !message.is_empty() && !message.contains('\n') && message.len() <= 2000;
        return (!plain).then(|| format!("an error of another form: {:?}", reply.text()));
    }
    let message = error["message"].as_str().unwrap_or_default();
    let shaped = error["type"].is_string() && error["code"] == reply.status && error.get("param").is_some();
    if message.is_empty() || message.contains('\n') || message.len() > 2000 || !shaped {
        return Some(format!("an error of another form: {:?}", reply.text()));
    }
    message.contains("could not be prepared").then(|| message.to_owned())
}

fn attack(server: &Running, seed: u64, count: usize) -> Vec<(u16, &'static str)> {
    let mut draws = Draws(seed);
    let mut told = Vec::new();
    for i in 0..count {
        let attack = hostile::attack(&mut draws);
        let begun = Instant::now();
        let reply = attack.send(server);
        let took = begun.elapsed();
        let what = || format!("{} of seed {seed}, {}: {}", i, attack.kind, attack.shown());
        if let Some(fault) = fault(&attack, reply.as_ref()) {
            panic!("{fault}\n{}", what());
        }
        assert!(took < BOUND, "it took {took:?}\n{}", what());
        if took > Duration::from_secs(2) && std::env::var_os("BEAMLINE_MALFORMED").is_some() {
            eprintln!("{took:?}: {}", what());
        }
        told.push((reply.map_or(0, |reply| reply.status), attack.kind));
    }
    told
}

#[test]
fn whatever_comes_is_answered_and_leaves_nothing_behind() {
    count_panics();
    let count = std::env::var("BEAMLINE_MALFORMED").map_or(480, |count| count.parse().unwrap());
    let server = Running::chatty(Settings { deadline: DEADLINE, cache_memory: Some(64 << 20), ..Settings::default() });
    let before = server.fingerprint();
    let told: Vec<_> = std::thread::scope(|scope| {
        let server = &server;
        let clients: Vec<_> = (0..4).map(|seed| scope.spawn(move || attack(server, seed, count / 4))).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    server.wait_idle(Duration::from_secs(10));
    assert_eq!(server.fingerprint(), before);
    assert_eq!(PANICS.load(Ordering::SeqCst), 0);
    let mut counts = std::collections::BTreeMap::new();
    for told in told {
        *counts.entry(told).or_insert(0) += 1;
    }
    // Most are refused; some are harmless after all.
    eprintln!("{counts:?}");
    let refused: usize = counts.iter().filter(|((status, _), _)| (400..500).contains(status)).map(|(_, n)| n).sum();
    assert!(refused * 2 > count, "{counts:?}");
}
