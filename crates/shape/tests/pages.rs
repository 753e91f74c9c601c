//! The registry's words: pages, names and what lists show.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline_shape::REGISTRY;
use std::collections::BTreeSet;
use support::specs;

/// Options of the engine that options here depend on.
const ELSEWHERE: [&str; 3] = ["do_sample", "penalty_alpha", "num_beam_groups"];

/// Processors with several options of which each switches them on.
const ALTERNATIVES: [&str; 1] = ["grammar"];

#[test]
fn every_page_has_all_its_headings() {
    for entry in REGISTRY {
        let page = &entry.page;
        let parts = [page.what, page.rule, page.when, page.limits, page.source];
        for part in parts {
            assert!(part.len() > 5 && part.ends_with('.'), "{}: {part:?} is no sentence", entry.name);
            assert!(part.trim() == part && !part.is_empty(), "{}: {part:?}", entry.name);
            assert_eq!(part.matches('`').count() % 2, 0, "{}: {part:?}", entry.name);
        }
        assert_eq!(page.what.matches(". ").count(), 0, "{}: what it does is one sentence", entry.name);
        assert!(page.what.starts_with(char::is_uppercase), "{}", entry.name);
        // Something is made, and the last line is whole; what it comes to may be said beside it.
        let last = page.example.lines().last().unwrap_or_default();
        let code = last.split("// ").next().unwrap_or_default().trim_end();
        assert!(page.example.contains("let ") && code.ends_with([';', ')']), "{}: {:?}", entry.name, page.example);
    }
}

#[test]
fn every_option_is_described_for_lists_and_messages() {
    for spec in specs() {
        let name = spec.name;
        assert!(spec.short.starts_with(char::is_lowercase) && !spec.short.ends_with('.'), "{name}: {:?}", spec.short);
        assert!(spec.short.len() <= 100 && !spec.short.contains('\n'), "{name}: {:?}", spec.short);
        // They stand after "must be", "got ...;" and "default", and so are no sentences.
        for part in [spec.range, spec.remedy, spec.default] {
            assert!(!part.is_empty() && !part.ends_with('.') && part.trim() == part, "{name}: {part:?}");
            assert!(!part.starts_with(char::is_uppercase), "{name}: {part:?}");
        }
    }
}

#[test]
fn names_are_words_in_snake_case_and_no_two_are_equal() {
    let names: Vec<&str> = specs().map(|spec| spec.name).collect();
    for name in names.iter().chain(REGISTRY.iter().map(|entry| &entry.name)) {
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{name}");
    }
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    let entries: BTreeSet<&str> = REGISTRY.iter().map(|entry| entry.name).collect();
    assert_eq!(entries.len(), REGISTRY.len());
    for entry in REGISTRY.iter().filter(|entry| !ALTERNATIVES.contains(&entry.name)) {
        // An entry has its main option's name, or one that its options begin with.
        let name = entry.name.trim_end_matches("_p");
        assert!(entry.options.iter().take(1).all(|spec| spec.name.starts_with(name)), "{}", entry.name);
    }
}

#[test]
fn what_an_option_needs_exists() {
    let names: BTreeSet<&str> = specs().map(|spec| spec.name).collect();
    for spec in specs() {
        let known = |needed: &&str| names.contains(*needed) || ELSEWHERE.contains(needed);
        assert!(spec.needs.iter().all(known), "{} needs {:?}", spec.name, spec.needs);
        assert!(!spec.needs.contains(&spec.name), "{} needs itself", spec.name);
    }
    // An option beside the main one has an effect only where a main one is on.
    for entry in REGISTRY.iter().filter(|entry| !ALTERNATIVES.contains(&entry.name)) {
        for spec in &entry.options[1..] {
            assert!(spec.needs.contains(&entry.options[0].name), "{} needs {:?}", spec.name, spec.needs);
        }
    }
}
