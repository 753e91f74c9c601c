//! How a model is named.

use crate::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A model, as a user names it.
///
/// `builtin`; a folder with `config.json`, safetensors and `tokenizer.json`; a `.gguf` file; or `org/name[@rev][:file]`
/// on the hub. A path that exists wins over a name on the hub; `./` before a path makes it one for certain.
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
        let looks_like_path = name.starts_with(['.', '/', '~']) || name.contains('\\') || path.is_absolute();
        if name == "builtin" && !path.exists() {
            return Ok(Self::Builtin);
        }
        let local_file = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gguf")) && !name.contains(':');
        if path.exists() || looks_like_path || local_file {
            return Ok(Self::Path(path.to_owned()));
        }
        #[cfg(feature = "hub")]
        {
            name.parse().map(Self::Hub).map_err(|error: beamline_hub::HubError| Error::NoModel {
                name: name.to_owned(),
                reason: format!("no such file or folder, and no name on the hub either ({error})"),
            })
        }
        #[cfg(not(feature = "hub"))]
        Err(Error::NoModel { name: name.to_owned(), reason: "no such file or folder".to_owned() })
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
