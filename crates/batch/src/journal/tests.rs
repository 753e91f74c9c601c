#![allow(clippy::unwrap_used)] // tests may
use super::*;
use crate::error::BatchError;
use proptest::prelude::*;
use serde_json::{Map, json};
use std::path::Path;

fn head(seed: u64) -> Head {
    let map = |value: serde_json::Value| value.as_object().cloned().unwrap_or_else(Map::new);
    Head {
        model: map(json!({"name": "m", "files": "f", "numbers": "n"})),
        input: map(json!({"rows": 9, "sha256": "s"})),
        config: map(json!({"seed": seed, "prompt": "{글}"})),
    }
}

/// Rows as they may be finished: not in order, of several lengths.
const ORDER: [u64; 8] = [1, 0, 4, 2, 3, 7, 5, 6];

fn output(number: u64) -> Vec<u8> {
    format!("row {number} 한국어 {}\n", "x\n".repeat(number as usize * 7)).into_bytes()
}

fn entry(number: u64, output: &[u8]) -> Entry<'_> {
    Entry { number, prompt_tokens: 2, new_tokens: 3, failed: number == 4, output }
}

/// A journal of these rows.
fn written(path: &Path, rows: &[u64]) {
    let (mut journal, found) = Journal::open(path, 0, false).unwrap();
    journal.begin(&found, &head(7)).unwrap();
    for &number in rows {
        journal.add(&entry(number, &output(number)));
        journal.write().unwrap();
    }
    journal.sync().unwrap();
}

/// What a run that goes on finds, and what comes out when it has computed the rest.
fn gone_on(path: &Path, salvage: bool) -> Result<(u64, Vec<u8>), BatchError> {
    let (mut journal, found) = Journal::open(path, 0, salvage)?;
    journal.begin(&found, &head(7))?;
    for number in (0..8).filter(|&number| !found.kept.finished.has(number)) {
        journal.add(&entry(number, &output(number)));
    }
    journal.write()?;
    let mut all = Vec::new();
    journal.in_order(0, 8, |bytes| {
        all.extend_from_slice(bytes);
        Ok(())
    })?;
    Ok((found.kept.rows, all))
}

fn whole() -> Vec<u8> {
    (0..8).flat_map(output).collect()
}

#[test]
fn rows_come_out_in_order_whatever_the_order_in_which_they_were_finished() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    written(&path, &ORDER);
    assert_eq!(gone_on(&path, false).unwrap(), (8, whole()));
    let (_, found) = Journal::open(&path, 0, false).unwrap();
    assert_eq!((found.kept.errors, found.kept.prompt_tokens, found.kept.new_tokens), (1, 16, 24));
}

/// At whatever byte a journal ends, the rows before it are there, and the rest is computed.
#[test]
fn a_journal_that_was_cut_off_anywhere_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    written(&path, &ORDER);
    let bytes = std::fs::read(&path).unwrap();
    let mut kept = 0;
    for length in 0..bytes.len() {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let (rows, all) = gone_on(&path, false).unwrap();
        assert!(all == whole() && rows >= kept, "cut at {length}");
        kept = rows;
        // What a crash of the machine may leave behind the end: zeros.
        std::fs::write(&path, [&bytes[..length], &[0; 100][..]].concat()).unwrap();
        let torn = gone_on(&path, false);
        assert!(torn.is_ok_and(|(again, all)| again == rows && all == whole()) || length < 25, "zeros at {length}");
    }
    assert_eq!(kept, 7);
}

