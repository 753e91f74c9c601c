//! The example of a page, computed on the spot.

use crate::commands::{inspect, score, tokenize};
use crate::failure::Failure;
use crate::paint::{HEADING, styled, width};
use crate::table::{Column, Table};
use crate::tokens;
use crate::wrap::wrap;
use beamline::{Engine, Options, Prompt, Sequence};
use beamline_draw::{Unit, on_one_line, token_label};
use beamline_study::{Candidate, ConceptExample, Depth, StepRow, Topic};

/// How far an example stands in.
const INDENT: &str = "  ";

/// What it does to this model's next token, or what it makes of the prompt: the command, and what it prints.
pub(super) fn example(engine: &Engine, topic: &Topic, prompt: &str) -> Result<String, Failure> {
    let within = width().map(|columns| columns.saturating_sub(INDENT.len()));
    let (command, shown) = match topic {
        Topic::Processor(_) => {
            let Some(options) = topic.example() else {
                let elsewhere =
                    "It needs more than an option and a prompt; see its page in the library's documentation.";
                return Ok(wrap(elsewhere, width().unwrap_or(100), INDENT));
            };
            stages(engine, options, prompt, within)?
        }
        Topic::Method(method) => texts(engine, method.example, prompt)?,
        Topic::Concept(concept) => match concept.example {
            ConceptExample::Stages(options) => stages(engine, options, prompt, within)?,
            ConceptExample::Generate(options) => texts(engine, options, prompt)?,
            ConceptExample::Softmax => softmax(engine, prompt, within)?,
            ConceptExample::Score => {
                let report = beamline_study::score(engine, None, &Prompt::Text(prompt.to_owned()))?;
                (format!("score {}", quoted(prompt)), score::table(&report, Unit::Nats, within))
            }
            ConceptExample::Numbers => {
                let settings = Options::list("max_new_tokens=8,do_sample=false")?;
                let completion = engine.complete(prompt, &engine.plan(&settings)?)?;
                let sequence = &completion.sequences[0];
                let table = tokens::table(&sequence.tokens, sequence.sum_logprob, Unit::Nats, within);
                (format!("generate {} {} --table", quoted(prompt), flags(&settings)), table)
            }
            ConceptExample::Tokens => {
                (format!("tokenize {}", quoted(prompt)), tokenize::table(engine.tokenizer(), prompt)?.fit(within))
            }
        },
    };
    let all = format!("{INDENT}beamline {command}\n{}", shown.trim_end());
    Ok(all.replace('\n', &format!("\n{INDENT}")) + "\n")
}

/// The best next tokens of the model itself.
fn best(engine: &Engine, prompt: &Prompt) -> Result<Vec<Candidate>, Failure> {
    let depth = Depth { steps: 1, top: 8, stages: false };
    let inspection = beamline_study::inspect(engine, prompt, &Options::default(), depth)?;
    Ok(inspection.steps.into_iter().next().map(|step| step.candidates).unwrap_or_default())
}

/// A row through the processors.
fn stages(engine: &Engine, options: &str, prompt: &str, width: Option<usize>) -> Result<(String, String), Failure> {
    let at = Prompt::Text(prompt.to_owned());
    let best = best(engine, &at)?;
    let mut settings = Options::list(&filled(options, &best))?;
    if settings.get("seed").is_none() {
        settings.set("seed", "0")?;
    }
    let depth = Depth { steps: 1, top: 12, stages: true };
    let inspection = beamline_study::inspect(engine, &at, &settings, depth)?;
    let shown = inspection
        .steps
        .first()
        .map_or("There is no step.\n".to_owned(), |step| with_ends(step, options, &best, width));
    Ok((format!("inspect {} --steps 1 --top 12 --stages {}", quoted(prompt), flags(&settings)), shown))
}

/// The stages of a step, and which token an id of the example is.
fn with_ends(step: &StepRow, options: &str, best: &[Candidate], width: Option<usize>) -> String {
    let shown = inspect::stages(step, width);
    let part = if options.contains("eos_token_id=[{best}]") { ", which here plays the end token" } else { "" };
    let named: Vec<String> = [("{best}", 0), ("{second}", 1)]
        .into_iter()
        .filter(|(placeholder, _)| options.contains(placeholder))
        .filter_map(|(_, i)| best.get(i))
        .map(|token| format!("{} is the id of {}{part}", token.id, token_label(token.id, &token.text, &token.bytes)))
        .collect();
    if named.is_empty() { shown } else { format!("{shown}{}\n", named.join("; ")) }
}

