//! The commands, a file each.

mod batch;
mod bench;
mod chat;
mod compare;
mod explain;
mod generate;
mod inspect;
mod lab;
mod learn;
mod manual;
mod models;
mod plot;
mod report;
mod score;
mod serve;
mod tokenize;
#[cfg(test)]
mod widths;

use crate::args::{Command, What};
use crate::failure::Failure;
use crate::progress::Waiting;
use crate::token_texts;

/// Runs one.
pub(crate) fn run(command: Command) -> Result<(), Failure> {
    let Command { what, settings, texts } = command;
    let settings = token_texts::resolved(&what, settings, &texts)?;
    match what {
        What::Generate(args) => generate::run(&args, &settings),
        What::Batch(args) => batch::run(&args, &settings),
        What::Chat(args) => chat::run(&args, &settings),
        What::Inspect(args) => inspect::run(&args, &settings),
        What::Learn(args) => learn::run(&args),
        What::Compare(args) => compare::run(&args, &settings),
        What::Explain(args) => explain::run(&args),
        What::Report(args) => {
            let _waiting = Waiting::begin("writing the report");
            report::run(&args, &settings)
        }
        What::Replay(args) => report::replay(&args),
        What::Plot(args) => {
            let _waiting = Waiting::begin("drawing");
            plot::run(&args, &settings)
        }
        What::Score(args) => score::run(&args),
        What::Tokenize(args) => tokenize::run(&args),
        What::Models(args) => models::run(&args),
        What::Serve(args) => serve::run(&args),
        What::Lab(args) => lab::run(&args),
        What::Bench(args) => bench::run(&args),
        What::Completions(args) => manual::completions(&args),
        What::Man(args) => manual::man(&args),
        What::Help(_) => Ok(()), // answered where the command line is read
    }
}
