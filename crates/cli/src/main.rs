//! The `beamline` command: prompts and flags in, text, tables and JSON out.
//!
//! Standard output holds the result and nothing else; everything else goes to standard error. Exit codes: 0 ok; 1 the
//! answer is "no", or it failed while running; 2 wrong usage or value; 3 the model was not found, is not valid or cannot
//! be had; 130 interrupted. A reader that stops reading is no error.

mod args;
mod commands;
mod destination;
mod failure;
mod interrupt;
mod model;
mod output;
mod paint;
mod progress;
mod prompts;
mod table;
mod tokens;

use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    // What cannot happen is reported in one line too, without a back-trace.
    std::panic::set_hook(Box::new(|_| {}));
    let done = std::panic::catch_unwind(run).unwrap_or_else(|_| Err(Failure::internal()));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run() -> Result<(), Failure> {
    let command = args::parse()?;
    interrupt::watch()?;
    commands::run(command)
}

impl Failure {
    /// Says what went wrong, once and in one line, and gives the exit code.
    fn report(self) -> ExitCode {
        if let Some(message) = &self.message {
            // Names and quoted texts may have line ends of their own; one line is the rule.
            let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
            output::note(&format!("error: {message}"));
        }
        ExitCode::from(self.code)
    }
}
