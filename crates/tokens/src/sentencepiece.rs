//! A SentencePiece model (`tokenizer.model`, `spiece.model`): a protobuf message, of which a few fields count.
//!
//! The reader knows lengths and numbers, no more: what it does not know it steps over, and no length is believed beyond the
//! bytes that are there.

/// What a file says.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Model<'a> {
    pub(crate) pieces: Vec<Piece<'a>>,
    pub(crate) kind: Kind,
    pub(crate) byte_fallback: bool,
    /// The place of the unknown piece.
    pub(crate) unknown: usize,
    /// The pieces that begin and end a text, and the unknown one; none where the file has none.
    pub(crate) names: [Option<&'a str>; 3],
    /// How characters are replaced first, as a table of SentencePiece's own.
    pub(crate) charsmap: &'a [u8],
}

/// How text is parted into pieces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Unigram,
    Bpe,
}

/// A token of the vocabulary.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Piece<'a> {
    pub(crate) text: &'a str,
    pub(crate) score: f32,
    /// 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.
    pub(crate) kind: u64,
}

/// One field of a message.
enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Word([u8; 4]),
    Other,
}

/// The fields of a message, one after another.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number in groups of seven bits, the lowest first.
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for place in 0..10 {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// The next field's number and value; none at the end, an error where the bytes are no field.
    fn next(&mut self) -> Result<Option<(u64, Field<'a>)>, String> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let left = self.0.len();
        self.field().map(Some).ok_or_else(|| format!("it is damaged {left} bytes before the end of a part"))
    }

    fn field(&mut self) -> Option<(u64, Field<'a>)> {
        let key = self.number()?;
        let value = match key & 7 {
            0 => Field::Number(self.number()?),
            1 => self.take(8).map(|_| Field::Other)?,
            2 => {
                let length = usize::try_from(self.number()?).ok()?;
                Field::Bytes(self.take(length)?)
            }
            5 => Field::Word(self.take(4)?.try_into().ok()?),
            _ => return None,
        };
        Some((key >> 3, value))
    }
}

/// Whether a number of 32 bits is below zero: it is written with all its ones.
fn is_negative(number: u64) -> bool {
    number >> 31 & 1 == 1
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "a piece is no UTF-8".to_owned())
}

impl<'a> Model<'a> {
    /// Reads a file.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let mut model = Self {
            pieces: Vec::new(),
            kind: Kind::Unigram,
            byte_fallback: false,
            unknown: 0,
            names: [Some("<s>"), Some("</s>"), Some("<unk>")],
            charsmap: &[],
        };
        let mut fields = Fields(bytes);
        while let Some((number, value)) = fields.next()? {
            match (number, value) {
                (1, Field::Bytes(piece)) => model.pieces.push(Piece::read(piece)?),
                (2, Field::Bytes(training)) => model.read_training(training)?,
                (3, Field::Bytes(normalizer)) => model.read_normalizer(normalizer)?,
                _ => {}
            }
        }
        if model.pieces.is_empty() {
            return Err("it has no pieces".to_owned());
        }
        if let Some(piece) = model.pieces.iter().find(|piece| !piece.score.is_finite()) {
            return Err(format!("the score of {:?} is {}; scores must be finite", piece.text, piece.score));
        }
        if model.unknown >= model.pieces.len() {
            return Err(format!("unk_id is {}, but there are {} pieces", model.unknown, model.pieces.len()));
        }
        Ok(model)
    }

    fn read_training(&mut self, bytes: &'a [u8]) -> Result<(), String> {
        let mut fields = Fields(bytes);
        // Under the numbers of the format: a negative id says that there is no such piece.
        let mut there = [true; 3];
        while let Some((number, value)) = fields.next()? {
            match (number, value) {
                (3, Field::Number(1)) => self.kind = Kind::Unigram,
                (3, Field::Number(2)) => self.kind = Kind::Bpe,
                (3, Field::Number(other)) => {
                    return Err(format!("its model_type is {other}; supported are 1 (Unigram) and 2 (BPE)"));
                }
                (35, Field::Number(on)) => self.byte_fallback = on != 0,
                (40, Field::Number(id)) => {
                    there[2] = !is_negative(id);
                    self.unknown = if there[2] { id as u32 as usize } else { 0 };
                }
                (41, Field::Number(id)) => there[0] = !is_negative(id),
                (42, Field::Number(id)) => there[1] = !is_negative(id),
                (45, Field::Bytes(name)) => self.names[2] = Some(text(name)?),
                (46, Field::Bytes(name)) => self.names[0] = Some(text(name)?),
                (47, Field::Bytes(name)) => self.names[1] = Some(text(name)?),
                _ => {}
            }
        }
        for (name, there) in self.names.iter_mut().zip(there) {
            *name = name.filter(|_| there);
        }
        Ok(())
    }

    fn read_normalizer(&mut self, bytes: &'a [u8]) -> Result<(), String> {
        let mut fields = Fields(bytes);
        while let Some((number, value)) = fields.next()? {
            if let (2, Field::Bytes(table)) = (number, value) {
                self.charsmap = table;
            }
        }
        Ok(())
    }
}

