//! How probable a text is: each token given those before it.

use crate::error::StudyError;
use beamline::{Budget, Engine, Error, ModelError, Prompt, TokenId, TokenStats};
use serde::Serialize;

/// A text's numbers. Serialised, it is the JSON of `score`.
#[derive(Clone, Debug, Serialize)]
pub struct ScoreReport {
    /// The version of this layout.
    pub schema: u32,
    /// All tokens: the prefix's, then the text's.
    pub token_ids: Vec<u32>,
    /// How many of them are the prefix's, which are not summed.
    pub prefix_tokens: usize,
    /// Each token.
    pub tokens: Vec<ScoredToken>,
    /// The text's log-probability, in nats.
    pub sum_logprob: f64,
    /// Log-probability a token, in nats; null where none was scored.
    pub mean_logprob: Option<f64>,
    /// `exp(-mean_logprob)`.
    pub perplexity: Option<f64>,
    /// Bits for each byte of the tokens scored.
    pub bits_per_byte: Option<f64>,
}

/// A token of a text; numbers are those of the raw model over the whole vocabulary.
#[derive(Clone, Debug, Serialize)]
pub struct ScoredToken {
    /// Its id.
    pub id: u32,
    /// Its bytes as text.
    pub text: String,
    /// Its bytes.
    #[serde(skip)]
    pub bytes: Vec<u8>,
    /// Its log-probability given those before it, in nats; null for a first token, which follows nothing.
    pub logprob: Option<f64>,
    /// Its place in the distribution, from 1; null with `logprob`.
    pub rank: Option<usize>,
    /// The distribution's entropy, in nats; null with `logprob`.
    pub entropy: Option<f64>,
}

/// A text to be scored, after a prefix where there is one.
///
/// A prefix and a text that are tokenized together count as parted where the prefix's own tokens end; if they would
/// fuse across that place, each is tokenized alone, as a prompt and its continuation are. Spaces at a prefix's end count as
/// the text's where the vocabulary has them there.
///
/// For who scores many texts together: [`score`] does the rest for one.
///
/// ```
/// use beamline::{Budget, Engine, Prompt};
/// use beamline_study::{PartedText, score};
/// let engine = Engine::open("builtin")?;
/// let text = PartedText::new(&engine, Some(&"Once upon a".into()), &Prompt::from(" time"))?;
/// assert_eq!(text.token_ids.len(), text.prefix_tokens + 1);
/// let mut scored = [engine.scoring(text.token_ids.clone(), 1, None)?];
/// while engine.score_step(&mut scored, Budget::ALL, &mut |_| {})? > 0 {}
/// let report = text.report(&engine, scored[0].stats());
/// assert_eq!(report.sum_logprob, score(&engine, Some("Once upon a"), &" time".into())?.sum_logprob);
/// # Ok::<(), beamline_study::StudyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartedText {
    /// All tokens: the prefix's, then the text's.
    pub token_ids: Vec<TokenId>,
    /// How many of them are the prefix's, which are not summed.
    pub prefix_tokens: usize,
}

impl PartedText {
    /// Tokenizes a text after a prefix.
    ///
    /// # Errors
    /// When one of them cannot be tokenized, a token does not exist, or all do not fit into the context.
    pub fn new(engine: &Engine, prefix: Option<&Prompt>, text: &Prompt) -> Result<Self, StudyError> {
        let (token_ids, prefix_tokens) = parts(engine, prefix, text)?;
        let geometry = engine.model().geometry();
        if token_ids.len() > geometry.context {
            let (tokens, context) = (token_ids.len(), geometry.context);
            return Err(StudyError::TooLong { what: "text", tokens, context, hint: "score it in parts" });
        }
        if let Some(id) = token_ids.iter().find(|id| id.index() >= geometry.vocab) {
            return Err(StudyError::NoToken { id: id.0, last: geometry.vocab - 1 });
        }
        Ok(Self { token_ids, prefix_tokens })
    }

    /// The text's numbers, given those of its tokens from the second on (a first token follows nothing).
    pub fn report(&self, engine: &Engine, stats: &[TokenStats]) -> ScoreReport {
        let mut tokens: Vec<ScoredToken> = self.token_ids.iter().map(|&id| unscored(engine, id)).collect();
        for (token, stats) in tokens.iter_mut().skip(1).zip(stats) {
            token.logprob = Some(stats.logprob);
            (token.rank, token.entropy) = (Some(stats.rank), Some(stats.entropy));
        }
        total(engine, &self.token_ids, tokens, self.prefix_tokens)
    }
}

