//! Grammars: texts that match a JSON schema, a regular expression or a Lark grammar.

mod depth;

use super::prelude::*;
use beamline_tokens::Vocabulary;
use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{ApproximateTokEnv, SimpleVob, TokEnv, TokRxInfo, TokTrie};
use llguidance::{Matcher, ParserFactory};
use std::sync::{Arc, Mutex, PoisonError, Weak};

processor! {
    Grammar { state: State, eos: Arc<[TokenId]> }
    what: "Leaves only tokens with which the new text can still become one that matches."
    rule: "Remove every token after whose bytes no continuation matches the grammar; end tokens stay where the text matches as it is."
    when: "`json_schema` for data that a program reads, `regex` for dates and numbers, `lark` for languages."
    limits: "The prompt is not looked at. JSON comes compact. Once nothing can follow, only end tokens are left; without any, the text is finished there. Probability that falls away is not given to others before sampling does so: unlikely texts may come out, since only what may not follow is removed."
    example: "let json = r#\"{\"version\": \"1.0\", \"added_tokens\": [], \"normalizer\": null, \"pre_tokenizer\": null,
    \"post_processor\": null, \"decoder\": {\"type\": \"Fuse\"}, \"model\": {\"type\": \"WordLevel\", \"unk_token\": \"a\",
    \"vocab\": {\"a\": 0, \"7\": 1, \"b\": 2, \"42\": 3, \"end\": 4}}}\"#;
let tokenizer = beamline_tokens::Tokenizer::from_json(json.as_bytes()).expect(\"a vocabulary\");
let mut grammar = Grammar::regex(\"[0-9]+\", tokenizer.vocabulary(), 5, &[TokenId(4)])?;
let mut logits = Logits::of(&[0.0; 5]);
grammar.apply(&mut logits, &Context::default());
assert_eq!(logits.ids(), [1, 3]);"
    source: "Willard and Louf (2023) for the idea; the `llguidance` library does the work."
}

/// The library's words in one line of a bounded length: they quote grammars whole, and end with the state of a parser, which
/// says nothing to a user.
fn in_a_line(error: &str) -> String {
    const MOST: usize = 120;
    let told = error.split("<state>").next().unwrap_or_default();
    let line: Vec<char> = told.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect();
    if line.len() <= 2 * MOST {
        return line.into_iter().collect();
    }
    // What is wrong stands before the quotation or after it.
    let (first, last) = (line[..MOST].iter().collect::<String>(), line[line.len() - MOST..].iter().collect::<String>());
    format!("{first} ... {last}")
}

/// How far the text has come in the grammar.
struct State(Matcher);

impl Clone for State {
    fn clone(&self) -> Self {
        Self(self.0.deep_clone())
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("State")
    }
}

impl Grammar {
    /// Texts that match a regular expression, in the syntax of Rust's `regex`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn regex(regex: &str, vocabulary: &Arc<Vocabulary>, vocab: usize, eos: &[TokenId]) -> Result<Self, ShapeError> {
        Self::new(REGEX.name, TopLevelGrammar::from_regex(regex), 0, vocabulary, vocab, eos)
    }

    /// Texts of a language whose grammar is written for Lark.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn lark(
        grammar: &str,
        vocabulary: &Arc<Vocabulary>,
        vocab: usize,
        eos: &[TokenId],
    ) -> Result<Self, ShapeError> {
        let definitions = depth::of_lark(grammar);
        Self::new(LARK.name, TopLevelGrammar::from_lark(grammar.to_owned()), definitions, vocabulary, vocab, eos)
    }

    /// JSON that a schema allows, without spaces between its parts (unless the schema's `x-guidance` says otherwise).
    ///
    /// # Errors
    /// When the schema cannot be read, or asks for what is not supported.
    pub fn json_schema(
        schema: &serde_json::Value,
        vocabulary: &Arc<Vocabulary>,
        vocab: usize,
        eos: &[TokenId],
    ) -> Result<Self, ShapeError> {
        let definitions = depth::of_schema(schema);
        let mut schema = schema.clone();
        if let Some(fields) = schema.as_object_mut() {
            // Spaces without end are JSON too, and small models love them.
            let compact = || serde_json::json!({"whitespace_flexible": false});
            fields.entry("x-guidance").or_insert_with(compact);
        }
        Self::new(SCHEMA.name, TopLevelGrammar::from_json_schema(schema), definitions, vocabulary, vocab, eos)
    }

    fn new(
        option: &'static str,
        grammar: TopLevelGrammar,
        definitions: usize,
        vocabulary: &Arc<Vocabulary>,
        vocab: usize,
        eos: &[TokenId],
    ) -> Result<Self, ShapeError> {
        let refused = |error: String| ShapeError::Grammar {
            option,
            reason: format!("{}; mend it, or leave it out", in_a_line(&error)),
        };
        let environment = environment(vocabulary, vocab);
        let compile = || {
            let mut factory = ParserFactory::new_simple(&environment).map_err(|error| error.to_string())?;
            factory.quiet();
            let mut matcher = Matcher::new(factory.create_parser(grammar));
            if let Some(error) = matcher.get_error() {
                return Err(error);
            }
            // A grammar that nothing matches shows at once.
            matcher.compute_mask_or_eos().map_err(|error| error.to_string())?;
            Ok(matcher)
        };
        let matcher = depth::with_room_for(definitions, compile).and_then(|compiled| compiled).map_err(refused)?;
        Ok(Self { state: State(matcher), eos: eos.into() })
    }
}

