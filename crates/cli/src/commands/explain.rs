//! `beamline explain`: what a processor or a strategy does, with an example computed on the spot.

use crate::args::Explain;
use crate::commands::compare::{numbers, usual};
use crate::commands::inspect::stages;
use crate::failure::Failure;
use crate::model;
use crate::output::{json, paint};
use crate::paint::{HEADING, styled, width};
use crate::table::{Column, Table};
use crate::wrap::wrap;
use beamline::{Engine, OptionSpec, Options, Prompt, options};
use beamline_draw::on_one_line;
use beamline_study::{Comparison, Depth, Run, Topic, inspect, topic, topics};
use serde_json::json as value;
use std::fmt::Write;

/// A text in which something comes again, so that penalties have something to do.
const PROMPT: &str = "Once upon a time there was a little girl. Once upon a";

pub(crate) fn run(args: &Explain) -> Result<(), Failure> {
    let Some(name) = &args.name else { return paint(&index()) };
    if name == "choosing" {
        let engine = model::open(&args.model, &Options::default())?;
        let comparison = usual(&engine, args.prompt.as_deref().unwrap_or("Once upon a time"))?;
        return if args.json { json(&comparison) } else { paint(&choosing(&comparison)) };
    }
    let topic = topic(name).ok_or_else(|| unknown(name))?;
    let engine = model::open(&args.model, &Options::default())?;
    let example = example(&engine, &topic, args.prompt.as_deref().unwrap_or(PROMPT))?;
    if args.json {
        let parts: serde_json::Map<_, _> = topic.parts().into_iter().map(|(h, text)| (h, value!(text))).collect();
        return json(
            &value!({"name": topic.name(), "page": parts, "options": option_list(&topic), "example": example}),
        );
    }
    paint(&page(&topic, &example))
}

fn unknown(name: &str) -> Failure {
    let all: Vec<&str> = topics().map(|topic| topic.name()).chain(["choosing"]).collect();
    // The nearest name may be what was meant.
    let alike = |known: &&&str| name.len() > 2 && (known.contains(name) || name.contains(**known));
    let near: Vec<&str> = all.iter().filter(alike).copied().collect();
    let hint = if near.is_empty() { String::new() } else { format!("did you mean {}? ", near.join(" or ")) };
    Failure::usage(format!("no page on {name:?}; {hint}there are pages on {}", all.join(", ")))
}

/// All pages, each with what it is about.
fn index() -> String {
    let first = |topic: Topic| {
        let what = topic.parts().first().map_or(String::new(), |(_, text)| text.clone());
        (topic.name().to_owned(), what.split_inclusive(". ").next().unwrap_or_default().trim().to_owned())
    };
    let choosing = ("choosing".to_owned(), "Which method when, in numbers of this model.".to_owned());
    let mut table = Table::new(vec![Column::words(""), Column::sentences("")]);
    for (name, what) in topics().map(first).chain([choosing]) {
        table.push(vec![name.into(), what.into()]);
    }
    table.fit(width())
}

fn option_list(topic: &Topic) -> Vec<serde_json::Value> {
    own_options(topic)
        .iter()
        .map(|o| value!({"name": o.name, "range": o.range, "default": o.default, "what": o.short}))
        .collect()
}

fn own_options(topic: &Topic) -> Vec<&'static OptionSpec> {
    match topic {
        Topic::Processor(entry) => entry.options.iter().collect(),
        Topic::Method(method) => options().filter(|option| method.aliases.contains(&option.name)).collect(),
    }
}

fn page(topic: &Topic, example: &str) -> String {
    let columns = width().unwrap_or(100).min(100);
    let mut out = styled(topic.name(), HEADING) + "\n";
    let mut part = |heading: &str, text: &str| {
        let _ = write!(out, "\n{}\n{}", styled(heading, HEADING), wrap(text, columns, "  "));
    };
    for (heading, text) in topic.parts().iter().filter(|(heading, _)| heading != "Source") {
        part(heading, text);
    }
    for option in own_options(topic) {
        let text = format!("{}: {}; default: {}", option.short, option.range, option.default);
        part(&format!("--{}", option.name.replace('_', "-")), &text);
    }
    let _ = write!(out, "\n{}\n{example}", styled("Example", HEADING));
    if let Some((heading, text)) = topic.parts().iter().find(|(heading, _)| heading == "Source") {
        let _ = write!(out, "\n{}\n{}", styled(heading, HEADING), wrap(text, columns, "  "));
    }
    out
}

