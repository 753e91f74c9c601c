//! Has the crate built anew when a page has changed, or one has come.
#![allow(clippy::print_stdout)] // Cargo hears what is printed

fn main() {
    println!("cargo:rerun-if-changed=pages");
}
