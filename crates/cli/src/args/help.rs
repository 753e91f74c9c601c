//! Help pages: a short one for each command, and all of it for who asks. They are laid out here, and not by the parser's
//! library: a page of twenty lines needs all of a narrow terminal's columns.

use super::decoding::{COMMON, with_options};
use super::help_page::Page;
use super::tree;
use crate::failure::Failure;
use crate::wrap::wrap;
use clap::builder::PossibleValue;
use clap::{Arg, ArgAction, Command};
use std::fmt::Write;

/// Columns of a page where there is no terminal.
const NARROW: usize = 80;
/// Columns of pages that something else lays out again.
pub(super) const WIDE: usize = 100;
/// The most columns of names, with the space around them.
const NAMES: usize = 30;

/// The columns for a page on standard output: `COLUMNS`, which shells and tests set, or the terminal's.
pub(super) fn width() -> usize {
    let set = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|&columns| columns > 0);
    set.or_else(crate::paint::width).unwrap_or(NARROW).clamp(40, 120)
}

/// A command and all below it with their pages.
pub(super) fn dressed(root: Command, page: Page, width: usize) -> Command {
    let name = root.get_name().to_owned();
    let root = dress(root, page, &name, width);
    let version = Arg::new("version").long("version").short('V').action(ArgAction::Version).help("Print version");
    let root = root.disable_version_flag(true).arg(version);
    let text = text(&root, page, &name, width);
    root.override_help(text)
}

fn dress(command: Command, page: Page, path: &str, width: usize) -> Command {
    let help = Arg::new("help").long("help").short('h').action(ArgAction::HelpShort).help("Print help");
    let command = command.disable_help_flag(true).arg(help);
    let command = command.mut_subcommands(|below| {
        let path = format!("{path} {}", below.get_name());
        dress(below, page, &path, width)
    });
    let text = text(&command, page, path, width);
    command.override_help(text)
}

/// The page of a command.
fn text(command: &Command, page: Page, path: &str, width: usize) -> String {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let usage = command.clone().bin_name(path).render_usage().to_string();
    let mut out = format!("{}\n{}", wrap(&about, width, ""), wrap(&usage, width, ""));
    let below = command
        .get_subcommands()
        .map(|sub| (sub.get_name().to_owned(), sub.get_about().map(ToString::to_string).unwrap_or_default()));
    out += &section("Commands", &below.collect::<Vec<_>>(), width);
    let is_shown = |arg: &&Arg| page == Page::All || !arg.is_hide_short_help_set();
    let (places, flags): (Vec<&Arg>, Vec<&Arg>) =
        command.get_arguments().filter(is_shown).partition(|a| a.is_positional());
    out += &section("Arguments", &places.iter().map(|arg| row(arg, page)).collect::<Vec<_>>(), width);
    for arg in places {
        out += &section(&names(arg), &kinds(arg), width);
    }
    out += &options(&flags, page, width);
    let is_root = command.has_subcommands() && !path.contains(' ');
    let is_cut = page == Page::Short && command.get_arguments().any(Arg::is_hide_short_help_set);
    let more = if command.get_arguments().any(|arg| arg.get_id() == "config") { "; beamline help options" } else { "" };
    match () {
        () if is_root => {
            out += "\nBegin with: beamline generate \"Once upon a time\"\n";
            out += &wrap(
                "Options of a command: beamline COMMAND --help; all decoding options: beamline help options",
                width,
                "",
            );
        }
        () if is_cut => {
            let _ = write!(out, "\n{}", wrap(&format!("All options: {path} --help all{more}"), width, ""));
        }
        () => {}
    }
    out
}

