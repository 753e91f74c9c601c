//! How a server is to be.

use crate::limits::Limits;
use beamline::{ActivationFormat, ChatTemplate, DEFAULT_ACTIVATIONS, granted_memory};
use beamline_lab::Pages;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How a server is to be. The default answers on this machine alone, to whoever asks.
///
/// ```
/// use beamline_serve::Settings;
/// let settings = Settings { max_running: 8, ..Settings::default() };
/// assert!(settings.address.ip().is_loopback());
/// assert!(settings.check().is_ok());
/// ```
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a choice of its own
pub struct Settings {
    /// Where to listen. Port 0 takes one that is free.
    pub address: SocketAddr,
    /// Keys of which a request must bring one (`Authorization: Bearer KEY`); none where anybody may ask.
    pub keys: Vec<String>,
    /// Whether anybody may ask on an address that other machines reach.
    pub open: bool,
    /// Pages of these origins may ask from a browser, such as `http://localhost:3000`; `*` for all.
    pub origins: Vec<String>,
    /// Names under which the server may be called besides its address, such as that of a proxy.
    pub hosts: Vec<String>,
    /// The names of the model in answers; requests must name one of them. Where there are none, the model's own and the last part of it.
    pub names: Vec<String>,
    /// Bytes of keys and values, of running requests and of beginnings kept for later; a quarter of the memory that this process is
    /// granted where it is not said.
    pub cache_memory: Option<usize>,
    /// Prompts that are continued together.
    pub max_running: usize,
    /// Requests that wait; further ones are told to come again (429).
    pub max_waiting: usize,
    /// Tokens that go through the model in one step. Fewer make the steps of others shorter while long prompts are read, more
    /// read prompts faster.
    pub step_tokens: usize,
    /// How long a request may take.
    pub deadline: Duration,
    /// How long what runs may go on when the server is told to end.
    pub drain: Duration,
    /// Whether fields that nobody knows are passed over (and named in the header `beamline-ignored`) in place of refused.
    pub lenient: bool,
    /// Whether prompts are written into the log.
    pub log_prompts: bool,
    /// Whether lines of the log are JSON.
    pub log_json: bool,
    /// A chat template in place of the model's own.
    pub chat_template: Option<ChatTemplate>,
    /// How the model was opened, where that was not with the defaults: bundles say it, and only such as were made so are replayed.
    pub opened: OpenedAs,
    /// The pages of the lab, to be shown at `/lab`; none where there are to be none. They hold nothing that a key protects, so they
    /// are shown to whoever reaches the address, and ask for the key themselves.
    pub lab: Option<Pages>,
    /// How large a request may be.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            keys: Vec::new(),
            open: false,
            origins: Vec::new(),
            hosts: Vec::new(),
            names: Vec::new(),
            cache_memory: None,
            max_running: 128,
            max_waiting: 512,
            step_tokens: 128,
            deadline: Duration::from_secs(600),
            drain: Duration::from_secs(30),
            lenient: false,
            log_prompts: false,
            log_json: false,
            chat_template: None,
            opened: OpenedAs::default(),
            lab: None,
            limits: Limits::default(),
        }
    }
}

/// How a model was opened: what of it changes results, and an engine does not know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenedAs {
    /// The format that weights were converted to while loading, where that was asked for.
    pub converted: Option<String>,
    /// How activations met quantised weights.
    pub activations: ActivationFormat,
}

impl Default for OpenedAs {
    fn default() -> Self {
        Self { converted: None, activations: DEFAULT_ACTIVATIONS }
    }
}

/// A server that cannot be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// An address that other machines reach, for anybody.
    #[error(
        "{address} can be reached from other machines; give --api-key KEY (or BEAMLINE_API_KEY), or --no-key to let anybody ask"
    )]
    Open {
        /// The address.
        address: SocketAddr,
    },
    /// A key that is no key.
    #[error("an API key must be 1 to 512 visible ASCII characters")]
    Key,
    /// An origin that is none.
    #[error("{origin:?} is no origin; give one such as http://localhost:3000, or * for all")]
    Origin {
        /// What was given.
        origin: String,
    },
    /// An address that cannot be listened on.
    #[error("cannot listen on {address}: {source}; give another --port, or 0 for one that is free")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The system refuses what a server needs.
    #[error("the system refuses what a server needs: {0}")]
    System(#[from] std::io::Error),
    /// The model cannot be had.
    #[error(transparent)]
    Model(#[from] beamline::Error),
    /// The model broke while it ran.
    #[error("the engine has ended by itself; its last requests were told why")]
    Broken,
}

impl Settings {
    /// Whether such a server may be.
    ///
    /// # Errors
    /// When other machines reach it and no key is asked for; and for a key or an origin that is none.
    pub fn check(&self) -> Result<(), ServeError> {
        let address = self.address;
        if !address.ip().is_loopback() && self.keys.is_empty() && !self.open {
            return Err(ServeError::Open { address });
        }
        let visible = |key: &String| (1..=512).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        if !self.keys.iter().all(visible) {
            return Err(ServeError::Key);
        }
        let is_origin = |origin: &&String| {
            origin.as_str() == "*"
                || origin.split_once("://").is_some_and(|(scheme, host)| {
                    !scheme.is_empty()
                        && !host.is_empty()
                        && !host.contains('/')
                        && origin.bytes().all(|b| b.is_ascii_graphic())
                })
        };
        match self.origins.iter().find(|origin| !is_origin(origin)) {
            Some(origin) => Err(ServeError::Origin { origin: origin.clone() }),
            None => Ok(()),
        }
    }

    /// Bytes of keys and values.
    pub(crate) fn cache_bytes(&self) -> usize {
        const UNKNOWN: usize = 2 << 30;
        self.cache_memory.unwrap_or_else(|| granted_memory().map_or(UNKNOWN, |granted| granted / 4))
    }
}
