//! `beamline bench`: how fast a model runs, against what memory allows.

use crate::args;
use crate::failure::Failure;
use crate::model;
use crate::output::{json, print};
use crate::table::{Side, lay_out};
use beamline::Options;
use beamline_study::{Bench, BenchReport};

pub(crate) fn run(args: &args::Bench) -> Result<(), Failure> {
    let settings = Options::list(args.run.as_deref().unwrap_or_default())?;
    let bench = Bench {
        prompt_len: args.prompt_len,
        new_tokens: args.new_tokens,
        batch: args.batch,
        beams: args.beams,
        repeat: args.repeat,
        settings,
    };
    bench.check()?;
    let engine = model::open(&args.model, &Options::default())?;
    let report = beamline_study::bench(&engine, &bench)?;
    if args.json { json(&report) } else { print(&table(&report)) }
}

fn table(report: &BenchReport) -> String {
    let some = |value: Option<f64>, digits: usize| value.map_or("-".to_owned(), |v| format!("{v:.digits$}"));
    let percent = |value: Option<f64>| value.map_or("-".to_owned(), |v| format!("{:.1} %", v * 100.0));
    let rows = [
        ("model", report.model.clone()),
        ("threads", report.threads.to_string()),
        ("load", format!("{:.3} s", report.load_s)),
        ("prefill", format!("{:.1} tokens/s", report.prefill.tokens_per_s)),
        ("decode", format!("{} tokens/s", some(report.decode.tokens_per_s, 1))),
        ("step", format!("{} ms", some(report.decode.ms_per_step, 3))),
        ("new tokens, all time", format!("{:.1} tokens/s", report.total_tokens_per_s)),
        ("shaping and choosing", percent(Some(report.sampling_share))),
        ("peak memory", format!("{} MB", some(report.peak_rss_mb, 1))),
        ("weights", format!("{:.1} MB", report.weight_bytes as f64 / 1e6)),
        ("memory bandwidth", format!("{:.1} GB/s", report.memory_bandwidth_gb_s)),
        ("of which weights use", percent(report.bandwidth_share)),
    ];
    let rows: Vec<Vec<String>> = rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    lay_out(&rows, &[Side::Left, Side::Left])
}
