//! A pickle read as data: a stack machine that makes values and calls nothing.
//!
//! A pickle is a program. Python's own machine imports and calls whatever it names, so to load one is to run it. This one
//! knows the instructions and the names that `torch.save` writes for a state dict; a name it knows becomes a word
//! ([`Global`]), and to "call" that word is to note down the tensor that is meant. Everything else is refused by name.

use super::bytes::Bytes;
use super::value::{Global, Heap, Storage, Tensor, Value};
use crate::error::Defect;

/// Open lists, dicts and tuples within each other.
const MAX_DEPTH: usize = 64;

/// The most things that a pickle may number for later use. Half of what [`Heap`] has room for.
const MAX_MEMO: usize = 1 << 19;

/// Reads one pickle; `heap` gets what it makes.
pub(super) fn read<'a>(bytes: &mut Bytes<'a>, heap: &mut Heap<'a>) -> Result<Value<'a>, Defect> {
    let mut machine = Machine { bytes, heap, stack: Vec::new(), marks: Vec::new(), memo: Vec::new(), at: 0 };
    loop {
        machine.at = machine.bytes.at();
        let opcode = machine.bytes.byte()?;
        if opcode == b'.' {
            return machine.pop();
        }
        machine.step(opcode)?;
        if !machine.heap.has_room(machine.stack.len() + machine.memo.len()) {
            return Err(machine.wrong("holds more values than twenty thousand tensors need"));
        }
    }
}

struct Machine<'a, 'b> {
    bytes: &'b mut Bytes<'a>,
    heap: &'b mut Heap<'a>,
    stack: Vec<Value<'a>>,
    /// Where on the stack the parts of open tuples, lists and dicts begin.
    marks: Vec<usize>,
    memo: Vec<Option<Value<'a>>>,
    /// Where the instruction lies, for messages.
    at: usize,
}

