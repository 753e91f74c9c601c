//! What the workspace is built of: under licences that `deny.toml` allows, all from the usual registry. The tool that file is for looks
//! further (known defects), and takes minutes to install; this runs with every other test.
#![allow(clippy::unwrap_used)] // tests may

use cargo_metadata::{Metadata, MetadataCommand, Package};
use spdx::{Expression, ParseMode};
use std::path::Path;

fn metadata() -> Metadata {
    let mut command = MetadataCommand::new();
    command.manifest_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml"));
    command.other_options(["--locked".to_owned()]).exec().unwrap()
}

/// The licences that `deny.toml` allows.
fn allowed() -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deny.toml")).unwrap();
    let (_, list) = text.split_once("allow = [").unwrap();
    let (list, _) = list.split_once("\n]").unwrap();
    list.lines().filter_map(|line| line.split('"').nth(1)).map(str::to_owned).collect()
}

/// Whether a package may be used under licences of the list alone.
fn may_be_used(package: &Package, allowed: &[String]) -> Result<(), String> {
    let said = package.license.as_deref().ok_or("it names no licence")?;
    let expression = Expression::parse_mode(said, ParseMode::LAX).map_err(|error| format!("{said}: {error}"))?;
    let is_allowed = |asked: &spdx::LicenseReq| allowed.contains(&asked.to_string());
    expression.evaluate(is_allowed).then_some(()).ok_or_else(|| format!("{said} is not allowed by deny.toml"))
}

#[test]
fn every_dependency_is_used_under_an_allowed_licence_and_comes_from_one_registry() {
    let (metadata, allowed) = (metadata(), allowed());
    assert!(allowed.len() > 5 && metadata.packages.len() > 100);
    let mut wrong = Vec::new();
    for package in metadata.packages.iter().filter(|package| package.source.is_some()) {
        if let Err(reason) = may_be_used(package, &allowed) {
            wrong.push(format!("{} {}: {reason}", package.name, package.version));
        }
        let source = package.source.as_ref().unwrap();
        if !source.is_crates_io() {
            wrong.push(format!("{} {} comes from {source}", package.name, package.version));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_licence_that_is_not_listed_is_seen() {
    let mut package = metadata().packages.into_iter().find(|package| package.license.is_some()).unwrap();
    for (said, is_fine) in [
        ("GPL-3.0-only", false),
        ("MIT AND GPL-3.0-only", false),
        ("MIT OR GPL-3.0-only", true),
        ("MIT/Apache-2.0", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("whatever", false),
    ] {
        package.license = Some(said.to_owned());
        assert_eq!(may_be_used(&package, &allowed()).is_ok(), is_fine, "{said}");
    }
}
