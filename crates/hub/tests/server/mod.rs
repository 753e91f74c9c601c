//! A server on this machine that plays the hub, so that every test sees both ends of the wire.
#![allow(dead_code, reason = "each test file uses its own part of this")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use beamline_hub::{Hub, Progress, Reference, RetryPolicy, Settings};
use sha2::{Digest, Sha256};

/// The commit that every played repository is at.
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
/// Small files of a model.
pub(crate) const SMALL: [(&str, &str); 2] = [("config.json", "{\"layers\":2}"), ("tokenizer.json", "{\"t\":1}")];

/// One request, as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// The path with its query.
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    /// How often this path was asked for before.
    pub(crate) earlier: usize,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The N of `Range: bytes=N-`.
    pub(crate) fn start(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// What to say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    cut: Option<usize>,
    hang: bool,
    endless: bool,
    unmeasured: bool,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// Takes the request and hangs up without a word.
    pub(crate) fn silence() -> Self {
        Self::default()
    }

    pub(crate) fn ok(body: impl AsRef<[u8]>) -> Self {
        Self { status: 200, body: body.as_ref().to_vec(), ..Self::default() }
    }

    /// The body from where the request wants it, with the headers of a server that can do so.
    pub(crate) fn ranged(seen: &Seen, body: &[u8]) -> Self {
        match seen.start() {
            None => Self::ok(body),
            Some(start) if start < body.len() => Self::partial(start, body),
            Some(_) => Self::status(416),
        }
    }

    /// A 206 with the body from `start` on.
    pub(crate) fn partial(start: usize, body: &[u8]) -> Self {
        let range = format!("bytes {start}-{}/{}", body.len() - 1, body.len());
        Self { status: 206, body: body[start..].to_vec(), ..Self::default() }.with("Content-Range", &range)
    }

    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).with("Location", location)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn etag(self, etag: &str) -> Self {
        self.with("ETag", &format!("\"{etag}\""))
    }

    /// Promises the whole body, sends this much of it and hangs up.
    pub(crate) fn cut(mut self, after: usize) -> Self {
        self.cut = Some(after.min(self.body.len()));
        self
    }

    /// As `cut`, but keeps the line open and says no more.
    pub(crate) fn hang(mut self, after: usize) -> Self {
        self.hang = true;
        self.cut(after)
    }

    /// Repeats the body until the other side has had enough.
    pub(crate) fn endless(mut self) -> Self {
        self.endless = true;
        self
    }

    /// Leaves the length out.
    pub(crate) fn unmeasured(mut self) -> Self {
        self.unmeasured = true;
        self
    }

    fn send(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        if self.status == 0 {
            return Ok(());
        }
        let mut head = format!("HTTP/1.1 {} Played\r\nConnection: close\r\n", self.status);
        if !self.endless && !self.unmeasured {
            let _ = write!(head, "Content-Length: {}\r\n", self.body.len());
        }
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        stream.write_all(head.as_bytes())?;
        stream.write_all(b"\r\n")?;
        stream.write_all(&self.body[..self.cut.unwrap_or(self.body.len())])?;
        if self.endless {
            loop {
                stream.write_all(&self.body)?;
            }
        }
        if self.hang {
            std::thread::sleep(Duration::from_secs(20));
        }
        stream.flush()
    }
}

type Route = Arc<dyn Fn(&Seen) -> Answer + Send + Sync>;

