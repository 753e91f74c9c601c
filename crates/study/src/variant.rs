//! A way to choose, written in one line: options under a name.

use crate::error::StudyError;
use beamline::{Options, nearest};

/// A way to choose the next token (a decoding strategy with its options), under a name. Read from a text: options as
/// [`Options::list`] reads them, or the name of one of the [usual ways](Self::NAMES); and before a colon and a space a label,
/// if it is to have another name than its options make.
///
/// ```
/// use beamline_study::Variant;
/// let variant: Variant = "five beams: num_beams=5,no_repeat_ngram_size=2".parse()?;
/// assert_eq!(variant.name, "five beams");
/// assert_eq!("T=0.8: do_sample=true,temperature=0.8".parse::<Variant>()?.name, "T=0.8");
/// assert_eq!("greedy".parse::<Variant>()?.name, "greedy");
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

    /// The names of the usual course, in its order: what may be written in place of a variant's options.
    pub const NAMES: [&str; 8] =
        ["greedy", "beams", "beams-no-repeat", "cool", "hot", "top-k", "top-p", "all-together"];

    /// Reads `name=value,name=value`, a name of the usual course, or either after `label: `.
    fn read(text: &str) -> Result<Self, StudyError> {
        let (label, options) = parted(text);
        let options = match usual(options) {
            Some(usual) => usual,
            None if options.contains('=') || options.trim().is_empty() => options,
            None => {
                let near = nearest(options, Self::NAMES);
                return Err(StudyError::NoSuchWay {
                    text: options.trim().to_owned(),
                    near,
                    known: Self::NAMES.to_vec(),
                });
            }
        };
        let settings = Options::list(options)?;
        if settings.iter().next().is_none() {
            return Err(StudyError::NoOption { text: text.to_owned() });
        }
        let name = label.filter(|label| !label.is_empty()).map_or_else(|| short_name(options), str::to_owned);
        Ok(Self { name, settings })
    }
}

/// The label, where there is one, and what stands behind it. A colon with a space behind it ends a label of any kind, if no
/// bracket or quote is open (JSON has such colons); a bare one only a label that could be no option.
fn parted(text: &str) -> (Option<&str>, &str) {
    let (mut depth, mut quoted) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            ':' if depth <= 0 && !quoted && text[at + 1..].starts_with(' ') => {
                return (Some(text[..at].trim()), &text[at + 1..]);
            }
            _ => {}
        }
    }
    match text.split_once(':') {
        Some((label, rest)) if !label.contains('=') => (Some(label.trim()), rest),
        _ => (None, text),
    }
}

/// The options of the usual way that has this name, or is shown under it.
fn usual(name: &str) -> Option<&'static str> {
    let plain = |name: &str| name.trim().to_lowercase().replace([' ', '_'], "-");
    let wanted = plain(name);
    let all = Variant::NAMES.into_iter().zip(Variant::USUAL);
    all.into_iter().find(|(known, options)| wanted == *known || wanted == plain(&short_name(options))).map(|(_, o)| o)
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

    #[test]
    fn a_label_may_look_like_an_option_and_json_is_no_label() {
        let read = |text: &str| {
            let variant: Variant = text.parse().unwrap();
            let names: Vec<&str> = variant.settings.iter().map(|(name, _)| name).collect();
            (variant.name, names.join(" "))
        };
        assert_eq!(read("T=0.8: do_sample=true,temperature=0.8"), ("T=0.8".into(), "do_sample temperature".into()));
        assert_eq!(read("five: num_beams=5").0, "five");
        assert_eq!(read("five:num_beams=5").0, "five");
        assert_eq!(read(r#"json_schema={"type": "object"}"#).1, "json_schema");
        assert_eq!(read(r#"x: json_schema={"type": "object"}"#), ("x".into(), "json_schema".into()));
    }

    #[test]
    fn the_usual_ways_have_names() {
        for (name, options) in Variant::NAMES.into_iter().zip(Variant::USUAL) {
            let (named, written): (Variant, Variant) = (name.parse().unwrap(), options.parse().unwrap());
            assert_eq!((&named.name, &named.settings), (&written.name, &written.settings));
            // What a table calls it works too.
            assert_eq!(written.name.parse::<Variant>().unwrap().settings, written.settings);
        }
        assert_eq!("mine: top-k".parse::<Variant>().unwrap().name, "mine");
        let wrong = "greddy".parse::<Variant>().unwrap_err().to_string();
        assert!(wrong.contains("did you mean greedy?") && wrong.contains("top-p"), "{wrong}");
    }
}
