//! Strategies side by side: one prompt, several ways to choose, run as one batch.

use crate::error::Error;
use crate::measures::{Measures, mean_and_spread, similarity};
use crate::options::Settings;
use crate::run::Engine;
use crate::run::Sequence;
use crate::run::{Prompt, Session};
use beamline_tokens::{Beginning, Special};
use serde::Serialize;
use serde_json::{Map, Value};
use std::time::Instant;

/// A way to choose, with its name.
#[derive(Clone, Debug)]
pub struct Way {
    /// What tables and legends call it.
    pub name: String,
    /// Its options, over those that all ways share.
    pub settings: Settings,
}

impl Way {
    /// The usual course: greedy, beams, beams without repeats, cold and hot sampling, truncated sampling, and all of it
    /// together. What a model's own defaults might add is set back.
    pub const NOTES: [&str; 8] = [
        "do_sample=false,num_beams=1",
        "do_sample=false,num_beams=5",
        "do_sample=false,num_beams=5,no_repeat_ngram_size=2",
        "do_sample=true,temperature=0.7,top_k=0,top_p=1.0",
        "do_sample=true,temperature=2.0,top_k=0,top_p=1.0",
        "do_sample=true,temperature=1.0,top_k=50,top_p=1.0",
        "do_sample=true,temperature=1.0,top_k=0,top_p=0.9",
        "do_sample=true,temperature=0.7,top_k=50,top_p=0.9,no_repeat_ngram_size=2",
    ];

    /// Reads `name=value,name=value`, or `label: name=value,...`.
    ///
    /// ```
    /// use beamline::Way;
    /// let way: Way = "five beams: num_beams=5,no_repeat_ngram_size=2".parse()?;
    /// assert_eq!(way.name, "five beams");
    /// assert_eq!("num_beams=1".parse::<Way>()?.name, "greedy");
    /// # Ok::<(), beamline::Error>(())
    /// ```
    fn read(text: &str) -> Result<Self, Error> {
        let (label, options) = match text.split_once(':') {
            Some((label, rest)) if !label.contains('=') => (Some(label.trim()), rest),
            _ => (None, text),
        };
        let settings = Settings::list(options)?;
        if settings.iter().next().is_none() {
            return Err(Error::Request(format!("{text:?} sets no option; write num_beams=1 for greedy search")));
        }
        let name = label.filter(|label| !label.is_empty()).map_or_else(|| short_name(options), str::to_owned);
        Ok(Self { name, settings })
    }
}

impl std::str::FromStr for Way {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
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
    pub measures: Measures,
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
    /// The same a token.
    pub mean_logprob: Option<f64>,
    /// Perplexities, each text's own.
    pub perplexity: Option<f64>,
    /// See [`Measures`].
    pub distinct_1: Option<f64>,
    /// See [`Measures`].
    pub distinct_2: Option<f64>,
    /// See [`Measures`].
    pub distinct_3: Option<f64>,
    /// See [`Measures`].
    pub repeated_4: Option<f64>,
    /// See [`Measures`].
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
            distinct_1: over(&|text| text.measures.distinct_1),
            distinct_2: over(&|text| text.measures.distinct_2),
            distinct_3: over(&|text| text.measures.distinct_3),
            repeated_4: over(&|text| text.measures.repeated_4),
            longest_repeat: over(&|text| Some(text.measures.longest_repeat as f64)),
            length: over(&|text| Some(text.measures.length as f64)),
        }
    }
}

/// One text on its way.
struct Job {
    way: usize,
    seed: Option<u64>,
    settings: Settings,
}