impl ScoreReport {
    /// Bits for each character of the tokens scored; none where they have no character. A character of which the tokens have
    /// a part counts where it begins.
    pub fn bits_per_character(&self) -> Option<f64> {
        let scored = self.tokens[self.prefix_tokens..].iter().filter(|token| token.logprob.is_some());
        let begins = |byte: &&u8| **byte & 0xc0 != 0x80;
        let characters = scored.flat_map(|token| &token.bytes).filter(begins).count();
        (characters > 0).then(|| -self.sum_logprob / std::f64::consts::LN_2 / characters as f64)
    }
}

/// Scores `text`, after `prefix` where there is one: the log-likelihood of each token under the raw model. Where both part
/// is told at [`PartedText`].
///
/// ```
/// use beamline::{Engine, Prompt};
/// let engine = Engine::open("builtin")?;
/// let report = beamline_study::score(&engine, None, &Prompt::Text("Once upon a time".into()))?;
/// assert!(report.tokens[0].logprob.is_none()); // it follows nothing
/// let sum: f64 = report.tokens.iter().filter_map(|token| token.logprob).sum();
/// assert!((report.sum_logprob - sum).abs() < 1e-9);
/// # Ok::<(), beamline_study::StudyError>(())
/// ```
///
/// # Errors
/// When a text cannot be tokenized, a token does not exist, or all do not fit into the context.
pub fn score(engine: &Engine, prefix: Option<&str>, text: &Prompt) -> Result<ScoreReport, StudyError> {
    let parted = PartedText::new(engine, prefix.map(Prompt::from).as_ref(), text)?;
    let mut texts = [engine.scoring(parted.token_ids.clone(), 1, None)?];
    while engine.score_step(&mut texts, Budget::ALL, &mut |_| {})? > 0 {}
    let [text] = &texts;
    if text.error().is_some() {
        return Err(ModelError::NotFinite.into());
    }
    Ok(parted.report(engine, text.stats()))
}

/// All tokens, and how many of them are the prefix's.
fn parts(engine: &Engine, prefix: Option<&Prompt>, text: &Prompt) -> Result<(Vec<TokenId>, usize), Error> {
    let Some(prefix) = prefix else { return Ok((tokens(engine, text)?, 0)) };
    let before = tokens(engine, prefix)?;
    let (Prompt::Text(prefix), Prompt::Text(text)) = (prefix, text) else {
        let ids = match text {
            Prompt::Ids(ids) => ids.clone(),
            Prompt::Text(text) => alone(engine, text)?,
        };
        return Ok(([before.as_slice(), &ids].concat(), before.len()));
    };
    let together = engine.tokenizer().ids(&format!("{prefix}{text}"))?;
    if together.starts_with(&before) {
        return Ok((together, before.len()));
    }
    // Where a prefix ends in spaces, most vocabularies put the last of them into the text's first token.
    let trimmed = prefix.trim_end();
    if trimmed.len() < prefix.len() {
        let shorter = engine.tokenizer().ids(trimmed)?;
        if together.starts_with(&shorter) {
            return Ok((together, shorter.len()));
        }
    }
    Ok(([before.as_slice(), &alone(engine, text)?].concat(), before.len()))
}

fn tokens(engine: &Engine, text: &Prompt) -> Result<Vec<TokenId>, Error> {
    match text {
        Prompt::Ids(ids) => Ok(ids.clone()),
        Prompt::Text(text) => Ok(engine.tokenizer().ids(text)?),
    }
}

/// The tokens of a text that follows another, without the begin token.
fn alone(engine: &Engine, text: &str) -> Result<Vec<TokenId>, Error> {
    let mut ids = engine.tokenizer().ids(text)?;
    if ids.first().is_some_and(|first| engine.tokenizer().begin() == Some(*first)) {
        ids.remove(0);
    }
    Ok(ids)
}

fn unscored(engine: &Engine, id: TokenId) -> ScoredToken {
    let vocabulary = engine.tokenizer().vocabulary();
    let (text, bytes) = (vocabulary.text(id), vocabulary.bytes(id).to_vec());
    ScoredToken { id: id.0, text, bytes, logprob: None, rank: None, entropy: None }
}

