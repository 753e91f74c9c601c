//! One line for each request: who, what, how long; never prompts or keys, unless it is asked for.

use crate::state::State as Server;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The header that names a request: taken over where a client gives one, else made.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Writes a line when a request has been answered, and counts it. Of a stream that is when it begins.
pub(crate) async fn log(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = given(&request).unwrap_or_else(made);
    let route = request.extensions().get::<MatchedPath>().map_or("-", |path| known(path.as_str()));
    let method = request.method().clone();
    let mut line = Line { server, id, route, method, begun, status: GONE };
    let mut response = next.run(request).await;
    line.status = response.status().as_u16();
    if let Ok(value) = HeaderValue::from_str(&line.id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// What is noted where a client has gone before it was answered.
const GONE: u16 = 499;

/// One request's line. It is written when it goes, so that a request whose client has gone has one too.
struct Line {
    server: Arc<Server>,
    id: String,
    route: &'static str,
    method: Method,
    begun: Instant,
    status: u16,
}

impl Drop for Line {
    fn drop(&mut self) {
        let Self { server, id, route, method, begun, status } = self;
        server.metrics.answered(route, *status);
        let seconds = begun.elapsed().as_secs_f64();
        if server.settings.log_json {
            let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
            let method = method.as_str();
            let line =
                json!({"time": time, "id": id, "method": method, "route": route, "status": status, "seconds": seconds});
            server.tell(&line.to_string());
        } else {
            server.tell(&format!("{id} {method} {route} {status} {:.1} ms", seconds * 1000.0));
        }
    }
}

/// The id that a client gave, if it can stand in a line.
fn given(request: &Request) -> Option<String> {
    let id = request.headers().get(&REQUEST_ID)?.to_str().ok()?;
    let plain = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    plain.then(|| id.to_owned())
}

fn made() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    format!("r{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A route's name for metrics, which must be one of few.
fn known(path: &str) -> &'static str {
    crate::api::ROUTES.iter().map(|route| route.path).find(|route| *route == path).unwrap_or("-")
}