impl Engine {
    /// Continues one prompt in several ways, all in one batch: `seeds` texts of each way that draws tokens, one of the
    /// others. `shared` are options of all ways; a way's own win. Seeds count up from `shared`'s seed, or from 0.
    /// `progress` hears of every step: how many texts have ended, of how many.
    ///
    /// ```
    /// use beamline::{Engine, OpenOptions, Prompt, Settings, Way};
    /// let engine = Engine::open(&"builtin".parse()?, &OpenOptions::default(), &mut ())?;
    /// let ways: Vec<Way> = ["num_beams=1", "do_sample=true"].iter().map(|way| way.parse()).collect::<Result<_, _>>()?;
    /// let comparison = engine.compare(&Prompt::Text("Once".into()), &ways, &Settings::default(), 3, &mut |_, _| {})?;
    /// assert_eq!(comparison.runs.iter().map(|run| run.texts.len()).collect::<Vec<_>>(), [1, 3]);
    /// # Ok::<(), beamline::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`generate`](Self::generate), naming the way.
    pub fn compare(
        &self,
        prompt: &Prompt,
        ways: &[Way],
        shared: &Settings,
        seeds: usize,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Comparison, Error> {
        let jobs = self.comparison_jobs(ways, shared, seeds)?;
        let sessions = jobs.iter().map(|job| self.session(prompt, &job.settings));
        let mut sessions: Vec<Session> = sessions.collect::<Result<_, _>>()?;
        let ended = self.run_out(&mut sessions, progress)?;
        let mut texts = Vec::new();
        for (job, session) in jobs.iter().zip(&sessions) {
            texts.push(self.first_text(prompt, job, session)?);
        }
        let reference = texts[0].token_ids.clone();
        let mut runs: Vec<Run> = Vec::new();
        for (w, way) in ways.iter().enumerate() {
            let own = || jobs.iter().zip(&texts).zip(&ended).filter(|((job, _), _)| job.way == w);
            let compared = own().map(|((job, text), _)| compared(job.seed, text.clone(), &reference)).collect();
            let seconds = own().map(|(_, at)| *at).fold(0.0, f64::max);
            runs.push(run(way, compared, seconds));
        }
        let differ = runs.iter().flat_map(|run| &run.texts).filter_map(|text| text.differs_at).min();
        let ids = sessions[0].prompt();
        Ok(Comparison {
            schema: 1,
            model: self.name().to_owned(),
            prompt: self.tokenizer().decode(ids, Special::Write, Beginning::Text),
            prompt_token_ids: ids.iter().map(|id| id.0).collect(),
            common: differ.unwrap_or(reference.len()),
            runs,
        })
    }

    /// Steps sessions to their ends; the seconds after which each was done.
    fn run_out(&self, sessions: &mut [Session], progress: &mut dyn FnMut(usize, usize)) -> Result<Vec<f64>, Error> {
        let (started, mut ended) = (Instant::now(), vec![0.0; sessions.len()]);
        loop {
            let more = self.step(sessions, &mut ())?.more;
            let now = started.elapsed().as_secs_f64();
            let done = sessions.iter().zip(&mut ended).filter(|(session, _)| session.is_done());
            done.filter(|(_, at)| **at == 0.0).for_each(|(_, at)| *at = now);
            progress(ended.iter().filter(|at| **at > 0.0).count(), ended.len());
            if !more {
                return Ok(ended);
            }
        }
    }

    /// The best text of a session that has ended.
    fn first_text(&self, prompt: &Prompt, job: &Job, session: &Session) -> Result<Sequence, Error> {
        let prompts = std::slice::from_ref(prompt);
        let completion = self.completion(prompts, &job.settings, std::slice::from_ref(session), self.timings());
        let none = || Error::Request("a search ended without a text; raise max_new_tokens".to_owned());
        completion.sequences.into_iter().next().ok_or_else(none)
    }

    fn comparison_jobs(&self, ways: &[Way], shared: &Settings, seeds: usize) -> Result<Vec<Job>, Error> {
        let mut jobs = Vec::new();
        for (w, way) in ways.iter().enumerate() {
            let named = |error: Error| Error::Request(format!("{}: {error}", way.name));
            let mut all = way.settings.beside(shared);
            let first = all.count("seed").unwrap_or(0);
            all.set("seed", &first.to_string())?;
            if all.count("num_return_sequences").is_some_and(|n| n > 1) {
                return Err(Error::Request(format!(
                    "{}: a way gives one text for each seed; leave num_return_sequences out, and ask for more seeds",
                    way.name
                )));
            }
            let drawn = self.settings(&all).map_err(named)?.flag("do_sample");
            for n in 0..if drawn { seeds.max(1) as u64 } else { 1 } {
                let mut own = all.clone();
                own.set("seed", &first.wrapping_add(n).to_string())?;
                let settings = self.settings(&own).map_err(named)?;
                jobs.push(Job { way: w, seed: drawn.then(|| first.wrapping_add(n)), settings });
            }
        }
        if jobs.is_empty() {
            return Err(Error::Request("nothing to compare; give at least one way".to_owned()));
        }
        Ok(jobs)
    }
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
        measures: Measures::of(ids),
        sequence,
    }
}

fn run(way: &Way, texts: Vec<ComparedText>, seconds: f64) -> Run {
    let option = |(name, setting): (&'static str, &crate::options::Setting)| (name.to_owned(), setting.value.json());
    let pairs = (0..texts.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
    let alike: Vec<f64> =
        pairs.map(|(a, b)| similarity(&texts[a].sequence.token_ids, &texts[b].sequence.token_ids)).collect();
    Run {
        name: way.name.clone(),
        options: Value::Object(way.settings.iter().map(option).collect::<Map<_, _>>()),
        mean: Summary::of(&texts, false),
        spread: (texts.len() > 1).then(|| Summary::of(&texts, true)),
        similarity: mean_and_spread(&alike).map(|(mean, _)| mean),
        texts,
        seconds,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_named_by_what_they_set() {
        let names: Vec<String> = Way::NOTES.iter().map(|way| way.parse::<Way>().unwrap().name).collect();
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
        assert_eq!("do_sample=true".parse::<Way>().unwrap().name, "sampling");
        assert!("five".parse::<Way>().unwrap_err().to_string().contains("name=value"));
    }
}
