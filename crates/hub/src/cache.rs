//! The paths of one repository in the cache, and the few writes that shape it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::HubError;
use crate::regular;
use crate::required_files;

/// The folder of one repository.
pub(crate) struct RepoCache {
    root: PathBuf,
    locks: PathBuf,
}

/// What the cache has for a reference.
pub(crate) enum Lookup {
    /// All of it: the file or the folder. Of some files that a model works without, the cache may not know whether the
    /// repository has them.
    Whole { path: PathBuf, unknown: Vec<&'static str> },
    /// Not all of it.
    Lacking { missing: Vec<String>, looked: Vec<PathBuf> },
}

/// Held while one blob is written. Letting go of it unlocks.
pub(crate) struct Lock {
    /// None where the file system has no locks.
    _file: Option<File>,
    /// Whether somebody else had it first, so that the blob may be there by now.
    pub(crate) waited: bool,
}

impl RepoCache {
    /// `repo` has passed the checks of a reference, so it cannot leave the cache.
    pub(crate) fn new(cache: &Path, repo: &str) -> Self {
        let name = format!("models--{}", repo.replace('/', "--"));
        Self { root: cache.join(&name), locks: cache.join(".locks").join(name) }
    }

    pub(crate) fn snapshot(&self, commit: &str) -> PathBuf {
        self.root.join("snapshots").join(commit)
    }

    /// Where other tools too note, by empty files, which files a commit does not have.
    fn absent(&self, commit: &str) -> PathBuf {
        self.root.join(".no_exist").join(commit)
    }

    /// Notes files that a commit does not have, so that nobody asks for them again.
    pub(crate) fn note_absent(&self, commit: &str, names: &[&str]) -> io::Result<()> {
        let folder = self.absent(commit);
        fs::create_dir_all(&folder)?;
        names.iter().map(|name| (name, folder.join(name))).try_for_each(|(name, path)| match path.exists() {
            true => Ok(()),
            false if required_files::is_folder(name) => fs::create_dir(&path),
            false => fs::write(&path, ""),
        })
    }

    pub(crate) fn blob(&self, name: &str) -> PathBuf {
        self.root.join("blobs").join(name)
    }

    pub(crate) fn part(&self, name: &str) -> PathBuf {
        self.root.join("blobs").join(format!("{name}.incomplete"))
    }

    fn ref_path(&self, revision: &str) -> PathBuf {
        self.root.join("refs").join(revision)
    }

    /// The commit that the cache has for `revision`.
    fn commit(&self, revision: &str) -> Option<String> {
        if is_commit(revision) { Some(revision.to_owned()) } else { read_ref(&self.ref_path(revision)) }
    }

    /// Looks for one file, or for a whole model, without asking anybody.
    pub(crate) fn lookup(&self, revision: &str, file: Option<&str>) -> Result<Lookup, HubError> {
        let Some(commit) = self.commit(revision) else {
            let missing = vec![format!("revision {revision}")];
            return Ok(Lookup::Lacking { missing, looked: vec![self.ref_path(revision)] });
        };
        let folder = self.snapshot(&commit);
        let (path, missing) = match file {
            Some(file) => {
                let missing = |part: &String| !folder.join(part).is_file();
                (folder.join(file), required_files::parts(file).into_iter().filter(missing).collect())
            }
            None => (folder.clone(), required_files::lacking(&folder)?),
        };
        if missing.is_empty() {
            let unknown = match file {
                Some(_) => Vec::new(),
                None => required_files::unknown(&folder, &self.absent(&commit)),
            };
            return Ok(Lookup::Whole { path, unknown });
        }
        let mut looked = vec![folder];
        if !is_commit(revision) {
            looked.insert(0, self.ref_path(revision));
        }
        Ok(Lookup::Lacking { missing, looked })
    }

    /// Makes `snapshots/<commit>/<file>` stand for the blob. Whatever stood there before is replaced.
    pub(crate) fn link(&self, commit: &str, file: &str, blob: &str) -> Result<(), HubError> {
        let path = self.snapshot(commit).join(file);
        make_parent(&path)?;
        // Up from the file's folder to the snapshot, from there past the commit and `snapshots`.
        let depth = file.matches('/').count() + 2;
        let target: PathBuf = std::iter::repeat_n("..", depth).chain(["blobs", blob]).collect();
        let fresh = beside(&path);
        let _ = fs::remove_file(&fresh); // left over from a process of the same number that died
        symlink(&target, &fresh)
            .or_else(|_| fs::hard_link(self.blob(blob), &fresh))
            .or_else(|_| fs::copy(self.blob(blob), &fresh).map(|_| ()))
            .and_then(|()| fs::rename(&fresh, &path))
            .map_err(|source| HubError::Io { path, source })
    }

    /// Notes which commit `revision` stands for. A commit stands for itself and needs no note.
    pub(crate) fn write_ref(&self, revision: &str, commit: &str) -> Result<(), HubError> {
        if is_commit(revision) {
            return Ok(());
        }
        let path = self.ref_path(revision);
        make_parent(&path)?;
        let fresh = beside(&path);
        fs::write(&fresh, commit)
            .and_then(|()| fs::rename(&fresh, &path))
            .map_err(|source| HubError::Io { path, source })
    }

    /// Waits until nobody else writes that blob.
    pub(crate) fn lock(&self, blob: &str) -> Result<Lock, HubError> {
        let path = self.locks.join(format!("{blob}.lock"));
        make_parent(&path)?;
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|source| HubError::Io { path, source })?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: Some(file), waited: false }),
            Err(TryLockError::WouldBlock) => {
                let held = file.lock().is_ok();
                Ok(Lock { _file: held.then_some(file), waited: true })
            }
            Err(TryLockError::Error(_)) => Ok(Lock { _file: None, waited: false }),
        }
    }
}

/// A full commit: 40 digits of hex, as git writes them.
pub(crate) fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The commit in a file of `refs`, if that is what it holds.
pub(crate) fn read_ref(path: &Path) -> Option<String> {
    let mut text = String::new();
    regular::open(path).ok()?.take(128).read_to_string(&mut text).ok()?;
    Some(text.trim().to_owned()).filter(|commit| is_commit(commit))
}

/// Makes the folder that `path` lies in.
pub(crate) fn make_parent(path: &Path) -> Result<(), HubError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(|source| HubError::Io { path: folder.to_owned(), source })
}

/// A name next to `path` that no other process writes, to be renamed onto it.
fn beside(path: &Path) -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}-{number}.tmp", std::process::id()));
    PathBuf::from(name)
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

/// Elsewhere a link needs rights that few users have; the snapshot gets a hard link or a copy.
#[cfg(not(unix))]
fn symlink(_target: &Path, _link: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