impl<'a> Machine<'a, '_> {
    fn wrong(&self, what: impl Into<String>) -> Defect {
        Defect::Pickle { what: what.into(), at: self.at }
    }

    fn pop(&mut self) -> Result<Value<'a>, Defect> {
        // What lies below a mark belongs to what is still open.
        let floor = self.marks.last().copied().unwrap_or(0);
        let value = if self.stack.len() > floor { self.stack.pop() } else { None };
        value.ok_or_else(|| self.wrong("takes a value from an empty stack"))
    }

    fn top(&self) -> Result<Value<'a>, Defect> {
        self.stack.last().copied().ok_or_else(|| self.wrong("takes a value from an empty stack"))
    }

    /// All values since the last mark.
    fn since_mark(&mut self) -> Result<Vec<Value<'a>>, Defect> {
        let mark = self.marks.pop().ok_or_else(|| self.wrong("ends what it has not begun"))?;
        Ok(self.stack.split_off(mark))
    }

    fn step(&mut self, opcode: u8) -> Result<(), Defect> {
        let value = match opcode {
            0x80 => return self.protocol(),
            b'(' => return self.mark(),
            b'q' => return self.put(1),
            b'r' => return self.put(4),
            b'a' | b'e' => return self.append(opcode == b'e'),
            b's' | b'u' => return self.set(opcode == b'u'),
            b'b' => return self.build(),
            b'h' => self.get(1)?,
            b'j' => self.get(4)?,
            b'N' => Value::None,
            0x88 | 0x89 => Value::Bool(opcode == 0x88),
            b'G' => self.bytes.take(8).map(|_| Value::Float)?,
            b'K' => Value::Int(i64::from(self.bytes.byte()?)),
            b'M' => Value::Int(i64::from(u16::from_le_bytes(self.bytes.array()?))),
            b'J' => Value::Int(i64::from(i32::from_le_bytes(self.bytes.array()?))),
            0x8a => self.long()?,
            b'U' => self.text(1)?,
            b'X' | b'T' => self.text(4)?,
            b']' => self.heap.list(),
            b'}' => self.heap.dict(),
            b')' => self.heap.tuple(&[]),
            0x85..=0x87 => self.tuple(usize::from(opcode - 0x84))?,
            b't' => {
                let parts = self.since_mark()?;
                self.heap.tuple(&parts)
            }
            b'c' => self.global()?,
            b'Q' => self.storage()?,
            b'R' => self.reduce()?,
            0x81 => self.new_object()?,
            _ => return Err(self.wrong(format!("has the instruction {}", opcode_name(opcode)))),
        };
        self.stack.push(value);
        Ok(())
    }

    fn protocol(&mut self) -> Result<(), Defect> {
        match self.bytes.byte()? {
            2..=5 => Ok(()),
            version => Err(self.wrong(format!("is of protocol {version}"))),
        }
    }

    fn mark(&mut self) -> Result<(), Defect> {
        if self.marks.len() >= MAX_DEPTH {
            return Err(self.wrong(format!("nests deeper than {MAX_DEPTH}")));
        }
        self.marks.push(self.stack.len());
        Ok(())
    }

    /// A number of one byte or of four.
    fn index(&mut self, width: usize) -> Result<usize, Defect> {
        let bytes = self.bytes.take(width)?;
        Ok(bytes.iter().rev().fold(0, |index, &byte| index << 8 | usize::from(byte)))
    }

    fn put(&mut self, width: usize) -> Result<(), Defect> {
        let index = self.index(width)?;
        if index >= MAX_MEMO {
            return Err(self.wrong(format!("numbers a value {index}; at most {MAX_MEMO} are kept")));
        }
        let value = self.top()?;
        if index >= self.memo.len() {
            self.memo.resize(index + 1, None);
        }
        self.memo[index] = Some(value);
        Ok(())
    }

    fn get(&mut self, width: usize) -> Result<Value<'a>, Defect> {
        let index = self.index(width)?;
        let value = self.memo.get(index).copied().flatten();
        value.ok_or_else(|| self.wrong(format!("asks for value {index}, which it has not made")))
    }

    fn long(&mut self) -> Result<Value<'a>, Defect> {
        let length = self.bytes.byte()?;
        let bytes = self.bytes.take(usize::from(length))?;
        if bytes.len() > 8 {
            return Ok(Value::Long(bytes));
        }
        // Two's complement: the highest bit goes on to the left.
        let first = if bytes.last().is_some_and(|&byte| byte >= 0x80) { -1 } else { 0 };
        Ok(Value::Int(bytes.iter().rev().fold(first, |value, &byte| value << 8 | i64::from(byte))))
    }

    fn text(&mut self, width: usize) -> Result<Value<'a>, Defect> {
        let length = self.index(width)?;
        let text = std::str::from_utf8(self.bytes.take(length)?);
        text.map(Value::Text).map_err(|_| self.wrong("holds a text that is not UTF-8"))
    }

    fn tuple(&mut self, count: usize) -> Result<Value<'a>, Defect> {
        let mut parts = [Value::None; 3];
        for part in parts[..count].iter_mut().rev() {
            *part = self.pop()?;
        }
        Ok(self.heap.tuple(&parts[..count]))
    }

    fn append(&mut self, many: bool) -> Result<(), Defect> {
        let items = if many { self.since_mark()? } else { vec![self.pop()?] };
        let Value::List(list) = self.top()? else { return Err(self.wrong("appends to what is no list")) };
        self.heap.append(list, &items);
        Ok(())
    }

    fn set(&mut self, many: bool) -> Result<(), Defect> {
        let items = if many {
            self.since_mark()?
        } else {
            let value = self.pop()?;
            vec![self.pop()?, value]
        };
        let Value::Dict(dict) = self.top()? else { return Err(self.wrong("sets an item of what is no dict")) };
        let (pairs, []) = items.as_chunks::<2>() else { return Err(self.wrong("has a key without a value")) };
        for &[key, value] in pairs {
            self.heap.set(dict, key, value);
        }
        Ok(())
    }

    /// Attributes of an object. Dicts have one, the versions of modules, which no weight depends on.
    fn build(&mut self) -> Result<(), Defect> {
        self.pop()?;
        match self.top()? {
            Value::Dict(_) => Ok(()),
            other => Err(self.wrong(format!("sets attributes of {}", other.what()))),
        }
    }

    fn global(&mut self) -> Result<Value<'a>, Defect> {
        let (module, name) = (self.bytes.line()?, self.bytes.line()?);
        let [module, name] = [module, name].map(String::from_utf8_lossy);
        let known = Global::named(&module, &name).map(Value::Global);
        known.ok_or_else(|| self.wrong(format!("names {}", shown(&format!("{module}.{name}")))))
    }

    /// A storage, by what identifies it: `("storage", class, key, device, count)`.
    fn storage(&mut self) -> Result<Value<'a>, Defect> {
        let id = self.pop()?;
        let wrong = || self.wrong("has a storage of another form than torch.save writes");
        let Value::Tuple(start, count) = id else { return Err(wrong()) };
        let parts = self.heap.parts((start, count));
        let (
            [Value::Text("storage"), Value::Global(Global::Storage(element)), Value::Text(key), _, Value::Int(count)],
            [] | [Value::None],
        ) = parts.split_first_chunk::<5>().ok_or_else(wrong)?
        else {
            return Err(wrong());
        };
        let count = usize::try_from(*count).map_err(|_| wrong())?;
        Ok(self.heap.storage(Storage { element: *element, key, count }))
    }

    /// What Python would call: one of a few words, applied to arguments.
    fn reduce(&mut self) -> Result<Value<'a>, Defect> {
        let (arguments, called) = (self.pop()?, self.pop()?);
        let (Value::Global(global), Value::Tuple(start, count)) = (called, arguments) else {
            return Err(self.wrong(format!("calls {}", called.what())));
        };
        match (global, self.heap.parts((start, count))) {
            (Global::OrderedDict, []) => Ok(self.heap.dict()),
            (Global::OrderedDict, &[Value::List(pairs)]) => self.dict_of(pairs),
            (Global::Size, &[Value::Tuple(start, count)]) => Ok(Value::Tuple(start, count)),
            (Global::RebuildParameter, &[tensor @ Value::Tensor(_), ..]) => Ok(tensor),
            (
                Global::RebuildTensor,
                &[
                    Value::Storage(storage),
                    Value::Int(offset),
                    Value::Tuple(start, rank),
                    Value::Tuple(first, strides),
                    ..,
                ],
            ) => {
                let offset = usize::try_from(offset).map_err(|_| self.wrong("has a tensor before its storage"))?;
                let storage = self.heap.storage_at(storage);
                let (shape, strides) = ((start, rank), (first, strides));
                Ok(self.heap.tensor(Tensor { storage, offset, shape, strides, at: self.at }))
            }
            _ => Err(self.wrong(format!("calls {global:?} with other arguments than torch.save writes"))),
        }
    }

    /// A dict from a list of pairs, as Python 2 wrote it.
    fn dict_of(&mut self, list: u32) -> Result<Value<'a>, Defect> {
        let items = self.heap.items(list).to_vec();
        let dict = self.heap.dict();
        let Value::Dict(number) = dict else { return Ok(dict) };
        for item in items {
            let pair = match item {
                Value::Tuple(start, count) => self.heap.parts((start, count)),
                Value::List(list) => self.heap.items(list),
                _ => &[],
            };
            let &[key, value] = pair else { return Err(self.wrong("makes a dict of what are no pairs")) };
            self.heap.set(number, key, value);
        }
        Ok(dict)
    }

    fn new_object(&mut self) -> Result<Value<'a>, Defect> {
        match (self.pop()?, self.pop()?) {
            (Value::Tuple(_, 0), Value::Global(Global::OrderedDict)) => Ok(self.heap.dict()),
            (_, class) => Err(self.wrong(format!("makes an object of {}", class.what()))),
        }
    }
}

