//! From a request to its figure.

use crate::beam_view::beam_view;
use crate::defaults::{NEXT, sweep_values, variants, with_defaults};
use crate::error::PlotError;
use crate::kind::PlotKind;
use crate::request::PlotRequest;
use beamline::{Engine, Options, Prompt, TokenId};
use beamline_draw::{Figure, kinds};
use beamline_study::{Depth, Inspection, Variant, attention, compare, embeddings, inspect, score, search_tree, sweep};
use serde_json::json;

/// One step, with the whole vocabulary.
const WHOLE: Depth = Depth { steps: 1, top: usize::MAX, stages: false };

impl PlotRequest {
    /// The figure that is asked for, of what `engine` makes of `prompt` with the options `given`. `progress` is told of texts done and of
    /// how many there are, where there are several (compare, sweep).
    ///
    /// ```
    /// use beamline::{Engine, Options, Prompt};
    /// use beamline_plot::{PlotKind, PlotRequest};
    /// let engine = Engine::open("builtin")?;
    /// let request = PlotRequest { values: vec![0.5, 1.5], seeds: Some(2), ..PlotRequest::new(PlotKind::Sweep) };
    /// let (given, mut texts) = (Options::list("max_new_tokens=4")?, 0);
    /// let figure = request.figure(&engine, &Prompt::from("Once"), &given, &mut |done, _| texts = done)?;
    /// assert_eq!((figure.data.json["option"].as_str(), texts), (Some("temperature"), 4));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`check`](Self::check); when a way to choose or an option cannot be; when the model has no such layer, or shows none of
    /// it; and when there is nothing to draw.
    pub fn figure(
        &self,
        engine: &Engine,
        prompt: &Prompt,
        given: &Options,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Figure, PlotError> {
        self.check(given)?;
        let whole = || inspect(engine, prompt, &Options::default(), WHOLE);
        Ok(match self.kind {
            PlotKind::Next => {
                kinds::next(&self.ways(engine, prompt, given)?, self.top.unwrap_or(10), self.free_scales)?
            }
            PlotKind::Heat => kinds::heat(&self.ways(engine, prompt, given)?, self.top.unwrap_or(10))?,
            PlotKind::Temperature => {
                let usual = if self.temperatures.is_empty() { &[0.5, 1.0, 2.0][..] } else { &self.temperatures };
                kinds::temperature(&whole()?, usual, self.linear.then(|| self.top.unwrap_or(50)))?
            }
            PlotKind::Histogram => kinds::histogram(&whole()?)?,
            PlotKind::Cumulative => {
                let number = |name| given.get(name).and_then(|setting| setting.value.json().as_f64());
                let k = number("top_k").unwrap_or(50.0) as usize;
                let linear = self.linear.then(|| self.top.unwrap_or(10_000));
                kinds::cumulative(&whole()?, &[k], &[number("top_p").unwrap_or(0.9)], linear)?
            }
            PlotKind::Beams => {
                let settings = with_defaults(given, &json!({"num_beams": 3, "do_sample": false}), 6)?;
                let view = beam_view(&engine.plan(&settings)?, self.top.unwrap_or(3), None, self.unit());
                kinds::beams(&search_tree(engine, prompt, &settings)?, &view)?
            }
            PlotKind::Surprisal => self.surprisal(engine, prompt, given)?,
            PlotKind::Embeddings => kinds::embeddings(&embeddings(engine, prompt)?, self.side_by_side)?,
            PlotKind::Attention => kinds::attention(&attention(engine, prompt, self.layer.unwrap_or(0), self.head)?)?,
            PlotKind::Compare => {
                let shared = with_defaults(given, &json!({}), 40)?;
                let variants = variants(&self.run, &Variant::USUAL)?;
                let comparison = compare(engine, prompt, &variants, &shared, 1, progress)?;
                kinds::compare(&comparison, self.by.unwrap_or_default(), self.unit())?
            }
            PlotKind::Sweep => {
                let shared = with_defaults(given, &json!({}), 40)?;
                let option = self.over.as_deref().unwrap_or("temperature");
                let values = sweep_values(option, &self.values)?;
                let seeds = self.seeds.unwrap_or(8);
                kinds::sweep(&sweep(engine, prompt, option, &values, &shared, seeds, progress)?, self.unit())?
            }
        })
    }

    /// The surprise of the prompt's tokens, and of those that follow.
    fn surprisal(&self, engine: &Engine, prompt: &Prompt, given: &Options) -> Result<Figure, PlotError> {
        let settings = with_defaults(given, &json!({"do_sample": false}), 20)?;
        let completion = engine.complete(prompt, &engine.plan(&settings)?)?;
        let read = completion.prompts[0].token_ids.clone();
        let said = completion.sequences.first().map(|s| s.token_ids.clone()).unwrap_or_default();
        let continues_at = read.len();
        let ids = read.into_iter().chain(said).map(TokenId).collect();
        Ok(kinds::surprisal(&score(engine, None, &Prompt::Ids(ids))?, Some(continues_at), self.unit())?)
    }

    /// The first step of each way that `next` and `heat` show, with its name.
    fn ways(&self, engine: &Engine, prompt: &Prompt, given: &Options) -> Result<Vec<(String, Inspection)>, PlotError> {
        // Options given make one way of their own; with none, and no run, there are the usual four.
        let only = self.run.is_empty() && given.iter().any(|(name, _)| !["seed", "eos_token_id"].contains(&name));
        if only {
            return Ok(vec![("as asked for".to_owned(), inspect(engine, prompt, given, WHOLE)?)]);
        }
        let mut inspections = Vec::new();
        for mut variant in variants(&self.run, &NEXT)? {
            variant.settings = variant.settings.beside(given);
            if variant.settings.get("seed").is_none() {
                variant.settings.config(&json!({"seed": 0}))?;
            }
            if variant.settings.get("num_beams").is_some_and(|setting| setting.value.json() != json!(1)) {
                return Err(PlotError::OneStep { way: variant.name });
            }
            inspections.push((variant.name, inspect(engine, prompt, &variant.settings, WHOLE)?));
        }
        Ok(inspections)
    }
}