/// An example's options with the ids of the best tokens, and a share that the third of them crosses.
fn filled(options: &str, best: &[Candidate]) -> String {
    let id = |i: usize| best.get(i).map_or(0, |candidate| candidate.id).to_string();
    let first = |n: usize| best.iter().take(n).map(|candidate| candidate.prob).sum::<f64>();
    let cross = f64::midpoint(first(2), first(3)).clamp(0.01, 0.99);
    options.replace("{best}", &id(0)).replace("{second}", &id(1)).replace("{cross}", &format!("{cross:.3}"))
}

/// Texts by these options, each with the sum of its log-probabilities.
fn texts(engine: &Engine, options: &str, prompt: &str) -> Result<(String, String), Failure> {
    let at = Prompt::Text(prompt.to_owned());
    let mut settings = Options::list(&filled(options, &best(engine, &at)?))?;
    if settings.get("max_new_tokens").is_none() {
        settings.set("max_new_tokens", "16")?;
    }
    let completion = engine.complete(at, &engine.plan(&settings)?)?;
    let mut table = Table::new(vec![Column::numbers("log p (nats)"), Column::sentences("text")]);
    for sequence in &completion.sequences {
        table.push(vec![format!("{:.3}", sequence.sum_logprob).into(), said(sequence).into()]);
    }
    let within = width().unwrap_or(100).saturating_sub(INDENT.len());
    let mut shown = table.fit(Some(within));
    if let Some(proof) = completion.prompts.first().and_then(|prompt| prompt.certificate) {
        let what = if proof.is_mode {
            "This is the mode, and it is proved: no text up to this length is more probable."
        } else {
            "Not proved within this budget."
        };
        shown += &wrap(what, within, "");
    }
    Ok((format!("generate {} {}", quoted(prompt), flags(&settings)), shown))
}

/// A text in words, also where there is none.
fn said(sequence: &Sequence) -> String {
    if sequence.text.is_empty() && sequence.finish_reason == Some("eos") {
        "(nothing: the end token is the first, so the empty text is this probable)".to_owned()
    } else {
        on_one_line(&sequence.text)
    }
}

/// From logits to probabilities.
fn softmax(engine: &Engine, prompt: &str, width: Option<usize>) -> Result<(String, String), Failure> {
    let best = best(engine, &Prompt::Text(prompt.to_owned()))?;
    let columns = vec![
        Column::words("token"),
        Column::numbers("logit"),
        Column::numbers("exp(logit - max)"),
        Column::numbers("p"),
    ];
    let mut table = Table::new(columns);
    let most = best.first().map_or(0.0, |candidate| candidate.logit);
    for candidate in &best {
        table.push(vec![
            token_label(candidate.id, &candidate.text, &candidate.bytes).into(),
            format!("{:.4}", candidate.logit).into(),
            format!("{:.4}", f64::from(candidate.logit - most).exp()).into(),
            format!("{:.4}", candidate.prob).into(),
        ]);
    }
    let vocab = engine.model().geometry().vocab;
    let sum = best.first().map_or(0.0, |candidate| 1.0 / candidate.prob);
    let heading = styled(&format!("the best 8 of {vocab} tokens; all exponentials together are {sum:.4}"), HEADING);
    Ok((format!("explain softmax --prompt {}", quoted(prompt)), format!("{}{heading}\n", table.fit(width))))
}

/// A word as a shell reads it.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.,/:=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// Options as flags.
fn flags(settings: &Options) -> String {
    let flag = |(name, setting): (&str, &beamline::Setting)| {
        let name = name.replace('_', "-");
        match setting.value.json() {
            serde_json::Value::Bool(true) => format!("--{name}"),
            serde_json::Value::Bool(false) => format!("--{name}=false"),
            serde_json::Value::String(text) => format!("--{name} {}", quoted(&text)),
            // Ids are parted by commas; other lists and objects are JSON.
            serde_json::Value::Array(ids) if ids.iter().all(serde_json::Value::is_number) && name.ends_with("-id") => {
                format!("--{name} {}", ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
            }
            json => format!("--{name} {}", quoted(&json.to_string())),
        }
    };
    settings.iter().map(flag).collect::<Vec<_>>().join(" ")
}
