//! The name of a model as a person writes it.

use std::fmt;
use std::str::FromStr;

use crate::HubError;

/// Which model, and which part of it: `org/name[@revision][:file]`.
///
/// - `repo`: `org/name`, or a short name without a slash such as `gpt2`. Letters, digits, `-`, `_` and `.`.
///   No `..`, and no `--`, because the cache writes the slash that way.
/// - `revision`: a branch, a tag, a commit or a path such as `refs/pr/1`. `None` means `main`.
/// - `file`: one file of the repository, with its folders, as in `gguf/q8.gguf`. `None` means the whole model.
///   The signs of a repository's name, and `+`. Never absolute, never with `..`.
///
/// The fields are public; a `Reference` that was put together by hand is checked again where it is used.
///
/// ```
/// use beamline_hub::Reference;
///
/// let model: Reference = "org/name@refs/pr/1:gguf/q8.gguf".parse()?;
/// assert_eq!(model.repo, "org/name");
/// assert_eq!(model.revision.as_deref(), Some("refs/pr/1"));
/// assert_eq!(model.file.as_deref(), Some("gguf/q8.gguf"));
/// assert_eq!(model.to_string(), "org/name@refs/pr/1:gguf/q8.gguf");
/// assert!("org/../name".parse::<Reference>().is_err());
/// # Ok::<(), beamline_hub::HubError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// `org/name`, or a name alone.
    pub repo: String,
    /// A branch, tag or commit; `None` is `main`.
    pub revision: Option<String>,
    /// One file of the repository; `None` is the whole model.
    pub file: Option<String>,
}

impl Reference {
    /// The revision, `main` where none was named.
    ///
    /// ```
    /// let model: beamline_hub::Reference = "gpt2".parse()?;
    /// assert_eq!(model.revision(), "main");
    /// # Ok::<(), beamline_hub::HubError>(())
    /// ```
    pub fn revision(&self) -> &str {
        self.revision.as_deref().unwrap_or("main")
    }

    /// The rules above, for fields that nobody parsed.
    pub(crate) fn check(&self) -> Result<(), HubError> {
        let verdict = check_repo(&self.repo)
            .and_then(|()| self.revision.as_deref().map_or(Ok(()), check_revision))
            .and_then(|()| self.file.as_deref().map_or(Ok(()), check_file));
        verdict.map_err(|why| HubError::BadReference { text: self.to_string(), why })
    }
}

impl FromStr for Reference {
    type Err = HubError;

    /// Reads `org/name[@revision][:file]`.
    ///
    /// # Errors
    /// [`HubError::BadReference`] with the text and what is wrong with it.
    fn from_str(text: &str) -> Result<Self, HubError> {
        let (left, file) = match text.split_once(':') {
            Some((left, file)) => (left, Some(file.to_owned())),
            None => (text, None),
        };
        let (repo, revision) = match left.split_once('@') {
            Some((repo, revision)) => (repo, Some(revision.to_owned())),
            None => (left, None),
        };
        let reference = Self { repo: repo.to_owned(), revision, file };
        reference.check()?;
        Ok(reference)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.repo)?;
        if let Some(revision) = &self.revision {
            write!(out, "@{revision}")?;
        }
        if let Some(file) = &self.file {
            write!(out, ":{file}")?;
        }
        Ok(())
    }
}

fn check_repo(repo: &str) -> Result<(), &'static str> {
    if repo.is_empty() {
        return Err("the name is empty");
    }
    if repo.matches('/').count() > 1 {
        return Err("a name has one slash at most");
    }
    if repo.contains("--") {
        return Err("a name has no '--'");
    }
    check_path(repo, "")?;
    if repo.split('/').any(|part| part.starts_with(['-', '.']) || part.ends_with(['-', '.'])) {
        return Err("neither part of a name starts or ends with '-' or '.'");
    }
    Ok(())
}

fn check_revision(revision: &str) -> Result<(), &'static str> {
    check_path(revision, "")
}

/// Whether `file` may be joined to a folder of the cache. Also asked about names that come from a server.
pub(crate) fn check_file(file: &str) -> Result<(), &'static str> {
    check_path(file, "+")
}

/// A relative path of plain parts. Everything that goes into the cache's paths passes here, so the set of
/// signs is small: no backslash, no colon, no control sign, on any system.
fn check_path(path: &str, extra: &str) -> Result<(), &'static str> {
    for part in path.split('/') {
        if part.is_empty() {
            return Err("a part of it is empty");
        }
        if part == "." || part.contains("..") {
            return Err("'.' and '..' are not parts of a name");
        }
        if !part.chars().all(|sign| sign.is_ascii_alphanumeric() || "-_.".contains(sign) || extra.contains(sign)) {
            return Err("only letters, digits, '-', '_' and '.' may stand in it");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_and_writes_back() {
        for text in ["gpt2", "a/b", "a/b@v1.0", "a/b:q8.gguf", "a/b@refs/pr/12:x/y+z.gguf", "a_b.c/D-e@0f"] {
            let reference: Reference = text.parse().unwrap();
            assert_eq!(reference.to_string(), text);
        }
        let plain: Reference = "gpt2".parse().unwrap();
        assert_eq!(plain, Reference { repo: "gpt2".into(), revision: None, file: None });
    }

    #[test]
    fn hostile_and_broken_names_are_refused() {
        let bad = [
            "",
            "/",
            "a/",
            "/a",
            "a/b/c",
            "..",
            "../a",
            "a/..",
            ".a/b",
            "a/b.",
            "-a/b",
            "a--b/c",
            "a b",
            "a\\b",
            "ä/b",
            "a/b@",
            "a/b@../x",
            "a/b@/x",
            "a/b@x//y",
            "a/b@x y",
            "a/b:",
            "a/b:../x",
            "a/b:/etc/x",
            "a/b:x/../y",
            "a/b:x/./y",
            "a/b:C:\\x",
            "a/b:x\ny",
            "a/b:x%2e",
            "a/b@v:x@y",
        ];
        for text in bad {
            let error = text.parse::<Reference>().expect_err(text);
            assert!(matches!(&error, HubError::BadReference { text: said, .. } if said == text), "{error:?}");
            assert!(!error.to_string().contains('\n'), "{error}");
        }
    }
}
