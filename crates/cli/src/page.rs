//! The page on which `learn` shows what commands print: so many columns wide, text broken between words, notes on it or not.
//!
//! The commands that a scene runs are the ordinary ones and know nothing of it; what they print comes through here.

use console::measure_text_width;
use std::sync::{Mutex, MutexGuard, PoisonError};

static PAGE: Mutex<Option<Page>> = Mutex::new(None);

/// What is open, and how far its last line has come.
struct Page {
    columns: usize,
    with_notes: bool,
    used: usize,
    spaces: String,
    word: String,
}

fn page() -> MutexGuard<'static, Option<Page>> {
    // What a panic left half done is a line's end at most.
    PAGE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From here on, what is printed is broken into lines of so many columns; notes stand between the results where they are asked for.
pub(crate) fn open(columns: usize, with_notes: bool) {
    *page() = Some(Page { columns, with_notes, used: 0, spaces: String::new(), word: String::new() });
}

/// The end of it: what was held back, up to the end of a line.
pub(crate) fn close() -> String {
    page().take().map_or(String::new(), |mut page| {
        let mut out = page.place();
        if page.used > 0 {
            out.push('\n');
        }
        out
    })
}

/// The columns of the page that is open.
pub(crate) fn columns() -> Option<usize> {
    page().as_ref().map(|page| page.columns)
}

/// Whether notes belong on the page that is open.
pub(crate) fn takes_notes() -> bool {
    page().as_ref().is_some_and(|page| page.with_notes)
}

/// A piece of output as it goes on the page: all of it where none is open; else up to its last word, which may go on.
pub(crate) fn placed(text: &str) -> String {
    match page().as_mut() {
        Some(page) => page.push(text),
        None => text.to_owned(),
    }
}

impl Page {
    fn push(&mut self, text: &str) -> String {
        let mut out = String::new();
        for c in text.chars() {
            match c {
                '\n' => {
                    out += &self.place();
                    out.push('\n');
                    self.used = 0;
                }
                ' ' => {
                    if !self.word.is_empty() {
                        out += &self.place();
                    }
                    self.spaces.push(' ');
                }
                _ => self.word.push(c),
            }
        }
        out
    }

    /// The word that was held back, on this line or the next.
    fn place(&mut self) -> String {
        let (spaces, word) = (std::mem::take(&mut self.spaces), std::mem::take(&mut self.word));
        let wide = measure_text_width(&word);
        if self.used > 0 && wide > 0 && self.used + spaces.len() + wide > self.columns {
            self.used = wide;
            return format!("\n{word}");
        }
        self.used += spaces.len() + wide;
        spaces + &word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(columns: usize, pieces: &[&str]) -> String {
        let mut page = Page { columns, with_notes: false, used: 0, spaces: String::new(), word: String::new() };
        let mut out: String = pieces.iter().map(|piece| page.push(piece)).collect();
        out += &page.place();
        out
    }

    #[test]
    fn lines_are_broken_between_words_however_they_come() {
        assert_eq!(on(10, &["one two th", "ree four"]), "one two\nthree four");
        assert_eq!(on(8, &["안녕 하세요"]), "안녕\n하세요");
        assert_eq!(on(3, &["longer than"]), "longer\nthan");
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        let text = "  a  |   b \n\n \u{1b}[1mbold\u{1b}[0m\n";
        assert_eq!(on(12, &[text]), text);
    }
}
