//! One option at several values: what it does to variety and to probability.

use crate::compare::{Run, compare};
use crate::error::StudyError;
use crate::text_stats::mean_and_spread;
use crate::variant::Variant;
use beamline::{Engine, Options, Prompt};
use serde::Serialize;

/// An option swept over values, several texts at each.
#[derive(Clone, Debug, Serialize)]
pub struct Sweep {
    /// The option.
    pub option: String,
    /// A point for each value, in the order given.
    pub points: Vec<SweepPoint>,
}

/// One value, over all seeds.
#[derive(Clone, Debug, Serialize)]
pub struct SweepPoint {
    /// The value.
    pub value: f64,
    /// Log-probability a token under the raw model, in nats: mean and standard deviation over seeds.
    pub mean_logprob: Spread,
    /// Different pairs of tokens among all: mean and standard deviation over seeds.
    pub distinct_2: Spread,
    /// How alike the texts of the seeds are; null with one seed.
    pub similarity: Option<f64>,
    /// Each text's numbers.
    pub texts: Vec<SweptText>,
}

/// A mean, and how far values lie from it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Spread {
    /// The mean; null where no text has the number.
    pub mean: Option<f64>,
    /// The standard deviation; null where fewer than two have it.
    pub deviation: Option<f64>,
}

/// One text of a sweep.
#[derive(Clone, Debug, Serialize)]
pub struct SweptText {
    /// Its seed; null where nothing is drawn.
    pub seed: Option<u64>,
    /// Log-probability a token, in nats.
    pub mean_logprob: Option<f64>,
    /// Different pairs of tokens among all.
    pub distinct_2: Option<f64>,
    /// The text.
    pub text: String,
}

/// Samples with `option` at each of `values`, `seeds` texts each; `shared` are the other options. Without truncation
/// unless `shared` says so, since the swept option is what is to be seen. `progress` as for
/// [`compare`].
///
/// ```
/// use beamline::{Engine, Prompt, Options};
/// let engine = Engine::open("builtin")?;
/// let none = Options::default();
/// let prompt = Prompt::Text("Once".into());
/// let sweep = beamline_study::sweep(&engine, &prompt, "temperature", &[0.5, 1.5], &none, 4, &mut |_, _| {})?;
/// assert!(sweep.points[0].mean_logprob.mean > sweep.points[1].mean_logprob.mean);
/// # Ok::<(), beamline_study::StudyError>(())
/// ```
///
/// # Errors
/// As for [`compare`].
pub fn sweep(
    engine: &Engine,
    prompt: &Prompt,
    option: &str,
    values: &[f64],
    shared: &Options,
    seeds: usize,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Sweep, StudyError> {
    if ["seed", "num_return_sequences"].contains(&option.replace('-', "_").as_str()) {
        return Err(StudyError::NotForSweeps { option: option.to_owned() });
    }
    let mut base = Options::default();
    base.config(&serde_json::json!({"do_sample": true, "top_k": 0}))?;
    let base = shared.beside(&base);
    let variants: Vec<Variant> = values.iter().map(|&value| at(option, value)).collect::<Result<_, _>>()?;
    let comparison = compare(engine, prompt, &variants, &base, seeds, progress)?;
    let point = |(run, &value): (Run, &f64)| {
        let texts: Vec<SweptText> = run
            .texts
            .into_iter()
            .map(|text| SweptText {
                seed: text.seed,
                mean_logprob: text.mean_logprob,
                distinct_2: text.stats.distinct_2,
                text: text.sequence.text,
            })
            .collect();
        let spread = |f: fn(&SweptText) -> Option<f64>| {
            let of = mean_and_spread(&texts.iter().filter_map(f).collect::<Vec<_>>());
            Spread { mean: of.map(|(mean, _)| mean), deviation: of.and_then(|(_, deviation)| deviation) }
        };
        SweepPoint {
            value,
            mean_logprob: spread(|text| text.mean_logprob),
            distinct_2: spread(|text| text.distinct_2),
            similarity: run.similarity,
            texts,
        }
    };
    let points = comparison.runs.into_iter().zip(values).map(point).collect();
    Ok(Sweep { option: option.replace('-', "_"), points })
}

/// One option at one value.
fn at(option: &str, value: f64) -> Result<Variant, StudyError> {
    let mut settings = Options::default();
    settings.set(option, &value.to_string())?;
    Ok(Variant { name: format!("{option} {value}"), settings })
}
