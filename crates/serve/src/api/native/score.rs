//! `POST /v1/score`: how probable texts are, after prefixes where there are any.

use super::prompts::ids;
use crate::api::body::{Body, telling};
use crate::api::generate::aside;
use crate::api::openai::models;
use crate::api::score::{ScoreFields, score as scored};
use crate::error::ApiError;
use crate::limits::at_most;
use crate::request::read;
use crate::scheduler::{ScoredText, TextToScore};
use crate::state::State as Server;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use beamline::{Engine, Prompt, TokenId, TokenStats};
use beamline_study::{PartedText, ScoreReport, ScoredToken, StudyError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// What a token of an answer takes, in log-probabilities of other answers: it has a text, bytes and three numbers.
const WEIGHT: usize = 2;

/// What is asked for.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ScoreRequest {
    /// The model; the one that there is where none is named.
    model: Option<String>,
    /// The texts.
    items: Vec<ScoreItem>,
    /// How many of the best tokens to list at each place, up to the whole vocabulary.
    top: Option<usize>,
    /// Whether tokens have the entropy of their place; they do where nobody says.
    entropy: Option<bool>,
    /// Whether texts after a prefix are also scored without it, for their pointwise mutual information.
    unconditional: Option<bool>,
}

/// A text, or a prefix and what may follow it: `continuations`, `text` or `ids`, one of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ScoreItem {
    /// What goes before; it is read once, and not summed.
    prefix: Option<TextOrIds>,
    /// What may follow the prefix.
    continuations: Option<Vec<TextOrIds>>,
    /// A text.
    text: Option<String>,
    /// A text's token ids.
    ids: Option<Vec<u32>>,
}

/// A text, or its token ids.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(untagged, expecting = "it must be a text or a list of token ids")]
enum TextOrIds {
    /// A text.
    Text(String),
    /// Token ids.
    Ids(Vec<u32>),
}

impl TextOrIds {
    fn prompt(self) -> Prompt {
        match self {
            Self::Text(text) => Prompt::Text(text),
            Self::Ids(list) => ids(list),
        }
    }
}

/// The answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScoreResponse {
    /// The version of this layout.
    schema: u32,
    /// The model.
    model: String,
    /// In the order of the request.
    items: Vec<ItemScores>,
}

/// The numbers of one item.
#[derive(Debug, Serialize, ToSchema)]
struct ItemScores {
    /// Its texts, in the order of the request.
    texts: Vec<TextScore>,
    /// Their places, the most probable first.
    order: Order,
}

/// Places of texts in an item, the best first; of equals the one that came first.
#[derive(Debug, Serialize, ToSchema)]
struct Order {
    /// By log-probability.
    sum: Vec<usize>,
    /// By log-probability a token.
    mean: Vec<usize>,
    /// By pointwise mutual information, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pmi: Option<Vec<usize>>,
}

/// The numbers of one text, of which those of the prefix's tokens are not summed.
#[derive(Debug, Serialize, ToSchema)]
struct TextScore {
    /// All tokens: the prefix's, then the text's.
    token_ids: Vec<u32>,
    /// How many of them are the prefix's.
    prefix_tokens: usize,
    /// Each token.
    tokens: Vec<TokenScore>,
    /// The text's log-probability, in nats.
    sum_logprob: f64,
    /// Log-probability a token, in nats; null where none was scored.
    mean_logprob: Option<f64>,
    /// `exp(-mean_logprob)`.
    perplexity: Option<f64>,
    /// Bits for each byte of the tokens scored.
    bits_per_byte: Option<f64>,
    /// Bits for each character of them.
    bits_per_character: Option<f64>,
    /// The text's log-probability after the begin token alone; absent unless it was asked for and there is a prefix.
    #[serde(skip_serializing_if = "Option::is_none")]
    unconditional_logprob: Option<f64>,
    /// `sum_logprob - unconditional_logprob`: how much more probable the prefix makes the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pmi: Option<f64>,
}

/// One token.
#[derive(Debug, Serialize, ToSchema)]
struct TokenScore {
    id: u32,
    text: String,
    bytes: Vec<u8>,
    /// Its log-probability given those before it, in nats; null for a first token, which follows nothing.
    logprob: Option<f64>,
    /// Its place in the distribution, from 1.
    rank: Option<usize>,
    /// The distribution's entropy, in nats.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<f64>)]
    entropy: Option<Entropy>,
    /// The best tokens of its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    top: Option<Vec<BestToken>>,
}

/// An entropy; null with a log-probability that is null.
#[derive(Debug, Serialize)]
struct Entropy(Option<f64>);

