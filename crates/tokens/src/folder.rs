//! A folder's files, made into a tokenizer as transformers 5 makes it.
//!
//! Which **class** a folder's tokenizer has says which parts of `tokenizer.json` count ([`class`]); what the class is
//! built of is in [`rebuild`]; which tokens are added to its vocabulary, and which of them are special, in [`added`];
//! what else `tokenizer_config.json` may hold, in [`fields`]. A folder without `tokenizer.json` has its vocabulary in other
//! files ([`files`]).

mod added;
mod class;
mod fields;
mod files;
mod json;
mod rebuild;

pub use fields::{FieldUse, TOKENIZER_FIELDS};

use crate::{Tokenizer, TokensError};
use added::Named;
use class::Class;
use serde_json::{Map, Value};
use tokenizers::Tokenizer as Library;

/// What `tokenizer_config.json` and its neighbours hold: names and values.
type Fields = Map<String, Value>;

/// The files of a folder that say how text becomes tokens, as bytes; all but one source of a vocabulary may be missing.
///
/// ```
/// use beamline_tokens::{FolderFiles, Tokenizer, byte_tokenizer_json};
/// let mut files = FolderFiles::default();
/// files.take("tokenizer.json", byte_tokenizer_json(300).expect("300 are enough").into_bytes());
/// files.take("tokenizer_config.json", br#"{"eos_token": "<unused299>"}"#.to_vec());
/// let tokenizer = Tokenizer::from_folder(&files)?;
/// assert_eq!(tokenizer.ids("<unused299>")?.len(), 1); // a special token, though tokenizer.json does not say so
/// assert!(tokenizer.warnings().is_empty());
/// # Ok::<(), beamline_tokens::TokensError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct FolderFiles {
    files: Vec<(String, Vec<u8>)>,
}

impl FolderFiles {
    /// The names that are read, in the order in which they are looked for. Those after [`Self::VOCABULARIES`]' first
    /// are of use only where the ones before are missing.
    pub const NAMES: [&'static str; 4] =
        ["config.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"];

    /// The files that hold a vocabulary. Where `tokenizer.json` is there, the others are not needed.
    pub const VOCABULARIES: [&'static str; 6] =
        ["tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json", "merges.txt", "vocab.txt"];

    /// Takes the bytes of a file.
    pub fn take(&mut self, name: &str, bytes: Vec<u8>) {
        self.files.push((name.to_owned(), bytes));
    }

    /// Reads the files that are there: `read` gives the bytes of a name, or none where there is no such file.
    ///
    /// # Errors
    /// Whatever `read` says.
    pub fn gather<E>(mut read: impl FnMut(&str) -> Result<Option<Vec<u8>>, E>) -> Result<Self, E> {
        let mut files = Self::default();
        for name in Self::NAMES.into_iter().chain(Self::VOCABULARIES) {
            if name != "tokenizer.json" && files.bytes("tokenizer.json").is_some() {
                break;
            }
            if let Some(bytes) = read(name)? {
                files.take(name, bytes);
            }
        }
        Ok(files)
    }

    /// Whether there is any file that holds a vocabulary.
    pub fn has_vocabulary(&self) -> bool {
        Self::VOCABULARIES.iter().any(|name| self.bytes(name).is_some())
    }

    fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.files.iter().find(|(known, _)| known == name).map(|(_, bytes)| bytes.as_slice())
    }

    /// A file of names and values; none where it is missing.
    fn fields(&self, name: &'static str) -> Result<Option<Fields>, TokensError> {
        self.bytes(name).map(|bytes| json::fields(name, bytes)).transpose()
    }
}

impl TokensError {
    /// Something wrong in one of a folder's files.
    pub(crate) fn file(file: &'static str, reason: impl Into<String>) -> Self {
        Self::File { file, reason: reason.into() }
    }
}

impl Tokenizer {
    /// Makes the tokenizer that transformers 5 makes of a folder's files.
    ///
    /// Two things are otherwise than there: merges are never left out at random (a `dropout` is for training), and no token
    /// that ends a text is put after a prompt because a class does so (`T5Tokenizer`), since a prompt goes on.
    ///
    /// # Errors
    /// When there is no vocabulary, a file is not valid, or asks for what is not supported.
    pub fn from_folder(files: &FolderFiles) -> Result<Self, TokensError> {
        let config = files.fields("config.json")?.unwrap_or_default();
        let fields = files.fields("tokenizer_config.json")?.unwrap_or_default();
        let mut warnings = Vec::new();
        fields::check(&fields)?;
        class::is_named("tokenizer_config.json", &fields)?;
        class::is_named("config.json", &config)?;
        let mut json = files.bytes("tokenizer.json").map(json::tokenizer).transpose()?;
        let class = class::of(&config, &fields, json.as_ref(), &mut warnings)?;
        let mut settings = Settings { class, from_json: json.is_some() };
        let listed = added::Listed::read(files, fields, json.as_mut())?;
        if let Some(reason) = json.as_ref().and_then(|json| rebuild::unfit(json, &settings, &listed)) {
            warnings.push(reason);
            settings.class = Class::Backend;
        }
        let mut built = match json {
            Some(json) => rebuild::from_json(json, &settings, &listed)?,
            None => files::build(files, &settings, &listed)?,
        };
        let named = Named::new(&built, &settings, &listed)?;
        named.add_to(&mut built.encoder, &settings, &listed)?;
        if listed.fields.get("fix_mistral_regex") == Some(&Value::Bool(true)) {
            rebuild::mend_mistral(&mut built.encoder, &config)?;
        }
        if listed.fields.get("split_special_tokens") == Some(&Value::Bool(true)) {
            built.encoder.set_encode_special_tokens(true);
        }
        let around = named.around(&mut built, &settings, &listed);
        let clean = fields::cleans(&listed.fields, &built.encoder);
        Ok(Self::new(built.encoder, None, around)?.cleaning(clean).warning(warnings))
    }
}

/// What else decides how the parts are put together.
struct Settings {
    class: Class,
    /// Whether there is a `tokenizer.json`.
    from_json: bool,
}

/// A tokenizer before its special tokens are known.
struct Built {
    encoder: Library,
    /// What the vocabulary's own file calls its special tokens, where the class has no names for them.
    names: Vec<(&'static str, String)>,
    /// Tokens that the vocabulary's own file marks, with whether they are special.
    marked: Vec<(String, bool)>,
}

impl From<Library> for Built {
    fn from(encoder: Library) -> Self {
        Self { encoder, names: Vec::new(), marked: Vec::new() }
    }
}
