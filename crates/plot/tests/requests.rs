//! Requests from outside: every kind draws, and what cannot be is refused in one line that names the argument.
#![allow(clippy::unwrap_used)] // tests may

use beamline::{Engine, Fault, Options, Prompt, TableModel, TokenId, Tokenizer};
use beamline_draw::Canvas;
use beamline_draw::kinds::Quantity;
use beamline_plot::{PlotError, PlotKind, PlotRequest, report_figures};
use serde_json::{Value, json};
use std::sync::Arc;

/// A model of seven words, each of which any may follow; it has neither embeddings nor attention.
fn table() -> Engine {
    let vocab: serde_json::Map<_, _> = (0..7).map(|i| (format!("w{i}"), i.into())).collect();
    let tokenizer = json!({"version": "1.0", "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "vocab": vocab, "unk_token": "w6"}});
    let tokenizer = Tokenizer::from_json(tokenizer.to_string().as_bytes()).unwrap();
    let row = |i: usize| (0..7).map(|j| ((i * 3 + j * 5) % 7 + 1) as f32 / 28.0).collect();
    Engine::with_model("table", Arc::new(TableModel::new((0..7).map(row).collect(), 128).unwrap()), tokenizer)
}

fn drawn(engine: &Engine, json: &Value, options: &str) -> Result<beamline_draw::Figure, PlotError> {
    let prompt = Prompt::Ids(vec![TokenId(0), TokenId(1)]);
    PlotRequest::read(json)?.figure(engine, &prompt, &Options::list(options).unwrap(), &mut |_, _| {})
}

/// What a request is refused with, in one line, as the caller's fault.
fn refused(json: &Value, options: &str) -> String {
    let error = drawn(&table(), json, options).unwrap_err();
    assert_eq!(error.fault(), Fault::Usage, "{error}");
    let message = error.to_string();
    assert!(message.lines().count() == 1 && message.len() < 400, "{message}");
    message
}

#[test]
fn every_kind_draws_with_its_defaults() {
    let engine = Engine::open("builtin").unwrap();
    for kind in PlotKind::ALL {
        let figure = drawn(&engine, &json!({"kind": kind.name()}), "").unwrap();
        assert!(!figure.data.rows.is_empty(), "{kind}");
        assert!(figure.svg(&Canvas::default()).starts_with("<svg"), "{kind}");
    }
}

#[test]
fn a_request_of_json_is_the_one_of_rust() {
    let json = json!({"kind": "compare", "run": ["greedy", "hot"], "by": "entropy", "bits": true, "top": null});
    let expected = PlotRequest {
        run: vec!["greedy".to_owned(), "hot".to_owned()],
        by: Some(Quantity::Entropy),
        bits: true,
        ..PlotRequest::new(PlotKind::Compare)
    };
    assert_eq!(PlotRequest::read(&json).unwrap(), expected);
    let figure = drawn(&table(), &json, "max_new_tokens=3").unwrap();
    assert_eq!(figure.data.columns[5], "entropy_bits");
    assert_eq!(figure.data.json["runs"].as_array().unwrap().len(), 2);
}

#[test]
fn arguments_are_all_fields() {
    let error = serde_json::from_value::<PlotRequest>(json!({"kind": "next", "pie": 1})).unwrap_err().to_string();
    let (unknown, known) = error.split_once(", expected one of ").unwrap();
    assert_eq!(unknown, "unknown field `pie`");
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    assert_eq!(known, PlotRequest::ARGUMENTS);
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    for (json, expected) in [
        (json!({"kind": "next", "tops": 5}), "a plot has no argument \"tops\"; did you mean top?"),
        (json!({"kind": "next", "penguin": 5}), "a plot has no argument \"penguin\"; leave it out"),
        (json!({"kind": "beems"}), "kind: there is no plot \"beems\"; did you mean beams?"),
        (json!({"kind": "compare", "by": "joy"}), "by: a quantity must be surprisal or entropy, got \"joy\""),
        (json!({"kind": "next", "top": -3}), "top: invalid value: integer `-3`, expected usize"),
        (json!({"kind": "temperature", "temperatures": [1, "hot"]}), "temperatures[1]: invalid type"),
        (json!({"top": 5}), "missing field `kind`"),
        (json!(["next"]), "invalid"),
        (json!(null), "invalid type: null"),
    ] {
        let message = refused(&json, "");
        assert!(message.starts_with(expected), "{json}: {message}");
    }
    let long = refused(&json!({"kind": "next", "x".repeat(100_000): 1}), "");
    assert!(long.ends_with("; leave it out"), "{long}");
}

#[test]
fn what_is_asked_for_in_vain_is_refused() {
    for (json, options, expected) in [
        (
            json!({"kind": "heat", "free_scales": true}),
            "",
            "free_scales belongs to plot next; leave it out of plot heat",
        ),
        (json!({"kind": "sweep", "top": 3}), "", "top belongs to plot next and heat and beams"),
        (json!({"kind": "next", "linear": true, "top": 3}), "", "linear belongs to plot temperature and cumulative"),
        (json!({"kind": "beams", "side_by_side": true}), "", "side_by_side belongs to plot embeddings"),
        (json!({"kind": "next", "bits": true}), "", "bits belongs to plot beams and surprisal and compare and sweep"),
        (json!({"kind": "sweep", "temperatures": [1]}), "", "temperatures belongs to plot temperature"),
        (json!({"kind": "next", "layer": 0}), "", "layer belongs to plot attention"),
        (json!({"kind": "next", "head": 0}), "", "head belongs to plot attention"),
        (json!({"kind": "beams", "run": ["greedy"]}), "", "run belongs to plot next and heat and compare"),
        (json!({"kind": "sweep", "by": "entropy"}), "", "by belongs to plot compare"),
        (json!({"kind": "compare", "values": [1]}), "", "over and values belongs to plot sweep"),
        (json!({"kind": "compare", "seeds": 1}), "", "seeds belongs to plot sweep"),
        (json!({"kind": "next", "top": 0}), "", "top must be an integer in 1..=1000000, got 0"),
        (json!({"kind": "sweep", "seeds": 1025}), "", "seeds must be an integer in 1..=1024, got 1025"),
        (json!({"kind": "temperature", "temperatures": [1, 0]}), "", "temperatures must be numbers above 0, got 0"),
        (json!({"kind": "sweep", "over": "top_k"}), "", "a sweep over top_k needs its values; give values 1,2,3"),
        (json!({"kind": "sweep", "over": "seed", "values": [1]}), "", "seed is not for sweeps"),
        (json!({"kind": "compare", "run": ["greddy"]}), "", "run \"greddy\": "),
        (json!({"kind": "heat", "run": ["num_beams=2"]}), "", "beam 2: plot next and heat show one step"),
        (json!({"kind": "histogram"}), "top_k=5", "top_k has no effect on plot histogram"),
        (json!({"kind": "cumulative"}), "top_k=5,seed=1", "seed has no effect on plot cumulative"),
        (json!({"kind": "attention"}), "", "this model shows no"),
    ] {
        let message = refused(&json, options);
        assert!(message.starts_with(expected), "{json}: {message}");
    }
    let request = PlotRequest { values: vec![f64::NAN], ..PlotRequest::new(PlotKind::Sweep) };
    assert_eq!(request.check(&Options::new()).unwrap_err().to_string(), "values must be finite numbers, got NaN");
    let request = PlotRequest { temperatures: vec![f64::INFINITY], ..PlotRequest::new(PlotKind::Temperature) };
    assert!(request.check(&Options::new()).is_err());
}

#[test]
fn a_face_writes_arguments_in_its_own_way() {
    let flag = |name: &str| format!("--{}", name.replace('_', "-"));
    for (json, expected) in [
        (json!({"kind": "beams", "side_by_side": true}), "--side-by-side belongs to plot embeddings"),
        (json!({"kind": "next", "seeds": 2, "over": "top_k"}), "--over and --values belongs to plot sweep"),
        (json!({"kind": "next", "top": 0}), "--top must be"),
        (json!({"kind": "next", "run": ["x"]}), "--run \"x\": "),
        (json!({"kind": "sweep", "over": "top-k"}), "a sweep over top_k needs its values; give --values 1,2,3"),
        (
            json!({"kind": "next", "free_scale": true}),
            "a plot has no argument \"free_scale\"; did you mean --free-scales?",
        ),
    ] {
        let message = drawn(&table(), &json, "").unwrap_err().named(flag);
        assert!(message.starts_with(expected), "{json}: {message}");
    }
}

#[test]
fn options_given_make_one_way_and_cut_a_cumulative_plot() {
    let engine = table();
    let ways =
        |options: &str| drawn(&engine, &json!({"kind": "next"}), options).unwrap().data.json.as_array().unwrap().len();
    assert_eq!((ways(""), ways("seed=3"), ways("do_sample=true,top_k=3")), (4, 4, 1));
    let cuts = drawn(&engine, &json!({"kind": "cumulative"}), "top_k=3,top_p=0.5").unwrap().data.json["cuts"].clone();
    assert_eq!((&cuts[0]["top_k"], &cuts[1]["top_p"]), (&json!(3), &json!(0.5)));
}

#[test]
fn a_report_has_a_tree_a_surprise_and_a_first_step() {
    let engine = table();
    let prompts = [Prompt::Ids(vec![TokenId(0), TokenId(1)])];
    let plan = engine.plan(&Options::list("num_beams=3,max_new_tokens=12").unwrap()).unwrap();
    let completion = engine.generate(&prompts, &plan).unwrap();
    let figures = report_figures(&engine, &prompts, &plan, &completion).unwrap();
    let notes: Vec<&str> = figures.iter().map(|figure| figure.note.as_str()).collect();
    assert!(notes.len() == 3 && notes[0].starts_with("beam search with 3 beams"), "{notes:?}");
    assert!(notes[0].contains("the first 8 of 12 tokens"), "{notes:?}");
    let error = report_figures(&engine, &[], &plan, &completion).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.fault()), ("nothing to draw: there is no prompt", Fault::Usage));
}
