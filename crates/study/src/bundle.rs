//! A run to take along: what was asked, what came out, and the proof that it comes out again.

use crate::error::StudyError;
use beamline::{Completion, DEFAULT_ACTIVATIONS, Engine, Options, Plan, Prompt, Sequence, Setting, TokenId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A generation with all that is needed to repeat it. A file of it is what `replay` checks.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// The version of this layout: 1.
    pub schema: u32,
    /// The version of beamline that wrote it.
    pub beamline: String,
    /// The model's name, as it was asked for.
    pub model: String,
    /// The format that its weights were held in.
    pub dtype: String,
    /// The format that weights were converted to while loading, where that was asked for.
    pub converted: Option<String>,
    /// How activations met quantised weights.
    pub activations: String,
    /// Its architecture and number of weights, to tell another model of the same name.
    pub architecture: String,
    /// See `architecture`.
    pub parameters: usize,
    /// Every option that is set, with its value, the seed among them.
    pub config: Value,
    /// The prompts, as token ids.
    pub prompts: Vec<Vec<u32>>,
    /// The sequences.
    pub sequences: Vec<BundledSequence>,
}

/// A sequence of a bundle.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundledSequence {
    /// The prompt's number.
    pub prompt: usize,
    /// Its place among the prompt's sequences.
    pub rank: usize,
    /// The new tokens.
    pub token_ids: Vec<u32>,
    /// Each token's log-probability under the raw model.
    pub logprobs: Vec<f64>,
    /// Why it ended.
    pub finish_reason: Option<String>,
}

/// What a replay found.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Verdict {
    /// Whether every token and every log-probability came out again, bit for bit.
    pub same: bool,
    /// Tokens compared.
    pub tokens: usize,
    /// The first difference, in words; null where there is none.
    pub difference: Option<String>,
}

impl Bundle {
    /// Reads a bundle from its JSON.
    ///
    /// # Errors
    /// When the text is no bundle, or one of a later layout.
    pub fn read(json: &str) -> Result<Self, StudyError> {
        let wrong = |error: serde_json::Error| StudyError::NoBundle { reason: error.to_string() };
        let bundle: Self = serde_json::from_str(json).map_err(wrong)?;
        if bundle.schema != 1 {
            return Err(StudyError::Schema(bundle.schema));
        }
        let fits = |s: &BundledSequence| s.prompt < bundle.prompts.len() && s.token_ids.len() == s.logprobs.len();
        if !bundle.sequences.iter().all(fits) {
            return Err(StudyError::UnfitBundle);
        }
        Ok(bundle)
    }

    /// The prompts.
    pub fn prompts(&self) -> Vec<Prompt> {
        let prompt = |ids: &Vec<u32>| Prompt::Ids(ids.iter().copied().map(TokenId).collect());
        self.prompts.iter().map(prompt).collect()
    }

    /// Whether it was made with this model, as far as name-independent facts tell.
    ///
    /// # Errors
    /// When it was made with another one.
    pub fn fits(&self, engine: &Engine) -> Result<(), StudyError> {
        let info = engine.info();
        if (&info.architecture, info.parameters, &info.dtype) == (&self.architecture, self.parameters, &self.dtype) {
            return Ok(());
        }
        let named = |name: &str, architecture: &str, parameters: usize, dtype: &str| {
            format!("{name} ({architecture}, {parameters} weights, {dtype})")
        };
        Err(StudyError::OtherModel {
            made: named(&self.model, &self.architecture, self.parameters, &self.dtype),
            this: named(&info.name, &info.architecture, info.parameters, &info.dtype),
        })
    }

    /// What a completion of the same prompts with the same options says of it: whether every token and every log-probability
    /// is the same.
    pub fn verdict(&self, engine: &Engine, completion: &Completion) -> Verdict {
        let again = sequences(completion);
        let mut verdict = Verdict { same: true, tokens: 0, difference: None };
        if again.len() != self.sequences.len() {
            verdict.difference = Some(format!("{} sequences came out, not {}", again.len(), self.sequences.len()));
        }
        for (new, old) in again.iter().zip(&self.sequences) {
            verdict.tokens += old.token_ids.len();
            verdict.difference = verdict.difference.or_else(|| difference(engine, new, old));
        }
        verdict.same = verdict.difference.is_none();
        verdict
    }

    /// The options, as they were set.
    ///
    /// # Errors
    /// When one is unknown or out of range.
    pub fn options(&self) -> Result<Options, StudyError> {
        let mut settings = Options::default();
        settings.config(&self.config)?;
        Ok(settings)
    }
}

