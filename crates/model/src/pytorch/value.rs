//! What a pickle can make here: plain data, and nothing that does anything.

use crate::stored::Kind;
use beamline_kernels::Encoding;

/// One thing that a pickle made. Things that hold others are numbers of them, so a value is small, copying one copies
/// nothing else, and nothing that refers to itself is ever followed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    None,
    Bool(bool),
    Float,
    Int(i64),
    /// An integer of more than eight bytes, the lowest byte first.
    Long(&'a [u8]),
    Text(&'a str),
    Global(Global),
    /// Where its parts lie among all parts of tuples, and how many there are.
    Tuple(u32, u32),
    List(u32),
    Dict(u32),
    Storage(u32),
    Tensor(u32),
}

impl Value<'_> {
    /// What it is, for messages.
    pub(super) fn what(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "true or false",
            Self::Float => "a number",
            Self::Int(_) | Self::Long(_) => "an integer",
            Self::Text(_) => "a text",
            Self::Global(_) => "a class or function",
            Self::Tuple(..) => "a tuple",
            Self::List(_) => "a list",
            Self::Dict(_) => "a dict",
            Self::Storage(_) => "a storage",
            Self::Tensor(_) => "a tensor",
        }
    }
}

/// The classes and functions that state dicts name. Each is one of these words here; none is ever called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Global {
    OrderedDict,
    Size,
    /// `_rebuild_tensor`, and `_rebuild_tensor_v2`, which says more after the same four things.
    RebuildTensor,
    /// `_rebuild_parameter`, also with state: a tensor and what training needs to know of it.
    RebuildParameter,
    Storage(Element),
}

/// The numbers of a storage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Element {
    pub(super) kind: Kind,
    /// Bytes of one.
    pub(super) width: usize,
}

/// The classes of storages.
const STORAGES: [(&str, Element); 10] = [
    ("FloatStorage", Element { kind: Kind::Known(Encoding::F32), width: 4 }),
    ("HalfStorage", Element { kind: Kind::Known(Encoding::F16), width: 2 }),
    ("BFloat16Storage", Element { kind: Kind::Known(Encoding::Bf16), width: 2 }),
    ("DoubleStorage", Element { kind: Kind::Known(Encoding::F64), width: 8 }),
    ("ByteStorage", Element { kind: Kind::Other("unsigned integer"), width: 1 }),
    ("CharStorage", Element { kind: Kind::Other("integer"), width: 1 }),
    ("ShortStorage", Element { kind: Kind::Other("integer"), width: 2 }),
    ("IntStorage", Element { kind: Kind::Other("integer"), width: 4 }),
    ("LongStorage", Element { kind: Kind::Other("integer"), width: 8 }),
    ("BoolStorage", Element { kind: Kind::Other("BOOL"), width: 1 }),
];

impl Global {
    /// Knows those that state dicts need, and nothing else.
    pub(super) fn named(module: &str, name: &str) -> Option<Self> {
        match (module, name) {
            ("collections", "OrderedDict") => Some(Self::OrderedDict),
            ("torch", "Size") => Some(Self::Size),
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Some(Self::RebuildTensor),
            ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") => Some(Self::RebuildParameter),
            ("torch", _) => {
                let known = STORAGES.iter().find(|(class, _)| *class == name);
                known.map(|&(_, element)| Self::Storage(element))
            }
            _ => None,
        }
    }
}

/// Numbers in a file that tensors share: what torch calls a storage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Storage<'a> {
    pub(super) element: Element,
    /// Its name in the file.
    pub(super) key: &'a str,
    /// How many numbers it has.
    pub(super) count: usize,
}

/// A tensor: a view of a storage.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tensor<'a> {
    pub(super) storage: Storage<'a>,
    /// The number of the storage that it begins with.
    pub(super) offset: usize,
    /// Its sizes and its strides, as tuples.
    pub(super) shape: (u32, u32),
    pub(super) strides: (u32, u32),
    /// Where the pickle made it, for messages.
    pub(super) at: usize,
}

/// The most room that values take, on the stack, in the memo and in what they are parts of, in values: enough for some
/// twenty thousand tensors in one file, and less than 64 MB.
const MOST: usize = 1 << 20;

/// The room that things take which hold others, in values.
const ROOM: usize = 8;

/// All that has been made.
#[derive(Default)]
pub(super) struct Heap<'a> {
    /// The parts of all tuples.
    parts: Vec<Value<'a>>,
    lists: Vec<Vec<Value<'a>>>,
    dicts: Vec<Vec<(Value<'a>, Value<'a>)>>,
    storages: Vec<Storage<'a>>,
    tensors: Vec<Tensor<'a>>,
    count: usize,
}

impl<'a> Heap<'a> {
    /// Whether there is room for what has been made, and for `held` values elsewhere.
    pub(super) fn has_room(&self, held: usize) -> bool {
        self.count + held <= MOST
    }

    pub(super) fn tuple(&mut self, parts: &[Value<'a>]) -> Value<'a> {
        self.count += parts.len();
        let start = self.parts.len() as u32;
        self.parts.extend_from_slice(parts);
        Value::Tuple(start, parts.len() as u32)
    }

    pub(super) fn list(&mut self) -> Value<'a> {
        self.count += ROOM;
        self.lists.push(Vec::new());
        Value::List(self.lists.len() as u32 - 1)
    }

    pub(super) fn dict(&mut self) -> Value<'a> {
        self.count += ROOM;
        self.dicts.push(Vec::new());
        Value::Dict(self.dicts.len() as u32 - 1)
    }

    pub(super) fn storage(&mut self, storage: Storage<'a>) -> Value<'a> {
        self.count += ROOM;
        self.storages.push(storage);
        Value::Storage(self.storages.len() as u32 - 1)
    }

    pub(super) fn tensor(&mut self, tensor: Tensor<'a>) -> Value<'a> {
        self.count += ROOM;
        self.tensors.push(tensor);
        Value::Tensor(self.tensors.len() as u32 - 1)
    }

    /// The parts of a tuple.
    pub(super) fn parts(&self, (start, count): (u32, u32)) -> &[Value<'a>] {
        &self.parts[start as usize..][..count as usize]
    }

    pub(super) fn append(&mut self, list: u32, items: &[Value<'a>]) {
        self.count += items.len();
        self.lists[list as usize].extend_from_slice(items);
    }

    pub(super) fn items(&self, list: u32) -> &[Value<'a>] {
        &self.lists[list as usize]
    }

    pub(super) fn set(&mut self, dict: u32, key: Value<'a>, value: Value<'a>) {
        self.count += 2;
        self.dicts[dict as usize].push((key, value));
    }

    /// Keys and values in the order in which they were set; of a key that was set twice, the last counts.
    pub(super) fn pairs(&self, dict: u32) -> &[(Value<'a>, Value<'a>)] {
        &self.dicts[dict as usize]
    }

    pub(super) fn storage_at(&self, storage: u32) -> Storage<'a> {
        self.storages[storage as usize]
    }

    pub(super) fn tensor_at(&self, tensor: u32) -> Tensor<'a> {
        self.tensors[tensor as usize]
    }

    pub(super) fn storages(&self) -> &[Storage<'a>] {
        &self.storages
    }
}
