//! Arguments of the commands that compare, explain and report.

use super::{CanvasArgs, ModelArgs, PromptArgs};
use beamline::{ActivationFormat, Encoding};
use clap::{Args, ValueHint};
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Compare {
    #[command(flatten)]
    pub(crate) prompts: PromptArgs,
    /// A decoding strategy: greedy, beams, beams-no-repeat, cool, hot, top-k, top-p, all-together, or options as
    /// "name=value,name=value"; "label: " before it names it; repeatable [default: those eight]
    #[arg(long, value_name = "OPTIONS")]
    pub(crate) run: Vec<String>,
    /// Texts of each way that draws tokens
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1024), value_name = "N")]
    pub(crate) seeds: u16,
    /// Write a page too: .html
    #[arg(long, short, value_hint = ValueHint::FilePath, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct Explain {
    /// A processor, a strategy, an option of one, or "choosing" [default: a list]
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The prompt of the example
    #[arg(long, allow_hyphen_values = true, value_name = "TEXT")]
    pub(crate) prompt: Option<String>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) prompts: PromptArgs,
    /// Where to: .html
    #[arg(long, short, value_hint = ValueHint::FilePath, value_name = "FILE")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) canvas: CanvasArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

#[derive(Args)]
pub(crate) struct Replay {
    /// A page that report wrote, or the bundle in it
    #[arg(value_hint = ValueHint::FilePath, value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The model, where it lies elsewhere now [default: the report's]
    #[arg(long, short, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Convert weights while loading [default: as the report's were]
    #[arg(long, value_parser = super::dtype, value_name = "TYPE")]
    pub(crate) dtype: Option<Encoding>,
    /// Precision of activations in quantized matmuls [default: as in the report]
    #[arg(long, value_parser = super::activations, value_name = "FORMAT")]
    pub(crate) activations: Option<ActivationFormat>,
    /// Threads to compute with [default: the cores granted]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024), value_name = "N")]
    pub(crate) threads: Option<u16>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
