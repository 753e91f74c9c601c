//! A processor's page, written once: its documentation in Rust and what `explain` shows.

/// What a processor is, under fixed headings.
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
    /// A row before and after, as Rust.
    pub example: &'static str,
    /// Where it comes from, and where we differ.
    pub source: &'static str,
}

/// Declares a processor's struct with its page: as the struct's documentation, whose example runs as a test, and as
/// `PAGE`.
macro_rules! processor {
    (
        $name:ident $fields:tt
        what: $what:literal
        rule: $rule:literal
        when: $when:literal
        limits: $limits:literal
        example: $example:literal
        source: $source:literal
    ) => {
        #[doc = concat!(
            "**What it does.** ", $what, "\n\n**Rule.** ", $rule, "\n\n**When.** ", $when, "\n\n**Limits.** ", $limits,
            "\n\n**Example.**\n```\nuse beamline_shape::*;\nuse beamline_tokens::TokenId;\n", $example,
            "\n# let _ = TokenId(0);\n# Ok::<(), ShapeError>(())\n```\n\n**Source.** ", $source
        )]
        #[derive(Clone, Debug)]
        pub struct $name $fields

        pub(crate) const PAGE: $crate::Page = $crate::Page {
            what: $what,
            rule: $rule,
            when: $when,
            limits: $limits,
            example: $example,
            source: $source,
        };
    };
}

/// The name and the copy, alike in every processor.
macro_rules! named {
    ($name:expr) => {
        fn name(&self) -> &'static str {
            $name
        }
        fn fork(&self) -> Box<dyn $crate::Processor> {
            Box::new(self.clone())
        }
    };
}

pub(crate) use {named, processor};