/// What it does to this model's next token, or what it makes of the prompt.
fn example(engine: &Engine, topic: &Topic, prompt: &str) -> Result<String, Failure> {
    let Some(options) = topic.example() else {
        return Ok(
            "  It needs more than an option and a prompt; see its page in the library's documentation.\n".to_owned()
        );
    };
    let at = Prompt::Text(prompt.to_owned());
    let depth = Depth { steps: 1, top: 8, stages: true };
    let plain = inspect(engine, &at, &Options::default(), depth)?;
    let id = |i: usize| plain.steps[0].candidates.get(i).map_or(0, |candidate| candidate.id).to_string();
    let options = options.replace("{best}", &id(0)).replace("{second}", &id(1));
    let mut settings = Options::list(&options)?;
    let within = width().map(|columns| columns.saturating_sub(2));
    let shown = if let Topic::Processor(_) = topic {
        if settings.get("seed").is_none() {
            settings.set("seed", "0")?;
        }
        let inspection = inspect(engine, &at, &settings, Depth { top: 12, ..depth })?;
        inspection.steps.first().map_or("There is no step.\n".to_owned(), |step| stages(step, within))
    } else {
        settings.set("max_new_tokens", "16")?;
        let completion = engine.complete(at, &engine.plan(&settings)?)?;
        let row =
            |sequence: &beamline::Sequence| format!("{:9.3}  {}\n", sequence.sum_logprob, on_one_line(&sequence.text));
        completion.sequences.iter().map(row).collect()
    };
    let command = match topic {
        Topic::Processor(_) => format!("inspect {} --steps 1 --top 12 --stages", quoted(prompt)),
        Topic::Method(_) => format!("generate {}", quoted(prompt)),
    };
    let all = format!("beamline {command} {}\n{shown}", flags(&settings));
    Ok(format!("  {}\n", all.trim_end().replace('\n', "\n  ")))
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

/// Which method when, in the numbers of a comparison made on the spot.
fn choosing(comparison: &Comparison) -> String {
    let of = |name: &str| comparison.runs.iter().find(|run| run.name == name);
    let percent = |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{:.0} %", share * 100.0));
    let repeated = |run: Option<&Run>| percent(run.and_then(|run| run.mean.repeated_4));
    let mean =
        |run: Option<&Run>| run.and_then(|run| run.mean.mean_logprob).map_or("-".to_owned(), |m| format!("{m:.2}"));
    let alike = |run: Option<&Run>| percent(run.and_then(|run| run.similarity));
    let columns = width().unwrap_or(100).min(100);
    let mut out = styled("choosing", HEADING) + "\n\n";
    out += &wrap(
        &format!(
            "{} continued {:?} in eight ways, {} tokens each, four seeds where tokens are drawn:",
            comparison.model, comparison.prompt, comparison.runs[0].texts[0].stats.length
        ),
        columns,
        "",
    );
    let _ = write!(out, "\n{}\n", numbers(comparison, width()));
    let (greedy, beam, banned) = (of("greedy"), of("beam 5"), of("beam 5, no-repeat 2"));
    let (cool, hot, nucleus) = (of("T 0.7"), of("T 2.0"), of("top-p 0.9"));
    let advice = [
        (
            "One right answer: facts, translations, short summaries",
            format!(
                "greedy or beams. They find what the model holds most probable ({} and {} nats a token here) and need no seed. In longer texts they loop: {} and {} of their runs of four tokens came before.",
                mean(greedy), mean(beam), repeated(greedy), repeated(beam)
            ),
        ),
        (
            "Beams, but without loops",
            format!(
                "no_repeat_ngram_size 2 or 3: {} of its runs of four came before. It also bans names and phrases that ought to come again; on long texts rather a repetition_penalty near 1.1, or dry_multiplier.",
                repeated(banned)
            ),
        ),
        (
            "Stories, dialogue, ideas",
            format!(
                "sampling with top_p 0.9 to 0.95, or with a temperature of 0.7 to 0.9. It costs probability ({} and {} nats a token) and gives variety: texts of different seeds share {} and {} of their pairs of tokens.",
                mean(nucleus), mean(cool), alike(nucleus), alike(cool)
            ),
        ),
        (
            "A high temperature",
            format!(
                "only with a truncation. At T 2.0 alone a token costs {} nats: the tail of the vocabulary takes over, and the text falls apart.",
                mean(hot)
            ),
        ),
        (
            "Top-k or top-p",
            "top_p adapts to how sure the model is, top_k does not: where one token is certain it lets in others, where many are fine it cuts some off. Together, top_k guards against a long flat tail.".to_owned(),
        ),
        (
            "What the model would say at best",
            "exact_search, for short texts: it proves which text is the most probable one. That is often not the one you want.".to_owned(),
        ),
    ];
    for (heading, text) in advice {
        let _ = write!(out, "{}\n{}\n", styled(heading, HEADING), wrap(&text, columns, "  "));
    }
    out + "The same numbers for your prompt and your model: beamline compare PROMPT --seeds 4\n"
}
