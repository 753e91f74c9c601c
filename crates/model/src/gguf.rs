//! GGUF, versions 2 and 3: keys with values, then tensors.
//!
//! Nothing in the file is believed: every count and length is held against the bytes that are there before anything is
//! walked or asked for, so a file's word alone never costs memory.

mod reader;

pub use crate::stored::{Kind, Stored};

use crate::error::Defect;
use reader::{Reader, defect_at};
use std::collections::BTreeMap;

/// A value of a key.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// An integer of any width.
    Integer(i128),
    /// A floating-point number.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// Text, not necessarily UTF-8.
    Text(&'a [u8]),
    /// A list.
    List(List<'a>),
}

/// A list of values, walked when asked for; it has been walked once, so that cannot fail.
#[derive(Clone, Copy, Debug)]
pub struct List<'a> {
    kind: u32,
    count: usize,
    bytes: &'a [u8],
}

impl<'a> List<'a> {
    /// The number of values.
    pub fn len(&self) -> usize {
        self.count
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Each value in turn.
    pub fn values(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let (kind, mut reader) = (self.kind, Reader::new(self.bytes, self.bytes.len()));
        (0..self.count).map_while(move |_| reader.value(kind, 0).ok())
    }
}

/// A GGUF file, read but for the weights themselves.
#[derive(Debug)]
pub struct Gguf<'a> {
    keys: BTreeMap<&'a str, Value<'a>>,
    tensors: BTreeMap<&'a str, Stored>,
}

