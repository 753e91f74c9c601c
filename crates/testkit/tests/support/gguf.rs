//! Specimens as GGUF files: the keys that llama.cpp's converter wrote, and tensors put together of the rows that it took
//! (`goldens/make/gguf_names.py`).

use super::{Specimen, goldens, read, weights};
use serde_json::Value;

/// What the converter makes of one specimen.
pub(crate) struct Conversion {
    json: Value,
    /// The checkpoint that was converted.
    pub(crate) specimen: Specimen,
}

impl Conversion {
    /// All of them, in the order of their names.
    pub(crate) fn all() -> Vec<Self> {
        Specimen::all("architectures")
            .into_iter()
            .filter_map(|specimen| {
                let path = goldens().join("gguf_names").join(format!("{}.json", specimen.name()));
                path.exists().then(|| Self { json: read(&path), specimen })
            })
            .collect()
    }

    /// `general.architecture`.
    pub(crate) fn architecture(&self) -> &str {
        self.json["keys"]["general.architecture"][1].as_str().unwrap()
    }

    /// The bytes of the file.
    pub(crate) fn file(&self) -> Vec<u8> {
        let mut keys = vocabulary();
        for (name, value) in self.json["keys"].as_object().unwrap() {
            keys.push((name.clone(), value.clone()));
        }
        let tensors = self.json["tensors"].as_object().unwrap();
        let (mut file, mut data) = (b"GGUF".to_vec(), Vec::new());
        file.extend(3_u32.to_le_bytes());
        file.extend((tensors.len() as u64).to_le_bytes());
        file.extend((keys.len() as u64).to_le_bytes());
        for (name, value) in &keys {
            text(name, &mut file);
            typed(value[0].as_array().unwrap(), &value[1], &mut file);
        }
        for (name, tensor) in tensors {
            let shape = sizes(&tensor["shape"]);
            text(name, &mut file);
            file.extend((shape.len() as u32).to_le_bytes());
            shape.iter().rev().for_each(|&size| file.extend((size as u64).to_le_bytes()));
            file.extend(0_u32.to_le_bytes()); // f32
            file.extend((data.len() as u64).to_le_bytes());
            let bytes = self.tensor(tensor);
            assert_eq!(bytes.len(), 4 * shape.iter().product::<usize>(), "{name}");
            data.extend(bytes);
            data.resize(data.len().next_multiple_of(32), 0);
        }
        file.resize(file.len().next_multiple_of(32), 0);
        file.extend(data);
        file
    }

    /// The bytes of one tensor.
    fn tensor(&self, tensor: &Value) -> Vec<u8> {
        if let Some(values) = tensor["values"].as_array() {
            return values.iter().flat_map(|value| (value.as_f64().unwrap() as f32).to_le_bytes()).collect();
        }
        let (pieces, wide) = match (&tensor["rows"], &tensor["numbers"]) {
            (Value::Array(pieces), _) => (pieces, true),
            (_, pieces) => (pieces.as_array().unwrap(), false),
        };
        let mut out = Vec::new();
        for piece in pieces {
            let name = piece[0].as_str().unwrap();
            let shape = sizes(&self.specimen.tensors()[name]);
            let mut bytes = Vec::new();
            weights(name, &shape, self.specimen.seed(), &mut bytes);
            let (bytes, columns) = seen(bytes, &shape, piece[1].as_str().unwrap());
            let row = 4 * if wide && shape.len() > 1 { columns } else { 1 };
            for block in &piece.as_array().unwrap()[2..] {
                let block = block.as_array().unwrap();
                take(block[0].as_u64().unwrap() as usize, &block[1..], &mut |at| out.extend(&bytes[at * row..][..row]));
            }
        }
        out
    }
}

