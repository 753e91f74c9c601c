//! A server with the built-in model on a port of its own, and plain HTTP to ask it with.
#![allow(dead_code)] // no test needs all of it

use beamline::{ChatTemplate, Engine};
use beamline_serve::{ServeError, Server, Settings, Stopper};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A template for a model that has none.
pub(crate) const TEMPLATE: &str = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:";

/// How long an answer may take; tests run beside builds, without optimization.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A server that runs until it is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stopper: Stopper,
    thread: Option<JoinHandle<Result<(), ServeError>>>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Everything before the body.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &&str| line.split_once(':').is_some_and(|(n, _)| n.eq_ignore_ascii_case(name));
        self.head.lines().find(named).and_then(|line| line.split_once(':')).map(|(_, value)| value.trim())
    }
}

impl Running {
    /// Starts one, and waits until it answers.
    pub(crate) fn start(settings: Settings) -> Self {
        Self::with(settings, || Engine::open("builtin"))
    }

    /// The same with another model.
    pub(crate) fn with(
        settings: Settings,
        load: impl FnOnce() -> Result<Engine, beamline::Error> + Send + 'static,
    ) -> Self {
        let settings = Settings { address: "127.0.0.1:0".parse().unwrap(), ..settings };
        let server = Server::bind(settings, |_| {}).unwrap();
        let (address, stopper) = (server.address(), server.stopper());
        let running = Self { address, stopper, thread: Some(std::thread::spawn(move || server.run(load))) };
        let begun = Instant::now();
        while running.get("/health").status != 200 {
            assert!(begun.elapsed() < PATIENCE, "the model is not loaded");
            std::thread::sleep(Duration::from_millis(10));
        }
        running
    }

    /// A server whose model has a chat template.
    pub(crate) fn chatty(settings: Settings) -> Self {
        let chat_template = Some(ChatTemplate::new("test", TEMPLATE).unwrap());
        Self::start(Settings { chat_template, ..settings })
    }

    /// Tells it to end, without waiting.
    pub(crate) fn stop(&self) {
        self.stopper.stop();
    }

    /// Waits for its end.
    pub(crate) fn ended(mut self) -> Result<(), ServeError> {
        self.thread.take().unwrap().join().unwrap()
    }

    /// A connection to it.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends bytes and reads what comes until the connection is closed.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Option<Reply> {
        let mut stream = self.connect();
        // It may have answered, and closed, before all was sent.
        let _ = stream.write_all(bytes);
        read(&mut stream)
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        self.raw(request.as_bytes()).unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Reply {
        self.raw(&request(path, body.to_string().as_bytes())).unwrap()
    }

    /// A number of `/metrics`.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").text();
        let line = text.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{'])));
        line.and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or_else(|| panic!("no {name} in {text}"))
    }

    /// Waits until no session runs and no memory is promised.
    pub(crate) fn wait_idle(&self, patience: Duration) {
        let begun = Instant::now();
        let names = ["num_requests_running", "num_sessions_running", "num_requests_waiting", "kv_cache_usage_perc"];
        loop {
            let left: Vec<f64> = names.iter().map(|name| self.metric(&format!("beamline:{name}"))).collect();
            if left.iter().all(|&left| left == 0.0) {
                return;
            }
            assert!(begun.elapsed() < patience, "after {patience:?} there are still {names:?}: {left:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Text and numbers of a request that always is the same.
    pub(crate) fn fingerprint(&self) -> Value {
        let body = json!({
            "prompt": "Once upon a time there was a", "max_tokens": 8, "temperature": 1, "seed": 7, "n": 2, "logprobs": 2,
        });
        let reply = self.post("/v1/completions", &body);
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["choices"].clone()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stopper.stop();
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            if !std::thread::panicking() {
                ended.unwrap().unwrap();
            }
        }
    }
}

/// A POST of JSON, after which the connection is closed.
pub(crate) fn request(path: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Reads an answer up to the end of the connection; none where it is closed without one.
pub(crate) fn read(stream: &mut TcpStream) -> Option<Reply> {
    let (mut all, mut piece) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => all.extend_from_slice(&piece[..n]),
            // The rest of a request that was not read makes a reset of what should be an end.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("no answer within {PATIENCE:?}: {error}"),
        }
    }
    let end = all.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&all[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let mut body = all.split_off(end + 4);
    if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        body = unchunked(&body);
    }
    Some(Reply { status, head, body })
}

fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(line) = bytes.windows(2).position(|two| two == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..line]).unwrap().trim(), 16).unwrap();
        let rest = &bytes[line + 2..];
        all.extend_from_slice(&rest[..length.min(rest.len())]);
        bytes = rest.get(length + 2..).unwrap_or_default();
    }
    all
}

/// The data of a stream's events.
pub(crate) fn events(body: &str) -> Vec<String> {
    body.lines().filter_map(|line| line.strip_prefix("data: ")).map(str::to_owned).collect()
}
