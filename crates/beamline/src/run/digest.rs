//! A model's digest: whether two runs, perhaps days apart, meet the same model.

use super::engine::Engine;
use super::files::Files;
use crate::error::Error;
use beamline_model::{KvCache, Span, Want};
use beamline_tokens::TokenId;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs::File;
use std::io::Read;

/// Whether a model is the one of another time: by its files, and by what comes out of it.
///
/// Each is a SHA-256 in hexadecimal digits. Numbers depend on the files, on how they were opened (weights converted,
/// activations, how text is split) and on nothing else: not on threads, instruction sets or machines.
///
/// ```
/// use beamline::{Encoding, Engine, OpenOptions};
/// let stored = Engine::open("builtin")?.digest()?;
/// let converted = OpenOptions::new().dtype(Encoding::Q4_0).open("builtin")?.digest()?;
/// assert_eq!(stored.files, converted.files);
/// assert_ne!(stored.numbers, converted.numbers);
/// # Ok::<(), beamline::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModelDigest {
    /// Of the contents of all its files, by name; none for a model that a program made itself.
    pub files: Option<String>,
    /// Of the tokens of a fixed text, and of the logits of a few tokens, to the bit.
    pub numbers: String,
}

/// Something of each kind that vocabularies split in their own way.
const SAMPLE: &str = "It's 1234.5 km\n\n  to Zürich — 안녕하세요 世界, こんにちは! \u{1f600} <s></s> e=mc²\t";

/// Tokens whose logits are looked at.
const PROBED: usize = 16;

impl Engine {
    /// The model's digest. Reads all its files once, which takes about a second for each gigabyte or two.
    ///
    /// # Errors
    /// When a file cannot be read any more, or the model is broken.
    #[doc(alias = "checksum")]
    pub fn digest(&self) -> Result<ModelDigest, Error> {
        Ok(ModelDigest { files: self.files_digest()?, numbers: self.numbers_digest()? })
    }

    fn files_digest(&self) -> Result<Option<String>, Error> {
        let mut all = Sha256::new();
        match self.files() {
            Files::None => return Ok(None),
            Files::Embedded(bytes) => all.update(bytes),
            Files::Paths(paths) => {
                for path in paths {
                    let failed = |source| Error::Read { path: path.clone(), source };
                    let mut file = File::open(path).map_err(failed)?;
                    let mut sum = Sha256::new();
                    let mut buffer = vec![0; 1 << 20];
                    loop {
                        match file.read(&mut buffer).map_err(failed)? {
                            0 => break,
                            read => sum.update(&buffer[..read]),
                        }
                    }
                    all.update(path.file_name().unwrap_or_default().as_encoded_bytes());
                    all.update([0]);
                    all.update(sum.finalize());
                }
            }
        }
        Ok(Some(hexadecimal(&all.finalize())))
    }

    /// The digest of the model's numbers alone ([`ModelDigest::numbers`]): a pass over a few tokens, whatever the size of its files.
    ///
    /// ```
    /// let engine = beamline::Engine::open("builtin")?;
    /// assert_eq!(engine.numbers_digest()?, engine.digest()?.numbers);
    /// # Ok::<(), beamline::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the model is broken.
    pub fn numbers_digest(&self) -> Result<String, Error> {
        let mut sum = Sha256::new();
        // A vocabulary of words alone may have no token for some of it.
        for id in self.tokenizer().ids(SAMPLE).unwrap_or_default() {
            sum.update(id.0.to_le_bytes());
        }
        let geometry = self.model().geometry();
        let count = PROBED.min(geometry.context);
        let tokens: Vec<TokenId> = (0..count).map(|i| TokenId((i * geometry.vocab / count) as u32)).collect();
        let mut cache = KvCache::new(geometry);
        let span = Span { tokens: &tokens, cache: &mut cache, want: Want::Tail(count) };
        let rows = self.model().forward(&mut [span], &mut ())?;
        for row in 0..rows.len() {
            for value in rows.row(row) {
                sum.update(value.to_bits().to_le_bytes());
            }
        }
        Ok(hexadecimal(&sum.finalize()))
    }
}

/// Bytes as hexadecimal digits, as digests are written.
///
/// ```
/// assert_eq!(beamline::hexadecimal(&[0, 171]), "00ab");
/// ```
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