/// Flags: in one list with those used most first, or all in their groups.
fn options(flags: &[&Arg], page: Page, width: usize) -> String {
    let (needed, flags): (Vec<&Arg>, Vec<&Arg>) = flags.iter().partition(|arg| arg.is_required_set());
    let needed: Vec<_> = needed.into_iter().map(|arg| row(arg, page)).collect();
    let of = |heading: Option<&str>| -> Vec<(String, String)> {
        flags.iter().filter(|arg| arg.get_help_heading() == heading).map(|arg| row(arg, page)).collect()
    };
    if page == Page::Short {
        return section("Options", &[needed, of(Some(COMMON)), of(None)].concat(), width);
    }
    let mut headings = vec![Some(COMMON), None];
    // Other groups in the order in which they come, those of the command itself behind those of decoding.
    let others = flags
        .iter()
        .map(|arg| arg.get_help_heading())
        .filter(|heading| !["Prompts", "Model"].map(Some).contains(heading));
    for heading in others.chain(["Prompts", "Model"].map(Some)) {
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    let part = |heading: Option<&str>| section(heading.unwrap_or("Options"), &of(heading), width);
    section("Needed", &needed, width) + &headings.into_iter().map(part).collect::<String>()
}

/// What an argument is called, and what it does.
fn row(arg: &Arg, page: Page) -> (String, String) {
    let mut name = arg.get_short().map_or(String::new(), |short| format!("-{short}, "));
    if let Some(long) = arg.get_long() {
        let _ = write!(name, "--{long}");
    }
    if arg.is_positional() {
        name = names(arg);
    } else if arg.is_require_equals_set() {
        name += if page == Page::All { "[=BOOL]" } else { "" };
    } else if arg.get_action().takes_values() {
        let _ = write!(name, " {}", names(arg));
    }
    let mut help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let mut fact = |fact: String| help.extend([" [", &fact, "]"]);
    let values = arg.get_possible_values();
    if arg.get_action().takes_values() && !values.is_empty() && kinds(arg).is_empty() {
        fact(values.iter().map(PossibleValue::get_name).collect::<Vec<_>>().join(", "));
    }
    if let Some(default) = arg.get_default_values().first().filter(|_| arg.get_action().takes_values()) {
        fact(format!("default: {}", default.to_string_lossy()));
    }
    if let Some(variable) = arg.get_env().filter(|_| page == Page::All) {
        fact(format!("or the variable {}", variable.to_string_lossy()));
    }
    (name, help)
}

/// What the argument's value is called.
fn names(arg: &Arg) -> String {
    arg.get_value_names().and_then(|names| names.first()).map_or("VALUE".to_owned(), ToString::to_string)
}

/// The values of an argument that stands in a place and that have words of their own.
fn kinds(arg: &Arg) -> Vec<(String, String)> {
    let values = if arg.is_positional() { arg.get_possible_values() } else { Vec::new() };
    let row = |value: &PossibleValue| Some((value.get_name().to_owned(), value.get_help()?.to_string()));
    values.iter().filter_map(row).collect()
}

/// Names and what stands beside them, under a heading; nothing where there are none.
fn section(heading: &str, rows: &[(String, String)], width: usize) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let most = NAMES.min(width / 2);
    let fits = |name: &&String| name.len() + 4 <= most;
    let column = rows.iter().map(|(name, _)| name).filter(fits).map(|name| name.len() + 4).max().unwrap_or(most);
    let mut out = format!("\n{heading}:\n");
    for (name, help) in rows {
        let text = wrap(help, width, &" ".repeat(column));
        let text = text.trim_end();
        // A long name has the line to itself.
        if name.len() + 4 <= column && !text.is_empty() {
            let _ = writeln!(out, "  {name:pad$}{}", text.trim_start(), pad = column - 2);
        } else {
            let _ = writeln!(out, "  {name}\n{text}");
        }
    }
    out
}

/// The page that `help` is asked for: of all commands, of one, or of all decoding options.
pub(super) fn page(topic: &[String], width: usize) -> Result<String, Failure> {
    let (path, page) = match topic.split_last() {
        Some((last, path)) if last == "all" => (path, Page::All),
        _ => (topic, Page::Short),
    };
    if let [only] = path
        && only == "options"
    {
        return Ok(all_options(width));
    }
    let mut command = &dressed(tree(page), page, width);
    for name in path {
        command = command.find_subcommand(name).ok_or_else(|| {
            let near = beamline::nearest(name, command.get_subcommands().map(Command::get_name));
            let near = near.map_or(String::new(), |near| format!("; a similar one is '{near}'"));
            Failure::usage(format!("no command '{name}'{near}; see 'beamline --help'"))
        })?;
    }
    Ok(command.clone().render_help().to_string())
}

/// Every decoding option, in groups.
fn all_options(width: usize) -> String {
    let command = with_options(Command::new("options"), Page::All);
    let about = "Decoding options of generate, batch, chat, inspect, compare, plot and report. In a JSON file for --config, and in --run, they \
        have the same names with underscores. What each does to a model's numbers: beamline explain NAME.";
    wrap(about, width, "") + &options(&command.get_arguments().collect::<Vec<_>>(), Page::All, width)
}
