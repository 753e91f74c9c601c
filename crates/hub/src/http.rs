//! One GET with its redirects, and what the answers say about a file.

use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde::de::DeserializeOwned;
use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};

use crate::url::{self, Origin};
use crate::{HubError, RetryPolicy, Settings};

/// More hops than any hub needs.
const HOPS: usize = 10;
/// The largest JSON reply that is read. The longest real one, a repository of thousands of files, has 1 MiB.
pub(crate) const JSON_LIMIT: u64 = 16 << 20;

/// The most seconds that are waited where the hub asks for it (`Retry-After`).
const MOST_WAIT: u64 = 60;

/// Asks the hub, and those it sends us on to.
pub(crate) struct Http {
    agent: Agent,
    home: Option<Origin>,
    token: Option<String>,
    /// Whether anybody ever answered.
    answered: AtomicBool,
    /// For how many seconds the hub asked not to be asked again; none where 0.
    busy: AtomicU64,
    pub(crate) endpoint: String,
    pub(crate) retry: RetryPolicy,
}

/// The last answer of a chain, with what the whole chain said about the file.
pub(crate) struct Reply {
    /// The address that answered, fit for messages.
    pub(crate) url: String,
    /// Whether it was the hub itself that answered.
    pub(crate) at_home: bool,
    /// The file's etag as the hub gave it, without quotes.
    pub(crate) etag: Option<String>,
    /// The file's length as the hub gave it.
    pub(crate) linked_size: Option<u64>,
    response: Response<Body>,
}

/// What the answers so far said about the file. A hub that keeps its bytes elsewhere names the file's etag and
/// length in `x-linked-*` on the redirect; the etag of the place behind it is that place's own affair.
#[derive(Default)]
struct Trail {
    linked: Option<String>,
    home: Option<String>,
    last: Option<String>,
    size: Option<u64>,
}

impl Trail {
    fn note(&mut self, headers: &HeaderMap, at_home: bool) {
        let etag = text(headers, "etag").map(bare_etag);
        if self.linked.is_none() {
            self.linked = text(headers, "x-linked-etag").map(bare_etag);
        }
        if self.size.is_none() {
            self.size = text(headers, "x-linked-size").and_then(|size| size.parse().ok());
        }
        if at_home && etag.is_some() {
            self.home.clone_from(&etag);
        }
        self.last = etag;
    }
}

