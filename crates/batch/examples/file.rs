//! A run from file to file, with a journal: ended at any moment, it goes on where it was.
//!
//! `cargo run --release -p beamline-batch --example file` writes some rows and continues them;
//! `... --example file -- IN.jsonl OUT.jsonl [name=value,...]` continues yours.
#![allow(clippy::print_stdout)] // an example shows what it does

use beamline::{Engine, Options};
use beamline_batch::{BatchError, BatchRun, Progress, Settings, Watch};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// Prints how far the run is, twice a second.
struct Lines(Instant);

impl Watch for Lines {
    fn note(&mut self, line: &str) {
        println!("{line}");
    }

    fn progress(&mut self, progress: &Progress) {
        if self.0.elapsed().as_millis() >= 500 {
            self.0 = Instant::now();
            println!("{} rows, {} tokens", progress.rows, progress.here.new_tokens);
        }
    }
}

fn main() -> Result<(), BatchError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let options = arguments.get(2).map_or("do_sample=true,seed=7,max_new_tokens=8", String::as_str);
    let folder = std::env::temp_dir();
    let place = |at: usize, name: &str| arguments.get(at).map_or_else(|| folder.join(name), PathBuf::from);
    let (input, output) = (place(0, "beamline-rows.jsonl"), place(1, "beamline-completed.jsonl"));
    if arguments.is_empty() {
        let rows = (0..20).map(|number| format!("{{\"id\": {number}, \"prompt\": \"On day {number} she\"}}\n"));
        std::fs::write(&input, rows.collect::<String>())
            .map_err(|source| BatchError::Output { path: input.clone(), source })?;
    }
    let engine = Arc::new(Engine::open("builtin")?);
    let settings = Settings { options: Options::list(options)?, ..Settings::default() };
    let begun = Instant::now();
    let summary = BatchRun::new(input, &output).prepare()?.run(&engine, &settings, &mut Lines(begun))?;
    println!("{summary:?} in {:.2} s: {}", begun.elapsed().as_secs_f64(), output.display());
    if arguments.is_empty() {
        print!("{}", std::fs::read_to_string(&output).unwrap_or_default());
    }
    Ok(())
}
