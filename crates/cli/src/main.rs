//! The `beamline` command: prompts and flags in, text, tables and JSON out.
//!
//! What goes in: a command line, the environment, files that it names. What comes out: standard output holds the result and
//! nothing else; everything else goes to standard error. It knows nothing of the crates below `beamline` and its pictures.
//!
//! Exit codes: 0 ok; 1 the
//! answer is "no", or it failed while running; 2 wrong usage or value; 3 the model was not found, is not valid or cannot
//! be had; 130 interrupted (or told to end, or hung up on). A reader that stops reading is no error.

mod args;
mod commands;
mod destination;
mod failure;
mod fonts;
mod given_file;
mod interrupt;
mod memory;
mod messages;
mod model;
mod output;
mod page;
mod paint;
mod panics;
mod progress;
mod prompts;
mod prose;
mod signals;
mod table;
mod token_texts;
mod tokens;
mod wrap;

use failure::Failure;
use std::process::ExitCode;

/// Counts memory, so that more than is granted is refused.
#[global_allocator]
static MEMORY: memory::Counted = memory::Counted;

fn main() -> ExitCode {
    memory::allow(None);
    ended(run)
}

/// Runs the command, says what went wrong if something did, and gives the exit code.
fn ended(run: fn() -> Result<(), Failure>) -> ExitCode {
    match panics::caught(run) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => failure.report(),
        Err(broken) => broken.report(),
    }
}

fn run() -> Result<(), Failure> {
    let command = args::parse()?;
    signals::watch(interrupt::watch)?;
    commands::run(command)
}

impl Failure {
    /// Says what went wrong, once and in one line, and gives the exit code.
    fn report(self) -> ExitCode {
        self.tell();
        ExitCode::from(self.code)
    }

    /// Says what went wrong, in one line.
    fn tell(&self) {
        if let Some(message) = &self.message {
            // Names and quoted texts may have line ends of their own; one line is the rule.
            let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
            output::note(&format!("error: {message}"));
        }
    }
}