/// One of the best tokens of a place.
#[derive(Debug, Serialize, ToSchema)]
struct BestToken {
    id: u32,
    text: String,
    bytes: Vec<u8>,
    logprob: f64,
    rank: usize,
}

/// The route.
pub(crate) async fn score(State(server): State<Arc<Server>>, Body(fields): Body) -> Result<Response, ApiError> {
    let asked = read::<ScoreRequest>(fields, server.settings.lenient)?;
    if let Some(name) = asked.decoding.keys().next() {
        return Err(ApiError::field(name, format!("{name} has no effect on scores, which are the raw model's")));
    }
    let own = asked.own;
    let engine = Arc::clone(&server.model()?.engine);
    let model = models::check(&server, &engine, own.model.as_deref())?;
    let items = own.items.into_iter().enumerate().map(|(i, item)| item.texts(i)).collect::<Result<Vec<_>, _>>()?;
    at_most("items", items.iter().map(|item| item.texts.len()).sum(), server.limits().prompts)?;
    let unconditional = own.unconditional == Some(true);
    let encoding = Arc::clone(&engine);
    let parted = aside(move || {
        let encode = |item: Texts| item.encoded(&encoding, unconditional);
        items.into_iter().map(encode).collect::<Result<Vec<_>, _>>()
    })
    .await?;
    let top = own.top.unwrap_or(0).min(engine.model().geometry().vocab);
    let tokens: usize = parted.iter().flat_map(|item| &item.texts).map(|text| text.token_ids.len()).sum();
    server.limits().numbers("items", tokens.saturating_mul(1 + top).saturating_mul(WEIGHT))?;
    let mut texts = Vec::new();
    for item in &parted {
        item.to_score(&mut texts);
    }
    let scored = if texts.is_empty() {
        Vec::new()
    } else {
        scored(&server, texts, top, ScoreFields { texts: "items", top: "top" }).await?
    };
    let show = Show { top: own.top.is_some(), entropy: own.entropy != Some(false) };
    // A table of many texts is large, and others are to be talked to meanwhile.
    let answer = aside(move || {
        let mut scored = scored.into_iter();
        let items = parted.iter().map(|item| item.scores(&engine, scored.by_ref(), show)).collect();
        Ok(serde_json::to_string(&ScoreResponse { schema: 1, model, items }).unwrap_or_default())
    })
    .await?;
    let response = ([(header::CONTENT_TYPE, "application/json")], answer).into_response();
    Ok(telling(response, &asked.ignored))
}

/// What is listed of tokens.
#[derive(Clone, Copy)]
struct Show {
    top: bool,
    entropy: bool,
}

/// An item's prefix and texts.
struct Texts {
    prefix: Option<Prompt>,
    texts: Vec<Prompt>,
}

impl ScoreItem {
    fn texts(self, place: usize) -> Result<Texts, ApiError> {
        let prefix = self.prefix.map(TextOrIds::prompt);
        let texts = match (self.continuations, self.text, self.ids) {
            (Some(all), None, None) => all.into_iter().map(TextOrIds::prompt).collect(),
            (None, Some(text), None) => vec![Prompt::Text(text)],
            (None, None, Some(list)) => vec![ids(list)],
            _ => {
                let field = format!("items[{place}]");
                let why = format!("{field} must have one of continuations, text and ids");
                return Err(ApiError::field(&field, why));
            }
        };
        Ok(Texts { prefix, texts })
    }
}

impl Texts {
    /// Tokenizes them.
    fn encoded(self, engine: &Engine, unconditional: bool) -> Result<Encoded, ApiError> {
        // A prefix that is too long is refused before it is tokenized with every text.
        let before = self.prefix.as_ref().map(|prefix| PartedText::new(engine, None, prefix)).transpose()?;
        let part = |text: &Prompt| PartedText::new(engine, self.prefix.as_ref(), text);
        let texts = self.texts.iter().map(part).collect::<Result<Vec<_>, StudyError>>()?;
        let alone = match before {
            Some(_) if unconditional => {
                let begin = engine.encode_prompt(&Prompt::Text(String::new())).map_err(|_| {
                    let why = "unconditional needs a begin token, which this model has not; leave it out";
                    ApiError::field("unconditional", why)
                })?;
                texts.iter().map(|text| alone(&begin, text)).collect()
            }
            _ => Vec::new(),
        };
        Ok(Encoded { texts, alone })
    }
}

/// A text after the begin token alone.
fn alone(begin: &[TokenId], text: &PartedText) -> PartedText {
    let token_ids = [begin, &text.token_ids[text.prefix_tokens..]].concat();
    PartedText { token_ids, prefix_tokens: begin.len() }
}

/// An item's tokens.
struct Encoded {
    texts: Vec<PartedText>,
    /// The texts without their prefix, where that is asked for.
    alone: Vec<PartedText>,
}

