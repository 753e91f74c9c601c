//! Clients that go away, that read slowly, that are many; requests that fail beside others; a server that is told to end.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline_serve::Settings;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::time::{Duration, Instant};
use support::{Running, events, read, request};

/// A request that goes on for as long as the context has room, whatever the model would say.
fn long(seed: usize) -> Value {
    json!({
        "prompt": "Once upon a time", "max_tokens": 400, "ignore_eos": true, "seed": seed, "stream": true, "n": 2,
    })
}

/// The text of a stream's choices.
fn texts(stream: &str) -> Vec<String> {
    let mut all = vec![String::new(); 2];
    for event in events(stream).iter().filter(|event| *event != "[DONE]") {
        let event: Value = serde_json::from_str(event).unwrap();
        for choice in event["choices"].as_array().unwrap() {
            all[choice["index"].as_u64().unwrap() as usize] += choice["text"].as_str().unwrap();
        }
    }
    all
}

#[test]
fn clients_that_go_away_leave_nothing_behind() {
    let clients = std::env::var("BEAMLINE_GONE").map_or(40, |count| count.parse().unwrap());
    let server = Running::start(Settings::default());
    let before = server.fingerprint();
    for round in 0..clients / 20 {
        let mut streams: Vec<_> = (0..20)
            .map(|i| {
                let mut stream = server.connect();
                let mut body = long(round * 20 + i);
                // Half of them wait for the whole answer, which never comes.
                body["stream"] = (i % 4 != 0).into();
                stream.write_all(&request("/v1/completions", body.to_string().as_bytes())).unwrap();
                stream
            })
            .collect();
        for (i, stream) in streams.iter_mut().enumerate() {
            if i % 4 == 1 {
                // In mid-stream; the others go before anything has come.
                assert!(stream.read(&mut [0; 512]).unwrap() > 0);
            }
        }
        drop(streams);
        server.wait_idle(Duration::from_secs(5));
    }
    // Some may have come only now to where they are counted.
    let begun = Instant::now();
    while !server.get("/metrics").text().contains("request_success_total{finished_reason=\"abort\"}") {
        assert!(begun.elapsed() < Duration::from_secs(10), "nobody was seen to go");
    }
    server.wait_idle(Duration::from_secs(5));
    assert_eq!(server.fingerprint(), before);
}

#[test]
fn who_fails_fails_alone() {
    let server = Running::start(Settings::default());
    let vocab = server.get("/v1/models").json()["data"][0]["meta"]["n_vocab"].as_u64().unwrap();
    let before = server.fingerprint();
    let all: Vec<u64> = (0..vocab).collect();
    let wrong = [
        json!({"prompt": "a", "suppress_tokens": all}),
        json!({"prompt": "a", "suppress_tokens": all, "stream": true}),
        json!({"prompt": ["b", "a"], "begin_suppress_tokens": all}),
        json!({"prompt": "a", "regex": "(a"}),
        json!({"prompt": "a", "lark": "start: start"}),
        json!({"prompt": "a", "json_schema": {"type": "nonsense"}}),
        json!({"prompt": "a", "json_schema": {"allOf": [{"type": "string"}, {"type": "integer"}]}}),
    ];
    std::thread::scope(|scope| {
        let server = &server;
        let good: Vec<_> = (0..6).map(|_| scope.spawn(|| server.fingerprint())).collect();
        let failed = wrong.each_ref().map(|body| scope.spawn(move || server.post("/v1/completions", body)));
        for (failed, body) in failed.into_iter().zip(&wrong) {
            let reply = failed.join().unwrap();
            let told = reply.text();
            if reply.status == 200 {
                // A stream has begun when it fails, so that is told in an event, which ends it.
                assert!(events(&told).last().unwrap().contains("\"error\""), "{told}");
            } else {
                assert!([400, 422].contains(&reply.status), "{told}");
                assert!(!reply.json()["error"]["message"].as_str().unwrap().is_empty());
            }
            assert!(!told.contains("DONE"), "{body}: {told}");
        }
        for good in good {
            assert_eq!(good.join().unwrap(), before);
        }
    });
    server.wait_idle(Duration::from_secs(5));
}

#[test]
fn slow_readers_hold_nobody_up() {
    let server = Running::start(Settings::default());
    let asked = long(1).to_string();
    let whole = texts(&server.raw(&request("/v1/completions", asked.as_bytes())).unwrap().text());
    let mut slow: Vec<_> = (0..8)
        .map(|_| {
            let mut stream = server.connect();
            stream.write_all(&request("/v1/completions", asked.as_bytes())).unwrap();
            // One byte, and no more for now.
            assert_eq!(stream.read(&mut [0]).unwrap(), 1);
            stream
        })
        .collect();
    let begun = Instant::now();
    assert_eq!(texts(&server.raw(&request("/v1/completions", asked.as_bytes())).unwrap().text()), whole);
    // Their sessions end although nobody reads.
    server.wait_idle(Duration::from_secs(60).saturating_sub(begun.elapsed()));
    for stream in &mut slow {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        // What was not taken as it came comes as one piece.
        let told: String = String::from_utf8(rest).unwrap();
        assert!(told.trim_end().contains("[DONE]"), "{told}");
    }
}