#[test]
fn a_damaged_record_is_named_and_what_is_whole_can_be_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    written(&path, &ORDER);
    let bytes = std::fs::read(&path).unwrap();
    // Records begin behind the first line; the last one ends the file.
    let mut starts = vec![25];
    while *starts.last().unwrap() < bytes.len() {
        let at = *starts.last().unwrap();
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[at..at + 8]).unwrap(), 16).unwrap();
        starts.push(at + 18 + length + 1);
    }
    assert_eq!(starts.len(), 10);
    for place in 25..bytes.len() {
        let record = starts.iter().rposition(|&start| start <= place).unwrap();
        let mut damaged = bytes.clone();
        damaged[place] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        let last = record == 8;
        let ended = gone_on(&path, false);
        if last {
            // It cannot be told from one that was cut off.
            assert_eq!(ended.unwrap(), (7, whole()), "byte {place}");
            continue;
        }
        let error = ended.unwrap_err().to_string();
        let named = format!("record {record}, at byte {}, is damaged", starts[record]);
        assert!(error.contains(&named), "byte {place}: {error}");
        std::fs::write(&path, &damaged).unwrap();
        let salvaged = gone_on(&path, true);
        if record == 0 {
            assert!(matches!(salvaged, Err(BatchError::Damaged { .. })), "without its head nobody knows whose it is");
        } else {
            assert_eq!(salvaged.unwrap(), (7, whole()), "byte {place}");
            assert_eq!(gone_on(&path, false).unwrap(), (8, whole()), "it is whole again");
        }
    }
}

#[test]
fn another_runs_journal_is_refused_with_what_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    written(&path, &ORDER);
    let refused = |change: &dyn Fn(&mut Head)| {
        let (mut journal, found) = Journal::open(&path, 0, false).unwrap();
        let mut other = head(7);
        change(&mut other);
        journal.begin(&found, &other).unwrap_err().to_string()
    };
    for (words, change) in [
        ("seed was 7, and is 8 now", (&|head: &mut Head| *head = self::head(8)) as &dyn Fn(&mut Head)),
        ("the model is another: its files", &|head| _ = head.model.insert("files".into(), json!("g"))),
        ("opened in another way", &|head| _ = head.model.insert("numbers".into(), json!("o"))),
        ("the input is another: it has 10 rows now", &|head| _ = head.input.insert("rows".into(), json!(10))),
        ("the input is another: it has 9 rows now", &|head| _ = head.input.insert("sha256".into(), json!("t"))),
        ("top_k was not given, and is 5 now", &|head| _ = head.config.insert("top_k".into(), json!(5))),
        ("prompt was \"{글}\", and is not given now", &|head| _ = head.config.remove("prompt")),
    ] {
        let error = refused(change);
        assert!(error.contains(words) && !error.contains('\n'), "{error}");
    }
    // Under another name the same model is the same.
    let (mut journal, found) = Journal::open(&path, 0, false).unwrap();
    let mut moved = head(7);
    moved.model.insert("name".into(), json!("elsewhere"));
    journal.begin(&found, &moved).unwrap();
    drop(journal);
    let bytes = std::fs::read(&path).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains(concat!("{\"beamline\":\"", env!("CARGO_PKG_VERSION"), "\"")), "{}", &text[..200]);
}

#[test]
fn two_runs_do_not_write_one_journal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let first = Journal::open(&path, 0, false).unwrap();
    assert!(matches!(Journal::open(&path, 0, false), Err(BatchError::Busy { .. })));
    drop(first);
    assert!(!path.exists(), "nothing was in it");
    std::fs::write(&path, "my thesis\n").unwrap();
    assert!(matches!(Journal::open(&path, 0, false), Err(BatchError::Foreign { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), b"my thesis\n");
    assert!(matches!(Journal::open(folder.path(), 0, false), Err(BatchError::NoJournal { .. })));
    assert!(matches!(Journal::open(&folder.path().join("no/j"), 0, false), Err(BatchError::NoJournal { .. })));
}

/// A journal's bytes for [`probe`].
fn seed_bytes() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    written(&path, &ORDER);
    std::fs::read(path).unwrap()
}

proptest! {
    #[test]
    fn no_bytes_break_the_reader(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
        twice in any::<bool>(),
    ) {
        let mut bytes = seed_bytes();
        if twice {
            let again = bytes.clone();
            bytes.extend(again);
        }
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(cut.index(bytes.len() + 1));
        prop_assert!(probe(&bytes).is_none_or(|rows| rows <= 8));
    }
}
