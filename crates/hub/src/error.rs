//! What can go wrong, in words that say what to do about it.

use std::io;
use std::path::PathBuf;

/// Why there is no path. Each message is one line that names the value and the way out.
///
/// [`HubError::fault`] sorts the causes into four groups for callers that only need to know where to look.
///
/// ```
/// use beamline_hub::{Fault, Reference};
///
/// let error = "a/b/c".parse::<Reference>().unwrap_err();
/// assert_eq!(error.fault(), Fault::Usage);
/// assert!(error.to_string().contains("a/b/c"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HubError {
    /// The text is no name of a model.
    #[error("bad model reference {text:?}: {why}: write org/name, org/name@revision or org/name:file.gguf")]
    BadReference {
        /// What was written.
        text: String,
        /// The rule that it breaks.
        why: &'static str,
    },
    /// An environment variable, or the field of `Settings` that stands for it, cannot be used.
    #[error("bad setting {name}: {why}")]
    BadSetting {
        /// The variable.
        name: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Offline, and the cache does not hold all that is needed.
    #[error(
        "{reference} is not whole in the cache and downloads are off: missing {} (looked in {}): unset \
         HF_HUB_OFFLINE to fetch it, or point HF_HUB_CACHE at a cache that has it",
        missing.join(", "),
        paths(looked)
    )]
    Offline {
        /// The model that was asked for.
        reference: String,
        /// The files, or the revision, that are not there.
        missing: Vec<String>,
        /// The paths that were looked at.
        looked: Vec<PathBuf>,
    },
    /// The hub answered 401 or 403.
    #[error(
        "{repo}: the hub refused access ({status}){}: check the name, accept the model's terms at {page}, and set \
         HF_TOKEN to a token that may read it",
        if *with_token { " to the token in use" } else { "" }
    )]
    Denied {
        /// The repository.
        repo: String,
        /// 401 or 403.
        status: u16,
        /// Whether a token was sent.
        with_token: bool,
        /// The model's page.
        page: String,
    },
    /// The hub knows no such repository, or hides it from this caller.
    #[error(
        "{repo}: no such model at {endpoint}: check the spelling; if it is private, set HF_TOKEN to a token that may \
         read it"
    )]
    RepoNotFound {
        /// The repository.
        repo: String,
        /// The hub that was asked.
        endpoint: String,
    },
    /// The repository has no such branch, tag or commit.
    #[error("{repo}: no revision '{revision}' at {endpoint}: check the part after '@', or leave it out to get main")]
    RevisionNotFound {
        /// The repository.
        repo: String,
        /// The revision that was asked for.
        revision: String,
        /// The hub that was asked.
        endpoint: String,
    },
    /// The repository has no such file.
    #[error("{repo}@{revision}: no file '{file}'{}", instead(others))]
    FileNotFound {
        /// The repository.
        repo: String,
        /// The revision that was asked for.
        revision: String,
        /// The file that was asked for.
        file: String,
        /// Files of the same kind that are there, a few at most.
        others: Vec<String>,
    },
    /// The repository is there, but holds no model of a kind that can be used.
    #[error(
        "{repo}@{revision}: no model to use: missing {}; looked for config.json, a tokenizer (tokenizer.json, \
         tokenizer.model, spiece.model, sentencepiece.bpe.model, vocab.json with merges.txt, or vocab.txt), and weights \
         (model.safetensors or pytorch_model.bin, or an index of shards of either){}",
        missing.join(", "),
        gguf_hint(repo, ggufs)
    )]
    NoModel {
        /// The repository.
        repo: String,
        /// The revision that was asked for.
        revision: String,
        /// What the repository lacks.
        missing: Vec<String>,
        /// GGUF files that it has, a few at most.
        ggufs: Vec<String>,
    },
    /// Any other answer that is not the file.
    #[error("{url} answered {status}: try again later, or check HF_ENDPOINT")]
    Status {
        /// The address, without its query.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// The hub asked to be left alone for longer than anybody waits.
    #[error("the hub is busy and asks to be asked again in {seconds} seconds: try again then")]
    Busy {
        /// For how long.
        seconds: u64,
    },
    /// No connection, or none that held until an answer came.
    #[error("cannot reach {url}: {cause}: check the network and HF_ENDPOINT")]
    Unreachable {
        /// The address, without its query.
        url: String,
        /// What the connection said.
        cause: String,
    },
    /// The connection broke again and again. What came so far is kept and the next call goes on from there.
    #[error("{file}: cut short at {got} of {} bytes: run it again to go on from there", total(*expected))]
    CutShort {
        /// The file.
        file: String,
        /// Bytes on disk.
        got: u64,
        /// Bytes that were promised, where the server said.
        expected: Option<u64>,
    },
    /// The bytes are not those that the hub vouches for. They were removed.
    #[error("{file}: checksum mismatch: sha256 {got}, not {expected}: run it again to fetch it afresh")]
    Checksum {
        /// The file.
        file: String,
        /// The SHA-256 that the hub gave, in hex.
        expected: String,
        /// The SHA-256 of what came, in hex.
        got: String,
    },
    /// More redirects than anyone needs, or one that must not be followed.
    #[error("{url}: bad redirect: {why}: check HF_ENDPOINT")]
    Redirect {
        /// The address that sent us on, without its query.
        url: String,
        /// What is wrong.
        why: String,
    },
    /// An answer that makes no sense: bad JSON, too much of it, or headers that contradict the request.
    #[error("{url}: bad reply: {why}: check HF_ENDPOINT, or try again later")]
    BadReply {
        /// The address, without its query.
        url: String,
        /// What is wrong.
        why: String,
    },
    /// The index of shards in the cache cannot be read, or names files outside the model's folder.
    #[error("{}: bad index of weights: {why}: delete that file and run it again", path.display())]
    BadIndex {
        /// The index.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The disk said no.
    #[error("{}: {source}: check the free space and the rights of that folder", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Where the cause of a [`HubError`] lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The caller's words: a bad reference or setting. Trying again does not help.
    Usage,
    /// There is no such model, or it is not to be had: not in the cache while offline, refused, or not on the
    /// hub. Trying again does not help; another name, a token or a network does.
    NotFound,
    /// The model may be there, but its bytes did not arrive. Trying again may help.
    Transfer,
    /// The local disk.
    Disk,
}

impl HubError {
    /// The group this error belongs to.
    ///
    /// ```
    /// use beamline_hub::{Fault, HubError};
    ///
    /// let error = HubError::Status { url: "https://hub.test".into(), status: 500 };
    /// assert_eq!(error.fault(), Fault::Transfer);
    /// ```
    pub fn fault(&self) -> Fault {
        match self {
            Self::BadReference { .. } | Self::BadSetting { .. } => Fault::Usage,
            Self::Offline { .. }
            | Self::Denied { .. }
            | Self::RepoNotFound { .. }
            | Self::RevisionNotFound { .. }
            | Self::FileNotFound { .. }
            | Self::NoModel { .. } => Fault::NotFound,
            Self::Status { .. }
            | Self::Busy { .. }
            | Self::Unreachable { .. }
            | Self::CutShort { .. }
            | Self::Checksum { .. }
            | Self::Redirect { .. }
            | Self::BadReply { .. } => Fault::Transfer,
            Self::BadIndex { .. } | Self::Io { .. } => Fault::Disk,
        }
    }

    /// Whether the same request may well go through in a moment.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::CutShort { .. } => true,
            Self::Status { status, .. } => [429, 502, 503, 504].contains(status),
            _ => false,
        }
    }
}

fn paths(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn total(expected: Option<u64>) -> String {
    expected.map_or_else(|| "an unknown number of".to_owned(), |bytes| bytes.to_string())
}

fn instead(others: &[String]) -> String {
    if others.is_empty() {
        ": check the part after ':'".to_owned()
    } else {
        format!(": there are {}", others.join(", "))
    }
}

fn gguf_hint(repo: &str, ggufs: &[String]) -> String {
    ggufs.first().map_or_else(String::new, |first| {
        format!("; it has gguf files, so name one of them as in {repo}:{first} (there are {})", ggufs.join(", "))
    })
}