impl Encoded {
    /// The first token whose numbers another text of the item has not.
    fn from(&self, text: &PartedText) -> usize {
        let first = &self.texts[0].token_ids;
        first.iter().zip(&text.token_ids).take_while(|(a, b)| a == b).count().max(1)
    }

    /// What is to be scored: the first text whole, of the others what is not as in that one.
    fn to_score(&self, all: &mut Vec<TextToScore>) {
        let first = all.len();
        for (i, text) in self.texts.iter().enumerate() {
            let (from, after) = if i == 0 { (1, None) } else { (self.from(text), Some(first)) };
            all.push(TextToScore { tokens: text.token_ids.clone(), from, after });
        }
        let begun = |text: &PartedText| TextToScore { tokens: text.token_ids.clone(), from: 1, after: None };
        all.extend(self.alone.iter().map(begun));
    }

    /// The item's part of the answer, from the next of what was scored.
    fn scores(&self, engine: &Engine, scored: &mut impl Iterator<Item = ScoredText>, show: Show) -> ItemScores {
        let of_texts: Vec<ScoredText> = scored.take(self.texts.len()).collect();
        let of_alone: Vec<ScoredText> = scored.take(self.alone.len()).collect();
        let score = |(i, text): (usize, &PartedText)| {
            let common = if i == 0 { 0 } else { self.from(text) - 1 };
            let (first, own) = (&of_texts[0], &of_texts[i]);
            let stats: Vec<TokenStats> = first.stats[..common].iter().chain(&own.stats).copied().collect();
            let top = || first.top.iter().take(common).chain(&own.top);
            let report = text.report(engine, &stats);
            let alone = self.alone.get(i).zip(of_alone.get(i));
            let unconditional_logprob = alone.map(|(text, scored)| text.report(engine, &scored.stats).sum_logprob);
            let pmi = unconditional_logprob.map(|alone| report.sum_logprob - alone);
            let numbers = Numbers { unconditional_logprob, pmi };
            TextScore::new(engine, report, top().map(Vec::as_slice), numbers, show)
        };
        let texts: Vec<TextScore> = self.texts.iter().enumerate().map(score).collect();
        let pmi = (!self.alone.is_empty()).then(|| order(&texts, |text| text.pmi));
        let (sum, mean) = (order(&texts, |text| Some(text.sum_logprob)), order(&texts, |text| text.mean_logprob));
        ItemScores { order: Order { sum, mean, pmi }, texts }
    }
}

/// Places, the greatest number first; those without one last.
fn order(texts: &[TextScore], number: impl Fn(&TextScore) -> Option<f64>) -> Vec<usize> {
    let mut places: Vec<usize> = (0..texts.len()).collect();
    let key = |place: &usize| number(&texts[*place]).unwrap_or(f64::NEG_INFINITY);
    places.sort_by(|a, b| key(b).total_cmp(&key(a)));
    places
}

/// Numbers of a text besides those of a report.
#[derive(Clone, Copy)]
struct Numbers {
    unconditional_logprob: Option<f64>,
    pmi: Option<f64>,
}

impl TextScore {
    fn new<'a>(
        engine: &Engine,
        report: ScoreReport,
        tops: impl Iterator<Item = &'a [(TokenId, f64)]>,
        numbers: Numbers,
        show: Show,
    ) -> Self {
        let vocabulary = engine.tokenizer().vocabulary();
        let named = |(at, &(id, logprob)): (usize, &(TokenId, f64))| BestToken {
            id: id.0,
            text: vocabulary.text(id),
            bytes: vocabulary.bytes(id).to_vec(),
            logprob,
            rank: at + 1,
        };
        let bits_per_character = report.bits_per_character();
        // A first token follows nothing.
        let mut tops = std::iter::once([].as_slice()).chain(tops);
        let token = |token: ScoredToken| {
            let best = tops.next().unwrap_or_default();
            let ScoredToken { id, text, bytes, logprob, rank, entropy } = token;
            let top = show.top.then(|| best.iter().enumerate().map(named).collect());
            TokenScore { id, text, bytes, logprob, rank, entropy: show.entropy.then_some(Entropy(entropy)), top }
        };
        Self {
            token_ids: report.token_ids,
            prefix_tokens: report.prefix_tokens,
            tokens: report.tokens.into_iter().map(token).collect(),
            sum_logprob: report.sum_logprob,
            mean_logprob: report.mean_logprob,
            perplexity: report.perplexity,
            bits_per_byte: report.bits_per_byte,
            bits_per_character,
            unconditional_logprob: numbers.unconditional_logprob,
            pmi: numbers.pmi,
        }
    }
}
