//! From HTTP requests to completions: an engine that others can call.
//!
//! What goes in: requests in the forms that people's tools speak (OpenAI's API, Ollama's, beamline's own). What comes out: completions,
//! scores and step tables as JSON or as streams, with the same bits as from the command and the library. It knows nothing of
//! terminals, files or how tokens are chosen: it is made of the public sides of `beamline` and `beamline-study`. It alone knows
//! how to answer HTTP, and an async runtime.
//!
//! # The path of a request
//!
//! | module | what it does |
//! | --- | --- |
//! | `server` | listens, loads the model, ends |
//! | `guard` | who may ask: keys, hosts, origins |
//! | `api` | routes; each takes a request apart, has it done, and gives the answer its form |
//! | `request` | the fields of a body, as prompts and decoding options |
//! | `scheduler` | the engine's own thread: sessions of all requests step together (continuous batching) |
//! | `answer` | what sessions came to, as numbers and texts that clients read |
//! | `log`, `metrics` | a line a request; counts for Prometheus |

mod answer;
mod api;
mod error;
mod guard;
mod limits;
mod log;
mod metrics;
mod ranking;
mod request;
mod scheduler;
mod server;
mod settings;
mod state;

pub use api::openapi;
#[doc(hidden)]
pub use api::probe_body;
pub use limits::Limits;
pub use server::{Server, Stopper};
pub use settings::{OpenedAs, ServeError, Settings};

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
