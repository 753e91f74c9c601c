//! Strategies side by side: one prompt, several ways to choose, run as one batch.

use crate::error::StudyError;
use crate::text_stats::{TextStats, mean_and_spread, similarity};
use crate::variant::Variant;
use beamline::{Beginning, Budget, Engine, OptionValue, Options, Plan, Prompt, Sequence, Session, Setting, Special};
use serde::Serialize;
use serde_json::{Map, Value};
use std::time::Instant;

/// Several ways from one prompt. Serialised, it is the JSON of `compare`.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// The version of this layout.
    pub schema: u32,
    /// The model's name.
    pub model: String,
    /// The prompt's text.
    pub prompt: String,
    /// The prompt's tokens.
    pub prompt_token_ids: Vec<u32>,
    /// Tokens that all texts begin with.
    pub common: usize,
    /// The ways, in the order given.
    pub runs: Vec<Run>,
}

/// One way, and what it said.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// Its name.
    pub name: String,
    /// The options that it sets, with their values.
    pub options: Value,
    /// Its texts: one for each seed, or one where nothing is drawn.
    pub texts: Vec<ComparedText>,
    /// Over the texts.
    pub mean: Summary,
    /// Standard deviations over the texts; null where there is one.
    pub spread: Option<Summary>,
    /// How alike its texts are, over all pairs (see [`similarity`]); null where there is one.
    pub similarity: Option<f64>,
    /// Seconds from the start of the batch until its last text had ended.
    pub seconds: f64,
}

/// One text of a way.
#[derive(Clone, Debug, Serialize)]
pub struct ComparedText {
    /// The seed; null where nothing is drawn.
    pub seed: Option<u64>,
    /// The first token at which it differs from the first way's text; null where it does not.
    pub differs_at: Option<usize>,
    /// Its log-probability a token under the raw model, in nats; null where it is empty.
    pub mean_logprob: Option<f64>,
    /// `exp(-mean_logprob)`.
    pub perplexity: Option<f64>,
    /// What can be counted about it.
    #[serde(rename = "measures")]
    pub stats: TextStats,
    /// The text with every token's numbers.
    #[serde(flatten)]
    pub sequence: Sequence,
}

/// A text in four parts, by what it shares with others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TextParts {
    /// What all texts begin with.
    pub common: String,
    /// What follows, up to the first difference from the first way.
    pub alike: String,
    /// The token that differs; empty where none does.
    pub different: String,
    /// The rest.
    pub rest: String,
}

impl ComparedText {
    /// The text in parts; `common` is the comparison's.
    pub fn parts(&self, common: usize) -> TextParts {
        let tokens = &self.sequence.tokens;
        let words = |from: usize, to: usize| {
            let bytes: Vec<u8> = tokens[from..to].iter().flat_map(|token| token.bytes.iter().copied()).collect();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let common = common.min(tokens.len());
        let at = self.differs_at.map_or(tokens.len(), |at| at.clamp(common, tokens.len()));
        let end = (at + 1).min(tokens.len());
        TextParts {
            common: words(0, common),
            alike: words(common, at),
            different: words(at, end),
            rest: words(end, tokens.len()),
        }
    }
}

/// The numbers of several texts as one.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Summary {
    /// Log-probability under the raw model, in nats.
    pub sum_logprob: Option<f64>,
    /// Log-probability a token, in nats.
    pub mean_logprob: Option<f64>,
    /// Perplexities, each text's own.
    pub perplexity: Option<f64>,
    /// See [`TextStats`].
    pub distinct_1: Option<f64>,
    /// See [`TextStats`].
    pub distinct_2: Option<f64>,
    /// See [`TextStats`].
    pub distinct_3: Option<f64>,
    /// See [`TextStats`].
    pub repeated_4: Option<f64>,
    /// See [`TextStats`].
    pub longest_repeat: Option<f64>,
    /// Tokens.
    pub length: Option<f64>,
}

impl Summary {
    /// Means, or where `spread` is set standard deviations, of those texts that have the number.
    fn of(texts: &[ComparedText], spread: bool) -> Self {
        let over = |f: &dyn Fn(&ComparedText) -> Option<f64>| {
            let (mean, deviation) = mean_and_spread(&texts.iter().filter_map(f).collect::<Vec<_>>())?;
            if spread { deviation } else { Some(mean) }
        };
        Self {
            sum_logprob: over(&|text| Some(text.sequence.sum_logprob)),
            mean_logprob: over(&|text| text.mean_logprob),
            perplexity: over(&|text| text.perplexity),
            distinct_1: over(&|text| text.stats.distinct_1),
            distinct_2: over(&|text| text.stats.distinct_2),
            distinct_3: over(&|text| text.stats.distinct_3),
            repeated_4: over(&|text| text.stats.repeated_4),
            longest_repeat: over(&|text| Some(text.stats.longest_repeat as f64)),
            length: over(&|text| Some(text.stats.length as f64)),
        }
    }
}

/// One text on its way.
struct Item {
    variant: usize,
    seed: Option<u64>,
    plan: Plan,
}

