//! Every processor, described once.

use crate::{OptionSpec, OptionValue, Processor, ShapeError, temperature, top_k, top_p};

/// A processor's page: what `explain` shows, under fixed headings.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// What it does, in one sentence.
    pub what: &'static str,
    /// The rule, as a formula.
    pub rule: &'static str,
    /// When to use it, with typical values.
    pub when: &'static str,
    /// What its extremes mean, and what it does not do.
    pub limits: &'static str,
    /// Where it comes from, and where we differ.
    pub source: &'static str,
}

/// A processor, or none where its option changes nothing.
pub type Built = Result<Option<Box<dyn Processor>>, ShapeError>;

/// A processor and the option that asks for it.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its option.
    pub option: OptionSpec,
    /// Its page.
    pub page: Page,
    /// Makes it; none where the value changes nothing.
    pub build: fn(&OptionValue) -> Built,
}

/// Every processor, in the order in which transformers applies them.
pub static REGISTRY: &[Entry] = &[temperature::ENTRY, top_k::ENTRY, top_p::ENTRY];