/// A played hub. What it was not told about is 404.
pub(crate) struct Server {
    pub(crate) url: String,
    routes: Arc<Mutex<HashMap<String, Route>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound address"));
        let routes: Arc<Mutex<HashMap<String, Route>>> = Arc::default();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let server = Self { url, routes: Arc::clone(&routes), seen: Arc::clone(&seen) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (routes, seen) = (Arc::clone(&routes), Arc::clone(&seen));
                std::thread::spawn(move || serve(stream, &routes, &seen));
            }
        });
        server
    }

    /// Answers `path` so. A later answer takes the place of an earlier one.
    pub(crate) fn on(&self, path: &str, answer: impl Fn(&Seen) -> Answer + Send + Sync + 'static) {
        self.routes.lock().expect("no panic holds it").insert(path.to_owned(), Arc::new(answer));
    }

    /// Plays a whole repository at `main` and at its commit. Etags are checksums.
    pub(crate) fn repo(&self, repo: &str, files: &[(&str, &[u8])]) {
        self.list(repo, &files.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        for (name, body) in files {
            let (body, sum) = (body.to_vec(), sha256(body));
            self.on(&file_path(repo, name), move |seen| Answer::ranged(seen, &body).etag(&sum));
        }
    }

    /// Plays the list of a repository's files, without the files.
    pub(crate) fn list(&self, repo: &str, files: &[&str]) {
        let answer = listing(files);
        for revision in ["main", COMMIT] {
            let answer = answer.clone();
            self.on(&format!("/api/models/{repo}/revision/{revision}"), move |_| Answer::ok(&answer));
        }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("no panic holds it").clone()
    }

    /// The requests for one path, in order.
    pub(crate) fn asked(&self, path: &str) -> Vec<Seen> {
        self.seen().into_iter().filter(|seen| seen.path == path).collect()
    }
}

fn serve(mut stream: TcpStream, routes: &Mutex<HashMap<String, Route>>, log: &Mutex<Vec<Seen>>) {
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let Some(path) = lines.next().and_then(|line| line.split(' ').nth(1).map(str::to_owned)) else { return };
    let headers = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned())))
        .collect();
    let seen = {
        let mut log = log.lock().expect("no panic holds it");
        let earlier = log.iter().filter(|seen| seen.path == path).count();
        log.push(Seen { path: path.clone(), headers, earlier });
        log[log.len() - 1].clone()
    };
    let route = routes.lock().expect("no panic holds it").get(&path).cloned();
    let answer = route.map_or_else(|| Answer::status(404), |route| route(&seen));
    let _ = answer.send(&mut stream); // the client may hang up first, and some tests want it to
}

/// The JSON that lists these files at [`COMMIT`].
pub(crate) fn listing(files: &[&str]) -> String {
    let siblings: Vec<_> = files.iter().map(|name| serde_json::json!({ "rfilename": name })).collect();
    serde_json::json!({ "id": "played", "sha": COMMIT, "siblings": siblings }).to_string()
}

pub(crate) fn file_path(repo: &str, file: &str) -> String {
    format!("/{repo}/resolve/{COMMIT}/{file}")
}

pub(crate) fn sha256(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Bytes without a short period, so that a piece in the wrong place shows.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let step = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..length).map(step).collect()
}

pub(crate) fn settings(cache: &Path, endpoint: &str) -> Settings {
    Settings { cache: cache.to_owned(), endpoint: endpoint.to_owned(), token: None, offline: false }
}

/// A hub that tries three times and hardly waits in between.
pub(crate) fn hub(settings: Settings) -> Hub {
    let (pause, stall) = (Duration::from_millis(1), Duration::from_secs(10));
    let retry = RetryPolicy { attempts: 3, pause, connect: stall, stall };
    Hub::new(settings).expect("good settings").with_retry(retry)
}

pub(crate) fn reference(text: &str) -> Reference {
    text.parse().expect("a good reference")
}

/// Writes down what it is told.
#[derive(Debug, Default)]
pub(crate) struct Diary {
    /// What every `begin` said.
    pub(crate) begins: Vec<(String, u64, Option<u64>)>,
    /// The sum of all `advance`.
    pub(crate) bytes: u64,
    /// The number of `end`.
    pub(crate) ends: usize,
    /// What every `notice` said.
    pub(crate) notices: Vec<String>,
}

impl Progress for Diary {
    fn notice(&mut self, line: &str) {
        self.notices.push(line.to_owned());
    }

    fn begin(&mut self, file: &str, done: u64, total: Option<u64>) {
        self.begins.push((file.to_owned(), done, total));
    }

    fn advance(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    fn end(&mut self) {
        self.ends += 1;
    }
}