/// Continues one prompt in several ways, all in one batch: `seeds` texts of each variant that draws tokens, one of the
/// others. `shared` are options of all variants; a variant's own win. Seeds count up from `shared`'s seed, or from 0.
/// `progress` hears of every step: how many texts have ended, of how many.
///
/// ```
/// use beamline::{Engine, Prompt, Options};
/// use beamline_study::{Variant, compare};
/// let engine = Engine::open("builtin")?;
/// let variants = ["num_beams=1", "do_sample=true"].map(|text| text.parse::<Variant>());
/// let variants = variants.into_iter().collect::<Result<Vec<_>, _>>()?;
/// let prompt = Prompt::Text("Once".into());
/// let comparison = compare(&engine, &prompt, &variants, &Options::default(), 3, &mut |_, _| {})?;
/// assert_eq!(comparison.runs.iter().map(|run| run.texts.len()).collect::<Vec<_>>(), [1, 3]);
/// # Ok::<(), beamline_study::StudyError>(())
/// ```
///
/// # Errors
/// As for [`Engine::generate`], naming the variant.
pub fn compare(
    engine: &Engine,
    prompt: &Prompt,
    variants: &[Variant],
    shared: &Options,
    seeds: usize,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Comparison, StudyError> {
    let items = items(engine, variants, shared, seeds)?;
    let sessions = items.iter().map(|item| engine.session(prompt, &item.plan));
    let mut sessions: Vec<Session> = sessions.collect::<Result<_, _>>()?;
    let ended = run_out(engine, &mut sessions, progress)?;
    let mut texts = Vec::new();
    for session in &sessions {
        texts.push(first_text(engine, session)?);
    }
    let reference = texts[0].token_ids.clone();
    let mut runs: Vec<Run> = Vec::new();
    for (v, variant) in variants.iter().enumerate() {
        let own = || items.iter().zip(&texts).zip(&ended).filter(|((item, _), _)| item.variant == v);
        let compared = own().map(|((item, text), _)| compared(item.seed, text.clone(), &reference)).collect();
        let seconds = own().map(|(_, at)| *at).fold(0.0, f64::max);
        runs.push(run(variant, compared, seconds));
    }
    let differ = runs.iter().flat_map(|run| &run.texts).filter_map(|text| text.differs_at).min();
    let ids = sessions[0].prompt();
    Ok(Comparison {
        schema: 1,
        model: engine.name().to_owned(),
        prompt: engine.tokenizer().decode(ids, Special::Write, Beginning::Text),
        prompt_token_ids: ids.iter().map(|id| id.0).collect(),
        common: differ.unwrap_or(reference.len()),
        runs,
    })
}

/// Steps sessions to their ends; the seconds after which each was done.
fn run_out(
    engine: &Engine,
    sessions: &mut [Session],
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Vec<f64>, StudyError> {
    let (started, mut ended) = (Instant::now(), vec![0.0; sessions.len()]);
    loop {
        let more = engine.step(sessions, Budget::ALL, &mut ())?.more;
        let now = started.elapsed().as_secs_f64();
        let done = sessions.iter().zip(&mut ended).filter(|(session, _)| session.is_done());
        done.filter(|(_, at)| **at == 0.0).for_each(|(_, at)| *at = now);
        progress(ended.iter().filter(|at| **at > 0.0).count(), ended.len());
        if !more {
            engine.run(sessions, &mut ())?; // nothing is left to do but to say what failed
            return Ok(ended);
        }
    }
}

/// The best text of a session that has ended.
fn first_text(engine: &Engine, session: &Session) -> Result<Sequence, StudyError> {
    let completion = engine.completion(std::slice::from_ref(session));
    completion.sequences.into_iter().next().ok_or(StudyError::NoText)
}

fn items(engine: &Engine, variants: &[Variant], shared: &Options, seeds: usize) -> Result<Vec<Item>, StudyError> {
    let mut items = Vec::new();
    for (v, variant) in variants.iter().enumerate() {
        let named = |source| StudyError::Variant { variant: variant.name.clone(), source: Box::new(source) };
        let mut all = variant.settings.beside(shared);
        let count = |name: &str| all.get(name).and_then(|setting| setting.value.count());
        let (first, returned) = (count("seed").unwrap_or(0), count("num_return_sequences"));
        all.set("seed", &first.to_string())?;
        if returned.is_some_and(|n| n > 1) {
            return Err(StudyError::SeveralTexts { variant: variant.name.clone() });
        }
        let plan = engine.plan(&all).map_err(named)?;
        let drawn = plan.options().get("do_sample").is_some_and(|setting| setting.value == OptionValue::Flag(true));
        for n in 0..if drawn { seeds.max(1) as u64 } else { 1 } {
            let mut own = all.clone();
            own.set("seed", &first.wrapping_add(n).to_string())?;
            let plan = engine.plan(&own).map_err(named)?;
            items.push(Item { variant: v, seed: drawn.then(|| first.wrapping_add(n)), plan });
        }
    }
    if items.is_empty() {
        return Err(StudyError::NoVariant);
    }
    Ok(items)
}

fn compared(seed: Option<u64>, sequence: Sequence, reference: &[u32]) -> ComparedText {
    let ids = &sequence.token_ids;
    let alike = ids.iter().zip(reference).take_while(|(a, b)| a == b).count();
    let mean = (!ids.is_empty()).then(|| sequence.sum_logprob / ids.len() as f64);
    ComparedText {
        seed,
        differs_at: (ids != reference).then_some(alike),
        mean_logprob: mean,
        perplexity: mean.map(|mean| libm::exp(-mean)),
        stats: TextStats::of(ids),
        sequence,
    }
}

fn run(variant: &Variant, texts: Vec<ComparedText>, seconds: f64) -> Run {
    let option = |(name, setting): (&'static str, &Setting)| (name.to_owned(), setting.value.json());
    let pairs = (0..texts.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
    let alike: Vec<f64> =
        pairs.map(|(a, b)| similarity(&texts[a].sequence.token_ids, &texts[b].sequence.token_ids)).collect();
    Run {
        name: variant.name.clone(),
        options: Value::Object(variant.settings.iter().map(option).collect::<Map<_, _>>()),
        mean: Summary::of(&texts, false),
        spread: (texts.len() > 1).then(|| Summary::of(&texts, true)),
        similarity: mean_and_spread(&alike).map(|(mean, _)| mean),
        texts,
        seconds,
    }
}