#[test]
fn a_thousand_connections_are_nothing() {
    let server = Running::start(Settings::default());
    let before = server.fingerprint();
    let idle: Vec<_> = (0..300).map(|_| server.connect()).collect();
    let mut begun: Vec<_> = (0..300).map(|_| server.connect()).collect();
    for stream in &mut begun {
        stream.write_all(b"POST /v1/completions HTTP/1.1\r\nhost: localhost\r\n").unwrap();
    }
    let body = json!({"prompt": "The sea", "max_tokens": 1, "temperature": 0}).to_string();
    let mut busy: Vec<_> = (0..400).map(|_| server.connect()).collect();
    for stream in &mut busy {
        stream.write_all(&request("/v1/completions", body.as_bytes())).unwrap();
    }
    assert_eq!(server.fingerprint(), before);
    let texts: Vec<String> =
        busy.iter_mut().map(|stream| read(stream).unwrap().json()["choices"][0]["text"].to_string()).collect();
    assert!(texts.iter().all(|text| *text == texts[0]));
    drop((idle, begun));
    server.wait_idle(Duration::from_secs(5));
}

#[test]
fn more_than_may_wait_are_told_to_come_again() {
    let server = Running::start(Settings { max_running: 1, max_waiting: 2, ..Settings::default() });
    let mut streams: Vec<_> = (0..12)
        .map(|i| {
            let mut stream = server.connect();
            stream.write_all(&request("/v1/completions", long(i).to_string().as_bytes())).unwrap();
            stream
        })
        .collect();
    let replies: Vec<_> = streams.iter_mut().map(|stream| read(stream).unwrap()).collect();
    let (refused, served): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 429);
    assert!(!refused.is_empty() && served.len() >= 2, "{} and {}", refused.len(), served.len());
    for reply in refused {
        assert_eq!(reply.header("retry-after"), Some("1"));
        assert_eq!(reply.json()["error"]["type"], "rate_limit_error");
    }
    assert!(served.iter().all(|reply| reply.status == 200 && reply.text().contains("[DONE]")));
    server.wait_idle(Duration::from_secs(5));
}

#[test]
fn what_cannot_fit_is_refused_and_what_does_not_fit_together_waits() {
    let server = Running::start(Settings { cache_memory: Some(3 << 20), ..Settings::default() });
    let asked = |tokens: usize, n: usize| json!({"prompt": "a", "max_tokens": tokens, "n": n, "ignore_eos": true});
    let reply = server.post("/v1/completions", &asked(400, 64));
    assert_eq!(reply.status, 400, "{}", reply.text());
    assert!(reply.text().contains("MiB") && reply.text().contains("--cache-memory"), "{}", reply.text());
    let one = server.post("/v1/completions", &asked(60, 1));
    assert_eq!(one.status, 200, "{}", one.text());
    let beside: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8).map(|_| scope.spawn(|| server.post("/v1/completions", &asked(60, 1)))).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(beside.iter().all(|reply| reply.status == 200));
    server.wait_idle(Duration::from_secs(5));
}

#[test]
fn late_requests_are_told_so() {
    let server = Running::start(Settings { deadline: Duration::from_millis(1), ..Settings::default() });
    let mut body = long(1);
    let stream = server.post("/v1/completions", &body);
    assert_eq!(stream.status, 200);
    assert!(events(&stream.text()).last().unwrap().contains("--deadline"), "{}", stream.text());
    body["stream"] = false.into();
    let whole = server.post("/v1/completions", &body);
    assert_eq!((whole.status, whole.json()["error"]["type"].as_str()), (503, Some("unavailable_error")));
    assert!(whole.header("retry-after").is_some());
    server.wait_idle(Duration::from_secs(5));
}

#[test]
fn what_runs_may_finish_when_the_server_ends() {
    let server = Running::start(Settings::default());
    let whole = texts(&server.post("/v1/completions", &long(3)).text());
    let mut stream = server.connect();
    stream.write_all(&request("/v1/completions", long(3).to_string().as_bytes())).unwrap();
    let mut first = [0; 256];
    let n = stream.read(&mut first).unwrap();
    // Neither of these ever sends what it began.
    let (idle, mut begun, mut unsent) = (server.connect(), server.connect(), server.connect());
    begun.write_all(b"GET /health HT").unwrap();
    unsent.write_all(b"POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n{").unwrap();
    server.stop();
    let mut rest = first[..n].to_vec();
    stream.read_to_end(&mut rest).unwrap();
    let told = String::from_utf8(rest).unwrap();
    assert!(told.contains("[DONE]"), "{told}");
    assert_eq!(texts(&told.lines().map(|l| l.to_owned() + "\n").collect::<String>()), whole);
    drop((idle, begun, unsent));
    let begun = Instant::now();
    server.ended().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}