impl<'a> Gguf<'a> {
    /// Reads a file's keys and finds its tensors.
    ///
    /// # Errors
    /// When the bytes are no GGUF file of version 2 or 3, or something points outside of them.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Defect> {
        Self::parse(&mut Reader::new(bytes, bytes.len()))
    }

    /// Reads the beginning of a file of `total` bytes; nothing if its keys and the list of its tensors take more than was
    /// given.
    pub(crate) fn read_beginning(bytes: &'a [u8], total: usize) -> Result<Option<Self>, Defect> {
        let mut reader = Reader::new(bytes, total);
        match Self::parse(&mut reader) {
            Err(_) if reader.ran_out() => Ok(None),
            read => read.map(Some),
        }
    }

    fn parse(reader: &mut Reader<'a>) -> Result<Self, Defect> {
        if reader.take(4)? != b"GGUF" {
            return Err(defect_at(0, "the first four bytes are not \"GGUF\""));
        }
        let version = reader.u32()?;
        if !(2..=3).contains(&version) {
            let swapped = (2..=3).contains(&version.swap_bytes());
            let what = if swapped { "big-endian order".to_owned() } else { format!("version {version}") };
            return Err(Defect::unsupported("GGUF", what, "versions 2 and 3, little-endian"));
        }
        // A tensor takes at least 24 bytes of header, a key 13.
        let tensor_count = reader.count(24, "the number of tensors")?;
        let key_count = reader.count(13, "the number of keys")?;
        let mut keys = BTreeMap::new();
        for _ in 0..key_count {
            let at = reader.at();
            let name = reader.name()?;
            let kind = reader.u32()?;
            let value = reader.value(kind, 0)?;
            if keys.insert(name, value).is_some() {
                return Err(defect_at(at, &format!("the key {name} for the second time")));
            }
        }
        let headers = (0..tensor_count).map(|_| reader.tensor()).collect::<Result<Vec<_>, _>>()?;
        let data = data_start(&keys, reader.at())?;
        let mut tensors = BTreeMap::new();
        for header in headers {
            let name = header.name;
            let stored = header.locate(reader.total(), data)?;
            if tensors.insert(name, stored).is_some() {
                return Err(defect_at(data, &format!("the tensor {name} for the second time")));
            }
        }
        apart(&tensors)?;
        Ok(Self { keys, tensors })
    }

    /// Adds the tensors of other parts of the model; their places are places in their own files.
    pub(crate) fn with_parts(mut self, others: impl Iterator<Item = (&'a str, &'a Stored)>) -> Self {
        for (name, stored) in others {
            self.tensors.entry(name).or_insert_with(|| stored.clone());
        }
        self
    }

    /// All tensors, by name.
    pub fn tensors(&self) -> impl Iterator<Item = (&'a str, &Stored)> {
        self.tensors.iter().map(|(name, stored)| (*name, stored))
    }

    /// The tensor of this name.
    pub fn tensor(&self, name: &str) -> Option<&Stored> {
        self.tensors.get(name)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        self.keys.get(key).copied()
    }

    fn typed<T>(&self, key: &str, expected: &str, read: impl Fn(Value<'a>) -> Option<T>) -> Result<Option<T>, Defect> {
        let wrong = || Defect::value(key, "of another type", expected);
        self.get(key).map(|value| read(value).ok_or_else(wrong)).transpose()
    }

    /// A key whose value is text.
    ///
    /// # Errors
    /// When it is of another type, or not UTF-8.
    pub fn text(&self, key: &str) -> Result<Option<&'a str>, Defect> {
        self.typed(key, "UTF-8 text", |value| match value {
            Value::Text(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        })
    }

    /// A key whose value is an integer, 0 or more.
    ///
    /// # Errors
    /// When it is of another type, or out of range.
    pub fn count(&self, key: &str) -> Result<Option<usize>, Defect> {
        self.typed(key, "an integer, 0 or more", |value| match value {
            Value::Integer(n) => usize::try_from(n).ok(),
            _ => None,
        })
    }

    /// A key whose value is a number.
    ///
    /// # Errors
    /// When it is of another type.
    pub fn number(&self, key: &str) -> Result<Option<f64>, Defect> {
        self.typed(key, "a number", |value| match value {
            Value::Float(x) => Some(x),
            Value::Integer(n) => Some(n as f64),
            _ => None,
        })
    }

    /// A key whose value is true or false.
    ///
    /// # Errors
    /// When it is of another type.
    pub fn flag(&self, key: &str) -> Result<Option<bool>, Defect> {
        self.typed(key, "true or false", |value| match value {
            Value::Bool(flag) => Some(flag),
            _ => None,
        })
    }

    /// A key whose value is a list.
    ///
    /// # Errors
    /// When it is of another type.
    pub fn list(&self, key: &str) -> Result<Option<List<'a>>, Defect> {
        self.typed(key, "a list", |value| match value {
            Value::List(list) => Some(list),
            _ => None,
        })
    }
}

/// Refuses tensors that lie on the same bytes: each is packed for itself, so that a small file could ask for any memory.
fn apart(tensors: &BTreeMap<&str, Stored>) -> Result<(), Defect> {
    let mut places: Vec<_> = tensors.iter().map(|(name, stored)| (&stored.place, *name)).collect();
    places.retain(|(place, _)| !place.is_empty());
    places.sort_unstable_by_key(|(place, name)| (place.start, *name));
    match places.windows(2).find(|pair| pair[0].0.end > pair[1].0.start) {
        Some(pair) => {
            let what = format!("the tensors {} and {} on the same bytes", pair[0].1, pair[1].1);
            Err(defect_at(pair[1].0.start, &what))
        }
        None => Ok(()),
    }
}

/// Where the weights begin: after the headers, on the file's alignment.
fn data_start(keys: &BTreeMap<&str, Value<'_>>, end: usize) -> Result<usize, Defect> {
    let alignment = match keys.get("general.alignment") {
        None => 32,
        Some(Value::Integer(n)) if (1..=1 << 20).contains(n) && (*n as usize).is_power_of_two() => *n as usize,
        Some(_) => return Err(Defect::value("general.alignment", "something else", "a power of two, at most 2^20")),
    };
    Ok(end.next_multiple_of(alignment))
}
