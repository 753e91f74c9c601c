//! Shaped scores in, chosen tokens out: the token tree and the strategies that grow it.
