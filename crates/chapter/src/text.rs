//! The form in which a text is written, and its reader.

use crate::lang::Lang;
use thiserror::Error;

/// What a scene says in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The title.
    pub title: String,
    /// What it tells, before its commands: paragraphs of running text, with names of options in backquotes.
    pub paragraphs: Vec<String>,
    /// What the reader is asked afterwards.
    pub question: String,
    /// The answer.
    pub answer: String,
}

/// Why a text cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FormatError {
    /// The text does not begin with a title.
    #[error("the first line must be '# ' and the title")]
    NoTitle,
    /// A line has spaces at an end, is indented, or has a tab.
    #[error("line {0} begins or ends with a space, or has a tab")]
    Space(usize),
    /// A line does not stand alone: a paragraph is one line, and an empty one parts it from the next.
    #[error("line {0} is not parted from the line before by one empty line")]
    NotParted(usize),
    /// A part is missing, comes twice, or is out of order.
    #[error("the parts must be the text, '## {0}' and one paragraph, '## {1}' and one paragraph")]
    Parts(&'static str, &'static str),
    /// A backquote opens a name of an option, or a command, and none closes it.
    #[error("line {0} has an odd number of backquotes")]
    Backquote(usize),
}

impl Text {
    /// Reads `# title`, paragraphs, `## question` and `## answer` with the headings of the language; every paragraph is one line.
    pub(crate) fn parse(source: &str, lang: Lang) -> Result<Self, FormatError> {
        let lines = lines(source)?;
        let title = lines.first().and_then(|line| line.strip_prefix("# ")).ok_or(FormatError::NoTitle)?;
        let messages = lang.messages();
        let wrong = FormatError::Parts(messages.question, messages.answer);
        let heading = |words: &str| lines.iter().position(|line| line.strip_prefix("## ") == Some(words));
        let (Some(question), Some(answer)) = (heading(messages.question), heading(messages.answer)) else {
            return Err(wrong);
        };
        let in_place = question >= 2 && answer == question + 2 && lines.len() == answer + 2;
        if !in_place || lines.iter().filter(|line| line.starts_with('#')).count() != 3 {
            return Err(wrong);
        }
        Ok(Self {
            title: title.to_owned(),
            paragraphs: lines[1..question].iter().map(|&line| line.to_owned()).collect(),
            question: lines[question + 1].to_owned(),
            answer: lines[answer + 1].to_owned(),
        })
    }
}

/// The lines that are not empty, each parted from the one before by one that is.
fn lines(source: &str) -> Result<Vec<&str>, FormatError> {
    let mut found = Vec::new();
    for (i, line) in source.lines().enumerate() {
        if line.is_empty() != (i % 2 == 1) {
            return Err(FormatError::NotParted(i + 1));
        }
        if line.trim() != line || line.contains('\t') {
            return Err(FormatError::Space(i + 1));
        }
        if line.matches('`').count() % 2 == 1 {
            return Err(FormatError::Backquote(i + 1));
        }
        if !line.is_empty() {
            found.push(line);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# T\n\nOne.\n\nTwo.\n\n## Question\n\nWhy?\n\n## Answer\n\nSo.\n";

    #[test]
    fn a_text_has_its_parts() {
        let text = Text::parse(GOOD, Lang::En).unwrap();
        assert_eq!((text.title.as_str(), text.paragraphs.len()), ("T", 2));
        assert_eq!((text.question.as_str(), text.answer.as_str()), ("Why?", "So."));
    }

    #[test]
    fn what_is_not_in_the_form_is_refused() {
        let parse = |source: &str| Text::parse(source, Lang::En).unwrap_err();
        let parts = FormatError::Parts("Question", "Answer");
        assert_eq!(parse(""), FormatError::NoTitle);
        assert_eq!(parse(&GOOD.replace("# T", "T")), FormatError::NoTitle);
        assert_eq!(parse(&GOOD.replace("One.", "One. ")), FormatError::Space(3));
        assert_eq!(parse(&GOOD.replace("One.", "One\tand.")), FormatError::Space(3));
        assert_eq!(parse(&GOOD.replace("One.", "One `a.")), FormatError::Backquote(3));
        assert_eq!(parse(&GOOD.replace("One.\n", "One.\nmore\n")), FormatError::NotParted(4));
        assert_eq!(parse(&GOOD.replace("One.\n", "One.\n\n")), FormatError::NotParted(5));
        assert_eq!(parse(&GOOD.replace("One.\n\nTwo.\n\n", "")), parts);
        assert_eq!(parse(&GOOD.replace("So.", "## So")), parts);
        assert_eq!(parse(&GOOD.replace("So.", "So.\n\nMore.")), parts);
        assert_eq!(parse(&GOOD.replace("Two.", "## Two")), parts);
        assert_eq!(Text::parse(GOOD, Lang::Ko).unwrap_err(), FormatError::Parts("질문", "답"));
    }
}
