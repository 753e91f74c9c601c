//! A model, opened; prompts and options in, searches out.

use crate::failure::{raised, usage};
use crate::interrupt::{Raised, asks_python};
use crate::kept::Wish;
use crate::own::{PythonProcessor, PythonRule, PythonStrategy};
use crate::prompts::{GivenPrompt, tokens};
use crate::run::Run;
use crate::tokenizer::Tokenizer;
use beamline::{ActivationFormat, ChatTemplate, Conversation, DEFAULT_ACTIVATIONS, Date, Encoding};
use beamline::{Geometry, Holding, KvCache, OpenOptions, Options, Plan, Prompt, Span, TrustedFiles, Want};
use numpy::{PyArray1, PyArray2, PyArrayMethods};
use pyo3::prelude::*;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// Tokens that go through the model between two looks at whether the user interrupted the call.
const CHUNK: usize = 512;

/// A model with its tokenizer, ready to generate.
#[pyclass(frozen, module = "beamline._beamline")]
pub(crate) struct Engine {
    model: String,
    options: OpenOptions,
    mapped: bool,
    pub(crate) raised: Raised,
    held: Mutex<Held>,
}

/// The engine of one process: its threads do not come along where a process forks.
struct Held {
    process: u32,
    engine: Arc<beamline::Engine>,
}

/// A processor with its place: `first`, `last`, or the name of the processor that it stands after.
type Placed = (String, String, Py<PyAny>);

/// What a user adds to the options.
pub(crate) struct Own {
    pub(crate) processors: Vec<Placed>,
    pub(crate) rules: Vec<Py<PyAny>>,
    pub(crate) strategy: Option<Py<PyAny>>,
}

impl Own {
    /// A plan of options, and of what the user adds, for one prompt: rules to stop are told of its tokens.
    fn plan(&self, engine: &beamline::Engine, base: &Plan, prompt: &Prompt, own_raised: &Raised) -> PyResult<Plan> {
        let vocab = engine.model().geometry().vocab;
        let mut plan = base.clone();
        for (place, name, function) in &self.processors {
            let function = Python::attach(|py| Arc::new(function.clone_ref(py)));
            let processor = PythonProcessor { name: name.clone(), function, vocab, raised: own_raised.clone() };
            plan = match place.as_str() {
                "first" => plan.processor_first(processor),
                "last" => plan.processor_last(processor),
                after => plan.processor_after(after, processor).map_err(|error| raised(&error))?,
            };
        }
        let ids = engine.encode_prompt(prompt).map_err(|error| raised(&error))?;
        for function in &self.rules {
            let function = Python::attach(|py| Arc::new(function.clone_ref(py)));
            plan = plan.stop_rule(PythonRule { function, prompt: ids.clone(), raised: own_raised.clone() });
        }
        if let Some(make) = &self.strategy {
            let make = Python::attach(|py| make.clone_ref(py));
            let own_raised = own_raised.clone();
            plan =
                plan.strategy(move |stop, prompt| PythonStrategy::new(&make, stop, prompt, vocab, own_raised.clone()));
        }
        Ok(plan)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.processors.is_empty() && self.rules.is_empty() && self.strategy.is_none()
    }
}

/// Files of a model are mapped, so that processes share their pages.
#[allow(unsafe_code)] // a promise for the user's files, which `mapped=False` takes back
fn trusted() -> TrustedFiles {
    // SAFETY: whoever opens a model is told, by the documentation of `mapped`, that its files must stay as they are meanwhile.
    unsafe { TrustedFiles::promise_unchanged() }
}

fn opened(model: &str, options: &OpenOptions, mapped: bool, raised: &Raised) -> Result<Held, beamline::Error> {
    let holding = if mapped { Holding::Mapped(trusted()) } else { Holding::Packed };
    let mut engine = options.clone().holding(holding).open(model)?;
    engine.interruptible(asks_python(raised.clone()));
    Ok(Held { process: std::process::id(), engine: Arc::new(engine) })
}

impl Engine {
    /// The engine of this process. Where the process was forked since the model was opened, it is opened again: the threads
    /// of the parent are not there, and what they held is left alone.
    pub(crate) fn engine(&self) -> PyResult<Arc<beamline::Engine>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.process != std::process::id() {
            let new = opened(&self.model, &self.options, self.mapped, &self.raised).map_err(|error| raised(&error))?;
            // Dropping it would wait for threads that are not there.
            std::mem::forget(std::mem::replace(&mut *held, new));
        }
        Ok(Arc::clone(&held.engine))
    }

    /// Computes without the interpreter; an interruption is the exception that Python has for it.
    pub(crate) fn compute<T: Send, E: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce() -> Result<T, E> + Send,
        failed: impl FnOnce(&E) -> PyErr,
    ) -> PyResult<T> {
        py.detach(work).map_err(|error| self.raised.take().unwrap_or_else(|| failed(&error)))
    }

    /// How weights and activations were asked for, for bundles: the format converted to, and that of activations.
    pub(crate) fn opened_as(&self) -> (Option<String>, String) {
        let activations = self.options.activations.unwrap_or(DEFAULT_ACTIVATIONS);
        (self.options.dtype.map(|dtype| dtype.to_string()), activations.name().to_owned())
    }
}

