//! A listener in, answers out, until it is told to end.

use crate::settings::{ServeError, Settings};
use crate::state::{Health, State};
use crate::{api, guard, log};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::from_fn_with_state;
use beamline::{Engine, Error};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tower_http::cors::{AllowHeaders, Any, CorsLayer};

/// Threads that talk to clients: they read and write JSON, and the engine has threads of its own.
const TALKERS: usize = 2;

/// How often it is looked whether the engine is still there.
const WATCH: Duration = Duration::from_secs(1);

/// A server that holds its address and has not begun.
///
/// ```
/// use beamline::Engine;
/// use beamline_serve::{Server, Settings};
/// let address = "127.0.0.1:0".parse().expect("an address");
/// let server = Server::bind(Settings { address, ..Settings::default() }, |_| {})?;
/// let (url, stop) = (format!("http://{}", server.address()), server.stopper());
/// let running = std::thread::spawn(move || server.run(|| Engine::open("builtin")));
/// # loop { if ureq::get(format!("{url}/health")).call().is_ok() { break } }
/// // ... any client may now ask at `url` ...
/// # assert!(ureq::get(format!("{url}/v1/models")).call().is_ok());
/// stop.stop();
/// running.join().expect("no panic")?;
/// # Ok::<(), beamline_serve::ServeError>(())
/// ```
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    state: Arc<State>,
    stop: Arc<Notify>,
}

/// Tells a server to end, from any thread.
#[derive(Clone, Debug)]
pub struct Stopper(Arc<Notify>);

impl Stopper {
    /// Takes no new requests; what runs may finish within the time that [`Settings::drain`] says.
    pub fn stop(&self) {
        self.0.notify_one();
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Server {
    /// Takes an address; `tell` is given the lines of the log.
    ///
    /// # Errors
    /// When the settings cannot be, or the address cannot be had.
    pub fn bind(settings: Settings, tell: impl Fn(&str) + Send + Sync + 'static) -> Result<Self, ServeError> {
        settings.check()?;
        let address = settings.address;
        let bound = TcpListener::bind(address).and_then(|listener| {
            listener.set_nonblocking(true)?;
            Ok((listener.local_addr()?, listener))
        });
        let (address, listener) = bound.map_err(|source| ServeError::Bind { address, source })?;
        let state = Arc::new(State::new(settings, Box::new(tell)));
        Ok(Self { listener, address, state, stop: Arc::new(Notify::new()) })
    }

    /// The address that it answers at.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What ends it.
    pub fn stopper(&self) -> Stopper {
        Stopper(Arc::clone(&self.stop))
    }

    /// Answers until it is told to end: by its [`Stopper`], by SIGTERM, or by Ctrl-C. While `load` runs everything is answered
    /// by 503, and `/health` says why.
    ///
    /// # Errors
    /// When the model cannot be loaded, the system refuses threads, or the model breaks while it runs.
    pub fn run(self, load: impl FnOnce() -> Result<Engine, Error> + Send + 'static) -> Result<(), ServeError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(TALKERS)
            .max_blocking_threads(16)
            .thread_name("talk")
            .enable_all()
            .build()?;
        let ended = runtime.block_on(self.answer(load));
        // A grammar may still compile; nobody waits for it.
        runtime.shutdown_background();
        ended
    }

    async fn answer(self, load: impl FnOnce() -> Result<Engine, Error> + Send + 'static) -> Result<(), ServeError> {
        let Self { listener, state, stop, .. } = self;
        listen(&stop)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let closing = Arc::new(Notify::new());
        let shut = Arc::clone(&closing);
        let serving =
            axum::serve(listener, router(&state)).with_graceful_shutdown(async move { shut.notified().await });
        let serving = tokio::spawn(serving.into_future());
        let loading = Arc::clone(&state);
        let loaded = tokio::task::spawn_blocking(move || -> Result<(), ServeError> { Ok(loading.loaded(load()?)?) });
        tokio::select! {
            loaded = loaded => loaded.map_err(std::io::Error::other)??,
            () = stop.notified() => return Ok(()),
        }
        state.tell("ready");
        let broken = tokio::select! {
            () = stop.notified() => false,
            () = broken(&state) => true,
        };
        state.drain();
        closing.notify_one();
        if !broken {
            state.tell("ending: no new requests, those that run may finish");
        }
        let drain = if broken { Duration::from_secs(1) } else { state.settings.drain };
        // What is not done by then is ended, and told so.
        let ending = tokio::time::timeout(drain, serving).await;
        let state_of_stop = Arc::clone(&state);
        let _ = tokio::task::spawn_blocking(move || state_of_stop.stop()).await;
        if ending.is_err() {
            // Time for those last answers to be sent.
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        if broken { Err(ServeError::Broken) } else { Ok(()) }
    }
}

/// Lets SIGTERM and Ctrl-C tell the server to end. They are listened for once, before anything else: what came between two ears
/// would be lost.
#[cfg(unix)]
fn listen(stop: &Arc<Notify>) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        let (mut signal, stop) = (signal(kind)?, Arc::clone(stop));
        tokio::spawn(async move {
            while signal.recv().await.is_some() {
                stop.notify_one();
            }
        });
    }
    Ok(())
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)] // elsewhere a signal may not be had
fn listen(stop: &Arc<Notify>) -> std::io::Result<()> {
    let stop = Arc::clone(stop);
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            stop.notify_one();
        }
    });
    Ok(())
}

/// Returns when the engine's thread has ended by itself.
async fn broken(state: &State) {
    while state.health() != Health::Broken {
        tokio::time::sleep(WATCH).await;
    }
}

/// All routes, behind what every request passes.
fn router(state: &Arc<State>) -> Router {
    let mut router = api::routes(state.settings.lab.is_some())
        .layer(DefaultBodyLimit::max(state.settings.limits.body))
        .layer(from_fn_with_state(Arc::clone(state), guard::guard));
    if !state.settings.origins.is_empty() {
        router = router.layer(cors(&state.settings.origins));
    }
    router.layer(from_fn_with_state(Arc::clone(state), log::log)).with_state(Arc::clone(state))
}

/// Lets pages of these origins ask.
fn cors(origins: &[String]) -> CorsLayer {
    let layer = CorsLayer::new()
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(["x-request-id", "beamline-ignored", "beamline-seed"].map(HeaderName::from_static));
    if origins.iter().any(|origin| origin == "*") {
        return layer.allow_origin(Any);
    }
    // They have been checked to be plain.
    layer.allow_origin(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect::<Vec<_>>())
}
