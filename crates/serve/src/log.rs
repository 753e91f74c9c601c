//! One line for each request: who, what, how long; never prompts or keys, unless it is asked for.

use crate::state::State as Server;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
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
    let mut response = next.run(request).await;
    let status = response.status().as_u16();
    server.metrics.answered(route, status);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let seconds = begun.elapsed().as_secs_f64();
    if server.settings.log_json {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let line = json!({
            "time": time, "id": id, "method": method.as_str(), "route": route, "status": status, "seconds": seconds,
        });
        server.tell(&line.to_string());
    } else {
        server.tell(&format!("{id} {method} {route} {status} {:.1} ms", seconds * 1000.0));
    }
    response
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
