//! Tokens in, logits out: checkpoints, architectures and the key-value cache.
