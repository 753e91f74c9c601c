//! From a reference to a path: the cache first, then the hub.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::cache::{Lookup, RepoCache, is_commit};
use crate::download::Download;
use crate::http::{Http, Reply};
use crate::list::{self, CachedModel};
use crate::reference::check_file;
use crate::required_files;
use crate::url::{encode, encode_part};
use crate::{HubError, Progress, Reference, RetryPolicy, Settings};

/// How many files a message names at most.
const SUGGESTIONS: usize = 8;

/// A cache and the hub behind it.
///
/// ```
/// use beamline_hub::{Hub, Settings};
///
/// let settings = Settings {
///     cache: std::env::temp_dir().join("beamline-hub-no-such-cache"),
///     endpoint: "https://huggingface.co/".into(),
///     token: None,
///     offline: true,
/// };
/// let hub = Hub::new(settings)?;
/// assert_eq!(hub.settings().endpoint, "https://huggingface.co");
/// assert!(hub.cached().is_empty());
/// # Ok::<(), beamline_hub::HubError>(())
/// ```
pub struct Hub {
    settings: Settings,
    http: Http,
}

impl fmt::Debug for Hub {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Hub").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What the hub says of a revision.
#[derive(Deserialize)]
struct Answer {
    sha: String,
    #[serde(default)]
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
}

/// A revision's commit and files.
struct Listing {
    commit: String,
    files: BTreeSet<String>,
}

impl Listing {
    /// A few files whose names end like `like`. Names with odd signs are left out: this goes into messages.
    fn similar(&self, like: &str) -> Vec<String> {
        let ending = |name: &str| name.rsplit_once('.').map(|(_, ending)| ending.to_owned());
        let same = |name: &&String| ending(name) == ending(like) && check_file(name).is_ok();
        self.files.iter().filter(same).take(SUGGESTIONS).cloned().collect()
    }
}

impl Hub {
    /// Reads the process environment; see [`Settings::from_lookup`] for the variables.
    ///
    /// # Errors
    /// As for [`Settings::from_lookup`].
    pub fn from_env() -> Result<Self, HubError> {
        Self::new(Settings::from_env()?)
    }

    /// A hub with these settings and the usual [`RetryPolicy`]. Touches neither disk nor network.
    ///
    /// # Errors
    /// [`HubError::BadSetting`] when the endpoint is not `http://` or `https://` and a host, or the token holds
    /// signs that cannot be sent.
    pub fn new(settings: Settings) -> Result<Self, HubError> {
        let settings = settings.checked()?;
        let http = Http::new(&settings, RetryPolicy::default());
        Ok(Self { settings, http })
    }

    /// This hub with other limits: how often a broken connection is tried again, and how long each wait may be.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryPolicy) -> Self {
        self.http = Http::new(&self.settings, retry);
        self
    }

    /// The settings in use.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Everything in the cache, sorted by name, models of other tools with it. What cannot be read is left out,
    /// and a cache that does not exist is empty.
    pub fn cached(&self) -> Vec<CachedModel> {
        list::list(&self.settings.cache)
    }

    /// The path of what `reference` names, fetched if need be.
    ///
    /// With a file in the reference: that file, and all parts of a GGUF model of which it is one. Without: the folder that
    /// holds `config.json`, a tokenizer and the weights. A revision that is in the cache is used as it is; the network is asked only when
    /// something is missing, and never when the settings say offline. Of a model that other tools have fetched it is asked
    /// once whether the same commit has more small files; where nobody can be asked, [`Progress::notice`] hears so. Blocks until all is there; may wait for
    /// another process that fetches the same blob.
    ///
    /// # Errors
    /// - [`HubError::BadReference`] for fields that break the rules of [`Reference`].
    /// - [`HubError::Offline`] when offline and something is missing.
    /// - [`HubError::Denied`], [`HubError::RepoNotFound`], [`HubError::RevisionNotFound`],
    ///   [`HubError::FileNotFound`] and [`HubError::NoModel`] when the hub does not have it, or not for us.
    /// - [`HubError::Unreachable`], [`HubError::Status`], [`HubError::CutShort`], [`HubError::Checksum`],
    ///   [`HubError::Redirect`] and [`HubError::BadReply`] when the bytes did not arrive.
    /// - [`HubError::BadIndex`] and [`HubError::Io`] for what is on disk.
    pub fn resolve(&self, reference: &Reference, progress: &mut dyn Progress) -> Result<PathBuf, HubError> {
        reference.check()?;
        let cache = RepoCache::new(&self.settings.cache, &reference.repo);
        match cache.lookup(reference.revision(), reference.file.as_deref())? {
            Lookup::Whole { path, unknown } => {
                if !unknown.is_empty() {
                    self.complete(&cache, reference, &path, &unknown, progress);
                }
                Ok(path)
            }
            Lookup::Lacking { missing, looked } if self.settings.offline => {
                Err(HubError::Offline { reference: reference.to_string(), missing, looked })
            }
            Lookup::Lacking { .. } => self.fetch(&cache, reference, progress),
        }
    }

