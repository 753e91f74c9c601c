//! What the fuzz targets of runs over files do with their bytes; `crates/batch/tests/fuzz_seeds.rs` replays seeds through it.

use beamline_batch::{Columns, Format, Template, probe, probe_rows};

/// A journal found again: no bytes break it, and no row is counted that is not there.
pub fn batch_journal(bytes: &[u8]) {
    if let Some(rows) = probe(bytes) {
        assert!(rows <= bytes.len() as u64 / 20);
    }
}

/// Rows of each format: rows that are passed over are as many as rows that are read, whatever stands in them.
pub fn batch_rows(bytes: &[u8]) {
    let template: Template = "{a} {b}".parse().expect("a template");
    for format in [Format::Jsonl, Format::Csv, Format::Tsv, Format::OpenAi] {
        for columns in [
            Columns { prompt: Some(template.clone()), ..Columns::default() },
            Columns { key: Some("a".to_owned()), ..Columns::default() },
            Columns { messages_column: Some("b".to_owned()), ..Columns::default() },
        ] {
            if let Some((passed, read)) = probe_rows(format, bytes, &columns) {
                assert_eq!(passed, read);
            }
        }
    }
}