/// Options as JSON.
pub(crate) fn options(json: &str) -> PyResult<Options> {
    let value: Value = serde_json::from_str(json).map_err(|error| usage(format!("options: {error}")))?;
    let mut options = Options::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        options = options.with(name, value.clone()).map_err(|error| raised(&error))?;
    }
    Ok(options)
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (model, dtype = None, activations = None, threads = None, pre = None, mapped = true))]
    fn new(
        py: Python<'_>,
        model: String,
        dtype: Option<&str>,
        activations: Option<&str>,
        threads: Option<usize>,
        pre: Option<String>,
        mapped: bool,
    ) -> PyResult<Self> {
        let dtype = dtype.map(str::parse::<Encoding>).transpose().map_err(|error| usage(error.to_string()))?;
        let activations =
            activations.map(str::parse::<ActivationFormat>).transpose().map_err(|error| usage(error.to_string()))?;
        let options = OpenOptions { dtype, activations, threads, pre, ..OpenOptions::default() };
        let raised_here = Raised::default();
        let held = py.detach(|| opened(&model, &options, mapped, &raised_here)).map_err(|error| raised(&error))?;
        Ok(Self { model, options, mapped, raised: raised_here, held: Mutex::new(held) })
    }

    /// The model, as it was asked for.
    #[getter]
    fn model(&self) -> &str {
        &self.model
    }

    /// What was loaded, as JSON: name, architecture, parameters, dtype, and the model's sizes.
    fn info(&self) -> PyResult<String> {
        let engine = self.engine()?;
        let (description, geometry) = (engine.description().clone(), engine.model().geometry());
        let Geometry { vocab, context, layers, .. } = geometry;
        Ok(serde_json::json!({
            "model": engine.name(),
            "architecture": description.architecture,
            "parameters": description.parameters,
            "dtype": description.dtype.to_string(),
            "weight_bytes": description.weight_bytes,
            "vocab_size": vocab,
            "context": context,
            "layers": layers,
            "threads": engine.compute().threads(),
            "load_seconds": engine.load_seconds(),
        })
        .to_string())
    }

    /// The model's own defaults, as JSON: each option with its value and where it came from.
    fn defaults(&self) -> PyResult<String> {
        let engine = self.engine()?;
        let values = engine.defaults().iter().map(|(name, setting)| (name.to_owned(), setting.value.json()));
        Ok(Value::Object(values.collect()).to_string())
    }

    /// Every option that these mean, with its value and where it came from, as JSON.
    fn effective(&self, options_json: &str) -> PyResult<String> {
        let plan = self.engine()?.plan(&options(options_json)?).map_err(|error| raised(&error))?;
        Ok(plan.effective_config().to_string())
    }

    /// What a user should hear about the model's files.
    #[getter]
    fn warnings(&self) -> PyResult<Vec<String>> {
        Ok(self.engine()?.warnings().to_vec())
    }

    /// The number of threads.
    #[getter]
    fn threads(&self) -> PyResult<usize> {
        Ok(self.engine()?.compute().threads())
    }

    /// Tokens in the vocabulary of the model, padding among them.
    #[getter]
    fn vocab_size(&self) -> PyResult<usize> {
        Ok(self.engine()?.model().geometry().vocab)
    }

    /// The most tokens of a text.
    #[getter]
    fn context(&self) -> PyResult<usize> {
        Ok(self.engine()?.model().geometry().context)
    }

    /// What tells this model from others: of the tokens of a fixed text and of a few logits, to the bit. With `files` also the
    /// SHA-256 of all its files, which are read for it.
    #[pyo3(signature = (files = false))]
    fn digest(&self, py: Python<'_>, files: bool) -> PyResult<(Option<String>, String)> {
        let engine = self.engine()?;
        let digest = || {
            if files {
                let digest = engine.digest()?;
                return Ok((digest.files, digest.numbers));
            }
            Ok((None, engine.numbers_digest()?))
        };
        self.compute(py, digest, raised)
    }

    /// The tokenizer.
    #[getter]
    fn tokenizer(&self) -> PyResult<Tokenizer> {
        Ok(Tokenizer { tokenizer: Arc::clone(self.engine()?.tokenizer()) })
    }

    /// The names of the chat templates.
    #[getter]
    fn chat_templates(&self) -> PyResult<Vec<String>> {
        Ok(self.engine()?.chat_templates().names().map(str::to_owned).collect())
    }

    /// A conversation as the model reads it: text, token ids, and the end tokens of an answer. `template` is the source of
    /// one, in place of the model's own; `day` is the day that templates may write, counted from 1970-01-01, in place of today.
    #[pyo3(signature = (conversation_json, template = None, day = None))]
    fn chat_prompt(
        &self,
        conversation_json: &str,
        template: Option<&str>,
        day: Option<u64>,
    ) -> PyResult<(String, Vec<u32>, Vec<u32>)> {
        let engine = self.engine()?;
        let failed = |error: beamline::Error| raised(&error);
        let mut conversation = Conversation::read(conversation_json).map_err(|error| failed(error.into()))?;
        conversation.date = Some(day.map_or_else(Date::today, Date::since_1970));
        let template = match template {
            Some(source) => ChatTemplate::new("template", source).map_err(|error| failed(error.into()))?,
            None => engine.chat_templates().fitting(&conversation).map_err(failed)?,
        };
        let prompt = engine.chat_prompt(&template, &conversation).map_err(failed)?;
        let ends = engine.chat_options(&template, &Options::new());
        let ends = ends.get("eos_token_id").and_then(|setting| setting.value.ids()).unwrap_or_default();
        Ok((prompt.text, prompt.token_ids.iter().map(|id| id.0).collect(), ends.to_vec()))
    }

    /// Starts a search for each prompt.
    #[pyo3(signature = (prompts, options_json, processors, rules, strategy, keep_logits = false, keep_scores = false))]
    #[allow(clippy::too_many_arguments)] // Python's face gathers them
    fn run(
        &self,
        py: Python<'_>,
        prompts: Vec<GivenPrompt>,
        options_json: &str,
        processors: Vec<Placed>,
        rules: Vec<Py<PyAny>>,
        strategy: Option<Py<PyAny>>,
        keep_logits: bool,
        keep_scores: bool,
    ) -> PyResult<Run> {
        let engine = self.engine()?;
        let prompts: Vec<Prompt> = prompts.into_iter().map(Prompt::from).collect();
        let own = Own { processors, rules, strategy };
        let base = engine.plan(&options(options_json)?).map_err(|error| raised(&error))?;
        let own_raised = Raised::default();
        let sessions = if own.is_empty() {
            self.compute(py, || engine.sessions(&prompts, &base), raised)?
        } else {
            if prompts.len() > 1 && base.options().get("rng").is_some_and(|rng| rng.value.json() == "torch") {
                return Err(usage("rng torch and functions of your own go together for one prompt alone; give one"));
            }
            let session = |prompt: &Prompt| {
                let plan = own.plan(&engine, &base, prompt, &own_raised)?;
                engine.session(prompt.clone(), &plan).map_err(|error| raised(&error))
            };
            prompts.iter().map(session).collect::<PyResult<Vec<_>>>()?
        };
        if let Some(error) = own_raised.take() {
            return Err(error);
        }
        let wish = Wish { logits: keep_logits, scores: keep_scores };
        let opened_as = own.is_empty().then(|| self.opened_as());
        Ok(Run::new(engine, sessions, wish, [own_raised, self.raised.clone()], opened_as))
    }

    /// Logits `[n, vocab]` of texts given as token ids: the row that follows each token, or the last one alone.
    #[pyo3(signature = (texts, last_only = false))]
    fn logits<'py>(
        &self,
        py: Python<'py>,
        texts: Vec<Vec<u32>>,
        last_only: bool,
    ) -> PyResult<Vec<Bound<'py, PyArray2<f32>>>> {
        let engine = self.engine()?;
        let vocab = engine.model().geometry().vocab;
        let text = |ids: Vec<u32>| {
            if ids.is_empty() {
                return Err(usage("a text must have a token at the least"));
            }
            let ids = engine.encode_prompt(&Prompt::Ids(tokens(ids))).map_err(|error| raised(&error))?;
            let asked = asks_python(self.raised.clone());
            let rows = self.compute(py, || rows(&engine, &ids, last_only, &asked), raised)?;
            PyArray1::from_vec(py, rows).reshape([if last_only { 1 } else { ids.len() }, vocab])
        };
        texts.into_iter().map(text).collect()
    }
}

/// The rows that follow tokens, `[n, vocab]` one after another.
fn rows(
    engine: &beamline::Engine,
    ids: &[beamline::TokenId],
    last_only: bool,
    asked: &dyn Fn() -> bool,
) -> Result<Vec<f32>, beamline::Error> {
    let geometry = engine.model().geometry();
    if ids.len() > geometry.context {
        return Err(beamline::Error::TextTooLong { tokens: ids.len(), context: geometry.context });
    }
    let (mut cache, mut all) = (KvCache::new(geometry), Vec::new());
    for (at, chunk) in ids.chunks(CHUNK).enumerate() {
        if asked() {
            return Err(beamline::Error::Interrupted);
        }
        let is_last = (at + 1) * CHUNK >= ids.len();
        let want = match (last_only, is_last) {
            (true, false) => Want::Nothing,
            (true, true) => Want::Last,
            _ => Want::All,
        };
        let rows = engine.model().forward(&mut [Span { tokens: chunk, cache: &mut cache, want }], &mut ())?;
        (0..rows.len()).for_each(|i| all.extend_from_slice(rows.row(i)));
    }
    Ok(all)
}