impl Http {
    pub(crate) fn new(settings: &Settings, retry: RetryPolicy) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("beamline-hub/", env!("CARGO_PKG_VERSION")))
            .accept_encoding("identity") // lengths and ranges count the file's own bytes
            .timeout_resolve(Some(retry.connect))
            .timeout_connect(Some(retry.connect))
            .timeout_send_request(Some(retry.stall))
            .timeout_recv_response(Some(retry.stall))
            .timeout_per_read(Some(retry.stall))
            .build();
        Self {
            agent: config.new_agent(),
            home: Origin::of(&settings.endpoint),
            token: settings.token.clone(),
            answered: AtomicBool::new(false),
            busy: AtomicU64::new(0),
            endpoint: settings.endpoint.clone(),
            retry,
        }
    }

    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Does `work` until it succeeds, fails for good, or the attempts are used up. Where nobody ever answered it is tried
    /// once: there is no network, or the endpoint is wrong, and whoever waits should hear so at once.
    pub(crate) fn persist<T>(&self, mut work: impl FnMut() -> Result<T, HubError>) -> Result<T, HubError> {
        let mut failures = 0;
        loop {
            match work() {
                Err(error) if error.is_passing() => {
                    failures += 1;
                    if failures >= self.retry.attempts || !self.answered.load(Ordering::Relaxed) {
                        return Err(error);
                    }
                    self.wait(failures)?;
                }
                settled => return settled,
            }
        }
    }

    /// Waits after the `failures`-th failure in a row: as long as the hub asked for, if it did.
    ///
    /// # Errors
    /// When it asked for longer than anybody waits.
    pub(crate) fn wait(&self, failures: u32) -> Result<(), HubError> {
        match self.busy.swap(0, Ordering::Relaxed) {
            0 => self.retry.wait(failures),
            seconds if seconds <= MOST_WAIT => std::thread::sleep(Duration::from_secs(seconds)),
            seconds => return Err(HubError::Busy { seconds }),
        }
        Ok(())
    }

    /// GET `path` at the hub, from byte `start` on, through all redirects. Any status is a reply, but for the
    /// few that mean "not now": those are errors, so that [`Http::persist`] tries again.
    pub(crate) fn get(&self, path: &str, start: u64) -> Result<Reply, HubError> {
        let mut address = format!("{}{path}", self.endpoint);
        let mut trail = Trail::default();
        for _ in 0..=HOPS {
            let here = Origin::of(&address);
            let at_home = here.is_some() && here == self.home;
            let response = self.ask(&address, here.as_ref(), at_home, start)?;
            self.answered.store(true, Ordering::Relaxed);
            trail.note(response.headers(), at_home);
            let shown = url::shown(&address);
            let status = response.status().as_u16();
            if matches!(status, 301 | 302 | 303 | 307 | 308) {
                let bad = |why: &str| HubError::Redirect { url: shown.clone(), why: why.to_owned() };
                let location = text(response.headers(), "location").ok_or_else(|| bad("it leads nowhere"))?;
                address = url::next_hop(&address, location).map_err(bad)?;
                continue;
            }
            let passing = HubError::Status { url: shown.clone(), status };
            if passing.is_passing() {
                let asked = text(response.headers(), "retry-after").and_then(|seconds| seconds.parse().ok());
                self.busy.store(asked.unwrap_or(0), Ordering::Relaxed);
                return Err(passing);
            }
            let etag = trail.linked.or(trail.home).or(trail.last);
            return Ok(Reply { url: shown, at_home, etag, linked_size: trail.size, response });
        }
        let why = format!("more than {HOPS} in a row");
        Err(HubError::Redirect { url: url::shown(&format!("{}{path}", self.endpoint)), why })
    }

    /// One request, without redirects.
    fn ask(&self, address: &str, here: Option<&Origin>, at_home: bool, start: u64) -> Result<Response<Body>, HubError> {
        let mut request = self.agent.get(address);
        if here.is_some_and(Origin::is_loopback) {
            request = request.config().proxy(None).build();
        }
        if let Some(token) = self.token.as_ref().filter(|_| at_home) {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        if start > 0 {
            request = request.header("Range", format!("bytes={start}-"));
        }
        request
            .call()
            .map_err(|error| HubError::Unreachable { url: url::shown(address), cause: one_line(&error.to_string()) })
    }
}

impl Reply {
    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// A header's text, where there is one.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        text(self.response.headers(), name)
    }

    /// The body, as it arrives.
    pub(crate) fn body(&mut self) -> impl Read + '_ {
        self.response.body_mut().as_reader()
    }

    /// The body as JSON, up to [`JSON_LIMIT`] bytes of it.
    pub(crate) fn json<T: DeserializeOwned>(mut self) -> Result<T, HubError> {
        let url = self.url.clone();
        let mut bytes = Vec::new();
        let read = self.body().take(JSON_LIMIT + 1).read_to_end(&mut bytes);
        read.map_err(|error| HubError::Unreachable { url: url.clone(), cause: one_line(&error.to_string()) })?;
        if bytes.len() as u64 > JSON_LIMIT {
            return Err(HubError::BadReply { url, why: format!("more than {} MiB of json", JSON_LIMIT >> 20) });
        }
        serde_json::from_slice(&bytes).map_err(|error| HubError::BadReply { url, why: json_fault(&error) })
    }
}

/// Where JSON breaks. The parser's own words can quote the text at length, so they stay out.
pub(crate) fn json_fault(error: &serde_json::Error) -> String {
    format!("not the json that was expected (line {}, column {})", error.line(), error.column())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

/// `W/"abc"` and `"abc"` are the same file for us: the bytes are checked by length and sum.
fn bare_etag(etag: &str) -> String {
    etag.strip_prefix("W/").unwrap_or(etag).trim_matches('"').to_owned()
}

fn one_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(200).collect()
}
