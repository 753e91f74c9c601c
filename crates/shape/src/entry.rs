//! What the registry says of a processor.

use crate::{Brief, OptionSpec, Page, Processor, ShapeError};

/// A processor, or none where its options change nothing.
pub type Built = Result<Option<Box<dyn Processor>>, ShapeError>;

/// A processor that was asked for.
#[allow(clippy::unnecessary_wraps)] // as builders return it
pub(crate) fn built(processor: impl Processor + 'static) -> Built {
    Ok(Some(Box::new(processor)))
}

/// A processor and the options that ask for it.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name, in lists of processors.
    pub name: &'static str,
    /// Its options; those that need none of the others switch it on.
    pub options: &'static [OptionSpec],
    /// Its page.
    pub page: Page,
    /// Makes it from options that switch it on; none where the sequence leaves it nothing to do.
    pub(crate) build: fn(&Brief<'_>) -> Built,
}

impl Entry {
    /// Makes the processor where its options ask for it: where one that switches it on has a value that is not
    /// [`neutral`](OptionSpec::neutral). None where they do not, or where it could do nothing in this sequence.
    ///
    /// # Errors
    /// When a value cannot be used, or names a token beyond the vocabulary; the latter also where the processor is off.
    pub fn make(&self, brief: &Brief<'_>) -> Built {
        self.options.iter().try_for_each(|option| brief.check_ids(option))?;
        let own = |name: &str| self.options.iter().any(|option| option.name == name);
        let mut switches = self.options.iter().filter(|option| !option.needs.iter().any(|needed| own(needed)));
        if switches.any(|option| brief.is_on(option)) { (self.build)(brief) } else { Ok(None) }
    }
}