    /// Brings what is missing. The revision is noted last, so that a cut download does not pass for a whole one.
    fn fetch(
        &self,
        cache: &RepoCache,
        reference: &Reference,
        progress: &mut dyn Progress,
    ) -> Result<PathBuf, HubError> {
        let listing = self.listing(reference)?;
        let (repo, revision) = (reference.repo.clone(), reference.revision().to_owned());
        let snapshot = cache.snapshot(&listing.commit);
        let path = if let Some(file) = &reference.file {
            let parts = required_files::parts(file);
            if let Some(file) = parts.iter().find(|part| !listing.files.contains(*part)).cloned() {
                let others = listing.similar(&file);
                return Err(HubError::FileNotFound { repo, revision, file, others });
            }
            for part in &parts {
                self.place(cache, reference, &listing.commit, part, progress)?;
            }
            snapshot.join(file)
        } else {
            let plan = required_files::plan(&listing.files).map_err(|missing| HubError::NoModel {
                repo,
                revision,
                missing,
                ggufs: listing.similar("x.gguf"),
            })?;
            if plan.iter().any(|file| required_files::is_pickled(file)) {
                progress.notice(&format!(
                    "{reference} has no safetensors, so its pytorch_model.bin is taken: a pickle, which is read as data \
                     and not run"
                ));
            }
            for file in &plan {
                self.place(cache, reference, &listing.commit, file, progress)?;
            }
            if let Some(index) = plan.iter().find(|file| required_files::is_index(file)) {
                for shard in required_files::shards(&snapshot.join(index))? {
                    self.place(cache, reference, &listing.commit, &shard, progress)?;
                }
            }
            let _ =
                cache.note_absent(&listing.commit, &required_files::absent(&required_files::optional(&listing.files)));
            snapshot
        };
        cache.write_ref(reference.revision(), &listing.commit)?;
        Ok(path)
    }

    /// Brings what else a commit has that is whole without: another tool may have left it out. Once it is known the cache says so;
    /// where nobody can be asked, the model is used as it is.
    fn complete(
        &self,
        cache: &RepoCache,
        reference: &Reference,
        snapshot: &Path,
        unknown: &[&str],
        progress: &mut dyn Progress,
    ) {
        let commit = snapshot.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let pinned = Reference { revision: Some(commit.to_owned()), ..reference.clone() };
        let mut asked = || -> Result<(), HubError> {
            let files = required_files::optional(&self.listing(&pinned)?.files);
            files.iter().try_for_each(|file| self.place(cache, reference, commit, file, progress))?;
            // A cache that cannot be written to is asked about again.
            let _ = cache.note_absent(commit, &required_files::absent(&files));
            Ok(())
        };
        let why = if self.settings.offline {
            "downloads are off".to_owned()
        } else {
            match asked() {
                Ok(()) => return,
                Err(error @ HubError::Unreachable { .. }) => format!("{error}; HF_HUB_OFFLINE=1 asks nobody"),
                Err(error) => error.to_string(),
            }
        };
        progress.notice(&format!(
            "{reference} is used as it lies in the cache, which does not say whether it also has {}: {why}",
            unknown.join(", ")
        ));
    }

    /// Asks which commit the revision is and what files it has.
    fn listing(&self, reference: &Reference) -> Result<Listing, HubError> {
        let revision = reference.revision();
        let path = format!("/api/models/{}/revision/{}", encode(&reference.repo), encode_part(revision));
        let answer: Answer = self.http.persist(|| {
            let reply = self.http.get(&path, 0)?;
            if reply.status() == 200 { reply.json() } else { Err(self.refuse(&reply, reference, None)) }
        })?;
        let bad = |why: &str| HubError::BadReply { url: format!("{}{path}", self.settings.endpoint), why: why.into() };
        if !is_commit(&answer.sha) {
            return Err(bad("its 'sha' is no commit of 40 hex digits"));
        }
        if is_commit(revision) && revision != answer.sha {
            return Err(bad("it names another commit than the one that was asked for"));
        }
        let files = answer.siblings.into_iter().map(|sibling| sibling.rfilename).collect();
        Ok(Listing { commit: answer.sha, files })
    }

    /// Makes sure that one file is in the snapshot. `file` has passed `check_file`.
    fn place(
        &self,
        cache: &RepoCache,
        reference: &Reference,
        commit: &str,
        file: &str,
        progress: &mut dyn Progress,
    ) -> Result<(), HubError> {
        if cache.snapshot(commit).join(file).is_file() {
            return Ok(());
        }
        let refuse = |reply: &Reply| self.refuse(reply, reference, Some(file));
        let path = format!("/{}/resolve/{commit}/{}", encode(&reference.repo), encode(file));
        let blob = Download { http: &self.http, cache, file, path, refuse: &refuse }.run(progress)?;
        cache.link(commit, file, &blob)
    }

    /// What an answer means that brought nothing. The hub hides what a caller may not see behind a 401, and
    /// says in a header which of the two it is.
    fn refuse(&self, reply: &Reply, reference: &Reference, file: Option<&str>) -> HubError {
        let (repo, revision) = (reference.repo.clone(), reference.revision().to_owned());
        let endpoint = self.settings.endpoint.clone();
        // Another host knows nothing of repositories and tokens: its 403 is an address that has run out.
        let code = reply.header("x-error-code").unwrap_or_default();
        match (reply.status(), code, file) {
            _ if !reply.at_home => HubError::Status { url: reply.url.clone(), status: reply.status() },
            (401 | 404, "RepoNotFound", _) => HubError::RepoNotFound { repo, endpoint },
            (status @ (401 | 403), ..) => {
                let page = format!("{endpoint}/{repo}");
                HubError::Denied { repo, status, with_token: self.http.has_token(), page }
            }
            (404, "RevisionNotFound", _) => HubError::RevisionNotFound { repo, revision, endpoint },
            (404, _, Some(file)) => HubError::FileNotFound { repo, revision, file: file.to_owned(), others: vec![] },
            // A hub without that header does not say which of the two it misses; main is there in every repository.
            (404, _, None) if reference.revision.is_some() => HubError::RevisionNotFound { repo, revision, endpoint },
            (404, ..) => HubError::RepoNotFound { repo, endpoint },
            (status, ..) => HubError::Status { url: reply.url.clone(), status },
        }
    }
}
