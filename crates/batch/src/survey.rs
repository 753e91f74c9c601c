//! An input read once before anything is computed: how many rows, and which bytes.

use crate::error::BatchError;
use crate::format::Format;
use crate::read::Records;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// What an input file is.
pub(crate) struct Survey {
    pub(crate) rows: u64,
    bytes: u64,
    sha256: String,
    stamp: Stamp,
}

/// By what a file is seen to have changed while it is read.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Stamp(u64, Option<SystemTime>);

impl Stamp {
    fn of(about: &Metadata) -> Self {
        Self(about.len(), about.modified().ok())
    }
}

/// A reader that counts and sums what it gives.
struct Summed {
    from: File,
    sum: Arc<Mutex<(Sha256, u64)>>,
}

impl Read for Summed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        let mut sum = self.sum.lock().unwrap_or_else(PoisonError::into_inner);
        sum.0.update(&buffer[..read]);
        sum.1 += read as u64;
        Ok(read)
    }
}

impl Survey {
    /// Reads a file.
    pub(crate) fn of(path: &Path, name: &str, format: Format) -> Result<Self, BatchError> {
        let failed = |error| BatchError::read(name, error);
        let from = File::open(path).map_err(failed)?;
        let stamp = Stamp::of(&from.metadata().map_err(failed)?);
        let sum = Arc::new(Mutex::new((Sha256::new(), 0)));
        let mut records = Records::new(format, name, Box::new(Summed { from, sum: Arc::clone(&sum) }))?;
        let mut rows = 0;
        while records.skip()? {
            rows += 1;
        }
        let (sum, bytes) = sum.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let sha256 = beamline::hexadecimal(&sum.finalize());
        Ok(Self { rows, bytes, sha256, stamp })
    }

    /// Whether the file is as it was.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        std::fs::metadata(path).is_ok_and(|about| Stamp::of(&about) == self.stamp)
    }

    /// As a journal keeps it.
    pub(crate) fn json(&self) -> Map<String, Value> {
        let fields = [("rows", json!(self.rows)), ("bytes", json!(self.bytes)), ("sha256", json!(self.sha256))];
        fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
    }
}
