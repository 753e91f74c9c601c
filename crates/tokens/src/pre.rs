//! The ways of splitting text before its words are merged (pre-tokenizers), under the names that GGUF files have for them.
//!
//! The patterns are facts about each family of models. A name that is not known is an error, since a wrong pattern gives other
//! ids than the model was trained on.

use std::borrow::Cow;

/// A way to split.
#[allow(clippy::struct_excessive_bools)] // each is a fact
pub(crate) struct Way {
    /// Its names: the first is the family's, the others split in the same way.
    names: &'static [&'static str],
    /// Patterns, each tried on what the ones before left whole.
    stages: &'static [&'static str],
    /// Whether words are then split as GPT-2 splits them.
    pub(crate) as_gpt2: bool,
    /// Whether a word that is a token is one, whatever the merges would make of it.
    pub(crate) whole_words: bool,
    /// Whether a text begins with the begin token where the file does not say.
    pub(crate) begins: bool,
    /// Whether characters are composed first (NFC).
    pub(crate) composed: bool,
}

/// What a family has in common with most.
const PLAIN: Way = Way { names: &[], stages: &[], as_gpt2: false, whole_words: false, begins: false, composed: false };

/// Words, numbers and the rest, as most newer families split them: `WORD` and `NUMBER` are the family's own.
macro_rules! newer {
    ($word:literal, $number:literal) => {
        concat!(
            "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?",
            $word,
            "+|",
            $number,
            r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
        )
    };
}

/// Words that begin with capitals and go on in small letters, `SUFFIX` after them.
macro_rules! cased {
    ($suffix:literal, $number:literal) => {
        concat!(
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+",
            $suffix,
            r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*",
            $suffix,
            "|",
            $number,
            r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
        )
    };
}

/// Letters that have capitals, as DeepSeek lists them: of Armenian the capitals alone.
macro_rules! cased_letters {
    () => {
        concat!(
            r"A-Za-z\u{b5}\u{c0}-\u{d6}\u{d8}-\u{f6}\u{f8}-\u{1ba}\u{1bc}-\u{1bf}\u{1c4}-\u{293}\u{295}-\u{2af}",
            r"\u{370}-\u{373}\u{376}-\u{377}\u{37b}-\u{37d}\u{37f}\u{386}\u{388}-\u{38a}\u{38c}\u{38e}-\u{3a1}",
            r"\u{3a3}-\u{3f5}\u{3f7}-\u{481}\u{48a}-\u{52f}\u{531}-\u{556}\u{10a0}-\u{10c5}\u{13a0}-\u{13f5}",
            r"\u{13f8}-\u{13fd}\u{1c90}-\u{1cba}\u{1cbd}-\u{1cbf}\u{1d00}-\u{1d2b}\u{1d6b}-\u{1d77}\u{1d79}-\u{1d9a}",
            r"\u{1e00}-\u{1f15}\u{1f18}-\u{1f1d}\u{1f20}-\u{1f45}\u{1f48}-\u{1f4d}\u{1f50}-\u{1f57}\u{1f59}\u{1f5b}",
            r"\u{1f5d}\u{1f5f}-\u{1f7d}\u{1f80}-\u{1fb4}\u{1fb6}-\u{1fbc}\u{1fbe}\u{1fc2}-\u{1fc4}\u{1fc6}-\u{1fcc}",
            r"\u{1fd0}-\u{1fd3}\u{1fd6}-\u{1fdb}\u{1fe0}-\u{1fec}\u{1ff2}-\u{1ff4}\u{1ff6}-\u{1ffc}\u{2102}\u{2107}",
            r"\u{210a}-\u{2113}\u{2115}\u{2119}-\u{211d}\u{2124}\u{2126}\u{2128}\u{212a}-\u{212d}\u{212f}-\u{2134}\u{2139}",
            r"\u{213c}-\u{213f}\u{2145}-\u{2149}\u{214e}\u{2183}-\u{2184}\u{2c00}-\u{2c7b}\u{2c7e}-\u{2ce4}",
            r"\u{2ceb}-\u{2cee}\u{2cf2}-\u{2cf3}\u{a640}-\u{a66d}\u{a680}-\u{a69b}\u{a722}-\u{a76f}\u{a771}-\u{a787}",
            r"\u{a78b}-\u{a78e}\u{ab70}-\u{abbf}\u{fb00}-\u{fb06}\u{fb13}-\u{fb17}\u{ff21}-\u{ff3a}\u{ff41}-\u{ff5a}",
            r"\u{10400}-\u{1044f}\u{104b0}-\u{104d3}\u{104d8}-\u{104fb}\u{10c80}-\u{10cb2}\u{10cc0}-\u{10cf2}",
            r"\u{118a0}-\u{118df}\u{1e900}-\u{1e943}",
        )
    };
}

const THREES: &str = newer!(r"\p{L}", r"\p{N}{1,3}");
const SINGLES: &str = newer!(r"\p{L}", r"\p{N}");
const CASED: &str = cased!("(?i:'s|'t|'re|'ve|'m|'ll|'d)?", r"\p{N}{1,3}");
const DIGIT: &str = r"\p{N}";
const KANA_AND_HAN: &str = r"[\u{4e00}-\u{9fa5}\u{3040}-\u{309f}\u{30a0}-\u{30ff}]+";
const HAN_AND_HANGUL: &str = r"[\u{800}-\u{9fa5}\u{ac00}-\u{d7ff}]+";
/// Punctuation with a word after it, words with their marks, symbols.
const DEEPSEEK: &str = r##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"##;
/// Everything up to a space or a sentence's end.
const UNSPACED: &str = r" ?[^(\s|.,!?…。，、।۔،)]+";

