//! The GGUF reader: what it finds, and every way a file can lie.
#![allow(clippy::unwrap_used)] // tests may

use beamline_model::gguf::{Gguf, Value};

/// Writes a GGUF file, right or wrong.
#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn new(version: u32, tensors: u64, keys: u64) -> Self {
        Self([b"GGUF".as_slice(), &version.to_le_bytes(), &tensors.to_le_bytes(), &keys.to_le_bytes()].concat())
    }
    fn text(mut self, text: &[u8]) -> Self {
        self.0.extend((text.len() as u64).to_le_bytes());
        self.0.extend(text);
        self
    }
    fn u32(mut self, n: u32) -> Self {
        self.0.extend(n.to_le_bytes());
        self
    }
    fn u64(mut self, n: u64) -> Self {
        self.0.extend(n.to_le_bytes());
        self
    }
    fn tensor(self, name: &str, sizes: &[u64], kind: u32, offset: u64) -> Self {
        let head = self.text(name.as_bytes()).u32(sizes.len() as u32);
        sizes.iter().fold(head, |w, &size| w.u64(size)).u32(kind).u64(offset)
    }
    fn data(mut self, floats: &[f32]) -> Vec<u8> {
        self.0.resize(self.0.len().next_multiple_of(32), 0);
        self.0.extend(floats.iter().flat_map(|f| f.to_le_bytes()));
        self.0
    }
}

fn whole() -> Vec<u8> {
    let keys = Writer::new(3, 1, 3).text(b"general.architecture").u32(8).text(b"gpt2").text(b"n").u32(4).u32(7);
    let list = keys.text(b"list").u32(9).u32(8).u64(2).text(b"a").text(b"\xff");
    list.tensor("w", &[3, 2], 0, 0).data(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
}

fn message(bytes: &[u8]) -> String {
    Gguf::read(bytes).unwrap_err().to_string()
}

#[test]
fn keys_and_tensors_are_found() {
    let bytes = whole();
    let gguf = Gguf::read(&bytes).unwrap();
    assert_eq!(gguf.text("general.architecture").unwrap(), Some("gpt2"));
    assert_eq!((gguf.count("n").unwrap(), gguf.count("m").unwrap()), (Some(7), None));
    assert!(gguf.text("n").unwrap_err().to_string().contains("n is of another type"));
    let list = gguf.list("list").unwrap().unwrap();
    assert!(matches!(list.values().collect::<Vec<_>>()[..], [Value::Text(b"a"), Value::Text(b"\xff")]));
    let w = gguf.tensor("w").unwrap();
    assert_eq!((w.shape.as_slice(), w.place.len()), (&[2, 3][..], 24));
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    let bytes = whole();
    for len in 0..bytes.len() {
        assert!(Gguf::read(&bytes[..len]).is_err(), "cut at {len}");
    }
}

#[test]
fn lies_are_found_before_they_cost_anything() {
    let huge = u64::MAX / 2;
    assert!(message(b"GGML").contains("GGUF"));
    assert!(message(&Writer::new(1, 0, 0).0).contains("version 1"));
    assert!(message(&Writer::new(3u32.swap_bytes(), 0, 0).0).contains("big-endian"));
    assert!(message(&Writer::new(3, huge, 0).0).contains("number of tensors"));
    assert!(message(&Writer::new(3, 0, huge).0).contains("number of keys"));
    assert!(message(&Writer::new(3, 0, 1).u64(huge).u64(0).0).contains("length of a string"));
    assert!(message(&Writer::new(3, 0, 1).text(b"k").u32(99).0).contains("unknown type 99"));
    assert!(message(&Writer::new(3, 0, 1).text(b"k").u32(9).u32(8).u64(huge).0).contains("length of a list"));
    assert!(message(&Writer::new(3, 0, 1).text(b"\xff\xff").u32(4).u32(4).0).contains("not UTF-8"));
    let nested = (0..8).fold(Writer::new(3, 0, 1).text(b"k").u32(9), |w, _| w.u32(9).u64(1)).u64(0).u64(0);
    assert!(message(&nested.0).contains("unknown type 9"));
    let twice = Writer::new(3, 0, 2).text(b"k").u32(4).u32(1).text(b"k").u32(4).u32(1);
    assert!(message(&twice.0).contains("second time"));
    let aligned = Writer::new(3, 0, 1).text(b"general.alignment").u32(4).u32(3);
    assert!(message(&aligned.0).contains("power of two"));
}

#[test]
fn tensors_outside_the_file_are_found() {
    let one = |sizes: &[u64], kind, offset| Writer::new(3, 1, 0).tensor("w", sizes, kind, offset).data(&[0.0; 6]);
    assert!(Gguf::read(&one(&[3, 2], 0, 0)).is_ok());
    for (sizes, kind, offset) in [
        (&[3, 3][..], 0, 0),
        (&[3, 2], 0, 4),
        (&[3, 2], 0, u64::MAX),
        (&[u64::MAX, 2], 0, 0),
        (&[1 << 32, 1 << 32, 1 << 32], 0, 0),
        (&[31], 8, 0),
    ] {
        assert!(message(&one(sizes, kind, offset)).contains("outside the file"), "{sizes:?} {kind} {offset}");
    }
    assert!(message(&one(&[1; 5], 0, 0)).contains("5 dimensions"));
    // A type that nobody can decode is an error only for whoever wants the tensor.
    let strange = one(&[3, 2], 16, 0);
    assert_eq!(Gguf::read(&strange).unwrap().tensor("w").unwrap().kind.to_string(), "iq2_xxs");
    let double = Writer::new(3, 2, 0).tensor("w", &[1], 0, 0).tensor("w", &[1], 0, 0).data(&[0.0; 6]);
    assert!(message(&double).contains("second time"));
}

#[test]
fn tensors_that_share_bytes_are_found() {
    let two = |offset: u64| {
        let head = Writer::new(3, 2, 0).tensor("b", &[3], 0, 0).tensor("a", &[2], 0, offset);
        head.data(&[0.0; 8])
    };
    assert!(Gguf::read(&two(12)).is_ok());
    for offset in [0, 4, 11] {
        let said = message(&two(offset));
        assert!(
            said.contains("the tensors a and b on the same bytes")
                || said.contains("the tensors b and a on the same bytes"),
            "{said}"
        );
    }
    // Of no length, and nowhere, as types are that cannot be decoded.
    let empty =
        Writer::new(3, 3, 0).tensor("a", &[0], 0, 0).tensor("b", &[2], 0, 0).tensor("c", &[2], 24, 0).data(&[0.0; 2]);
    assert!(Gguf::read(&empty).is_ok());
}
