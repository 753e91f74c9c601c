//! Streams: server-sent events, or lines of JSON.

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// How long a stream is silent before it sends a comment, so that nothing between here and the client takes it for dead while a
/// long prompt is read.
const SILENCE: Duration = Duration::from_secs(15);

/// Where a route writes the events of its answer. Its client is gone when writing fails.
#[derive(Clone)]
pub(crate) struct Events(mpsc::Sender<Result<Event, Infallible>>);

/// Where a route writes lines of JSON.
#[derive(Clone)]
pub(crate) struct Lines(mpsc::Sender<Result<Bytes, Infallible>>);

/// The client is gone.
#[derive(Debug)]
pub(crate) struct Gone;

impl Events {
    /// An event of JSON.
    pub(crate) async fn json(&self, value: &impl Serialize) -> Result<(), Gone> {
        let text = serde_json::to_string(value).unwrap_or_default();
        self.0.send(Ok(Event::default().data(text))).await.map_err(|_| Gone)
    }

    /// An event with a name and a number, of JSON that is text already.
    pub(crate) async fn named(&self, name: &str, id: u64, json: String) -> Result<(), Gone> {
        self.0.send(Ok(Event::default().event(name).id(id.to_string()).data(json))).await.map_err(|_| Gone)
    }

    /// The line by which OpenAI's streams end.
    pub(crate) async fn done(&self) -> Result<(), Gone> {
        self.0.send(Ok(Event::default().data("[DONE]"))).await.map_err(|_| Gone)
    }
}

impl Lines {
    /// A line of JSON.
    pub(crate) async fn json(&self, value: &impl Serialize) -> Result<(), Gone> {
        let line = serde_json::to_string(value).unwrap_or_default() + "\n";
        self.0.send(Ok(line.into())).await.map_err(|_| Gone)
    }
}

/// What `write` sends, in a task of its own. When the client goes, the task is told by its next event.
fn written<T, F>(write: impl FnOnce(mpsc::Sender<T>) -> F) -> ReceiverStream<T>
where
    T: Send + 'static,
    F: Future<Output = Result<(), Gone>> + Send + 'static,
{
    let (sender, receiver) = mpsc::channel(1);
    let closed = sender.clone();
    let written = write(sender);
    tokio::spawn(async move {
        tokio::select! {
            _ = written => {}
            // Gone before the first token, too: nothing more is computed for nobody.
            () = closed.closed() => {}
        }
    });
    ReceiverStream::new(receiver)
}

/// An answer whose events `write` sends.
pub(crate) fn stream<F>(write: impl FnOnce(Events) -> F) -> Response
where
    F: Future<Output = Result<(), Gone>> + Send + 'static,
{
    let events = written(|sender| write(Events(sender)));
    Sse::new(events).keep_alive(KeepAlive::new().interval(SILENCE)).into_response()
}

/// An answer whose lines `write` sends.
pub(crate) fn lines<F>(write: impl FnOnce(Lines) -> F) -> Response
where
    F: Future<Output = Result<(), Gone>> + Send + 'static,
{
    let body = Body::from_stream(written(|sender| write(Lines(sender))));
    ([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response()
}
