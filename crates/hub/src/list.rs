//! What lies in the cache.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cache::read_ref;
use crate::required_files;

/// Folders deeper than this are not walked: no repository nests so far.
const DEPTH: usize = 16;

/// One repository in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedModel {
    /// `org/name`, or a name alone.
    pub repo: String,
    /// Its folder; to delete it is to forget the model.
    pub path: PathBuf,
    /// What the folder takes up on disk, in bytes, unfinished downloads with it. Each blob counts once.
    pub bytes: u64,
    /// Its snapshots, sorted by commit.
    pub revisions: Vec<CachedRevision>,
}

/// One snapshot of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedRevision {
    /// The commit, as the folder is named.
    pub commit: String,
    /// The revisions that stand for it, such as `main`, sorted. A commit that was fetched by its number has none.
    pub names: Vec<String>,
    /// Its folder.
    pub path: PathBuf,
    /// Its files, with their folders, sorted. Links whose blob is gone are left out.
    pub files: Vec<String>,
    /// The size of those files, in bytes. Revisions may share blobs, so the sum can exceed the repository's size.
    pub bytes: u64,
    /// Whether config, tokenizer and all weights are there, so that it resolves without a file's name.
    pub whole: bool,
}

/// Every repository under `cache`, sorted by name. What cannot be read is left out.
pub(crate) fn list(cache: &Path) -> Vec<CachedModel> {
    let mut models: Vec<CachedModel> = entries(cache)
        .into_iter()
        .filter_map(|(name, path)| {
            let repo = name.strip_prefix("models--")?.replacen("--", "/", 1);
            path.is_dir().then(|| model(repo, path))
        })
        .collect();
    models.sort_by(|a, b| a.repo.cmp(&b.repo));
    models
}

fn model(repo: String, path: PathBuf) -> CachedModel {
    let refs = walk(&path.join("refs"));
    let named = |commit: &str| {
        let of_commit = refs.iter().filter(|(_, file)| read_ref(file).as_deref() == Some(commit));
        of_commit.map(|(name, _)| name.clone()).collect()
    };
    let revisions = entries(&path.join("snapshots"))
        .into_iter()
        .filter(|(_, folder)| folder.is_dir())
        .map(|(commit, folder)| revision(named(&commit), commit, folder))
        .collect();
    let stored = walk(&path).into_iter().filter_map(|(_, file)| fs::symlink_metadata(file).ok());
    let bytes = stored.filter(fs::Metadata::is_file).map(|data| data.len()).sum();
    CachedModel { repo, path, bytes, revisions }
}

fn revision(names: Vec<String>, commit: String, path: PathBuf) -> CachedRevision {
    let mut bytes = 0;
    let mut files = Vec::new();
    for (name, file) in walk(&path) {
        // This follows the link to the blob.
        if let Ok(data) = fs::metadata(&file)
            && data.is_file()
        {
            bytes += data.len();
            files.push(name);
        }
    }
    let whole = required_files::lacking(&path).is_ok_and(|missing| missing.is_empty());
    CachedRevision { commit, names, path, files, bytes, whole }
}

/// All that is not a folder under `root`, by its path from there with `/`, sorted. Links are not followed.
fn walk(root: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut folders = vec![(String::new(), root.to_owned(), 0)];
    while let Some((prefix, folder, depth)) = folders.pop() {
        for (name, path) in entries(&folder) {
            let name = format!("{prefix}{name}");
            match fs::symlink_metadata(&path) {
                Ok(data) if data.is_dir() && depth < DEPTH => folders.push((format!("{name}/"), path, depth + 1)),
                Ok(data) if !data.is_dir() => found.push((name, path)),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// The entries of one folder, sorted; none when it cannot be read.
fn entries(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(read) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<_> =
        read.flatten().filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path()))).collect();
    found.sort();
    found
}
