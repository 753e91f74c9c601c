//! How probable a text is: each token given those before it.

use crate::error::StudyError;
use beamline::{Budget, Engine, Error, ModelError, Prompt, TokenId};
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

/// Scores `text`, after `prefix` where there is one: the log-likelihood of each token under the raw model.
///
/// A prefix and a text that are tokenized together count as parted where the prefix's own tokens end; if they would
/// fuse across that place, each is tokenized alone, as a prompt and its continuation are.
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
    let (ids, parted) = parts(engine, prefix, text)?;
    let geometry = engine.model().geometry();
    if ids.len() > geometry.context {
        let (tokens, context) = (ids.len(), geometry.context);
        return Err(StudyError::TooLong { what: "text", tokens, context, hint: "score it in parts" });
    }
    if let Some(id) = ids.iter().find(|id| id.index() >= geometry.vocab) {
        return Err(StudyError::NoToken { id: id.0, last: geometry.vocab - 1 });
    }
    let mut texts = [engine.scoring(ids.clone(), 1, None)?];
    while engine.score_step(&mut texts, Budget::ALL, &mut |_| {})? > 0 {}
    let [text] = &texts;
    if text.error().is_some() {
        return Err(ModelError::NotFinite.into());
    }
    let mut tokens: Vec<ScoredToken> = ids.iter().map(|&id| unscored(engine, id)).collect();
    for (token, stats) in tokens.iter_mut().skip(text.from()).zip(text.stats()) {
        token.logprob = Some(stats.logprob);
        (token.rank, token.entropy) = (Some(stats.rank), Some(stats.entropy));
    }
    Ok(total(engine, &ids, tokens, parted))
}

/// All tokens, and how many of them are the prefix's. Spaces at a prefix's end count as the text's where the vocabulary has
/// them there.
fn parts(engine: &Engine, prefix: Option<&str>, text: &Prompt) -> Result<(Vec<TokenId>, usize), Error> {
    let text = match (text, prefix) {
        (Prompt::Ids(ids), _) => {
            let before = prefix.map(|prefix| engine.tokenizer().ids(prefix)).transpose()?.unwrap_or_default();
            return Ok(([before.as_slice(), ids].concat(), before.len()));
        }
        (Prompt::Text(text), None) => return Ok((engine.tokenizer().ids(text)?, 0)),
        (Prompt::Text(text), Some(_)) => text,
    };
    let before = engine.tokenizer().ids(prefix.unwrap_or_default())?;
    let together = engine.tokenizer().ids(&format!("{}{text}", prefix.unwrap_or_default()))?;
    if together.starts_with(&before) {
        return Ok((together, before.len()));
    }
    // Where a prefix ends in spaces, most vocabularies put the last of them into the text's first token.
    let trimmed = prefix.unwrap_or_default().trim_end();
    if trimmed.len() < prefix.unwrap_or_default().len() {
        let shorter = engine.tokenizer().ids(trimmed)?;
        if together.starts_with(&shorter) {
            return Ok((together, shorter.len()));
        }
    }
    let after = engine.tokenizer().ids(text)?;
    let begins = engine.tokenizer().begin().is_some_and(|begin| after.first() == Some(&begin));
    Ok(([before.as_slice(), &after[usize::from(begins)..]].concat(), before.len()))
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
