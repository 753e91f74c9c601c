//! Bytes taken one after another, never beyond the end.

use super::{Kind, List, Stored, Value};
use crate::error::Defect;
use beamline_kernels::Encoding;

/// The number of the type of texts.
const TEXT: u32 = 8;

/// Lists within lists that are followed.
const MAX_DEPTH: usize = 3;

/// What is wrong, and where.
pub(super) fn defect_at(at: usize, what: &str) -> Defect {
    Defect::Gguf { what: what.to_owned(), at }
}

/// A place in the bytes of a file, of which the beginning may be all that is there.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Bytes of the whole file.
    total: usize,
    ran_out: bool,
}

/// What the header says of a tensor, before the weights' place is known.
pub(super) struct Header<'a> {
    pub(super) name: &'a str,
    shape: Vec<usize>,
    kind: Kind,
    offset: u64,
    /// Where the header lies, for messages.
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], total: usize) -> Self {
        Self { bytes, at: 0, total, ran_out: false }
    }

    pub(super) fn total(&self) -> usize {
        self.total
    }

    /// Whether bytes were wanted that the file has, but this reader has not.
    pub(super) fn ran_out(&self) -> bool {
        self.ran_out
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    #[inline]
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Defect> {
        let end = self.at.checked_add(count).filter(|&end| end <= self.total);
        let left = || format!("{count} bytes wanted, {} left", self.total - self.at);
        let end = end.ok_or_else(|| defect_at(self.at, &left()))?;
        let Some(part) = self.bytes.get(self.at..end) else {
            self.ran_out = true;
            return Err(defect_at(self.at, "the end of what was read"));
        };
        self.at += count;
        Ok(part)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Defect> {
        Ok(self.take(N)?.try_into().expect("as many as taken"))
    }

    pub(super) fn u32(&mut self) -> Result<u32, Defect> {
        self.array().map(u32::from_le_bytes)
    }

    #[inline]
    fn u64(&mut self) -> Result<u64, Defect> {
        self.array().map(u64::from_le_bytes)
    }

    /// A count of things that take at least `size` bytes each: more than fit into the rest of the file are a lie.
    #[inline]
    pub(super) fn count(&mut self, size: usize, what: &str) -> Result<usize, Defect> {
        let at = self.at;
        let count = self.u64()?;
        let most = (self.total - self.at) / size;
        usize::try_from(count)
            .ok()
            .filter(|&n| n <= most)
            .ok_or_else(|| defect_at(at, &format!("{what}, {count}, beyond the file's end")))
    }

    #[inline]
    fn text(&mut self) -> Result<&'a [u8], Defect> {
        let length = self.count(1, "the length of a string")?;
        self.take(length)
    }

    /// Text that must be UTF-8.
    pub(super) fn name(&mut self) -> Result<&'a str, Defect> {
        let at = self.at;
        std::str::from_utf8(self.text()?).map_err(|_| defect_at(at, "a name that is not UTF-8"))
    }

    /// A value of the type numbered `kind`.
    pub(super) fn value(&mut self, kind: u32, depth: usize) -> Result<Value<'a>, Defect> {
        let at = self.at;
        Ok(match kind {
            0 => Value::Integer(i128::from(u8::from_le_bytes(self.array()?))),
            1 => Value::Integer(i128::from(i8::from_le_bytes(self.array()?))),
            2 => Value::Integer(i128::from(u16::from_le_bytes(self.array()?))),
            3 => Value::Integer(i128::from(i16::from_le_bytes(self.array()?))),
            4 => Value::Integer(i128::from(u32::from_le_bytes(self.array()?))),
            5 => Value::Integer(i128::from(i32::from_le_bytes(self.array()?))),
            6 => Value::Float(f64::from(f32::from_le_bytes(self.array()?))),
            7 => Value::Bool(self.array::<1>()? != [0]),
            TEXT => Value::Text(self.text()?),
            9 if depth < MAX_DEPTH => Value::List(self.list(depth)?),
            10 => Value::Integer(i128::from(u64::from_le_bytes(self.array()?))),
            11 => Value::Integer(i128::from(i64::from_le_bytes(self.array()?))),
            12 => Value::Float(f64::from_le_bytes(self.array()?)),
            _ => return Err(defect_at(at, &format!("a value of unknown type {kind}"))),
        })
    }

    fn list(&mut self, depth: usize) -> Result<List<'a>, Defect> {
        let kind = self.u32()?;
        let count = self.count(1, "the length of a list")?;
        let start = self.at;
        if let Some(size) = size(kind) {
            self.take(count.saturating_mul(size))?; // any bits are a value: nothing to check one by one
        } else if kind == TEXT {
            for _ in 0..count {
                self.text()?; // most of a file's values are a vocabulary's
            }
        } else {
            for _ in 0..count {
                self.value(kind, depth + 1)?;
            }
        }
        Ok(List { kind, count, bytes: &self.bytes[start..self.at] })
    }

    /// A tensor's header.
    pub(super) fn tensor(&mut self) -> Result<Header<'a>, Defect> {
        let at = self.at;
        let name = self.name()?;
        let dimensions = self.u32()?;
        if dimensions > 4 {
            return Err(defect_at(at, &format!("the tensor {name} with {dimensions} dimensions")));
        }
        let mut shape = Vec::new();
        for _ in 0..dimensions {
            let size = self.u64()?;
            shape.push(usize::try_from(size).map_err(|_| defect_at(at, &format!("the tensor {name} of size {size}")))?);
        }
        // GGUF lists the fastest dimension first.
        shape.reverse();
        let kind = kind(self.u32()?);
        Ok(Header { name, shape, kind, offset: self.u64()?, at })
    }
}