fn total(engine: &Engine, ids: &[TokenId], tokens: Vec<ScoredToken>, parted: usize) -> ScoreReport {
    let scored: Vec<(f64, usize)> = tokens[parted..]
        .iter()
        .zip(&ids[parted..])
        .filter_map(|(token, &id)| Some((token.logprob?, engine.tokenizer().vocabulary().bytes(id).len())))
        .collect();
    let sum = scored.iter().fold(0.0, |sum, (logprob, _)| sum + logprob);
    let bytes: usize = scored.iter().map(|(_, bytes)| bytes).sum();
    let mean = (!scored.is_empty()).then(|| sum / scored.len() as f64);
    ScoreReport {
        schema: 1,
        token_ids: ids.iter().map(|id| id.0).collect(),
        prefix_tokens: parted,
        sum_logprob: sum,
        mean_logprob: mean,
        perplexity: mean.map(|mean| (-mean).exp()),
        bits_per_byte: (bytes > 0).then(|| -sum / std::f64::consts::LN_2 / bytes as f64),
        tokens,
    }
}

/// Two texts after the same prefix, and what makes the difference between them. Serialised, it is the JSON of `score`
/// with `--against`.
#[derive(Clone, Debug, Serialize)]
pub struct Contrast {
    /// The first text.
    pub a: ScoreReport,
    /// The other one.
    pub b: ScoreReport,
    /// `a`'s log-probability less `b`'s, in nats: above 0, `a` is the more probable.
    pub difference: f64,
    /// Tokens that both begin with, the prefix not counted; they add nothing to the difference.
    pub common: usize,
    /// What each place adds to the difference, from the first token of the texts on.
    pub steps: Vec<ContrastStep>,
}

/// One place in two texts; a text that has ended adds nothing.
#[derive(Clone, Debug, Serialize)]
pub struct ContrastStep {
    /// The first text's token.
    pub a: Option<ScoredToken>,
    /// The other's.
    pub b: Option<ScoredToken>,
    /// What this place adds: `a`'s log-probability less `b`'s.
    pub difference: f64,
    /// All up to here.
    pub cumulative: f64,
}

/// Scores two texts after the same prefix, and says where the difference comes from.
///
/// ```
/// use beamline::{Engine, Prompt};
/// use beamline_study::contrast;
/// let engine = Engine::open("builtin")?;
/// let texts = [" upon a time", " upon the time"].map(|text| Prompt::Text(text.into()));
/// let contrast = contrast(&engine, Some("Once"), &texts[0], &texts[1])?;
/// let sum = contrast.steps.last().expect("there are tokens").cumulative;
/// assert!((sum - contrast.difference).abs() < 1e-9);
/// # Ok::<(), beamline_study::StudyError>(())
/// ```
///
/// # Errors
/// As for [`score`]; and when a text is empty, or both differ in a token that follows nothing.
pub fn contrast(engine: &Engine, prefix: Option<&str>, a: &Prompt, b: &Prompt) -> Result<Contrast, StudyError> {
    let (a, b) = (score(engine, prefix, a)?, score(engine, prefix, b)?);
    let (left, right) = (&a.tokens[a.prefix_tokens..], &b.tokens[b.prefix_tokens..]);
    let (Some(first), Some(other)) = (left.first(), right.first()) else {
        return Err(StudyError::EmptyText);
    };
    if first.logprob.is_none() && first.id != other.id {
        return Err(StudyError::NothingBefore);
    }
    let (mut steps, mut cumulative) = (Vec::new(), 0.0);
    for at in 0..left.len().max(right.len()) {
        let (x, y) = (left.get(at).cloned(), right.get(at).cloned());
        let logprob = |token: &Option<ScoredToken>| token.as_ref().and_then(|t| t.logprob).unwrap_or(0.0);
        let difference = logprob(&x) - logprob(&y);
        cumulative += difference;
        steps.push(ContrastStep { a: x, b: y, difference, cumulative });
    }
    let common = left.iter().zip(right).take_while(|(x, y)| x.id == y.id).count();
    Ok(Contrast { difference: a.sum_logprob - b.sum_logprob, common, steps, a, b })
}
