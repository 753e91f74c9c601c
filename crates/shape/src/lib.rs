//! Logits in, shaped scores out: processors and the pipeline that orders them.