/// Packs a completion with what is needed to repeat it. `plan` is the one that it was generated with. An engine does not know how it was opened: where that was not with the default
/// [`OpenOptions`](beamline::OpenOptions), set the fields `converted` and `activations`. [`verify`] shows its use.
pub fn bundle(engine: &Engine, completion: &Completion, plan: &Plan) -> Bundle {
    let option = |(name, setting): (&'static str, &Setting)| (name.to_owned(), setting.value.json());
    Bundle {
        schema: 1,
        beamline: env!("CARGO_PKG_VERSION").to_owned(),
        model: engine.name().to_owned(),
        dtype: completion.model.dtype.clone(),
        converted: None,
        activations: DEFAULT_ACTIVATIONS.name().to_owned(),
        architecture: completion.model.architecture.clone(),
        parameters: completion.model.parameters,
        config: Value::Object(plan.options().iter().map(option).collect::<Map<_, _>>()),
        prompts: completion.prompts.iter().map(|prompt| prompt.token_ids.clone()).collect(),
        sequences: sequences(completion),
    }
}

/// What of a completion must come out again.
fn sequences(completion: &Completion) -> Vec<BundledSequence> {
    let sequence = |sequence: &Sequence| BundledSequence {
        prompt: sequence.prompt,
        rank: sequence.rank,
        token_ids: sequence.token_ids.clone(),
        logprobs: sequence.tokens.iter().map(|token| token.logprob).collect(),
        finish_reason: sequence.finish_reason.map(str::to_owned),
    };
    completion.sequences.iter().map(sequence).collect()
}

/// Runs a bundle's generation again, and compares token by token.
///
/// ```
/// use beamline::{Engine, Options};
/// use beamline_study::{bundle, verify};
/// let engine = Engine::open("builtin")?;
/// let plan = engine.plan(&Options::new().do_sample(true).seed(7).max_new_tokens(5))?;
/// let completion = engine.complete("Once", &plan)?;
/// let mut bundle = bundle(&engine, &completion, &plan);
/// assert!(verify(&engine, &bundle)?.same);
/// bundle.sequences[0].token_ids[2] += 1;
/// assert!(verify(&engine, &bundle)?.difference.expect("one token differs").contains("token 3"));
/// # Ok::<(), beamline_study::StudyError>(())
/// ```
///
/// # Errors
/// When the bundle is another model's, or as for [`Engine::generate`].
pub fn verify(engine: &Engine, given: &Bundle) -> Result<Verdict, StudyError> {
    given.fits(engine)?;
    let completion = engine.generate(&given.prompts(), &engine.plan(&given.options()?)?)?;
    Ok(given.verdict(engine, &completion))
}

/// The first difference between two sequences, in words.
fn difference(engine: &Engine, new: &BundledSequence, old: &BundledSequence) -> Option<String> {
    // Numbers of a stranger's file may be as large as numbers get.
    let place = format!("sequence {}.{}", old.prompt.saturating_add(1), old.rank.saturating_add(1));
    if (new.prompt, new.rank) != (old.prompt, old.rank) {
        return Some(format!("{place}: sequence {}.{} came out in its place", new.prompt + 1, new.rank + 1));
    }
    let text = |id: u32| format!("{id} {:?}", engine.tokenizer().vocabulary().text(TokenId(id)));
    for (at, (&a, &b)) in new.token_ids.iter().zip(&old.token_ids).enumerate() {
        if a != b {
            return Some(format!("{place}, token {}: {} came out, not {}", at + 1, text(a), text(b)));
        }
        let (p, q) = (new.logprobs[at], old.logprobs[at]);
        if p.to_bits() != q.to_bits() {
            return Some(format!("{place}, token {}: log-probability {p} came out, not {q}", at + 1));
        }
    }
    if new.token_ids.len() != old.token_ids.len() {
        return Some(format!("{place}: {} tokens came out, not {}", new.token_ids.len(), old.token_ids.len()));
    }
    (new.finish_reason != old.finish_reason).then(|| format!("{place}: it ended for another reason"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const JSON: &str = "{\"schema\":1,\"beamline\":\"0.1.0\",\
        \"model\":\"m\",\"dtype\":\"f32\",\"converted\":null,\"activations\":\"i16\",\"architecture\":\"gpt2\",\"parameters\":1,\"config\":{\"top_k\":5},\
        \"prompts\":[[1,2]],\"sequences\":[{\"prompt\":0,\"rank\":0,\"token_ids\":[3],\"logprobs\":[-0.1],\
        \"finish_reason\":\"length\"}]}";

    #[test]
    fn a_bundle_is_checked_when_it_is_read() {
        let bundle = Bundle::read(JSON).unwrap();
        assert_eq!(bundle.sequences[0].token_ids, [3]);
        assert!(bundle.options().unwrap().get("top_k").is_some());
        let short = JSON.replace("[-0.1]", "[]");
        assert!(Bundle::read(&short).unwrap_err().to_string().contains("do not fit"));
        let newer = JSON.replace("\"schema\":1", "\"schema\":2");
        assert!(Bundle::read(&newer).unwrap_err().to_string().contains("must be 1, got 2"));
        let unknown = JSON.replace("\"rank\":0", "\"rank\":0,\"more\":1");
        assert!(Bundle::read(&unknown).unwrap_err().to_string().contains("more"));
    }

    #[test]
    fn sequences_in_another_place_are_not_the_same() {
        let engine = Engine::open("builtin").unwrap();
        let plan = engine.plan(&Options::new().max_new_tokens(2)).unwrap();
        let bundle = bundle(&engine, &engine.complete("Once", &plan).unwrap(), &plan);
        assert!(verify(&engine, &bundle).unwrap().same);
        for rank in [7, usize::MAX] {
            let mut other = bundle.clone();
            other.sequences[0].rank = rank;
            let verdict = verify(&engine, &other).unwrap();
            assert!(!verdict.same && verdict.difference.unwrap().contains("in its place"), "{rank}");
        }
    }

    proptest! {
        #[test]
        fn damage_anywhere_is_no_panic(at in 0..JSON.len(), put in "\\PC{0,8}", cut in 0..JSON.len()) {
            let damaged = format!("{}{put}{}", &JSON[..at], &JSON[at..]);
            for text in [damaged.as_str(), &JSON[..cut], &JSON[cut..]] {
                if let Ok(bundle) = Bundle::read(text) {
                    let _ = bundle.options();
                }
            }
        }
    }
}
