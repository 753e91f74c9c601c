//! Arguments of runs over files.

use super::serve::{at_least_one, size};
use super::{ModelArgs, TemplateArgs};
use beamline_batch::{Format, Shard, Template};
use clap::{Args, ValueEnum, ValueHint};
use std::path::PathBuf;

/// How rows lie in a file.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RowFormat {
    /// A JSON object a line
    Jsonl,
    /// Comma-separated values
    Csv,
    /// Values parted by tabs
    Tsv,
    /// OpenAI's batch files
    Openai,
}

impl RowFormat {
    /// As the library calls it.
    pub(crate) fn format(self) -> Format {
        match self {
            Self::Jsonl => Format::Jsonl,
            Self::Csv => Format::Csv,
            Self::Tsv => Format::Tsv,
            Self::Openai => Format::OpenAi,
        }
    }
}

/// How progress is told on standard error.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ProgressForm {
    /// A bar on a terminal, and else a line every ten seconds
    Auto,
    /// A JSON object a second
    Json,
    /// Nothing but the last line
    Off,
}

#[derive(Args)]
#[allow(clippy::struct_excessive_bools)] // each is a flag
pub(crate) struct Batch {
    /// The rows: .jsonl, .csv or .tsv; - for standard input
    #[arg(long, short, value_hint = ValueHint::FilePath, value_name = "FILE")]
    pub(crate) input: PathBuf,
    /// Where the rows go with their completions; - for standard output
    #[arg(long, short, value_hint = ValueHint::FilePath, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// How rows lie in both files: jsonl, csv, tsv or openai [default: what the files' names end in, or jsonl]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<RowFormat>,
    /// How they lie in the output, where that is another format [default: what its name ends in]
    #[arg(long, value_enum, value_name = "FORMAT", hide_short_help = true)]
    pub(crate) output_format: Option<RowFormat>,
    /// The prompt, made of columns, such as "Summarise: {text}"; a brace that is meant is written twice
    #[arg(long, allow_hyphen_values = true, value_parser = template, value_name = "TEMPLATE")]
    pub(crate) prompt: Option<Template>,
    /// The column that is the prompt [default: prompt, or else messages]
    #[arg(long, value_name = "COLUMN", conflicts_with = "prompt")]
    pub(crate) prompt_column: Option<String>,
    /// The column of messages to be answered by the model's chat template
    #[arg(long, value_name = "COLUMN", conflicts_with_all = ["prompt", "prompt_column", "chat"])]
    pub(crate) messages_column: Option<String>,
    /// The column that names each row: draws hang on it, and not on the row's place
    #[arg(long, alias = "key", value_name = "COLUMN")]
    pub(crate) key_column: Option<String>,
    /// Carry columns through that are named as decoding options, and do not take them as each row's own
    #[arg(long, hide_short_help = true)]
    pub(crate) no_option_columns: bool,
    /// Take each prompt as a message, and answer it
    #[arg(long, help_heading = "Chat", hide_short_help = true)]
    pub(crate) chat: bool,
    #[command(flatten)]
    pub(crate) template: TemplateArgs,
    /// A part of the rows, such as 1/4; the outputs of all parts, joined in order, are the whole
    #[arg(long, value_parser = shard, value_name = "I/N")]
    pub(crate) shard: Option<Shard>,
    /// Where finished rows are kept, so that a run that was ended goes on [default: the output's name and .journal]
    #[arg(long, value_hint = ValueHint::FilePath, value_name = "FILE", hide_short_help = true, help_heading = "Going on")]
    pub(crate) journal: Option<PathBuf>,
    /// Keep none: a run that is ended begins anew
    #[arg(long, conflicts_with = "journal", hide_short_help = true, help_heading = "Going on")]
    pub(crate) no_journal: bool,
    /// Keep the journal when the output is there
    #[arg(long, conflicts_with = "no_journal", hide_short_help = true, help_heading = "Going on")]
    pub(crate) keep_journal: bool,
    /// Go on with what is whole of a damaged journal, and compute the rest again
    #[arg(long, conflicts_with = "no_journal", hide_short_help = true, help_heading = "Going on")]
    pub(crate) salvage: bool,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Rows that are continued together
    #[arg(long, default_value_t = 64, value_parser = at_least_one, value_name = "N", hide_short_help = true, help_heading = "Load")]
    pub(crate) max_running: usize,
    /// Memory for keys and values, such as 2GB [default: a quarter of what is granted]
    #[arg(long, value_parser = size, value_name = "SIZE", hide_short_help = true, help_heading = "Load")]
    pub(crate) cache_memory: Option<usize>,
    /// How progress is told on standard error
    #[arg(long, value_enum, default_value = "auto", value_name = "FORM", hide_short_help = true)]
    pub(crate) progress: ProgressForm,
    /// End with exit code 1 if any row has an error
    #[arg(long, hide_short_help = true)]
    pub(crate) fail_on_errors: bool,
}

fn template(text: &str) -> Result<Template, String> {
    text.parse()
}

fn shard(text: &str) -> Result<Shard, String> {
    text.parse()
}