const WAYS: &[Way] = &[
    Way {
        names: &[
            "gpt-2",
            "mpt",
            "olmo",
            "jais",
            "trillion",
            "granite-docling",
            "phi-2",
            "jina-es",
            "jina-de",
            "gigachat",
            "jina-v2-es",
            "jina-v2-de",
            "a.x-4.0",
            "mellum",
            "modern-bert",
            "exaone4",
        ],
        as_gpt2: true,
        ..PLAIN
    },
    Way {
        names: &["smollm", "starcoder", "refact", "codeshell", "exaone", "minerva-7b", "mellum2"],
        stages: &[DIGIT],
        as_gpt2: true,
        ..PLAIN
    },
    Way { names: &["command-r"], stages: &[DIGIT], as_gpt2: true, composed: true, ..PLAIN },
    Way {
        names: &[
            "llama-bpe",
            "llama3",
            "llama-v3",
            "falcon3",
            "falcon-h1",
            "pixtral",
            "midm-2.0",
            "lfm2",
            "jina-v5-nano",
        ],
        stages: &[THREES],
        whole_words: true,
        begins: true,
        ..PLAIN
    },
    Way { names: &["dbrx", "smaug-bpe", "chatglm-bpe"], stages: &[THREES], ..PLAIN },
    Way { names: &["glm4", "glm5"], stages: &[THREES], whole_words: true, ..PLAIN },
    Way {
        names: &[
            "qwen2",
            "deepseek-r1-qwen",
            "kormo",
            "f2llmv2",
            "megrez",
            "stablelm2",
            "hunyuan",
            "solar-open",
            "grok-2",
        ],
        stages: &[SINGLES],
        composed: true,
        ..PLAIN
    },
    Way {
        names: &["qwen35"],
        stages: &[
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        ],
        ..PLAIN
    },
    Way {
        names: &["deepseek-llm"],
        stages: &[
            r"[\r\n]",
            concat!(r"\s?[", cased_letters!(), "]+"),
            r"\s?[!-/:-~\u{ff01}-\u{ff0f}\u{ff1a}-\u{ff5e}\u{2018}-\u{201f}\u{3000}-\u{3002}]+",
            r"\s+$",
            HAN_AND_HANGUL,
            r"\p{N}+",
        ],
        ..PLAIN
    },
    Way {
        names: &["deepseek-coder"],
        stages: &[r"[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", HAN_AND_HANGUL, DIGIT],
        ..PLAIN
    },
    Way {
        names: &["deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"],
        stages: &[r"\p{N}{1,3}", KANA_AND_HAN, DEEPSEEK],
        ..PLAIN
    },
    Way {
        names: &["falcon"],
        stages: &[
            r"[\p{P}$+<=>^~|`]+",
            r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)",
            "[0-9][0-9][0-9]",
        ],
        ..PLAIN
    },
    Way {
        names: &["default"],
        stages: &[
            r"[\p{P}$+<=>^~|]+",
            r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)",
            r"\p{N}+",
            "[0-9][0-9][0-9]",
        ],
        ..PLAIN
    },
    Way { names: &["tekken"], stages: &[cased!("", r"\p{N}")], whole_words: true, begins: true, ..PLAIN },
    Way { names: &["gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"], stages: &[CASED], ..PLAIN },
    Way { names: &["tiny_aya", "cohere2moe"], stages: &[r"\d{1,3}(?=(?:\d{3})*\b)", CASED], ..PLAIN },
    Way { names: &["poro-chat", "bloom", "gpt3-finnish"], stages: &[UNSPACED], ..PLAIN },
    Way { names: &["viking"], stages: &[UNSPACED, DIGIT], ..PLAIN },
    Way {
        names: &["bailingmoe", "bailingmoe2", "llada-moe"],
        stages: &[
            r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
        ],
        ..PLAIN
    },
    Way {
        names: &["seed-coder"],
        stages: &[
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+",
        ],
        ..PLAIN
    },
    Way {
        names: &["exaone-moe"],
        stages: &[
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+",
        ],
        ..PLAIN
    },
    Way { names: &["minicpm5"], stages: &[r"\p{N}{1,3}", newer!(r"\p{L}", r"\p{N}+")], whole_words: true, ..PLAIN },
    Way { names: &["laguna"], stages: &[r"[^\n]+|\n+", SINGLES], ..PLAIN },
];

/// The way of a name; none where it is not known.
pub(crate) fn way(name: &str) -> Option<&'static Way> {
    WAYS.iter().find(|way| way.names.contains(&name))
}

impl Way {
    /// The patterns, in order.
    pub(crate) fn stages(&self) -> impl Iterator<Item = Cow<'static, str>> + use<> {
        self.stages.iter().map(|pattern| Cow::Borrowed(*pattern))
    }
}

/// The first pattern of a name.
pub(crate) fn pattern(name: &str) -> Option<Cow<'static, str>> {
    way(name)?.stages().next()
}

/// The known values of `tokenizer.ggml.pre`, families and their aliases.
///
/// ```
/// let names: Vec<&str> = beamline_tokens::pre_tokenizers().collect();
/// assert!(names.contains(&"qwen2") && names.contains(&"deepseek-r1-qwen"));
/// ```
pub fn pre_tokenizers() -> impl Iterator<Item = &'static str> {
    WAYS.iter().flat_map(|way| way.names.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_one_way() {
        let mut names: Vec<&str> = pre_tokenizers().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!((names.len(), count > 60), (count, true));
    }
}
