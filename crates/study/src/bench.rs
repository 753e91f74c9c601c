//! How fast a model runs, against what memory allows.

use crate::error::StudyError;
use beamline::{Budget, Coins, Engine, Options, Plan, Prompt, Purpose, RawStats, TokenId, read_bandwidth};
use serde::Serialize;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Bench {
    /// Tokens in each prompt.
    pub prompt_len: usize,
    /// New tokens for each prompt.
    pub new_tokens: usize,
    /// Prompts run together.
    pub batch: usize,
    /// Beams of each prompt; 1 is greedy search.
    pub beams: usize,
    /// Times to repeat; medians are reported.
    pub repeat: usize,
    /// Other decoding options (sampling, penalties, several sequences of a prompt); end tokens and lengths are set here.
    pub settings: Options,
}

impl Bench {
    /// Checks that there is something to measure.
    ///
    /// # Errors
    /// When a count is out of range.
    pub fn check(&self) -> Result<(), StudyError> {
        let counts = [
            ("prompt-len", self.prompt_len),
            ("new-tokens", self.new_tokens),
            ("batch", self.batch),
            ("beams", self.beams),
            ("repeat", self.repeat),
        ];
        match counts.into_iter().find(|(_, count)| !(1..=1 << 16).contains(count)) {
            Some((name, value)) => Err(StudyError::Range { name, least: 1, most: 1 << 16, value, hint: "" }),
            None => Ok(()),
        }
    }

    /// The settings of every run, checked and complete.
    fn plan(&self, engine: &Engine) -> Result<Plan, StudyError> {
        let mut given = Options::default();
        given.config(&serde_json::json!({
            "eos_token_id": [], "num_beams": self.beams, "max_new_tokens": self.new_tokens, "seed": 1
        }))?;
        // What the model's files say about decoding is not what is measured.
        Ok(engine.plan_without_defaults(&self.settings.beside(&given))?)
    }
}

/// Medians. Serialised, it is the JSON of `bench`.
#[derive(Clone, Debug, Serialize)]
pub struct BenchReport {
    /// The model's name.
    pub model: String,
    /// Threads used.
    pub threads: usize,
    /// Reading the prompts.
    pub prefill: Prefill,
    /// New tokens after each prompt's first.
    pub decode: Decode,
    /// All new tokens over all the time.
    pub total_tokens_per_s: f64,
    /// The share of the time that was spent shaping and choosing.
    pub sampling_share: f64,
    /// Seconds to open and load.
    pub load_s: f64,
    /// The most memory the process had at once, in 10^6 bytes; null where the system does not say.
    pub peak_rss_mb: Option<f64>,
    /// Bytes of weights in memory.
    pub weight_bytes: usize,
    /// What a plain read of memory by the same threads gives, in 10^9 bytes a second.
    pub memory_bandwidth_gb_s: f64,
    /// Weight bytes read a second in decoding, as a share of that; null with one new token.
    pub bandwidth_share: Option<f64>,
}

/// Reading the prompts.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Prefill {
    /// Prompt tokens a second.
    pub tokens_per_s: f64,
}

/// New tokens after the first.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Decode {
    /// Of all sequences together (of a beam search: of those returned); null with one new token.
    pub tokens_per_s: Option<f64>,
    /// Milliseconds a step; null with one new token.
    pub ms_per_step: Option<f64>,
}

/// One run's seconds.
struct Run {
    prefill: f64,
    decode: f64,
    choose: f64,
}