impl Grammar {
    /// Whether the text matches as it is.
    fn may_end(&mut self) -> bool {
        let matcher = &mut self.state.0;
        let stopped = matcher.is_stopped() && matcher.get_error().is_none();
        stopped || matcher.is_accepting().unwrap_or(false)
    }
}

impl Processor for Grammar {
    named!("grammar");

    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        let may_end = self.may_end();
        let matcher = &mut self.state.0;
        let stopped = matcher.is_stopped() && matcher.get_error().is_none();
        let mask = if stopped { None } else { matcher.compute_mask().ok() };
        let allowed = |id: TokenId| mask.as_ref().is_some_and(|mask| mask.is_allowed(id.0));
        let eos = &self.eos;
        logits.retain(|id, _| if eos.contains(&id) { may_end } else { allowed(id) });
    }

    fn is_complete(&mut self) -> Option<bool> {
        Some(self.may_end())
    }

    fn is_finished(&mut self) -> bool {
        let matcher = &mut self.state.0;
        if matcher.is_stopped() {
            return matcher.get_error().is_none();
        }
        // The one end token of the library's lies beyond the vocabulary.
        let (may_end, mask) = (self.may_end(), self.state.0.compute_mask().ok());
        let more = |mask: &SimpleVob| mask.iter().any(|id| id as usize + 1 < mask.len());
        may_end && !mask.as_ref().is_some_and(more)
    }

    fn accept(&mut self, _: &TokenList, token: TokenId) {
        if self.eos.contains(&token) {
            return;
        }
        // A token that does not match leaves the matcher in error, and then no token is left.
        let _ = self.state.0.consume_token(token.0);
    }
}

/// The vocabulary as the library wants it. Making it takes a while, so the last one is kept.
fn environment(vocabulary: &Arc<Vocabulary>, vocab: usize) -> TokEnv {
    type Kept = (Weak<Vocabulary>, usize, TokEnv);
    static KEPT: Mutex<Option<Kept>> = Mutex::new(None);
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((of, size, environment)) = &*kept
        && std::ptr::eq(of.as_ptr(), Arc::as_ptr(vocabulary))
        && *size == vocab
    {
        return Arc::clone(environment);
    }
    let word = |id: usize| {
        let (id, marker) = (TokenId(id as u32), TokTrie::SPECIAL_TOKEN_MARKER);
        let bytes = vocabulary.bytes(id);
        // A special token's name is not text.
        if vocabulary.is_special(id) { [&[marker], bytes].concat() } else { bytes.to_vec() }
    };
    let mut words: Vec<Vec<u8>> = (0..vocab).map(word).collect();
    // The library wants one end token. It gets one beyond the vocabulary; the real ones, none or many, are looked after
    // here.
    words.push([&[TokTrie::SPECIAL_TOKEN_MARKER], b"<end>".as_slice()].concat());
    let info = TokRxInfo::new(words.len() as u32, vocab as u32);
    let environment: TokEnv = Arc::new(ApproximateTokEnv::new(TokTrie::from(&info, &words)));
    *kept = Some((Arc::downgrade(vocabulary), vocab, Arc::clone(&environment)));
    environment
}

const SCHEMA: OptionSpec = OptionSpec {
    name: "json_schema",
    aliases: &["schema", "guided_json"],
    kind: OptionKind::Object,
    range: "a JSON object, a schema",
    short: "write JSON that this schema allows",
    ..OptionSpec::BASE
};

const REGEX: OptionSpec = OptionSpec {
    name: "regex",
    aliases: &["guided_regex", "pattern"],
    kind: OptionKind::Text,
    range: "a regular expression",
    short: "write a text that matches this regular expression",
    ..OptionSpec::BASE
};

const LARK: OptionSpec = OptionSpec {
    name: "lark",
    aliases: &["grammar", "gbnf"],
    kind: OptionKind::Text,
    range: "a grammar in Lark's syntax",
    short: "write a text of the language with this grammar",
    ..OptionSpec::BASE
};

pub(crate) const ENTRY: Entry = Entry {
    name: "grammar",
    options: &[SCHEMA, REGEX, LARK],
    page: PAGE,
    build: |brief| {
        let of = |option: &OptionSpec| (brief.value)(option.name);
        let (vocabulary, vocab, eos) = (brief.vocabulary, brief.vocab, brief.eos);
        match (of(&SCHEMA), of(&REGEX), of(&LARK)) {
            (Some(OptionValue::Object(schema)), None, None) => {
                built(Grammar::json_schema(&schema, vocabulary, vocab, eos)?)
            }
            (None, Some(OptionValue::Text(regex)), None) => built(Grammar::regex(&regex, vocabulary, vocab, eos)?),
            (None, None, Some(OptionValue::Text(lark))) => built(Grammar::lark(&lark, vocabulary, vocab, eos)?),
            _ => Err(ShapeError::Grammar {
                option: "json_schema, regex and lark",
                reason: "a text can be held to one grammar at a time; give one of them".to_owned(),
            }),
        }
    },
};
