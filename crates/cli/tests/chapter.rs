//! What the texts of the chapter claim of the built-in model's output, scene by scene: each holds.
#![allow(clippy::unwrap_used)] // tests may

use assert_cmd::Command;
use beamline_chapter::{scenes, words};
use serde_json::Value;

/// The output of a scene's command, the first or the second.
fn out(name: &str, which: usize, more: &[&str]) -> String {
    let scene = scenes().iter().find(|scene| scene.name() == name).unwrap();
    let mut words = words(scene.commands().nth(which).unwrap());
    words.retain(|word| more != ["--json"] || word != "--table");
    let mut command = Command::cargo_bin("beamline").unwrap();
    let output = command.args(&words[1..]).args(more).env_remove("BEAMLINE_MODEL").output().unwrap();
    assert!(output.status.success(), "{words:?}");
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

fn json(name: &str, which: usize) -> Value {
    let text = out(name, which, &["--json"]);
    serde_json::from_str(text.lines().next().unwrap()).unwrap()
}

fn numbers(list: &Value, field: &str) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|item| item[field].as_f64().unwrap_or(f64::NAN)).collect()
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item["text"].as_str().unwrap().to_owned()).collect()
}

/// Text, ranks and sum of a generation.
fn generation(name: &str, which: usize) -> (Vec<String>, Vec<f64>, f64) {
    let sequence = json(name, which)["sequences"][0].take();
    (texts(&sequence["tokens"]), numbers(&sequence["tokens"], "rank"), sequence["sum_logprob"].as_f64().unwrap())
}

/// The candidates of a step.
fn candidates(name: &str, which: usize) -> Value {
    json(name, which)["steps"][0].take()
}

#[test]
fn the_row_is_a_part_of_all() {
    let step = candidates("next-token", 0);
    let shown = numbers(&step["candidates"], "prob");
    let sum: f64 = shown.iter().sum();
    let rest = &step["rest"];
    assert!(sum < 1.0 && rest["count"].as_u64().unwrap() > 1000);
    assert!(
        (0.2..0.5).contains(&rest["prob"].as_f64().unwrap())
            && (sum + rest["prob"].as_f64().unwrap() - 1.0).abs() < 1e-9
    );
}

#[test]
fn the_first_candidate_ends_the_next_text() {
    let inspection = json("greedy-search", 0);
    let steps = inspection["steps"].as_array().unwrap();
    for pair in steps.windows(2) {
        let best = pair[0]["candidates"][0]["text"].as_str().unwrap();
        assert!(pair[1]["input"].as_str().unwrap().ends_with(best), "{pair:?}");
    }
}

#[test]
fn greedy_search_loops_and_repetition_feeds_itself() {
    let text = out("loops", 0, &[]);
    assert!(text.matches("I am going to speak to you").count() >= 5, "{text}");
    let tokens = json("loops", 1)["tokens"].take();
    let speak: Vec<f64> = texts(&tokens)
        .iter()
        .zip(numbers(&tokens, "logprob"))
        .filter(|(t, _)| *t == " speak")
        .map(|(_, p)| p)
        .collect();
    assert_eq!(speak.len(), 3);
    assert!(speak.is_sorted_by(|a, b| a < b), "{speak:?}");
}

#[test]
fn the_second_sentence_underflows() {
    assert!(!out("log-probability", 0, &[]).contains("underflow"));
    let text = out("log-probability", 1, &[]);
    assert!(text.contains("product of p") && text.contains("underflow in 32 bits: 0"), "{text}");
}

#[test]
fn beams_pay_for_a_second_best_token_and_win() {
    let ((greedy, ranks, greedy_sum), (beams, beam_ranks, beam_sum)) =
        (generation("beam-search", 0), generation("beam-search", 1));
    assert!(greedy[0] == beams[0] && greedy[1] != beams[1]);
    assert_eq!((ranks[1], beam_ranks[1]), (1.0, 2.0));
    assert!(beam_sum > greedy_sum);
}

#[test]
fn the_ban_ends_the_loop_and_removes_the_best() {
    let (tokens, ..) = generation("ngram-ban", 0);
    let mut runs: Vec<&[String]> = tokens.windows(3).collect();
    runs.sort();
    let all = runs.len();
    runs.dedup();
    assert_eq!(runs.len(), all, "no run of three comes twice");
    let candidates = candidates("ngram-ban", 1)["candidates"].take();
    let (raw, left) = (numbers(&candidates, "prob"), numbers(&candidates, "prob_processed"));
    let removed = left.iter().position(|&p| p == 0.0).unwrap();
    assert!(raw.iter().all(|&p| p <= raw[removed]));
    assert!((0..raw.len()).all(|i| i == removed || left[i] > raw[i]));
}

#[test]
fn the_penalty_ends_the_loop_and_lowers_the_best() {
    assert_eq!(out("repetition-penalty", 0, &[]).matches("I am going to speak to you").count(), 1);
    let candidates = candidates("repetition-penalty", 1)["candidates"].take();
    let (raw, left) = (numbers(&candidates, "prob"), numbers(&candidates, "prob_processed"));
    let best = (0..raw.len()).max_by(|&a, &b| raw[a].total_cmp(&raw[b])).unwrap();
    assert!(best > 1 && left[best] > 0.0, "{left:?}");
}