impl<'a> Piece<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let mut piece = Self { text: "", score: 0.0, kind: 1 };
        let mut fields = Fields(bytes);
        while let Some((number, value)) = fields.next()? {
            match (number, value) {
                (1, Field::Bytes(name)) => piece.text = text(name)?,
                (2, Field::Word(score)) => piece.score = f32::from_le_bytes(score),
                (3, Field::Number(kind)) => piece.kind = kind,
                _ => {}
            }
        }
        Ok(piece)
    }
}

/// Bytes as base64, as `tokenizer.json` writes a table.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= three.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A field of bytes, or of a number.
    fn bytes(number: u8, value: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, value.len() as u8][..], value].concat()
    }

    fn piece(text: &str, score: f32, kind: u8) -> Vec<u8> {
        let inner = [&bytes(1, text.as_bytes())[..], &[0x15], &score.to_le_bytes(), &[0x18, kind]].concat();
        bytes(1, &inner)
    }

    fn model() -> Vec<u8> {
        let training =
            [&[0x18, 2, 0x98, 2, 1, 0xc0, 2, 0, 0xc8, 2][..], &[0xff; 9], &[1], &[0xfa, 2, 3], b"end"].concat();
        [piece("<unk>", 0.0, 2), piece("a", -1.5, 1), bytes(2, &training), bytes(3, &bytes(2, b"table"))].concat()
    }

    #[test]
    fn the_fields_that_count_are_read() {
        let bytes = model();
        let read = Model::read(&bytes).unwrap();
        assert_eq!((read.kind, read.byte_fallback, read.unknown, read.charsmap), (Kind::Bpe, true, 0, &b"table"[..]));
        assert_eq!(read.names, [None, Some("end"), Some("<unk>")]);
        assert_eq!(read.pieces[1], Piece { text: "a", score: -1.5, kind: 1 });
    }

    #[test]
    fn a_file_cut_or_damaged_anywhere_is_an_error_or_a_model() {
        let bytes = model();
        for cut in 0..bytes.len() {
            let _ = Model::read(&bytes[..cut]);
            for byte in [0, 1, 7, 0x7f, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[cut] = byte;
                let _ = Model::read(&damaged);
            }
        }
        assert!(Model::read(&[]).unwrap_err().contains("no pieces"));
        assert!(Model::read(&piece("a", f32::NAN, 1)).unwrap_err().contains("finite"));
        let long = [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f];
        assert!(Model::read(&long).unwrap_err().contains("damaged"));
    }

    #[test]
    fn base64_is_the_usual_one() {
        assert_eq!(
            ["", "f", "fo", "foo", "foob"].map(|t| base64(t.as_bytes())),
            ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]
        );
    }
}