/// A name of the file's own: cut, and without signs that a terminal would obey.
pub(super) fn shown(name: &str) -> String {
    const MOST: usize = 80;
    let mut shown: String = name.chars().take(MOST).flat_map(char::escape_debug).collect();
    if name.chars().count() > MOST {
        shown.push('…');
    }
    shown
}

/// What Python calls an instruction that is not followed here.
fn opcode_name(opcode: u8) -> String {
    let name = match opcode {
        b'P' => "PERSID",
        b'0' => "POP",
        b'1' => "POP_MARK",
        b'2' => "DUP",
        b'F' => "FLOAT",
        b'I' => "INT",
        b'L' => "LONG",
        b'S' => "STRING",
        b'V' => "UNICODE",
        b'd' => "DICT",
        b'l' => "LIST",
        b'g' => "GET",
        b'p' => "PUT",
        b'i' => "INST",
        b'o' => "OBJ",
        b'B' => "BINBYTES",
        b'C' => "SHORT_BINBYTES",
        0x82..=0x84 => "EXT",
        0x8b => "LONG4",
        0x8c => "SHORT_BINUNICODE",
        0x8d => "BINUNICODE8",
        0x8e => "BINBYTES8",
        0x8f => "EMPTY_SET",
        0x90 => "ADDITEMS",
        0x91 => "FROZENSET",
        0x92 => "NEWOBJ_EX",
        0x93 => "STACK_GLOBAL",
        0x94 => "MEMOIZE",
        0x95 => "FRAME",
        0x96 => "BYTEARRAY8",
        0x97 => "NEXT_BUFFER",
        0x98 => "READONLY_BUFFER",
        _ => return format!("{opcode:#04x}"),
    };
    name.to_owned()
}
