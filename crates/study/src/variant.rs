//! A way to choose, written in one line: options under a name.

use crate::error::StudyError;
use beamline::Options;

/// A way to choose the next token (a decoding strategy with its options), under a name. Read from a text: options as
/// [`Options::list`] reads them, and before a colon a name if it is to have another than its options make.
///
/// ```
/// use beamline_study::Variant;
/// let variant: Variant = "five beams: num_beams=5,no_repeat_ngram_size=2".parse()?;
/// assert_eq!(variant.name, "five beams");
/// assert_eq!("num_beams=1".parse::<Variant>()?.name, "greedy");
/// # Ok::<(), beamline_study::StudyError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Variant {
    /// What tables and legends call it.
    pub name: String,
    /// Its options, over those that all variants share.
    pub settings: Options,
}

impl Variant {
    /// The usual course: greedy, beams, beams without repeats, cold and hot sampling, truncated sampling, and all of it
    /// together. What a model's own defaults might add is set back.
    pub const USUAL: [&str; 8] = [
        "do_sample=false,num_beams=1",
        "do_sample=false,num_beams=5",
        "do_sample=false,num_beams=5,no_repeat_ngram_size=2",
        "do_sample=true,temperature=0.7,top_k=0,top_p=1.0",
        "do_sample=true,temperature=2.0,top_k=0,top_p=1.0",
        "do_sample=true,temperature=1.0,top_k=50,top_p=1.0",
        "do_sample=true,temperature=1.0,top_k=0,top_p=0.9",
        "do_sample=true,temperature=0.7,top_k=50,top_p=0.9,no_repeat_ngram_size=2",
    ];

    /// Reads `name=value,name=value`, or `label: name=value,...`.
    fn read(text: &str) -> Result<Self, StudyError> {
        let (label, options) = match text.split_once(':') {
            Some((label, rest)) if !label.contains('=') => (Some(label.trim()), rest),
            _ => (None, text),
        };
        let settings = Options::list(options)?;
        if settings.iter().next().is_none() {
            return Err(StudyError::NoOption { text: text.to_owned() });
        }
        let name = label.filter(|label| !label.is_empty()).map_or_else(|| short_name(options), str::to_owned);
        Ok(Self { name, settings })
    }
}

impl std::str::FromStr for Variant {
    type Err = StudyError;
    fn from_str(text: &str) -> Result<Self, StudyError> {
        Self::read(text)
    }
}

/// `num_beams=5,no_repeat_ngram_size=2` as `beam 5, no-repeat 2`.
fn short_name(options: &str) -> String {
    let pairs: Vec<(&str, &str)> =
        options.split(',').filter_map(|pair| pair.split_once('=')).map(|(n, v)| (n.trim(), v.trim())).collect();
    let samples = pairs.contains(&("do_sample", "true"));
    let words: Vec<String> = pairs
        .iter()
        .filter_map(|&(name, value)| match (name.replace('-', "_").as_str(), value) {
            ("num_beams", "1") if samples => None,
            ("num_beams", "1") => Some("greedy".to_owned()),
            ("do_sample", _) | ("top_k", "0") | ("top_p" | "temperature", "1" | "1.0") => None,
            ("num_beams", n) => Some(format!("beam {n}")),
            ("no_repeat_ngram_size", n) => Some(format!("no-repeat {n}")),
            ("temperature", t) => Some(format!("T {t}")),
            (name, value) => Some(format!("{} {value}", name.replace('_', "-"))),
        })
        .collect();
    let plain = if samples { "sampling" } else { "greedy" };
    if words.is_empty() { plain.to_owned() } else { words.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_named_by_what_they_set() {
        let names: Vec<String> =
            Variant::USUAL.iter().map(|variant| variant.parse::<Variant>().unwrap().name).collect();
        let expected = [
            "greedy",
            "beam 5",
            "beam 5, no-repeat 2",
            "T 0.7",
            "T 2.0",
            "top-k 50",
            "top-p 0.9",
            "T 0.7, top-k 50, top-p 0.9, no-repeat 2",
        ];
        assert_eq!(names, expected);
        assert_eq!("do_sample=true".parse::<Variant>().unwrap().name, "sampling");
        assert!("five".parse::<Variant>().unwrap_err().to_string().contains("name=value"));
    }
}
