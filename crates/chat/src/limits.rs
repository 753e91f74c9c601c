//! How much a template may take: anybody can write one, and it is run before a word is generated.

/// The longest template that is read, in bytes; the longest in use have 17 thousand.
pub(crate) const MOST_SOURCE: usize = 128 << 10;

/// The longest text that a template, or a part of it, may make, in bytes.
pub(crate) const MOST_TEXT: usize = 16 << 20;

/// The steps that a template may take on a conversation of so many bytes. A step also pays for 64 bytes that a template makes,
/// so this bounds memory too: 24 MB, and more where more is said, up to 64 MB.
pub(crate) fn fuel(bytes: usize) -> u64 {
    (400_000 + bytes as u64 / 2).min(1_000_000)
}

/// Macros and includes inside each other.
pub(crate) const DEEPEST_CALLS: usize = 100;