/// Bytes of a value of the type numbered `kind`, where all have the same number.
fn size(kind: u32) -> Option<usize> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

impl Header<'_> {
    /// Finds the weights; those of a type that cannot be decoded stay nowhere, since nobody can use them.
    pub(super) fn locate(self, total: usize, data: usize) -> Result<Stored, Defect> {
        let Kind::Known(encoding) = self.kind else {
            return Ok(Stored::new(self.kind, self.shape, 0..0));
        };
        let row = self.shape.last().copied().unwrap_or(1);
        let rows = self.shape.iter().rev().skip(1).try_fold(1usize, |n, &size| n.checked_mul(size));
        let length = encoding.bytes(row).zip(rows).and_then(|(row, rows)| row.checked_mul(rows));
        let start = usize::try_from(self.offset).ok().and_then(|offset| data.checked_add(offset));
        let place = start.zip(length).and_then(|(start, length)| Some(start..start.checked_add(length)?));
        let outside = || Defect::Gguf { what: format!("the tensor {} outside the file", self.name), at: self.at };
        let place = place.filter(|place| place.end <= total).ok_or_else(outside)?;
        Ok(Stored::new(self.kind, self.shape, place))
    }
}

/// ggml's numbers for the types of weights.
fn kind(number: u32) -> Kind {
    use Encoding as E;
    match number {
        0 => Kind::Known(E::F32),
        1 => Kind::Known(E::F16),
        2 => Kind::Known(E::Q4_0),
        3 => Kind::Known(E::Q4_1),
        6 => Kind::Known(E::Q5_0),
        7 => Kind::Known(E::Q5_1),
        8 => Kind::Known(E::Q8_0),
        10 => Kind::Known(E::Q2K),
        11 => Kind::Known(E::Q3K),
        12 => Kind::Known(E::Q4K),
        13 => Kind::Known(E::Q5K),
        14 => Kind::Known(E::Q6K),
        20 => Kind::Known(E::Iq4Nl),
        23 => Kind::Known(E::Iq4Xs),
        28 => Kind::Known(E::F64),
        30 => Kind::Known(E::Bf16),
        39 => Kind::Known(E::Mxfp4),
        9 => Kind::Other("q8_1"),
        15 => Kind::Other("q8_k"),
        16 => Kind::Other("iq2_xxs"),
        17 => Kind::Other("iq2_xs"),
        18 => Kind::Other("iq3_xxs"),
        19 => Kind::Other("iq1_s"),
        21 => Kind::Other("iq3_s"),
        22 => Kind::Other("iq2_s"),
        24 => Kind::Other("i8"),
        25 => Kind::Other("i16"),
        26 => Kind::Other("i32"),
        27 => Kind::Other("i64"),
        29 => Kind::Other("iq1_m"),
        34 => Kind::Other("tq1_0"),
        35 => Kind::Other("tq2_0"),
        40 => Kind::Other("nvfp4"),
        41 => Kind::Other("q1_0"),
        other => Kind::Unknown(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_one_size_take_as_many_bytes_as_are_passed_over_in_a_list() {
        for kind in 0..=13 {
            let mut reader = Reader::new(&[0; 32], 32);
            let taken = reader.value(kind, 0).ok().map(|_| reader.at());
            // Texts and lists say their own length; 13 is no type.
            assert_eq!(size(kind), taken.filter(|_| !matches!(kind, 8 | 9)), "type {kind}");
        }
    }
}
