//! A writer of what `torch.save` writes, so that tests can write what it would not.
#![allow(dead_code, reason = "each test file uses its own part of this")]

use serde_json::Value;
use std::path::Path;

/// A storage: its class, its key, its bytes.
#[derive(Clone)]
pub(crate) struct Storage {
    pub(crate) class: &'static str,
    pub(crate) key: String,
    pub(crate) bytes: Vec<u8>,
}

impl Storage {
    pub(crate) fn floats(key: &str, values: &[f32]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self { class: "FloatStorage", key: key.to_owned(), bytes }
    }

    fn width(&self) -> usize {
        match self.class {
            "DoubleStorage" | "LongStorage" => 8,
            "FloatStorage" | "IntStorage" => 4,
            "HalfStorage" | "BFloat16Storage" | "ShortStorage" => 2,
            _ => 1,
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.bytes.len() / self.width()
    }
}

/// A tensor: its name and a view of a storage.
#[derive(Clone)]
pub(crate) struct Tensor {
    pub(crate) name: String,
    pub(crate) storage: usize,
    pub(crate) offset: i64,
    pub(crate) shape: Vec<i64>,
    pub(crate) strides: Vec<i64>,
    pub(crate) is_parameter: bool,
}

impl Tensor {
    /// One that fills a storage row by row.
    pub(crate) fn new(name: &str, storage: usize, shape: &[i64]) -> Self {
        let mut strides = vec![1; shape.len()];
        for i in (1..shape.len()).rev() {
            strides[i - 1] = strides[i] * shape[i];
        }
        Self { name: name.to_owned(), storage, offset: 0, shape: shape.to_vec(), strides, is_parameter: false }
    }
}

/// A state dict to be saved.
#[derive(Clone, Default)]
pub(crate) struct StateDict {
    pub(crate) storages: Vec<Storage>,
    pub(crate) tensors: Vec<Tensor>,
    /// Instructions before the dict and behind it: what else a file may have.
    pub(crate) before: Vec<u8>,
    pub(crate) behind: Vec<u8>,
}

/// A text, as an instruction.
pub(crate) fn text(text: &str) -> Vec<u8> {
    [b"X".as_slice(), &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

/// An integer, as an instruction.
pub(crate) fn int(value: i64) -> Vec<u8> {
    match (u8::try_from(value), i32::try_from(value)) {
        (Ok(byte), _) => vec![b'K', byte],
        (_, Ok(value)) => [b"J".as_slice(), &value.to_le_bytes()].concat(),
        _ => [b"\x8a\x08".as_slice(), &value.to_le_bytes()].concat(),
    }
}

pub(crate) fn global(module: &str, name: &str) -> Vec<u8> {
    format!("c{module}\n{name}\n").into_bytes()
}

fn tuple(values: &[i64]) -> Vec<u8> {
    let mut out = vec![b'('];
    for &value in values {
        out.extend(int(value));
    }
    out.push(b't');
    out
}

impl StateDict {
    /// The weights of a safetensors file.
    pub(crate) fn of_safetensors(file: &Path) -> Self {
        let bytes = std::fs::read(file).unwrap();
        let data = 8 + usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
        let header: Value = serde_json::from_slice(&bytes[8..data]).unwrap();
        let mut all = Self::default();
        for (name, info) in header.as_object().unwrap().iter().filter(|(name, _)| *name != "__metadata__") {
            let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
            let place = data + number(&info["data_offsets"][0])..data + number(&info["data_offsets"][1]);
            let class = match info["dtype"].as_str().unwrap() {
                "F32" => "FloatStorage",
                "BF16" => "BFloat16Storage",
                "F16" => "HalfStorage",
                other => panic!("{other}"),
            };
            let shape: Vec<i64> = info["shape"].as_array().unwrap().iter().map(|n| n.as_i64().unwrap()).collect();
            all.tensors.push(Tensor::new(name, all.storages.len(), &shape));
            let key = all.storages.len().to_string();
            all.storages.push(Storage { class, key, bytes: bytes[place].to_vec() });
        }
        all
    }

    /// One instruction after another, without the first and the last.
    fn program(&self, is_stream: bool) -> Vec<u8> {
        let mut out = self.before.clone();
        out.extend([global("collections", "OrderedDict"), b")Rq\x00(".to_vec()].concat());
        for tensor in &self.tensors {
            out.extend(text(&tensor.name));
            if tensor.is_parameter {
                out.extend([global("torch._utils", "_rebuild_parameter"), b"(".to_vec()].concat());
            }
            out.extend([global("torch._utils", "_rebuild_tensor_v2"), b"((".to_vec()].concat());
            let storage = &self.storages[tensor.storage];
            out.extend([text("storage"), global("torch", storage.class), text(&storage.key), text("cpu")].concat());
            out.extend(int(storage.count() as i64));
            out.extend(if is_stream { b"NtQ" } else { b"tQ".as_slice() });
            out.extend([int(tensor.offset), tuple(&tensor.shape), tuple(&tensor.strides)].concat());
            out.extend([b"\x89".to_vec(), global("collections", "OrderedDict"), b")RtR".to_vec()].concat());
            if tensor.is_parameter {
                out.extend([b"\x89".to_vec(), global("collections", "OrderedDict"), b")RtR".to_vec()].concat());
            }
        }
        // The versions of modules, which are attributes of the dict.
        out.extend([b"u}".to_vec(), text("_metadata"), b"}sb".to_vec()].concat());
        out.extend(&self.behind);
        out
    }

    /// The pickle of an archive.
    pub(crate) fn pickle(&self) -> Vec<u8> {
        [b"\x80\x02".to_vec(), self.program(false), b".".to_vec()].concat()
    }

    /// The archive of torch 1.6 and later.
    pub(crate) fn archive(&self) -> Vec<u8> {
        self.archive_with(self.pickle())
    }

    /// An archive with another pickle.
    pub(crate) fn archive_with(&self, pickle: Vec<u8>) -> Vec<u8> {
        let mut records = vec![("pytorch_model/data.pkl".to_owned(), pickle)];
        records.push(("pytorch_model/byteorder".to_owned(), b"little".to_vec()));
        let storages = self.storages.iter().map(|s| (format!("pytorch_model/data/{}", s.key), s.bytes.clone()));
        records.extend(storages);
        records.push(("pytorch_model/version".to_owned(), b"3\n".to_vec()));
        zip(&records)
    }

    /// The stream of earlier ones.
    pub(crate) fn stream(&self) -> Vec<u8> {
        let mut out = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.".to_vec();
        out.extend([b"\x80\x02}".to_vec(), text("little_endian"), b"\x88s.".to_vec()].concat());
        out.extend([b"\x80\x02".to_vec(), self.program(true), b".".to_vec()].concat());
        out.extend(b"\x80\x02](");
        // Those that tensors use: others are not saved.
        let used = |at: &usize| self.tensors.iter().any(|tensor| tensor.storage == *at);
        let storages = || (0..self.storages.len()).filter(used).map(|at| &self.storages[at]);
        storages().for_each(|storage| out.extend(text(&storage.key)));
        out.extend(b"e.");
        for storage in storages() {
            out.extend((storage.count() as u64).to_le_bytes());
            out.extend(&storage.bytes);
        }
        out
    }
}

/// A zip archive of stored records, each on a multiple of 64 bytes as torch has it.
pub(crate) fn zip(records: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    let two = |value: usize| u16::try_from(value).unwrap().to_le_bytes();
    let four = |value: usize| u32::try_from(value).unwrap().to_le_bytes();
    for (name, bytes) in records {
        let head = out.len();
        let padding = (64 - (head + 30 + name.len() + 4) % 64) % 64;
        out.extend([b"PK\x03\x04".as_slice(), &[0; 14]].concat());
        out.extend([four(bytes.len()), four(bytes.len())].concat());
        out.extend([two(name.len()), two(padding + 4)].concat());
        out.extend([name.as_bytes(), b"FB", &two(padding)].concat());
        out.extend(vec![b'Z'; padding]);
        out.extend(bytes);
        directory.extend([b"PK\x01\x02".as_slice(), &[0; 16]].concat());
        directory.extend([four(bytes.len()), four(bytes.len())].concat());
        directory.extend([two(name.len()).as_slice(), &[0; 12], &four(head), name.as_bytes()].concat());
    }
    let start = out.len();
    out.extend(&directory);
    out.extend([b"PK\x05\x06\0\0\0\0".as_slice(), &two(records.len()), &two(records.len())].concat());
    out.extend([four(directory.len()).as_slice(), &four(start), &[0, 0]].concat());
    out
}
