//! GGUF in parts, as llama.cpp's `gguf-split` writes it: any part names all, and none may be missing or contradict.
#![allow(clippy::unwrap_used)] // tests may

use beamline_kernels::{Compute, Isa};
use beamline_model::gguf::Gguf;
use beamline_model::{Checkpoint, KvCache, LoadOptions, Rows, Span, Want};
use beamline_tokens::TokenId;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn whole() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens/gguf/tiny-gpt2.gguf")
}

fn pass(path: &Path) -> Result<Rows, String> {
    let compute = Arc::new(Compute::new(Isa::detect(), 2).unwrap());
    let checkpoint = Checkpoint::open(path).map_err(|error| error.to_string())?;
    let model = checkpoint.load(LoadOptions::default(), &compute).map_err(|error| error.to_string())?.model;
    let mut cache = KvCache::new(model.geometry());
    let tokens: Vec<TokenId> = (0..20).map(TokenId).collect();
    Ok(model.forward(&mut [Span { tokens: &tokens, cache: &mut cache, want: Want::All }], &mut ()).unwrap())
}

/// A key of type u16 or i32.
fn key(name: &str, kind: u32, value: &[u8]) -> Vec<u8> {
    [(name.len() as u64).to_le_bytes().as_slice(), name.as_bytes(), &kind.to_le_bytes(), value].concat()
}

/// What the keys of a part say: its number, how many parts, and how many tensors in all of them.
fn split_keys(number: u16, count: u16, tensors: i32) -> Vec<u8> {
    [
        key("split.no", 2, &number.to_le_bytes()),
        key("split.count", 2, &count.to_le_bytes()),
        key("split.tensors.count", 5, &tensors.to_le_bytes()),
    ]
    .concat()
}

/// A whole file, taken apart.
struct Whole {
    bytes: Vec<u8>,
    keys: Range<usize>,
    /// The head of each tensor without its offset, and its weights.
    tensors: Vec<(Range<usize>, Range<usize>)>,
}

impl Whole {
    fn read() -> Self {
        let bytes = std::fs::read(whole()).unwrap();
        let gguf = Gguf::read(&bytes).unwrap();
        let mut tensors = Vec::new();
        for (name, stored) in gguf.tensors() {
            let named = [(name.len() as u64).to_le_bytes().as_slice(), name.as_bytes()].concat();
            let at = bytes.windows(named.len()).position(|window| window == named).unwrap();
            let head = at..at + named.len() + 4 + 8 * stored.shape.len() + 4;
            tensors.push((head, stored.place.clone()));
        }
        let end = tensors.iter().map(|(head, _)| head.start).min().unwrap();
        drop(gguf);
        Self { bytes, keys: 24..end, tensors }
    }

    /// A file of some tensors, with all keys or none beside those of a part.
    fn part(&self, has_keys: bool, split: &[u8], tensors: &[(Range<usize>, Range<usize>)]) -> Vec<u8> {
        let count = u64::from_le_bytes(self.bytes[16..24].try_into().unwrap());
        let keys = if has_keys { &self.bytes[self.keys.clone()] } else { &[] };
        let count = if has_keys { count } else { 0 } + if split.is_empty() { 0 } else { 3 };
        let mut out = [b"GGUF\x03\0\0\0".as_slice(), &(tensors.len() as u64).to_le_bytes()].concat();
        out.extend([&count.to_le_bytes(), keys, split].concat());
        let mut data = Vec::new();
        for (head, place) in tensors {
            out.extend([&self.bytes[head.clone()], &(data.len() as u64).to_le_bytes()].concat());
            data.extend(&self.bytes[place.clone()]);
            data.resize(data.len().next_multiple_of(32), 0);
        }
        out.resize(out.len().next_multiple_of(32), 0);
        out.extend(data);
        out
    }

    /// Writes three parts, the first without a tensor as some programs do.
    fn write(&self, folder: &Path) -> [PathBuf; 3] {
        let all = i32::try_from(self.tensors.len()).unwrap();
        let (left, right) = self.tensors.split_at(9);
        let paths = [1, 2, 3].map(|number| folder.join(format!("tiny-{number:05}-of-00003.gguf")));
        for (number, tensors) in [&[], left, right].into_iter().enumerate() {
            let split = split_keys(number as u16, 3, all);
            std::fs::write(&paths[number], self.part(number == 0, &split, tensors)).unwrap();
        }
        paths
    }
}

#[test]
fn any_part_loads_the_whole_model() {
    let folder = tempfile::tempdir().unwrap();
    let expected = pass(&whole()).unwrap();
    let checkpoint = Checkpoint::open(&whole()).unwrap();
    for path in Whole::read().write(folder.path()) {
        let parts = Checkpoint::open(&path).unwrap();
        assert_eq!(parts.structure().unwrap().tensors, checkpoint.structure().unwrap().tensors);
        assert_eq!(pass(&path).unwrap(), expected, "{}", path.display());
        // Keys, and so the vocabulary, are those of the first part.
        assert!(parts.gguf().unwrap().unwrap().list("tokenizer.ggml.tokens").unwrap().is_some());
    }
    // One part of one is a whole, whatever it is called.
    let whole = Whole::read();
    let path = folder.path().join("alone.gguf");
    std::fs::write(&path, whole.part(true, &split_keys(0, 1, 0), &whole.tensors)).unwrap();
    assert_eq!(pass(&path).unwrap(), expected);
}

#[test]
fn parts_that_are_missing_or_contradict_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let whole = Whole::read();
    let refused = |path: &Path| {
        let message = pass(path).expect_err("no whole model");
        assert!(!message.contains('\n'), "{message}");
        message
    };
    let all = i32::try_from(whole.tensors.len()).unwrap();
    let paths = whole.write(folder.path());
    std::fs::remove_file(&paths[1]).unwrap();
    for named in [&paths[0], &paths[2]] {
        let message = refused(named);
        assert!(message.contains("tiny-00002-of-00003.gguf: no such file; it is part 2 of 3"), "{message}");
    }
    // The wrong number, the wrong count, no keys of a part.
    for (split, expect) in [
        (
            split_keys(2, 3, all),
            "split.no is 2 and split.count is 3, where part 2 of 3 has split.no 1 and split.count 3",
        ),
        (split_keys(1, 4, all), "split.no is 1 and split.count is 4"),
        (Vec::new(), "it has no split.count"),
        (split_keys(7, 3, all), "split.no is 7; it must be less than split.count"),
        (split_keys(1, 65_000, all), "split.count is 65000; it must be in 0..=1024"),
    ] {
        std::fs::write(&paths[1], whole.part(false, &split, &whole.tensors[..9])).unwrap();
        assert!(refused(&paths[0]).contains(expect), "{expect}: {}", refused(&paths[0]));
    }
    // A tensor twice, and one too few.
    std::fs::write(&paths[1], whole.part(false, &split_keys(1, 3, all), &whole.tensors[..10])).unwrap();
    assert!(refused(&paths[0]).contains("lies in two parts"));
    std::fs::write(&paths[1], whole.part(false, &split_keys(1, 3, all), &whole.tensors[..8])).unwrap();
    let message = refused(&paths[0]);
    assert!(message.contains(&format!("split.tensors.count is {all}, and all 3 parts together have {}", all - 1)));
    // A part under another name does not say where the others are.
    let renamed = folder.path().join("tiny.gguf");
    std::fs::copy(&paths[0], &renamed).unwrap();
    assert!(refused(&renamed).contains("call it NAME-00001-of-00003.gguf"));
}
