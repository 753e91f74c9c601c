//! Figures on a model that one can check by hand: their SVG, and the numbers behind them.
#![allow(clippy::unwrap_used)] // tests may

use beamline::{Engine, Options, Prompt, TableModel, TokenId, Tokenizer};
use beamline_draw::kinds::{self, Quantity};
use beamline_draw::{Canvas, DrawError, Figure, Theme, comparison_page, png};
use beamline_study::{Depth, Inspection, Variant, attention, compare, embeddings, inspect, score, search_tree, sweep};
use std::sync::Arc;

/// Seven words, one of them Korean, one that looks like markup.
const WORDS: [&str; 7] = ["the", "cat", "sat", "mat", "안녕", "<b>&", "."];

fn engine() -> Engine {
    let vocab: serde_json::Map<_, _> = WORDS.iter().enumerate().map(|(i, w)| ((*w).to_owned(), i.into())).collect();
    let tokenizer = serde_json::json!({"version": "1.0", "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "vocab": vocab, "unk_token": "."}});
    let tokenizer = Tokenizer::from_json(tokenizer.to_string().as_bytes()).unwrap();
    let row = |i: usize| (0..7).map(|j| ((i * 3 + j * 5) % 7 + 1) as f32 / 28.0).collect();
    let table = TableModel::new((0..7).map(row).collect(), 64).unwrap();
    Engine::with_model("table", Arc::new(table), tokenizer)
}

fn prompt() -> Prompt {
    Prompt::Ids([0, 1].map(TokenId).to_vec())
}

fn settings(text: &str) -> Options {
    Options::list(text).unwrap()
}

fn inspected(text: &str) -> Inspection {
    inspect(&engine(), &prompt(), &settings(text), Depth { steps: 1, top: usize::MAX, stages: false }).unwrap()
}

fn ways(texts: &[&str]) -> Vec<Variant> {
    texts.iter().map(|way| way.parse().unwrap()).collect()
}

/// Every kind that a table model can show; it has no embeddings and no heads.
fn figures() -> Vec<(&'static str, Figure)> {
    let engine = engine();
    let named = [("greedy", "do_sample=false"), ("top-k 3", "do_sample=true,top_k=3,seed=2")];
    let named = named.map(|(name, options)| (name.to_owned(), inspected(options)));
    let plain = inspected("do_sample=false");
    let beams = search_tree(&engine, &prompt(), &settings("num_beams=2,max_new_tokens=4")).unwrap();
    let score = score(&engine, None, &Prompt::Ids([0, 1, 4, 5, 2].map(TokenId).to_vec())).unwrap();
    let shared = settings("max_new_tokens=6");
    let all = ways(&["num_beams=1", "num_beams=2", "do_sample=true"]);
    let comparison = compare(&engine, &prompt(), &all, &shared, 1, &mut |_, _| {}).unwrap();
    let sweep = sweep(&engine, &prompt(), "temperature", &[0.5, 1.0, 2.0], &shared, 3, &mut |_, _| {}).unwrap();
    vec![
        ("next", kinds::next(&named, 7).unwrap()),
        ("temperature", kinds::temperature(&plain, &[0.5, 1.0, 2.0]).unwrap()),
        ("histogram", kinds::histogram(&plain).unwrap()),
        ("cumulative", kinds::cumulative(&plain, &[3], &[0.8]).unwrap()),
        ("beams", kinds::beams(&beams, 2, None).unwrap()),
        ("surprisal", kinds::surprisal(&score, Some(2)).unwrap()),
        ("compare", kinds::compare(&comparison, Quantity::Surprisal).unwrap()),
        ("sweep", kinds::sweep(&sweep).unwrap()),
    ]
}

#[test]
fn the_svg_of_each_kind_stays_as_it_is() {
    for (name, figure) in figures() {
        insta::assert_snapshot!(name, figure.svg(&Canvas::default()).unwrap());
    }
}

#[test]
fn pictures_are_valid_in_both_themes_and_any_size_and_not_empty() {
    for (name, figure) in figures() {
        for (width, height, theme) in [(800, 500, Theme::Light), (800, 500, Theme::Dark), (320, 240, Theme::Light)] {
            let svg = figure.svg(&Canvas { width, height, theme }).unwrap();
            let picture = png::render(&svg).unwrap();
            let number = |at: usize| u32::from_be_bytes(picture.bytes[at..at + 4].try_into().unwrap());
            assert_eq!((number(16), number(20)), (width, height), "{name}");
            // A blank sheet of this size takes less than two kilobytes.
            assert!(picture.bytes.len() > 2500, "{name}: {} bytes", picture.bytes.len());
        }
    }
}

#[test]
fn text_of_models_cannot_become_markup() {
    for (name, figure) in figures() {
        let (svg, page) = (figure.svg(&Canvas::default()).unwrap(), figure.html(&Canvas::default()).unwrap());
        assert!(!svg.contains("<b>") && !page.contains("<b>"), "{name}");
    }
}

#[test]
fn numbers_behind_a_figure_are_those_of_the_result() {
    let plain = inspected("do_sample=false");
    let step = &plain.steps[0];
    let figure = kinds::temperature(&plain, &[1.0, 2.0]).unwrap();
    for (row, candidate) in figure.data.rows.iter().zip(&step.candidates) {
        assert_eq!(row[1], candidate.id);
        assert!((row[3].as_f64().unwrap() - candidate.prob).abs() < 1e-12);
    }
    let hot: f64 = figure.data.rows.iter().map(|row| row[4].as_f64().unwrap()).sum();
    assert!((hot - 1.0).abs() < 1e-12);

    let histogram = kinds::histogram(&plain).unwrap();
    let counted: u64 = histogram.data.rows.iter().map(|row| row[2].as_u64().unwrap()).sum();
    assert_eq!(counted, 7);

    // The probabilities after "cat" are 7, 6, ... 1 of 28: 7 + 6 + 5 = 18 do not reach 0.75, with 4 they do.
    let cumulative = kinds::cumulative(&plain, &[3], &[0.75]).unwrap();
    let cuts = &cumulative.data.json["cuts"];
    assert!((cuts[0]["outside"].as_f64().unwrap() - 10.0 / 28.0).abs() < 1e-6, "{cuts}");
    assert_eq!(cuts[1]["kept"], 4);
    assert!((cuts[1]["outside"].as_f64().unwrap() - 6.0 / 28.0).abs() < 1e-6, "{cuts}");
}

#[test]
fn a_tree_has_its_winner_and_why_others_were_dropped() {
    let (_, figure) = figures().into_iter().find(|(name, _)| *name == "beams").unwrap();
    assert_eq!(figure.data.rows.iter().filter(|row| row[9] == true).count(), 4);
    assert!(figure.svg(&Canvas::default()).unwrap().contains("too low"));
}

#[test]
fn a_comparison_becomes_a_page_without_network() {
    let both = ways(&["num_beams=1", "do_sample=true"]);
    let comparison = compare(&engine(), &prompt(), &both, &settings("max_new_tokens=6"), 2, &mut |_, _| {}).unwrap();
    let page = comparison_page(&comparison, &Canvas::default()).unwrap();
    let links = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!links.contains("http") && !links.contains("src="), "nothing is fetched");
    assert_eq!(page.matches("<h2>").count(), 3);
}

#[test]
fn nothing_to_draw_is_an_error() {
    let one = score(&engine(), None, &Prompt::Ids(vec![TokenId(1)])).unwrap();
    assert!(matches!(kinds::surprisal(&one, None), Err(DrawError::Nothing(_))));
    assert!(matches!(kinds::next(&[], 3), Err(DrawError::Nothing(_))));
    assert!(embeddings(&engine(), &prompt()).unwrap_err().to_string().contains("shows no embeddings"));
    assert!(attention(&engine(), &prompt(), 0, None).unwrap_err().to_string().contains("shows no attention"));
}
