//! Processors in order: what the pipeline reports, and the orders of the engines.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline_shape::{
    Context, Forced, Logits, OccurrencePenalty, Pipeline, Preset, Processor, REGISTRY, SequenceBias, ShapeError,
    Suppress, Temperature, TopK,
};
use serde_json::{Value, json};
use support::{spec, tokens, with};

/// A processor made of a function.
#[derive(Clone)]
struct Does(&'static str, fn(&mut Logits));

impl Processor for Does {
    fn name(&self) -> &'static str {
        self.0
    }
    fn apply(&mut self, logits: &mut Logits, _: &Context<'_>) {
        self.1(logits);
    }
    fn fork(&self) -> Box<dyn Processor> {
        Box::new(self.clone())
    }
}

fn run(processors: Vec<Box<dyn Processor>>, row: &[f32]) -> (Result<(), ShapeError>, Vec<(String, usize)>) {
    let (mut logits, mut seen) = (Logits::of(row), Vec::new());
    let result = Pipeline::new(processors).shape(&mut logits, &Context::default(), &mut |name, logits| {
        seen.push((name.to_owned(), logits.live()));
    });
    (result, seen)
}

fn remove_all() -> Box<dyn Processor> {
    Box::new(Does("remove_all", |logits| logits.retain(|_, _| false)))
}

#[test]
fn an_empty_pipeline_changes_nothing() {
    let mut logits = Logits::of(&[1.0, 2.0]);
    Pipeline::new(Vec::new()).shape(&mut logits, &Context::default(), &mut |_, _| unreachable!()).unwrap();
    assert_eq!(logits, Logits::of(&[1.0, 2.0]));
}

#[test]
fn a_row_left_empty_is_an_error_that_names_who_took_the_last_token() {
    let top = || Box::new(TopK::new(1).unwrap()) as Box<dyn Processor>;
    let (result, seen) = run(vec![top(), remove_all(), top()], &[1.0, 2.0]);
    let error = result.unwrap_err();
    assert_eq!(error, ShapeError::Empty { processor: "remove_all".into() });
    assert_eq!(error.to_string(), "remove_all removed every token at this step; loosen it, or leave it out");
    let seen: Vec<(&str, usize)> = seen.iter().map(|(name, live)| (name.as_str(), *live)).collect();
    assert_eq!(seen, [("top_k", 1), ("remove_all", 0), ("top_k", 0)], "each step is shown, in order");
    // Two bans that only together leave nothing: the second took the last one.
    let bans: Vec<Box<dyn Processor>> = vec![
        Box::new(Suppress::always(&tokens(&[0]))),
        Box::new(SequenceBias::bad_words(&[tokens(&[1])])),
        Box::new(Suppress::always(&tokens(&[0, 1]))),
    ];
    assert_eq!(run(bans, &[1.0, 2.0]).0, Err(ShapeError::Empty { processor: "bad_words_ids".into() }));
}

#[test]
fn tokens_that_are_put_back_are_no_error() {
    let forced = || Box::new(Forced::at(0, &tokens(&[1]))) as Box<dyn Processor>;
    assert_eq!(
        run(vec![remove_all(), forced()], &[1.0, 2.0]),
        (Ok(()), vec![("remove_all".into(), 0), (forced().name().into(), 1)])
    );
    let (result, _) = run(vec![remove_all(), forced(), remove_all()], &[1.0, 2.0]);
    assert_eq!(result, Err(ShapeError::Empty { processor: "remove_all".into() }));
}

