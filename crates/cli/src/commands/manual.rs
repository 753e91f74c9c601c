//! `beamline completions` and `beamline man`: what shells and manuals need, made from the command line's own description.

use crate::args::{Completions, Man, complete};
use crate::failure::Failure;
use crate::output::print;
use std::io;
use std::path::Path;

pub(crate) fn completions(args: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut complete(), "beamline", &mut script);
    print(&String::from_utf8_lossy(&script))
}

pub(crate) fn man(args: &Man) -> Result<(), Failure> {
    let mut root = complete();
    root.build();
    let mut pages = Vec::new();
    gather(&root, &mut pages)?;
    let Some(folder) = &args.folder else {
        return pages.iter().try_for_each(|(_, page)| print(page));
    };
    let wrong = |path: &Path, error: io::Error| {
        Failure::usage(format!("{}: {error}; give a folder that can be written", path.display()))
    };
    std::fs::create_dir_all(folder).map_err(|error| wrong(folder, error))?;
    pages.iter().try_for_each(|(name, page)| {
        let file = folder.join(format!("{name}.1"));
        std::fs::write(&file, page).map_err(|error| wrong(&file, error))
    })
}

/// The page of a command under its name, then those of the commands below it.
fn gather(command: &clap::Command, pages: &mut Vec<(String, String)>) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    pages.push((name, String::from_utf8_lossy(&page).into_owned()));
    command.get_subcommands().try_for_each(|below| gather(below, pages))
}
