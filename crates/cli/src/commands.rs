//! The commands, a file each.

mod bench;
mod compare;
mod explain;
mod generate;
mod inspect;
mod models;
mod plot;
mod report;
mod score;
mod tokenize;
#[cfg(test)]
mod widths;

use crate::args::{Command, What};
use crate::failure::Failure;

/// Runs one.
pub(crate) fn run(command: Command) -> Result<(), Failure> {
    let Command { what, settings } = command;
    match what {
        What::Generate(args) => generate::run(&args, &settings),
        What::Inspect(args) => inspect::run(&args, &settings),
        What::Compare(args) => compare::run(&args, &settings),
        What::Explain(args) => explain::run(&args),
        What::Report(args) => report::run(&args, &settings),
        What::Replay(args) => report::replay(&args),
        What::Plot(args) => plot::run(&args, &settings),
        What::Score(args) => score::run(&args),
        What::Tokenize(args) => tokenize::run(&args),
        What::Models(args) => models::run(&args),
        What::Bench(args) => bench::run(&args),
    }
}