/// Measures speed: runs greedy or beam search, or what the settings say, on random prompts, ignoring end tokens; prefill
/// (reading the prompts) and decode (new tokens) apart. One run before the others is not counted.
///
/// ```
/// use beamline::{Engine, Options};
/// use beamline_study::{Bench, bench};
/// let engine = Engine::open("builtin")?;
/// let settings = Options::default();
/// let report = bench(
///     &engine,
///     &Bench { prompt_len: 4, new_tokens: 2, batch: 1, beams: 1, repeat: 1, settings },
/// )?;
/// assert!(report.decode.ms_per_step.expect("there was a second token") > 0.0);
/// # Ok::<(), beamline_study::StudyError>(())
/// ```
///
/// # Errors
/// When a count is 0 or above 65,536, the settings contradict each other, or prompt and new tokens do not fit into the context.
pub fn bench(engine: &Engine, bench: &Bench) -> Result<BenchReport, StudyError> {
    bench.check()?;
    let context = engine.model().geometry().context;
    if bench.prompt_len.saturating_add(bench.new_tokens) > context {
        return Err(StudyError::NoRoom { prompt: bench.prompt_len, new: bench.new_tokens, context });
    }
    let plan = bench.plan(engine)?;
    run_once(engine, bench, &plan)?;
    let runs = (0..bench.repeat).map(|_| run_once(engine, bench, &plan)).collect::<Result<Vec<_>, _>>()?;
    let peak = peak_rss_mb(); // before the bandwidth is measured, which takes memory of its own
    let bandwidth = read_bandwidth(engine.compute());
    let of = |f: fn(&Run) -> f64| median(runs.iter().map(f).collect());
    let (prefill, decode) = (of(|run| run.prefill), of(|run| run.decode));
    let total = of(|run| run.prefill + run.decode);
    let batch = bench.batch as f64;
    let of_each = plan.options().get("num_return_sequences").and_then(|setting| setting.value.count()).unwrap_or(1);
    let (sequences, steps) = (batch * of_each as f64, (bench.new_tokens - 1) as f64);
    let decoded = (steps > 0.0).then_some(decode / steps);
    Ok(BenchReport {
        model: engine.name().to_owned(),
        threads: engine.compute().threads(),
        prefill: Prefill { tokens_per_s: batch * bench.prompt_len as f64 / prefill },
        decode: Decode {
            tokens_per_s: decoded.map(|step| sequences / step),
            ms_per_step: decoded.map(|step| step * 1e3),
        },
        total_tokens_per_s: sequences * bench.new_tokens as f64 / total,
        sampling_share: of(|run| run.choose / (run.prefill + run.decode)),
        load_s: engine.load_seconds(),
        peak_rss_mb: peak,
        weight_bytes: engine.description().weight_bytes,
        memory_bandwidth_gb_s: bandwidth,
        bandwidth_share: decoded.map(|step| engine.description().step_bytes as f64 / step / (bandwidth * 1e9)),
    })
}

fn run_once(engine: &Engine, bench: &Bench, plan: &Plan) -> Result<Run, StudyError> {
    let vocab = engine.model().geometry().vocab as f64;
    let token = |row, at| TokenId((Coins::new(0).toss(row, at, Purpose::Token, 0) * vocab) as u32);
    let prompts = (0..bench.batch).map(|row| (0..bench.prompt_len).map(|at| token(row as u32, at as u32)).collect());
    let mut sessions = prompts
        .map(|ids| {
            let mut session = engine.session(Prompt::Ids(ids), plan)?;
            session.raw_stats(RawStats::Off);
            Ok(session)
        })
        .collect::<Result<Vec<_>, StudyError>>()?;
    let mut run = Run { prefill: 0.0, decode: 0.0, choose: 0.0 };
    loop {
        let step = engine.step(&mut sessions, Budget::ALL, &mut ())?;
        let seconds = (step.forward + step.choose).as_secs_f64();
        *(if run.prefill == 0.0 { &mut run.prefill } else { &mut run.decode }) += seconds;
        run.choose += step.choose.as_secs_f64();
        if !step.more {
            // One that failed took less time than it should.
            engine.run(&mut sessions, &mut ())?;
            return Ok(run);
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

/// The process's greatest resident size so far, as Linux tells it.
fn peak_rss_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_median_is_the_middle_or_the_mean_of_both() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), 2.5);
    }
}
