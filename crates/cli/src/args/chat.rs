//! Arguments of conversations: their template, their messages.

use super::ModelArgs;
use beamline::Date;
use clap::{Args, ValueHint};
use std::path::PathBuf;

/// How messages become a prompt.
#[derive(Args, Clone, Default)]
pub(crate) struct TemplateArgs {
    /// What the model is told before the first message
    #[arg(long, allow_hyphen_values = true, value_name = "TEXT", hide_short_help = true, help_heading = "Chat")]
    pub(crate) system: Option<String>,
    /// The chat template: one of the model's by its name, or a file of Jinja [default: the model's]
    #[arg(long, value_hint = ValueHint::FilePath, value_name = "FILE|NAME", hide_short_help = true, help_heading = "Chat")]
    pub(crate) chat_template: Option<String>,
    /// The day that templates write into prompts: YYYY-MM-DD [default: today]
    #[arg(long, value_parser = date, value_name = "DATE", hide_short_help = true, help_heading = "Chat")]
    pub(crate) chat_date: Option<Date>,
    /// A variable of the template, such as enable_thinking=false; repeatable
    #[arg(long, value_name = "NAME=VALUE", hide_short_help = true, help_heading = "Chat")]
    pub(crate) chat_var: Vec<String>,
}

/// Messages in place of a prompt.
#[derive(Args)]
pub(crate) struct MessageArgs {
    /// Take the prompt as a message, and answer it
    #[arg(long, help_heading = "Chat", hide_short_help = true)]
    pub(crate) chat: bool,
    /// A JSON file of messages to answer: a list of objects with role and content; - for standard input
    #[arg(long, value_hint = ValueHint::FilePath, value_name = "FILE", hide_short_help = true, help_heading = "Chat")]
    pub(crate) messages: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) template: TemplateArgs,
}

#[derive(Args)]
pub(crate) struct Chat {
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// What the model is told before the first message
    #[command(flatten)]
    pub(crate) template: TemplateArgs,
    /// Go on with a conversation that was saved
    #[arg(long, value_hint = ValueHint::FilePath, value_name = "FILE")]
    pub(crate) messages: Option<PathBuf>,
}

fn date(text: &str) -> Result<Date, String> {
    text.parse().map_err(|error: beamline::ChatError| error.to_string())
}
