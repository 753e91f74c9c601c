//! How a model is named.

use crate::error::Error;
use crate::options::nearest;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A model, as a user names it.
///
/// `builtin`; a folder with `config.json`, weights (safetensors or `pytorch_model.bin`) and a tokenizer; a `.gguf` file; or `org/name[@rev][:file]`
/// on the hub. A path that exists wins over a name on the hub. What looks like a path is one, whether or not it exists: a
/// beginning of `.`, `/` or `~`, an ending of `.gguf`, the folder `models`, or a first folder that exists; a revision
/// (`org/name@main`) makes a name one of the hub's for certain.
///
/// ```
/// use beamline::ModelName;
/// assert_eq!("builtin".parse::<ModelName>()?, ModelName::Builtin);
/// assert!(matches!("./models/tiny.gguf".parse::<ModelName>()?, ModelName::Path(_)));
/// assert!(matches!("org/name@main:q8.gguf".parse::<ModelName>()?, ModelName::Hub(_)));
/// # Ok::<(), beamline::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ModelName {
    /// The model inside the binary.
    Builtin,
    /// Files on disk.
    Path(PathBuf),
    /// A repository on the Hugging Face hub, or in its cache.
    #[cfg(feature = "hub")]
    Hub(beamline_hub::Reference),
}

impl FromStr for ModelName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let path = Path::new(name);
        if name == "builtin" && !path.exists() {
            return Ok(Self::Builtin);
        }
        if path.exists() || looks_like_path(name) {
            return Ok(Self::Path(path.to_owned()));
        }
        let none = |reason: String| Error::NoModel { name: name.to_owned(), reason };
        if name.is_empty() {
            return Err(none(
                "a model needs a name; leave it out for the one inside the binary, which is called builtin".to_owned(),
            ));
        }
        if let Some(path) = misspelt(path).filter(|_| !name.contains(['@', ':'])) {
            return Err(none(format!(
                "no such file or folder; did you mean {}? For a name on the hub add a revision: {name}@main",
                path.display()
            )));
        }
        if nearest(name, ["builtin"]).is_some() {
            return Err(none("no such file or folder; the model inside the binary is called builtin".to_owned()));
        }
        #[cfg(feature = "hub")]
        {
            let reference: beamline_hub::Reference = name.parse().map_err(|error: beamline_hub::HubError| {
                none(format!("no such file or folder, and no name on the hub either ({error})"))
            })?;
            if reference.repo.contains('/') {
                Ok(Self::Hub(reference))
            } else {
                Err(none(without_owner(&reference.repo)))
            }
        }
        #[cfg(not(feature = "hub"))]
        Err(none("no such file or folder".to_owned()))
    }
}

/// Whether a name that is no file can only have been meant as one.
fn looks_like_path(name: &str) -> bool {
    let path = Path::new(name);
    if name.starts_with(['.', '/', '~']) || name.contains('\\') || path.is_absolute() {
        return true;
    }
    if name.contains(['@', ':']) {
        return false;
    }
    let is_gguf = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gguf"));
    let in_folder = name.split_once('/').is_some_and(|(first, _)| first == "models" || Path::new(first).is_dir());
    is_gguf || in_folder || name.matches('/').count() > 1
}

/// What lies here under nearly the same path, where `path` does not: nobody has a folder like a model of the hub's by chance.
fn misspelt(path: &Path) -> Option<PathBuf> {
    let names = |folder: &Path| {
        let entries = std::fs::read_dir(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }).ok()?;
        let names = entries.take(MOST_ENTRIES).filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut names: Vec<String> = names.collect();
        names.sort();
        Some(names)
    };
    let mut found = PathBuf::new();
    for part in path.components() {
        let part = part.as_os_str().to_str()?;
        if found.join(part).exists() {
            found.push(part);
            continue;
        }
        // A longer name with this one in it is another name.
        let names = names(&found)?;
        let near = nearest(part, names.iter().map(String::as_str));
        found.push(near.filter(|near| part.len() > 3 && near.len().abs_diff(part.len()) < 3)?);
    }
    holds_a_model(&found).then_some(found)
}

/// Entries of a folder that are looked at for a name that was probably meant.
const MOST_ENTRIES: usize = 1000;

/// Whether a folder or file could be opened as a model.
fn holds_a_model(path: &Path) -> bool {
    let is_gguf = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gguf"));
    path.join("config.json").is_file() || (is_gguf && path.is_file())
}

/// Why a name without an owner is none of the hub's: the few that it once had are there under their owners' names.
#[cfg(feature = "hub")]
fn without_owner(name: &str) -> String {
    let owner = match name {
        "gpt2" | "gpt2-medium" | "gpt2-large" | "gpt2-xl" | "openai-gpt" => Some("openai-community"),
        "distilgpt2" => Some("distilbert"),
        _ => None,
    };
    match owner {
        Some(owner) => format!("no such file or folder; on the hub it is {owner}/{name}"),
        None => "no such file or folder; a name on the hub has its owner before it, as in org/name".to_owned(),
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin => f.write_str("builtin"),
            // What tells one model from another is the last part.
            Self::Path(path) => match path.file_name() {
                Some(name) => f.write_str(&name.to_string_lossy()),
                None => path.display().fmt(f),
            },
            #[cfg(feature = "hub")]
            Self::Hub(reference) => reference.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str) -> String {
        name.parse::<ModelName>().expect_err(name).to_string()
    }

    #[test]
    fn what_looks_like_a_path_is_never_a_name_on_the_hub() {
        // `src` is a folder where tests run.
        for path in
            ["./no/such", "/no/such", "~/model", "no/such.gguf", "no.GGUF", "models/SmolLM2", "src/none", "a/b/c"]
        {
            assert_eq!(path.parse::<ModelName>().unwrap(), ModelName::Path(path.into()));
        }
    }

    #[cfg(feature = "hub")]
    #[test]
    fn a_name_on_the_hub_has_an_owner() {
        for name in ["org/name", "org/name@main", "org/name:q8.gguf", "org/name@main:in/q8.gguf", "src/none@main"] {
            assert!(matches!(name.parse::<ModelName>().unwrap(), ModelName::Hub(_)), "{name}");
        }
        assert!(refused("gpt2").contains("openai-community/gpt2"));
        assert!(refused("smollm").contains("org/name"));
    }

    #[test]
    fn a_folder_that_is_misspelt_is_not_looked_for_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("models/SmolLM2-135M")).unwrap();
        std::fs::write(folder.path().join("models/SmolLM2-135M/config.json"), "{}").unwrap();
        let near = |name: &str| misspelt(&folder.path().join(name));
        let right = Some(folder.path().join("models/SmolLM2-135M"));
        assert_eq!((near("models/SmolLM2-135"), near("model/SmolLM2-135N")), (right.clone(), right));
        assert_eq!((near("models/gemma"), near("other/thing"), near("models2")), (None, None, None));
        assert!(refused("").contains("needs a name"));
    }

    #[test]
    fn builtin_written_otherwise_is_suggested() {
        assert!(refused("Builtin").contains("is called builtin"));
        assert!(refused("built-in").contains("is called builtin"));
    }
}
