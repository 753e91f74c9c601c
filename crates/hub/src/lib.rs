//! A model's name in, files on disk out: the Hugging Face cache and its downloads.
//!
//! # What goes in
//!
//! A [`Reference`]: `org/name`, with an optional revision and an optional file, such as
//! `org/name@v1.0:weights/q8.gguf`. And [`Settings`]: where the cache lies, which hub to ask, the token to
//! show it, and whether to stay offline. [`Settings::from_env`] reads the variables that every tool around
//! this cache reads: `HF_HOME`, `HF_HUB_CACHE`, `HF_ENDPOINT`, `HF_TOKEN`, `HF_TOKEN_PATH` and
//! `HF_HUB_OFFLINE`.
//!
//! # What comes out
//!
//! A path. For a reference that names a file, the path of that file; of a GGUF model in parts
//! (`name-00001-of-00003.gguf`) all parts are fetched. For one that does not, the folder that holds `config.json`, a
//! tokenizer and the weights. The weights are `model.safetensors`; failing that the shards of
//! `model.safetensors.index.json`; failing that `pytorch_model.bin`, and then the shards of `pytorch_model.bin.index.json`.
//! The tokenizer is `tokenizer.json`, or the first there is of `tokenizer.model`, `spiece.model`,
//! `sentencepiece.bpe.model`, `vocab.json` with `merges.txt`, and `vocab.txt`. `generation_config.json`,
//! `tokenizer_config.json`, `special_tokens_map.json`, `added_tokens.json`, `chat_template.jinja` and the templates of
//! `additional_chat_templates/` are fetched when the repository has them, and not missed when it has none.
//!
//! # What it does not know
//!
//! What is inside the files. It opens one of them only: the index of shards, for the names in it. It knows
//! no model, no tokenizer, and no terminal: progress goes to a [`Progress`] that the caller writes. Pickles
//! (`.bin`) are fetched only where there are no safetensors, which [`Progress::notice`] hears; nothing here opens one.
//!
//! # The layout of the cache
//!
//! ```text
//! <cache>/models--org--name/
//!     blobs/<etag>                 the bytes, once each, named by the hub's own etag where it is a checksum
//!                                  (else by a checksum of etag, commit and file name)
//!     blobs/<etag>.incomplete      the bytes so far of a download that is under way or was cut
//!     refs/<revision>              a text file: the commit that this revision stood for
//!     snapshots/<commit>/<file>    a relative link to ../../blobs/<etag>
//!     .no_exist/<commit>/<file>    an empty file: the commit has no such file
//! <cache>/.locks/models--org--name/<etag>.lock
//! ```
//!
//! Other tools read and write the same folders, so a model fetched by one of them is found here and the
//! other way round. Where links cannot be made the snapshot gets a hard link, and failing that a copy.
//!
//! # The cache comes first
//!
//! A revision that lies in the cache is used as it is, and the hub is **not** asked whether `main` has
//! moved on since. The same command gives the same model tomorrow, with or without a network. To move to a
//! newer commit, name it (`org/name@<commit>`) or delete `refs/main` in the cache. When something that is
//! needed is not in the cache, the hub says which commit the revision stands for today, and the missing
//! files of that commit are fetched. `refs/<revision>` is written last, so a download that was cut never
//! looks whole.
//!
//! A snapshot that another tool, or an older version, left may lack small files that a model works without. The first time that it
//! is used with a network, the hub is asked what its commit has, those are fetched, and `.no_exist` remembers the rest. Where
//! nobody can be asked it is used as it is, and [`Progress::notice`] hears so.
//!
//! # Downloads
//!
//! Redirects are followed by hand. The token goes to the hub's own scheme, host and port, and to no other.
//! A cut connection is taken up again where it broke, a few times within one call (see [`RetryPolicy`]), and by
//! the next call too, since the `.incomplete` file stays. A file takes its final name only when its length
//! is the one that was promised and, where the etag is a SHA-256, its checksum fits. Nothing is held in
//! memory on a server's word: bodies go through a fixed buffer, and JSON replies stop at 16 MiB.
//!
//! Two processes may fetch the same model at once. Each blob is fetched under a lock file; the second one
//! waits for the first and then finds the blob there. On a file system without locks both may write the
//! same `.incomplete` file; the check of length and checksum then turns the damage into an error, not into
//! a damaged model.
//!
//! # Example
//!
//! ```
//! use beamline_hub::{Hub, HubError, Reference, Settings};
//!
//! let settings = Settings {
//!     cache: std::env::temp_dir().join("beamline-hub-no-such-cache"),
//!     endpoint: "https://huggingface.co".into(),
//!     token: None,
//!     offline: true,
//! };
//! let hub = Hub::new(settings)?;
//! let model: Reference = "org/name".parse()?;
//! // `&mut ()` shows no progress.
//! match hub.resolve(&model, &mut ()) {
//!     Ok(folder) => assert!(folder.join("config.json").is_file()),
//!     Err(error) => assert!(matches!(error, HubError::Offline { .. })),
//! }
//! # Ok::<(), HubError>(())
//! ```
#![forbid(unsafe_code)]

mod cache;
mod download;
mod error;
mod http;
mod hub;
mod list;
mod progress;
mod reference;
mod regular;
mod required_files;
mod settings;
mod url;

pub use error::{Fault, HubError};
pub use hub::Hub;
pub use list::{CachedModel, CachedRevision};
pub use progress::Progress;
pub use reference::Reference;
pub use settings::{RetryPolicy, Settings};

/// The README's example, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
