//! What is told while a search runs, from the engine's thread to the client, as named events with numbers.
//!
//! What is not taken in time makes the search wait (`is_behind`), so that nothing is lost and nothing piles up: what one step
//! tells, and no more, may come on top of the bound.

use crate::answer::stream;
use crate::api::generate::all_sound;
use crate::error::ApiError;
use crate::scheduler::Ended;
use axum::response::Response;
use beamline::Session;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// Events that wait for their reader before the search does.
const MOST: usize = 512;

/// Something that is told.
enum Told {
    /// An event.
    Event { name: &'static str, json: String },
    /// The end: the sessions, which may have failed.
    End(Vec<Session>, Ended),
}

/// Where the engine's thread tells.
pub(super) struct Teller {
    events: UnboundedSender<Told>,
    waiting: Arc<AtomicUsize>,
}

/// Where it is heard.
pub(super) struct Hearer {
    events: UnboundedReceiver<Told>,
    waiting: Arc<AtomicUsize>,
}

/// A new queue.
pub(super) fn queue() -> (Teller, Hearer) {
    let ((sender, receiver), waiting) = (mpsc::unbounded_channel(), Arc::new(AtomicUsize::new(0)));
    (Teller { events: sender, waiting: Arc::clone(&waiting) }, Hearer { events: receiver, waiting })
}

impl Teller {
    /// Tells something.
    pub(super) fn tell(&self, name: &'static str, value: &impl Serialize) {
        self.tell_json(name, serde_json::to_string(value).unwrap_or_default());
    }

    /// Tells something that is JSON already.
    pub(super) fn tell_json(&self, name: &'static str, json: String) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _ = self.events.send(Told::Event { name, json }); // the client may be gone
    }

    /// Tells the end.
    pub(super) fn end(self, sessions: Vec<Session>, ended: Ended) {
        let _ = self.events.send(Told::End(sessions, ended)); // the client may be gone
    }

    /// Whether nobody hears any more.
    pub(super) fn is_gone(&self) -> bool {
        self.events.is_closed()
    }

    /// Whether the reader is behind.
    pub(super) fn is_behind(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > MOST
    }
}

impl Hearer {
    /// An answer that hands on what is told: each event with a name and a number. The last one is `done`, with what `done` makes of
    /// the sessions, or `error`.
    pub(super) fn answer(mut self, done: impl FnOnce(&[Session]) -> String + Send + 'static) -> Response {
        stream(move |events| async move {
            let mut id = 0;
            while let Some(told) = self.events.recv().await {
                let (sessions, ended) = match told {
                    Told::Event { name, json } => {
                        self.waiting.fetch_sub(1, Ordering::Relaxed);
                        events.named(name, id, json).await?;
                        id += 1;
                        continue;
                    }
                    Told::End(sessions, ended) => (sessions, ended),
                };
                let (name, json) = match all_sound(&sessions, ended) {
                    Ok(()) => ("done", done(&sessions)),
                    Err(error) => ("error", error.json().to_string()),
                };
                return events.named(name, id, json).await;
            }
            events.named("error", id, ApiError::engine_ended().json().to_string()).await
        })
    }
}
