//! Grammars: texts that match a JSON schema, a regular expression or a Lark grammar.

mod depth;
mod size;
mod state;
mod terminals;
mod words;

use super::prelude::*;
use beamline_tokens::Vocabulary;
use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::TokEnv;
use llguidance::{Matcher, ParserFactory};
use state::{State, in_a_line};
use std::sync::Arc;
use words::environment;

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

impl Grammar {
    /// Texts that match a regular expression, in the syntax of Rust's `regex`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn regex(regex: &str, vocabulary: &Arc<Vocabulary>, vocab: usize, eos: &[TokenId]) -> Result<Self, ShapeError> {
        Self::new(REGEX.name, TopLevelGrammar::from_regex(regex), size::of_regex(regex), 0, (vocabulary, vocab), eos)
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
        let (within, definitions) = (size::of_lark(grammar), depth::of_lark(grammar));
        let grammar = TopLevelGrammar::from_lark(grammar.to_owned());
        Self::new(LARK.name, grammar, within, definitions, (vocabulary, vocab), eos)
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
        let (within, definitions) = (size::of_schema(schema), depth::of_schema(schema));
        let mut schema = schema.clone();
        if let Some(fields) = schema.as_object_mut() {
            // Spaces without end are JSON too, and small models love them.
            let compact = || serde_json::json!({"whitespace_flexible": false});
            fields.entry("x-guidance").or_insert_with(compact);
        }
        let grammar = TopLevelGrammar::from_json_schema(schema);
        Self::new(SCHEMA.name, grammar, within, definitions, (vocabulary, vocab), eos)
    }

    fn new(
        option: &'static str,
        grammar: TopLevelGrammar,
        within: Result<(), String>,
        definitions: usize,
        (vocabulary, vocab): (&Arc<Vocabulary>, usize),
        eos: &[TokenId],
    ) -> Result<Self, ShapeError> {
        let refused = |error: String| ShapeError::Grammar {
            option,
            reason: format!("{}; mend it, or leave it out", in_a_line(&error)),
        };
        within.map_err(refused)?;
        let environment = environment(vocabulary, vocab).map_err(refused)?;
        let compile = move || compile(&environment, grammar);
        let matcher = depth::with_room_for(definitions, compile).and_then(|compiled| compiled).map_err(refused)?;
        Ok(Self { state: State::new(matcher), eos: eos.into() })
    }
}

/// States of the library's lexer that are kept, of some two kilobytes each.
const MOST_STATES: usize = 50_000;

/// Reads a grammar.
fn compile(environment: &TokEnv, grammar: TopLevelGrammar) -> Result<Matcher, String> {
    let mut factory = ParserFactory::new_simple(environment).map_err(|error| error.to_string())?;
    factory.quiet();
    let limits = factory.limits_mut();
    limits.max_lexer_states = MOST_STATES;
    limits.verbose_errors = false;
    let mut matcher = Matcher::new(factory.create_parser(grammar));
    if let Some(error) = matcher.get_error() {
        return Err(error);
    }
    // A grammar that nothing matches shows at once.
    matcher.compute_mask_or_eos().map_err(|error| error.to_string())?;
    Ok(matcher)
}

impl Processor for Grammar {
    named!("grammar");

    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        let (may_end, mask) = (self.state.may_end(), self.state.mask());
        let allowed = |id: TokenId| mask.as_ref().is_some_and(|mask| mask.is_allowed(id.0));
        let eos = &self.eos;
        logits.retain(|id, _| if eos.contains(&id) { may_end } else { allowed(id) });
    }

    fn is_complete(&mut self) -> Option<bool> {
        Some(self.state.may_end())
    }

    fn is_finished(&mut self) -> bool {
        self.state.is_finished()
    }

    fn stuck(&self) -> Option<&str> {
        self.state.stuck()
    }

    fn accept(&mut self, _: &TokenList, token: TokenId) {
        if !self.eos.contains(&token) {
            self.state.accept(token.0);
        }
    }
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