#[test]
fn scores_too_great_are_an_error_that_names_who_made_them() {
    let big = || Box::new(Does("big", |logits| logits.map(|_| f32::INFINITY))) as Box<dyn Processor>;
    let odd = Box::new(Does("odd", |logits| logits.map(|_| f32::NAN)));
    let top = Box::new(TopK::new(1).unwrap());
    let error = run(vec![big(), top], &[1.0]).0.unwrap_err();
    assert_eq!(error, ShapeError::Overflow { processor: "big".into() });
    assert_eq!(error.to_string(), "big made scores too great to compute with; use a milder value");
    assert_eq!(run(vec![odd, big()], &[1.0]).0, Err(ShapeError::Overflow { processor: "odd".into() }));
    let repair = with(json!({"remove_invalid_values": true})).one("remove_invalid_values");
    assert_eq!(run(vec![big(), repair], &[1.0]).0, Ok(()));
    // By real processors: two biases that each fit into an f32.
    let bias = |_| Box::new(SequenceBias::new(&[(tokens(&[0]), f32::MAX)])) as Box<dyn Processor>;
    let error = run((0..2).map(bias).collect(), &[1.0]).0;
    assert_eq!(error, Err(ShapeError::Overflow { processor: "sequence_bias".into() }));
}

#[test]
fn order_is_kept() {
    let double = || Box::new(Temperature::new(0.5).unwrap()) as Box<dyn Processor>;
    let less = || Box::new(OccurrencePenalty::presence(1.0, &tokens(&[0]), -1).unwrap()) as Box<dyn Processor>;
    let value = |processors| {
        let mut logits = Logits::of(&[3.0]);
        Pipeline::new(processors).shape(&mut logits, &Context::default(), &mut |_, _| ()).unwrap();
        logits.max()
    };
    assert_eq!((value(vec![double(), less()]), value(vec![less(), double()])), (5.0, 4.0));
    let pipeline = Pipeline::new(vec![double(), less(), double()]);
    assert_eq!(pipeline.names(), ["temperature", "presence_penalty", "temperature"]);
    assert_eq!(format!("{pipeline:?}"), r#"Pipeline(["temperature", "presence_penalty", "temperature"])"#);
}

#[test]
fn a_pipeline_is_built_in_the_order_named_from_what_is_asked_for() {
    let maker = with(json!({"top_p": 0.5, "min_p": 0.1, "xtc_probability": 0.5, "temperature": 1.0}));
    let names = ["xtc", "min_p", "temperature", "top_p", "top_h"];
    let pipeline = maker.brief(|brief| Pipeline::build(&names, brief)).unwrap();
    assert_eq!(pipeline.names(), ["xtc", "min_p", "top_p"]);
    assert!(pipeline.is_random() && pipeline.fork().is_random());
    let calm = maker.brief(|brief| Pipeline::build(&names[1..], brief)).unwrap();
    assert!(!calm.is_random());
    let error = maker.brief(|brief| Pipeline::build(&["top_q"], brief)).unwrap_err().to_string();
    assert!(error.contains("processors must be") && error.contains("got top_q") && error.contains("top_p"), "{error}");
}

#[test]
fn a_forked_pipeline_goes_its_own_way() {
    let maker = with(json!({"presence_penalty": 1.0})).prompt(&[0]);
    let mut pipeline = maker.brief(|brief| Pipeline::build(&["presence_penalty"], brief)).unwrap();
    let mut fork = pipeline.fork();
    pipeline.accept(&maker.prompt.as_slice().into(), tokens(&[1])[0]);
    fork.accept(&maker.prompt.as_slice().into(), tokens(&[2])[0]);
    let mut shaped = [&mut pipeline, &mut fork].map(|pipeline| {
        let mut logits = Logits::of(&[0.0; 3]);
        pipeline.shape(&mut logits, &Context::default(), &mut |_, _| ()).unwrap();
        logits.iter().map(|x| x.1).collect::<Vec<_>>()
    });
    assert_eq!(shaped.each_mut(), [&mut vec![-1.0, -1.0, 0.0], &mut vec![-1.0, 0.0, -1.0]]);
}

#[test]
fn every_processor_is_in_every_order_once() {
    for preset in Preset::NAMES.map(|name| Preset::of(name).unwrap()) {
        let mut order = preset.order(false);
        order.sort_unstable();
        let mut all: Vec<&str> = REGISTRY.iter().map(|entry| entry.name).collect();
        all.sort_unstable();
        assert_eq!(order, all, "{preset:?}");
    }
    assert_eq!(Preset::of("vllm"), None);
}

/// Whether these come in this order, others between them or not.
fn comes(order: &[&str], expected: &[&str]) {
    let found: Vec<&str> = order.iter().copied().filter(|name| expected.contains(name)).collect();
    assert_eq!(found, expected);
}

#[test]
fn the_order_of_transformers_is_kept() {
    let expected = [
        "guidance_scale",
        "sequence_bias",
        "encoder_repetition_penalty",
        "repetition_penalty",
        "no_repeat_ngram_size",
        "encoder_no_repeat_ngram_size",
        "bad_words_ids",
        "min_length",
        "min_new_tokens",
        "forced_bos_token_id",
        "forced_eos_token_id",
        "remove_invalid_values",
        "exponential_decay_length_penalty",
        "suppress_tokens",
        "begin_suppress_tokens",
        "temperature",
        "top_h",
        "top_k",
        "top_p",
        "min_p",
        "typical_p",
        "epsilon_cutoff",
        "eta_cutoff",
        "renormalize_logits",
    ];
    for mirostat in [false, true] {
        comes(&Preset::Hf.order(mirostat), &expected);
    }
    assert_eq!(Preset::default(), Preset::Hf);
    assert_eq!(Preset::Hf.order(false).last(), Some(&"renormalize_logits"));
}

#[test]
fn the_order_of_llama_cpp_is_kept() {
    let order = Preset::LlamaCpp.order(false);
    let chain = [
        "sequence_bias",
        "repetition_penalty",
        "frequency_penalty",
        "presence_penalty",
        "dry",
        "top_n_sigma",
        "top_k",
        "typical_p",
        "top_p",
        "min_p",
        "xtc",
        "temperature",
    ];
    comes(&order, &chain);
    // What it lacks: bans before its chain, truncations before the temperature, renormalisation at the end.
    let place = |name: &str| order.iter().position(|other| *other == name).unwrap();
    for ban in ["guidance_scale", "no_repeat_ngram_size", "bad_words_ids", "min_length", "forced_eos_token_id"] {
        assert!(place(ban) < place("sequence_bias"), "{ban}");
    }
    for truncation in ["top_h", "epsilon_cutoff", "eta_cutoff", "p_less"] {
        assert!(place(truncation) < place("temperature") && place("dry") < place(truncation), "{truncation}");
    }
    assert_eq!(order.last(), Some(&"renormalize_logits"));
    // Grammars (where they are compiled in) hold whatever else mirostat replaces.
    let mut steered = Preset::LlamaCpp.order(true);
    steered.retain(|name| *name != "grammar");
    assert_eq!(steered, ["sequence_bias", "temperature", "dynatemp_range", "mirostat"]);
}

#[test]
fn the_defaults_of_presets_are_values_that_their_options_take() {
    assert!(Preset::Hf.defaults().is_empty());
    let defaults: Vec<(&str, Value)> = Preset::LlamaCpp
        .defaults()
        .iter()
        .filter(|(name, _)| *name != "do_sample")
        .map(|(name, text)| (*name, spec(name).parse(text).unwrap().json()))
        .collect();
    let expected = json!({"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05,  "repeat_last_n": 64});
    assert_eq!(Value::Object(defaults.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()), expected);
    // Of these, the chain of a plain call.
    let chain = with(expected).brief(|brief| Pipeline::build(&Preset::LlamaCpp.order(false), brief)).unwrap();
    assert_eq!(chain.names(), ["top_k", "top_p", "min_p", "temperature"]);
}

#[test]
fn by_default_transformers_takes_the_fifty_best_and_nothing_else() {
    let drawn = with(json!({}));
    let build = |maker: &support::Maker| maker.brief(|brief| Pipeline::build(&Preset::Hf.order(false), brief)).unwrap();
    assert_eq!(build(&drawn).names(), ["top_k"]);
    assert!(
        build(&support::Maker { drawn: false, ..drawn }).names().is_empty(),
        "and where nothing is drawn, nothing at all"
    );
}
