//! `beamline explain`: what a processor or a strategy does, with an example computed on the spot.

mod choosing;
mod example;

use crate::args::Explain;
use crate::commands::compare::usual;
use crate::failure::Failure;
use crate::model;
use crate::output::{json, paint};
use crate::paint::{HEADING, styled, width};
use crate::table::{Column, Table};
use crate::wrap::wrap;
use beamline::{Options, nearest, options};
use beamline_study::{Topic, topic, topics};
use choosing::choosing;
use example::example;
use serde_json::json as value;
use std::fmt::Write;

/// A text in which something comes again, so that penalties have something to do.
const PROMPT: &str = "Once upon a time there was a little girl. Once upon a";

/// A text that can go on in many ways.
const OPEN: &str = "She opened the door and";

pub(crate) fn run(args: &Explain) -> Result<(), Failure> {
    let Some(name) = &args.name else { return paint(&index()) };
    if name == "choosing" {
        let engine = model::open(&args.model, &Options::default())?;
        let comparison = usual(&engine, args.prompt.as_deref().unwrap_or("Once upon a time"))?;
        return if args.json { json(&comparison) } else { paint(&choosing(&comparison)) };
    }
    let topic = topic(name).ok_or_else(|| unknown(name))?;
    let engine = model::open(&args.model, &Options::default())?;
    let example = example(&engine, &topic, args.prompt.as_deref().unwrap_or(prompt(&topic)))?;
    if args.json {
        let parts: serde_json::Map<_, _> = topic.parts().into_iter().map(|(h, text)| (h, value!(text))).collect();
        return json(
            &value!({"name": topic.name(), "page": parts, "options": option_list(&topic), "example": example}),
        );
    }
    paint(&page(&topic, &example))
}

/// The prompt of a page's example: what cuts or softens is seen where many tokens are possible, and the rest where something
/// comes again.
fn prompt(topic: &Topic) -> &'static str {
    let is_sampler = |options: &str| options.starts_with("do_sample=true");
    match topic {
        Topic::Processor(_) if topic.example().is_some_and(is_sampler) => OPEN,
        _ => PROMPT,
    }
}

fn unknown(name: &str) -> Failure {
    let aliases = topics().flat_map(|topic| match topic {
        Topic::Method(method) => method.aliases.to_vec(),
        Topic::Concept(concept) => concept.aliases.to_vec(),
        Topic::Processor(_) => Vec::new(),
    });
    let names = topics().map(|topic| topic.name()).chain(["choosing"]).chain(aliases);
    let near = nearest(name, names.chain(options().map(|option| option.name)));
    let hint = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
    Failure::usage(format!("no page on {name:?}{hint} ('beamline explain' lists all)"))
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
    topic
        .options()
        .iter()
        .map(|o| value!({"name": o.name, "range": o.range, "default": o.default, "what": o.short}))
        .collect()
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
    for option in topic.options() {
        let text = format!("{}: {}; default: {}", option.short, option.range, option.default);
        part(&format!("--{}", option.name.replace('_', "-")), &text);
    }
    let _ = write!(out, "\n{}\n{example}", styled("Example", HEADING));
    if let Some((heading, text)) = topic.parts().iter().find(|(heading, _)| heading == "Source") {
        let _ = write!(out, "\n{}\n{}", styled(heading, HEADING), wrap(text, columns, "  "));
    }
    out
}
