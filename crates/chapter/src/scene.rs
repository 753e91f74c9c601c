//! One scene: what it is called, what it runs, what it says.

use crate::lang::Lang;
use crate::text::{FormatError, Text};

/// A scene of the chapter.
#[derive(Debug)]
pub struct Scene {
    /// Number and name, such as `05-beam-search`.
    pub(crate) folder: &'static str,
    /// The command lines, one a line.
    pub(crate) commands: &'static str,
    /// The source of its text in each language, in the order of [`Lang::ALL`].
    pub(crate) sources: [&'static str; Lang::ALL.len()],
}

impl Scene {
    /// Its place in the chapter, from 1.
    ///
    /// # Panics
    ///
    /// Where its folder's name does not begin with a number; a test reads them all.
    pub fn number(&self) -> usize {
        let digits = self.folder.split('-').next().unwrap_or_default();
        digits.parse().expect("a test reads the numbers of all scenes")
    }

    /// Its name, such as `beam-search`.
    pub fn name(&self) -> &'static str {
        self.folder.split_once('-').map_or("", |(_, name)| name)
    }

    /// The command lines that show what it says, as they are typed: one or two. [`words`](crate::words()) parts them.
    pub fn commands(&self) -> impl Iterator<Item = &'static str> {
        self.commands.lines()
    }

    /// What the scene says, in a language.
    ///
    /// # Panics
    ///
    /// Where the source of the text is not in the form that [`Scene::read`] asks for; a test reads them all.
    pub fn text(&self, lang: Lang) -> Text {
        self.read(lang).expect("a test reads the texts of all scenes")
    }

    /// What the scene says, in a language, read from its source.
    ///
    /// # Errors
    ///
    /// Where the source is not a title, paragraphs of one line each, and a question and an answer under their headings.
    pub fn read(&self, lang: Lang) -> Result<Text, FormatError> {
        Text::parse(self.sources[lang as usize], lang)
    }
}
