//! What all requests share: the model once it is loaded, the scheduler, the counts.

use crate::error::ApiError;
use crate::limits::Limits;
use crate::metrics::Metrics;
use crate::scheduler::{Capacity, Scheduler};
use crate::settings::Settings;
use beamline::Engine;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Grammars that compile at a time. They may take seconds, and other requests must find threads.
const GRAMMARS: usize = 2;

/// A loaded model and the thread that runs it.
pub(crate) struct Loaded {
    pub(crate) engine: Arc<Engine>,
    pub(crate) scheduler: Scheduler,
}

/// The state of the server.
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) metrics: Arc<Metrics>,
    loaded: OnceLock<Loaded>,
    draining: AtomicBool,
    /// Takes the lines of the log.
    teller: Box<dyn Fn(&str) + Send + Sync>,
    pub(crate) grammars: Semaphore,
    /// When it was started, in seconds since 1970.
    pub(crate) started_at: u64,
}

/// How a server is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Health {
    /// The model is being loaded.
    Loading,
    /// It answers.
    Ok,
    /// It takes no new requests, and finishes those it has.
    Draining,
    /// The engine's thread has ended: the model is broken.
    Broken,
}

impl State {
    pub(crate) fn new(settings: Settings, teller: Box<dyn Fn(&str) + Send + Sync>) -> Self {
        Self {
            teller,
            settings,
            metrics: Arc::new(Metrics::new()),
            loaded: OnceLock::new(),
            draining: AtomicBool::new(false),
            grammars: Semaphore::new(GRAMMARS),
            started_at: crate::answer::created(),
        }
    }

    /// The model is there: begins to answer.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn loaded(&self, engine: Engine) -> std::io::Result<()> {
        let engine = Arc::new(engine);
        let capacity = Capacity {
            cache_bytes: self.settings.cache_bytes(),
            running: self.settings.max_running,
            waiting: self.settings.max_waiting,
            step_tokens: self.settings.step_tokens,
        };
        let scheduler = Scheduler::start(Arc::clone(&engine), capacity, Arc::clone(&self.metrics))?;
        // It is loaded once.
        let _ = self.loaded.set(Loaded { engine, scheduler });
        Ok(())
    }

    /// The model, once it is there.
    pub(crate) fn model(&self) -> Result<&Loaded, ApiError> {
        self.loaded.get().ok_or_else(|| ApiError::unavailable("the model is being loaded; try again in a moment"))
    }

    /// Writes a line into the log.
    pub(crate) fn tell(&self, line: &str) {
        (self.teller)(line);
    }

    /// How the server is.
    pub(crate) fn health(&self) -> Health {
        match self.loaded.get() {
            _ if self.draining.load(Ordering::SeqCst) => Health::Draining,
            None => Health::Loading,
            Some(loaded) if loaded.scheduler.is_alive() => Health::Ok,
            Some(_) => Health::Broken,
        }
    }

    /// Takes no new requests from now on.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
        if let Some(loaded) = self.loaded.get() {
            loaded.scheduler.drain();
        }
    }

    /// Ends what still runs.
    pub(crate) fn stop(&self) {
        self.drain();
        if let Some(loaded) = self.loaded.get() {
            loaded.scheduler.stop();
        }
    }

    /// When a request that comes now is too late.
    pub(crate) fn deadline(&self) -> Instant {
        let now = Instant::now();
        now.checked_add(self.settings.deadline).unwrap_or(now + Duration::from_secs(1 << 30))
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.settings.limits
    }
}
