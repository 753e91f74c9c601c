//! Opening the model that the arguments name.

use crate::args::ModelArgs;
use crate::failure::Failure;
use crate::output::note;
use crate::progress::{Bars, Waiting};
use beamline::{Compute, Engine, Error, ModelName, OpenOptions, Opened, Settings};

/// Opens the model's files, without its weights.
pub(crate) fn find(args: &ModelArgs) -> Result<Opened, Failure> {
    // Wrong variables of the environment are found before the model is.
    Compute::from_env(args.threads.map(usize::from)).map_err(Error::from)?;
    let name: ModelName = if args.model.is_empty() { "builtin" } else { &args.model }.parse()?;
    let opened = Opened::find(&name, &mut Bars::default())?;
    opened.warnings().iter().for_each(|warning| note(&format!("warning: {warning}")));
    Ok(opened)
}

/// Opens the model's files, checks the settings against it, and loads its weights.
pub(crate) fn open(args: &ModelArgs, settings: &Settings) -> Result<Engine, Failure> {
    settings.check()?;
    let opened = find(args)?;
    opened.check(settings)?;
    let _waiting = Waiting::begin("loading");
    Ok(opened.load(&OpenOptions {
        dtype: args.dtype,
        activations: args.activations,
        threads: args.threads.map(usize::from),
    })?)
}
