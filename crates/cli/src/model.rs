//! Opening the model that the arguments name.

use crate::args::ModelArgs;
use crate::failure::Failure;
use crate::memory;
use crate::output::note;
use crate::progress::{Bars, Waiting};
use beamline::{Compute, Engine, Error, Holding, ModelName, OpenOptions, Opened, Options, Tokenizer, TrustedFiles};

/// Opens the model's files, without its weights, and says what its author did wrong.
pub(crate) fn find(args: &ModelArgs) -> Result<Opened, Error> {
    let opened = quietly_found(args)?;
    opened.warnings().iter().for_each(|warning| note(&format!("warning: {warning}")));
    Ok(opened)
}

/// Opens the model's files, without its weights.
pub(crate) fn quietly_found(args: &ModelArgs) -> Result<Opened, Error> {
    if args.max_memory.is_some() {
        memory::allow(args.max_memory);
    }
    // Wrong variables of the environment are found before the model is.
    Compute::from_env(args.threads.map(usize::from)).map_err(Error::from)?;
    // A variable that is empty is one that is not set.
    let unset = args.model.is_empty() && std::env::var_os("BEAMLINE_MODEL").is_some_and(|model| model.is_empty());
    let name: ModelName = if unset { "builtin" } else { &args.model }.parse()?;
    let opened = Opened::find(&name, &mut Bars::new(note))?;
    Ok(match &args.pre {
        Some(pre) => opened.pre(pre)?,
        None => opened,
    })
}

/// Says what a model's tokenizer was made of in another way than its files have it.
pub(crate) fn tell(tokenizer: &Tokenizer) {
    tokenizer.warnings().iter().for_each(|warning| note(&format!("warning: {warning}")));
}

/// Opens the model's files, checks the settings against it, and loads its weights.
pub(crate) fn open(args: &ModelArgs, settings: &Options) -> Result<Engine, Failure> {
    Ok(load(args, settings)?)
}

/// The same, for those who have another use for what goes wrong.
pub(crate) fn load(args: &ModelArgs, settings: &Options) -> Result<Engine, Error> {
    settings.check()?;
    let opened = find(args)?;
    opened.check(settings)?;
    let waiting = Waiting::begin("loading");
    let holding = if args.no_map { Holding::Packed } else { Holding::Mapped(trusted()) };
    let engine = opened.load(&OpenOptions {
        dtype: args.dtype,
        activations: args.activations,
        threads: args.threads.map(usize::from),
        holding,
        ..OpenOptions::default()
    })?;
    drop(waiting);
    tell(engine.tokenizer());
    Ok(engine)
}

/// The command maps the files of a model: a first token then need not wait for a copy of all weights.
#[allow(unsafe_code)] // a promise for the user's files, which `--no-map` takes back
fn trusted() -> TrustedFiles {
    // SAFETY: whoever runs the command is told, by the help of `--no-map` and by docs/security.md, that the files of a model
    // must stay as they are while it runs.
    unsafe { TrustedFiles::promise_unchanged() }
}
