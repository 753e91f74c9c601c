//! Where results and notes go.

use crate::failure::Failure;
use crate::{page, progress, signals};
use serde::Serialize;
use std::io::{self, Write};

/// Writes to standard output, and flushes, so that text shows as it comes.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    signals::standard_output()?;
    let mut out = io::stdout().lock();
    out.write_all(page::placed(text).as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Prints text with colours, which a pipe or `NO_COLOR` takes away.
pub(crate) fn paint(text: &str) -> Result<(), Failure> {
    signals::standard_output()?;
    let mut out = anstream::stdout().lock();
    out.write_all(page::placed(text).as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Writes one JSON object.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value)
        .map_err(|error| Failure { code: 1, message: Some(format!("the result has no JSON form: {error}")) })?;
    print(&format!("{text}\n"))
}

/// Writes what is made piece by piece, so that the whole need not be held.
pub(crate) fn pieces(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    signals::standard_output()?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    write(&mut out)?;
    out.flush()?;
    Ok(())
}

/// Writes a line to standard error, or on the page that has room for it; nobody is told if that fails.
pub(crate) fn note(line: &str) {
    if page::takes_notes() {
        let _ = paint(&format!("{line}\n"));
        return;
    }
    let _ = progress::aside(|| writeln!(anstream::stderr(), "{line}"));
}