/// A tensor as the converter saw it, and how many columns it then has.
fn seen(bytes: Vec<u8>, shape: &[usize], how: &str) -> (Vec<u8>, usize) {
    let columns = *shape.last().unwrap();
    match how {
        "plain" => (bytes, columns),
        "plus_one" => {
            let numbers = bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()) + 1.0);
            (numbers.flat_map(f32::to_le_bytes).collect(), columns)
        }
        "transposed" => {
            let rows = shape[shape.len() - 2];
            let matrices = bytes.chunks_exact(4 * rows * columns);
            let turned = matrices.flat_map(|matrix| {
                (0..columns).flat_map(move |column| {
                    (0..rows).flat_map(move |row| &matrix[4 * (row * columns + column)..][..4]).copied()
                })
            });
            (turned.collect(), rows)
        }
        other => panic!("{other}"),
    }
}

/// Walks rows of loops within loops, each `[count, step]`.
fn take(first: usize, loops: &[Value], each: &mut dyn FnMut(usize)) {
    let Some((outer, inner)) = loops.split_first() else { return each(first) };
    for turn in 0..outer[0].as_i64().unwrap() {
        take((first as i64 + turn * outer[1].as_i64().unwrap()) as usize, inner, each);
    }
}

fn sizes(shape: &Value) -> Vec<usize> {
    shape.as_array().unwrap().iter().map(|size| size.as_u64().unwrap() as usize).collect()
}

fn text(text: &str, out: &mut Vec<u8>) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

/// A value after the number of its type; of a list, the types of the list and of its members.
fn typed(types: &[Value], value: &Value, out: &mut Vec<u8>) {
    let number = |name: &str| -> u32 {
        let names = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "bool", "string", "array"];
        names.iter().position(|known| *known == name).unwrap() as u32
    };
    let kind = types[0].as_str().unwrap();
    out.extend(number(kind).to_le_bytes());
    if kind != "array" {
        return plain(kind, value, out);
    }
    let (members, kind) = (value.as_array().unwrap(), types[1].as_str().unwrap());
    out.extend(number(kind).to_le_bytes());
    out.extend((members.len() as u64).to_le_bytes());
    for member in members {
        plain(kind, member, out);
    }
}

fn plain(kind: &str, value: &Value, out: &mut Vec<u8>) {
    match kind {
        "uint32" => out.extend((value.as_u64().unwrap() as u32).to_le_bytes()),
        "int32" => out.extend((value.as_i64().unwrap() as i32).to_le_bytes()),
        "float32" => out.extend((value.as_f64().unwrap() as f32).to_le_bytes()),
        "bool" => out.push(u8::from(value.as_bool().unwrap())),
        "string" => text(value.as_str().unwrap(), out),
        other => panic!("{other}"),
    }
}

/// The vocabulary that all specimens share, under llama.cpp's keys.
fn vocabulary() -> Vec<(String, Value)> {
    let json = read(&goldens().join("checkpoints/tiny-gpt2/tokenizer.json"));
    let mut tokens: Vec<(&str, u64)> =
        json["model"]["vocab"].as_object().unwrap().iter().map(|(t, id)| (t.as_str(), id.as_u64().unwrap())).collect();
    tokens.sort_unstable_by_key(|(_, id)| *id);
    let special = |id: u64| json["added_tokens"].as_array().unwrap().iter().any(|token| token["id"] == id);
    let kinds: Vec<i32> = tokens.iter().map(|(_, id)| if special(*id) { 3 } else { 1 }).collect();
    let merges: Vec<String> = json["model"]["merges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|merge| {
            merge
                .as_str()
                .map_or_else(|| format!("{} {}", merge[0].as_str().unwrap(), merge[1].as_str().unwrap()), str::to_owned)
        })
        .collect();
    let tokens: Vec<&str> = tokens.into_iter().map(|(token, _)| token).collect();
    let key = |name: &str, types: &[&str], value: Value| {
        (format!("tokenizer.ggml.{name}"), serde_json::json!([types, value]))
    };
    vec![
        key("model", &["string"], "gpt2".into()),
        key("pre", &["string"], "gpt-2".into()),
        key("tokens", &["array", "string"], tokens.into()),
        key("token_type", &["array", "int32"], kinds.into()),
        key("merges", &["array", "string"], merges.into()),
        key("eos_token_id", &["uint32"], 0.into()),
    ]
}
