//! The small model that travels inside the binary.
