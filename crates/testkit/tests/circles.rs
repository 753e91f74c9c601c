//! Modules of a crate that import each other go one way, as crates do: there is an order in which to read them.
//!
//! A module is a file directly under `src`, or a folder there with the file of its name. What a path names is read out of the
//! source text, tests left out: an order is for who reads the code.
#![allow(clippy::unwrap_used)] // tests may

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of all crates.
fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Which module uses which others.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// All Rust files below a folder, each with its module's name and how many modules it lies in.
fn files(folder: &Path, module: Option<&str>, depth: usize, into: &mut Vec<(String, usize, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let module = module.unwrap_or(&stem).to_owned();
        if path.is_dir() {
            files(&path, Some(&module), depth + 1, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") && stem != "tests" {
            into.push((module, depth, without_tests(&fs::read_to_string(&path).unwrap())));
        }
    }
}

/// A file's text up to its module of tests, without comments.
fn without_tests(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let is_tests = |pair: &[&str]| pair[0].starts_with("#[cfg(") && pair[0].contains("test") && pair[1].ends_with('{');
    let end = lines.windows(2).position(is_tests).unwrap_or(lines.len());
    let code = |line: &&str| line.split("//").next().unwrap_or_default().to_owned();
    lines[..end].iter().map(code).collect::<Vec<_>>().join("\n")
}

/// The first names of what follows a path's beginning: of each, where it is a group in braces.
fn first_names(rest: &str) -> Vec<String> {
    let name = |text: &str| text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let Some(group) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let (mut level, mut start, mut names) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => level += 1,
            '}' if level == 0 => {
                names.push(name(&group[start..at]));
                break;
            }
            '}' => level -= 1,
            ',' if level == 0 => {
                names.push(name(&group[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    names
}

/// The names that a text takes from the root of its crate; `depth` is how many modules the file lies in.
fn from_root(text: &str, depth: usize) -> Vec<String> {
    following(text, &["crate::", "super::".repeat(depth).as_str()])
}

/// The names that follow any of these beginnings of a path.
fn following(text: &str, beginnings: &[&str]) -> Vec<String> {
    let found = beginnings.iter().flat_map(|&beginning| {
        let is_whole = |at: usize| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        text.match_indices(beginning)
            .filter(move |(at, _)| is_whole(*at))
            .map(move |(at, _)| &text[at + beginning.len()..])
    });
    found.flat_map(first_names).collect()
}

/// Where the names come from that `lib.rs` exports.
fn exported(lib: &str) -> BTreeMap<String, String> {
    let mut from = BTreeMap::new();
    for statement in lib.split(';').filter_map(|statement| statement.split("pub use ").nth(1)) {
        let Some((module, rest)) = statement.split_once("::") else { continue };
        for name in rest.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty()) {
            from.insert(name.to_owned(), module.trim().to_owned());
        }
    }
    from
}

/// Whether a module is the crate itself, which may use all others.
fn is_root(module: &str) -> bool {
    ["lib", "main"].contains(&module)
}

/// Who uses whom in one crate.
fn uses(name: &str) -> Uses {
    let src = crates().join(name).join("src");
    let mut all = Vec::new();
    files(&src, None, 1, &mut all);
    let roots = ["lib.rs", "main.rs"].map(|root| fs::read_to_string(src.join(root)).unwrap_or_default());
    let exported = exported(&without_tests(&roots.concat()));
    let modules: BTreeSet<&str> =
        all.iter().map(|(module, ..)| module.as_str()).filter(|module| !is_root(module)).collect();
    let mut uses = Uses::new();
    for (module, depth, text) in all.iter().filter(|(module, ..)| !is_root(module)) {
        let used = from_root(text, *depth).into_iter().filter_map(|name| {
            let of = exported.get(&name).cloned().filter(|_| !modules.contains(name.as_str())).unwrap_or(name);
            (of != *module && modules.contains(of.as_str())).then_some(of)
        });
        uses.entry(module.clone()).or_default().extend(used);
    }
    uses
}

/// The modules in an order in which each comes after all that it uses; `Err` has those that are left, which is circles and
/// who stands on them.
fn order(mut uses: Uses) -> Result<Vec<String>, Uses> {
    let mut order = Vec::new();
    while !uses.is_empty() {
        let ready: Vec<String> =
            uses.iter().filter(|(_, used)| used.is_empty()).map(|(name, _)| name.clone()).collect();
        if ready.is_empty() {
            return Err(uses);
        }
        for name in ready {
            uses.remove(&name);
            for used in uses.values_mut() {
                used.remove(&name);
            }
            order.push(name);
        }
    }
    Ok(order)
}

/// Who uses whom among the files of one folder, each with the folder of its name.
fn uses_within(folder: &Path, path: &str) -> Uses {
    let mut all = Vec::new();
    files(folder, None, 1, &mut all);
    let modules: BTreeSet<String> = all.iter().map(|(module, ..)| module.clone()).collect();
    let above = folder.with_extension("rs");
    let exported = exported(&without_tests(&fs::read_to_string(above).unwrap_or_default()));
    let mut uses = Uses::new();
    for (module, depth, text) in &all {
        let whole = format!("crate::{path}::");
        let names = following(text, &["super::".repeat(*depth).as_str(), &whole]);
        let used = names.into_iter().filter_map(|name| {
            let of = if modules.contains(&name) { name } else { exported.get(&name).cloned().unwrap_or(name) };
            (of != *module && modules.contains(&of)).then_some(of)
        });
        uses.entry(module.clone()).or_default().extend(used);
    }
    uses
}

/// All folders of modules below one, each with its path in the crate.
fn folders(folder: &Path, path: &str, into: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let name = entry.file_name().unwrap().to_str().unwrap();
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}::{name}") };
        folders(&entry, &path, into);
        into.push((entry, path));
    }
}

#[test]
fn files_of_a_folder_have_an_order() {
    let mut all = Vec::new();
    for entry in fs::read_dir(crates()).unwrap() {
        folders(&entry.unwrap().path().join("src"), "", &mut all);
    }
    assert!(all.len() > 30, "{all:?}");
    let run = uses_within(&crates().join("beamline/src/run"), "run");
    assert!(run["completion"].contains("session"), "arrows are not seen: {run:?}");
    let circles: Vec<_> = all
        .iter()
        .filter_map(|(folder, path)| order(uses_within(folder, path)).err().map(|left| (folder, left)))
        .collect();
    assert!(circles.is_empty(), "files that use each other in a circle, and those that use these: {circles:#?}");
}

#[test]
fn modules_of_a_crate_have_an_order() {
    let names: Vec<String> =
        fs::read_dir(crates()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.len() > 10, "{names:?}");
    let circles: Vec<_> = names.iter().filter_map(|name| order(uses(name)).err().map(|left| (name, left))).collect();
    assert!(uses("beamline")["run"].contains("options"), "arrows are not seen");
    assert!(circles.is_empty(), "modules that use each other in a circle, and those that use these: {circles:#?}");
}

/// The reading order that `lib.rs` of the kernels gives is one.
#[test]
fn kernels_are_read_in_the_order_that_they_say() {
    let lib = include_str!("../../kernels/src/lib.rs");
    let said = lib.split_once("# Reading order").expect("a heading").1;
    let said: Vec<&str> = said.lines().skip(1).map_while(|line| line.strip_prefix("//!")).collect();
    let said: Vec<String> = said.join(" ").split('`').skip(1).step_by(2).map(str::to_owned).collect();
    let uses = uses("kernels");
    let place =
        |name: &str| said.iter().position(|said| said == name).unwrap_or_else(|| panic!("{name} is not in the order"));
    for (module, used) in &uses {
        let after: Vec<&String> = used.iter().filter(|used| place(used) > place(module)).collect();
        assert!(after.is_empty(), "{module} is read before {after:?}, which it uses");
    }
}

#[test]
fn a_circle_is_seen_through_groups_reexports_and_paths() {
    let text = without_tests(
        "use crate::{a::B, c::{D, E}, F}; // crate::not\nfn f() { crate::g::h() }\n\
        #[cfg(test)]\nmod tests {\nuse crate::late;",
    );
    assert_eq!(from_root(&text, 1), ["a", "c", "F", "g"]);
    assert_eq!(from_root("use super::super::x; use super::y;", 2), ["x"]);
    assert_eq!(exported("mod a;\npub use a::{F, b::G};")["F"], "a");
    let of = |pairs: &[(&str, &str)]| {
        let mut uses = Uses::new();
        for (user, used) in pairs {
            uses.entry((*user).to_owned()).or_default().insert((*used).to_owned());
            uses.entry((*used).to_owned()).or_default();
        }
        uses
    };
    assert_eq!(order(of(&[("a", "b"), ("b", "c")])).unwrap(), ["c", "b", "a"]);
    assert!(order(of(&[("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")])).is_err());
}
