//! The `beamline` command: prompts and flags in, text, tables and JSON out.
//!
//! Standard output holds the result and nothing else; everything else goes to standard error. Exit codes: 0 ok; 1 the
//! answer is "no", or it failed while running; 2 wrong usage or value; 3 the model was not found, is not valid or cannot
//! be had; 130 interrupted. A reader that stops reading is no error.

mod args;
mod commands;
mod failure;
mod interrupt;
mod model;
mod output;
mod progress;
mod prompts;
mod table;

use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    let done = args::parse().and_then(|command| {
        interrupt::watch()?;
        commands::run(command)
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

impl Failure {
    /// Says what went wrong, once and in one line, and gives the exit code.
    fn report(self) -> ExitCode {
        if let Some(message) = &self.message {
            output::note(&format!("error: {message}"));
        }
        ExitCode::from(self.code)
    }
}