#[test]
fn temperature_keeps_the_order() {
    for (which, above) in [(0, true), (1, false)] {
        let step = candidates("temperature", which);
        let (raw, left) = (numbers(&step["candidates"], "prob"), numbers(&step["candidates"], "prob_processed"));
        assert!(raw.is_sorted_by(|a, b| a >= b) && left.is_sorted_by(|a, b| a >= b));
        assert_eq!(left[0] > raw[0], above);
    }
    let step = candidates("temperature", 1);
    let chosen = step["candidates"].as_array().unwrap().iter().find(|c| c["id"] == step["chosen"]["id"]).unwrap();
    assert!(chosen["prob"].as_f64().unwrap() < 1e-4);
}

#[test]
fn k_is_the_same_where_the_model_is_sure_and_where_it_is_not() {
    let kept = |which| {
        let step = candidates("top-k", which);
        assert_eq!(step["kept"], 5);
        numbers(&step["candidates"], "prob")
    };
    let (unsure, sure) = (kept(0), kept(1));
    assert!((0.22..0.28).contains(&unsure[..5].iter().sum::<f64>()));
    assert!(sure[0] > 0.5 && sure[4] < 0.02);
}

#[test]
fn the_token_that_crosses_p_stays() {
    let (sure, unsure) = (candidates("top-p", 0), candidates("top-p", 1));
    let raw = numbers(&sure["candidates"], "prob");
    assert!(raw[0] < 0.5 && raw[0] + raw[1] > 0.5);
    assert_eq!(sure["kept"], 2);
    assert!(unsure["kept"].as_u64().unwrap() > 10);
}

#[test]
fn all_run_in_the_order_that_is_told() {
    let stages = candidates("all-together", 1)["stages"].take();
    let names: Vec<&str> =
        stages.as_array().unwrap().iter().map(|stage| stage["processor"].as_str().unwrap()).collect();
    assert_eq!(names, ["repetition_penalty", "no_repeat_ngram_size", "temperature", "top_k", "top_p"]);
    assert!(out("all-together", 1, &[]).contains(" left)"));
}

#[test]
fn grammar_is_more_probable_and_the_word_makes_the_difference() {
    let contrast = json("sentence-probability", 0);
    let (total, by_word) =
        (contrast["difference"].as_f64().unwrap(), contrast["steps"][1]["difference"].as_f64().unwrap());
    assert!(total > 0.0 && by_word > total / 2.0);
    let after = numbers(&contrast["steps"], "difference");
    assert!(after[2..].iter().all(|d| *d != 0.0 && d.abs() < by_word));
}

#[test]
fn two_tokens_leave_no_other_choice() {
    let (tokens, ranks, _) = generation("token-by-token", 0);
    assert!(ranks.iter().all(|rank| *rank == 1.0));
    let all = json("token-by-token", 0)["sequences"][0]["tokens"].take();
    let (p, entropy) = (numbers(&all, "logprob"), numbers(&all, "entropy"));
    let near: Vec<usize> = (0..p.len()).filter(|&i| p[i].exp() > 0.8).collect();
    assert_eq!(
        near.iter().map(|&i| (tokens[i - 1].as_str(), tokens[i].as_str())).collect::<Vec<_>>(),
        [(" the", " world"), ("\n", "\n")]
    );
    let highest = near.iter().map(|&i| entropy[i]).fold(0.0, f64::max);
    assert!((0..p.len()).all(|i| near.contains(&i) || entropy[i] > highest));
}

#[test]
fn methods_lie_where_the_text_puts_them() {
    let runs = json("which-method", 0)["runs"].take();
    let of = |name: &str| {
        let run = runs.as_array().unwrap().iter().find(|run| run["name"] == name).unwrap();
        (run["mean"]["mean_logprob"].as_f64().unwrap(), run["mean"]["repeated_4"].as_f64().unwrap())
    };
    assert_eq!(runs.as_array().unwrap().len(), 8);
    let (greedy, beams, hot) = (of("greedy"), of("beam 5"), of("T 2.0"));
    for run in runs.as_array().unwrap().iter().map(|run| of(run["name"].as_str().unwrap())) {
        assert!(run == greedy || run == beams || run.0 < greedy.0.min(beams.0) && run.1 < greedy.1.min(beams.1));
        assert!(run == hot || run.0 > hot.0 + 3.0);
    }
    for name in ["T 0.7", "top-k 50", "top-p 0.9"] {
        let run = of(name);
        assert!(run.0 < greedy.0 && run.0 > hot.0 / 2.0 && run.1 < 0.03, "{name} {run:?}");
    }
}

#[test]
fn beams_drop_what_exact_search_proves() {
    let ((_, _, beams), (_, ranks, exact)) = (generation("exact-search", 0), generation("exact-search", 1));
    assert!(exact > beams && ranks[0] == 6.0);
    let shown = out("exact-search", 1, &[]);
    assert!(
        shown.contains(&format!("no text is more probable than {exact:.4}; beam search found {beams:.4}")),
        "{shown}"
    );
}
