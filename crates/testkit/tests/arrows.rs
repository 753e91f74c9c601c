//! Who may know whom: dependencies go down this list and never up. What manifests cannot tell is in `sources.rs`.
#![allow(clippy::unwrap_used)] // tests may

use cargo_metadata::{DependencyKind, MetadataCommand};
use std::collections::BTreeMap;

/// Each crate, and the crates of this workspace that it may use.
const ALLOWED: &[(&str, &[&str])] = &[
    ("beamline-kernels", &[]),
    ("beamline-hub", &[]),
    ("beamline-builtin", &[]),
    ("beamline-chat", &[]),
    ("beamline-chapter", &[]),
    ("beamline-tokens", &[]),
    ("beamline-model", &["beamline-kernels", "beamline-tokens"]),
    ("beamline-shape", &["beamline-kernels", "beamline-tokens"]),
    ("beamline-search", &["beamline-shape", "beamline-tokens"]),
    (
        "beamline",
        &[
            "beamline-kernels",
            "beamline-hub",
            "beamline-builtin",
            "beamline-chat",
            "beamline-tokens",
            "beamline-model",
            "beamline-shape",
            "beamline-search",
        ],
    ),
    ("beamline-study", &["beamline"]),
    ("beamline-draw", &["beamline", "beamline-study"]),
    ("beamline-plot", &["beamline", "beamline-study", "beamline-draw"]),
    ("beamline-openai", &["beamline"]),
    ("beamline-batch", &["beamline", "beamline-openai"]),
    ("beamline-lab", &[]),
    ("beamline-serve", &["beamline", "beamline-study", "beamline-openai", "beamline-chapter", "beamline-lab"]),
    (
        "beamline-cli",
        &[
            "beamline",
            "beamline-study",
            "beamline-draw",
            "beamline-plot",
            "beamline-batch",
            "beamline-chapter",
            "beamline-lab",
            "beamline-serve",
        ],
    ),
    ("beamline-python", &["beamline", "beamline-batch", "beamline-study", "beamline-draw", "beamline-plot"]),
    ("beamline-testkit", &[]),
];

/// Libraries that only the crates named may use: HTTP, terminals, memory maps, tokenizers. Threads are confined in `sources.rs`.
const CONFINED: &[(&str, &[&str])] = &[
    ("ureq", &["beamline-hub"]),
    ("axum", &["beamline-serve"]),
    ("tokio", &["beamline-serve"]),
    ("clap", &["beamline-cli"]),
    ("open", &["beamline-cli"]),
    ("pyo3", &["beamline-python"]),
    ("numpy", &["beamline-python"]),
    ("include_dir", &["beamline-lab"]),
    ("flate2", &["beamline-lab"]),
    ("indicatif", &["beamline-cli"]),
    ("rustyline", &["beamline-cli"]),
    ("minijinja", &["beamline-chat"]),
    ("minijinja-contrib", &["beamline-chat"]),
    ("anstream", &["beamline-cli"]),
    ("resvg", &["beamline-draw"]),
    ("memmap2", &["beamline-kernels", "beamline-model"]),
    ("safetensors", &["beamline-model"]),
    ("tokenizers", &["beamline-tokens"]),
    ("llguidance", &["beamline-shape"]),
    ("rpds", &["beamline-tokens", "beamline-model", "beamline-shape"]),
];

#[test]
fn dependencies_go_one_way() {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.iter().copied().collect();
    let mut seen = Vec::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let may = allowed.get(name).unwrap_or_else(|| panic!("{name} is not in the list of who may know whom"));
        seen.push(name);
        for dependency in package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development) {
            let used = dependency.name.as_str();
            assert!(!used.starts_with("beamline") || may.contains(&used), "{name} must not know {used}");
            let confined = CONFINED.iter().find(|(library, _)| *library == used);
            assert!(confined.is_none_or(|(_, may)| may.contains(&name)), "{name} must not use {used}");
        }
    }
    assert_eq!(seen.len(), ALLOWED.len(), "a crate of the list is gone: {seen:?}");
}
