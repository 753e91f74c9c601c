//! How rows lie in files.

use std::path::Path;

/// How rows lie in a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// A JSON object a line.
    Jsonl,
    /// Comma-separated values, the names of the columns first (RFC 4180).
    Csv,
    /// The same with tabs.
    Tsv,
    /// OpenAI's batch files: a request a line in, an answer a line out.
    OpenAi,
}

/// A format by its name.
///
/// ```
/// use beamline_batch::Format;
/// assert_eq!("openai".parse(), Ok(Format::OpenAi));
/// assert!("parquet".parse::<Format>().is_err());
/// ```
impl std::str::FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let all = [Self::Jsonl, Self::Csv, Self::Tsv, Self::OpenAi];
        let known = all.map(Self::name).join(", ");
        let found = all.into_iter().find(|format| format.name() == name);
        found.ok_or_else(|| format!("a format of rows is one of {known}; got {name:?}"))
    }
}

impl Format {
    /// What the ending of a name says, in any letters.
    ///
    /// ```
    /// use beamline_batch::Format;
    /// assert_eq!(Format::of("rows.jsonl".as_ref()), Some(Format::Jsonl));
    /// assert_eq!(Format::of("rows.CSV".as_ref()), Some(Format::Csv));
    /// assert_eq!(Format::of("rows.parquet".as_ref()), None);
    /// ```
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "csv" => Some(Self::Csv),
            "tsv" => Some(Self::Tsv),
            _ => None,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::OpenAi => "openai",
        }
    }

    /// What stands between values, where they stand in a table.
    pub(crate) fn delimiter(self) -> Option<u8> {
        match self {
            Self::Csv => Some(b','),
            Self::Tsv => Some(b'\t'),
            Self::Jsonl | Self::OpenAi => None,
        }
    }
}
