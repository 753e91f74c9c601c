//! Where the cache lies, whom to ask, and how long to keep trying.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::HubError;
use crate::{regular, url};

/// The hub that is asked when nobody names another.
const ENDPOINT: &str = "https://huggingface.co";

/// All that a [`Hub`](crate::Hub) needs to know of its surroundings.
///
/// `Debug` writes whether there is a token, never the token.
///
/// ```
/// use beamline_hub::Settings;
///
/// let settings = Settings::from_lookup(|name| match name {
///     "HOME" => Some("/home/ada".into()),
///     "HF_HUB_OFFLINE" => Some("1".into()),
///     _ => None,
/// })?;
/// assert!(settings.cache.ends_with(".cache/huggingface/hub"));
/// assert_eq!(settings.endpoint, "https://huggingface.co");
/// assert!(settings.offline);
/// # Ok::<(), beamline_hub::HubError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// The folder that holds `models--org--name`. It need not exist; a download makes it.
    pub cache: PathBuf,
    /// The hub: `http://` or `https://`, a host, and if need be a port and a path. No slash at the end.
    pub endpoint: String,
    /// Shown to `endpoint` and to no other host. `None` asks without a name.
    pub token: Option<String>,
    /// When true nothing is ever asked of the network.
    pub offline: bool,
}

impl Settings {
    /// Reads the process environment; see [`Settings::from_lookup`].
    ///
    /// # Errors
    /// As for [`Settings::from_lookup`].
    pub fn from_env() -> Result<Self, HubError> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// Reads the variables through `lookup`. A variable that is empty counts as unset.
    ///
    /// - cache: `HF_HUB_CACHE`, else `HUGGINGFACE_HUB_CACHE` (its old name), else `$HF_HOME/hub`. `HF_HOME` is by default `$XDG_CACHE_HOME/huggingface`,
    ///   else `~/.cache/huggingface`. A leading `~/` is the home folder.
    /// - endpoint: `HF_ENDPOINT`, without slashes at its end, else `https://huggingface.co`.
    /// - token: `HF_TOKEN`, else `HUGGING_FACE_HUB_TOKEN` (its old name), else the text of the file at `HF_TOKEN_PATH`, which is by default `$HF_HOME/token`.
    /// - offline: `HF_HUB_OFFLINE`, or `TRANSFORMERS_OFFLINE` where that is unset, is `1`, `true`, `yes` or `on`, in any case
    ///   of letters.
    ///
    /// # Errors
    /// [`HubError::BadSetting`] when no folder can be told (no home folder and nothing set) or the endpoint or
    /// the token is not to be used, and [`HubError::Io`] when the token file is there but cannot be read.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, HubError> {
        let var = |name: &str| lookup(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let user = var("HOME").or_else(|| var("USERPROFILE")).map(PathBuf::from);
        let path = |name: &str| {
            var(name).map(|value| match (value.strip_prefix("~/"), &user) {
                (Some(rest), Some(user)) => user.join(rest),
                _ => PathBuf::from(value),
            })
        };
        let home = path("HF_HOME").or_else(|| {
            let caches = path("XDG_CACHE_HOME").or_else(|| user.as_ref().map(|user| user.join(".cache")))?;
            Some(caches.join("huggingface"))
        });
        let cache = path("HF_HUB_CACHE").or_else(|| path("HUGGINGFACE_HUB_CACHE"));
        let cache = cache.or_else(|| home.as_ref().map(|home| home.join("hub"))).ok_or(HubError::BadSetting {
            name: "HF_HOME",
            why: "there is no home folder: set it to a folder for models",
        })?;
        let token = match (
            var("HF_TOKEN").or_else(|| var("HUGGING_FACE_HUB_TOKEN")),
            path("HF_TOKEN_PATH").or_else(|| Some(home?.join("token"))),
        ) {
            (Some(token), _) => Some(token),
            (None, Some(file)) => read_token(&file)?,
            (None, None) => None,
        };
        let endpoint = var("HF_ENDPOINT").unwrap_or_else(|| ENDPOINT.to_owned());
        let offline = var("HF_HUB_OFFLINE")
            .or_else(|| var("TRANSFORMERS_OFFLINE"))
            .is_some_and(|value| ["1", "true", "yes", "on"].contains(&value.to_ascii_lowercase().as_str()));
        Self { cache, endpoint, token, offline }.checked()
    }

    /// Trims the endpoint and refuses what could not be sent.
    pub(crate) fn checked(mut self) -> Result<Self, HubError> {
        self.endpoint.truncate(self.endpoint.trim_end_matches('/').len());
        url::check_endpoint(&self.endpoint).map_err(|why| HubError::BadSetting { name: "HF_ENDPOINT", why })?;
        self.token = self.token.filter(|token| !token.is_empty());
        if self.token.as_ref().is_some_and(|token| !token.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(HubError::BadSetting {
                name: "HF_TOKEN",
                why: "a token is one word of plain letters and signs",
            });
        }
        Ok(self)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Settings")
            .field("cache", &self.cache)
            .field("endpoint", &self.endpoint)
            .field("token", &self.token.as_ref().map(|_| "(hidden)"))
            .field("offline", &self.offline)
            .finish()
    }
}

/// The most bytes of a token's file that are read; tokens have some forty.
const MOST_TOKEN: u64 = 16 << 10;

/// The token in that file; no file, or an empty one, is no token.
fn read_token(file: &Path) -> Result<Option<String>, HubError> {
    let mut text = String::new();
    match regular::open(file).and_then(|file| file.take(MOST_TOKEN).read_to_string(&mut text)) {
        Ok(_) => Ok(Some(text.trim().to_owned()).filter(|token| !token.is_empty())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(HubError::Io { path: file.to_owned(), source }),
    }
}

/// How long to keep trying. The default suits a person who waits; tests shorten it.
///
/// ```
/// let retry = beamline_hub::RetryPolicy::default();
/// assert_eq!(retry.attempts, 5);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How often a request is tried, and how often a file may break off in a row. 0 counts as 1. A stretch of
    /// a file that brought a mebibyte or more does not count, so a long download survives many short cuts.
    pub attempts: u32,
    /// The pause after the first failure. It doubles with each further one, up to eight times this.
    pub pause: Duration,
    /// The limit for finding the host, and again for connecting to it.
    pub connect: Duration,
    /// The limit for one read without a byte. There is no limit on the whole of a download.
    pub stall: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 5,
            pause: Duration::from_secs(1),
            connect: Duration::from_secs(10),
            stall: Duration::from_secs(60),
        }
    }
}

impl RetryPolicy {
    /// Waits after the `failures`-th failure in a row, counted from 1.
    pub(crate) fn wait(&self, failures: u32) {
        std::thread::sleep(self.pause.saturating_mul(1 << failures.saturating_sub(1).min(3)));
    }
}
