//! GGUF files against the same checkpoints as folders: equal bits, equal tokens.
#![allow(clippy::unwrap_used)] // tests may

mod support;

use beamline::{Encoding, OpenOptions};
use support::{logprobs, root};

#[test]
fn a_gguf_file_gives_the_bits_of_the_folder_in_the_same_format() {
    for (name, dtype) in [("tiny-gpt2", Encoding::Q8_0), ("tiny-llama", Encoding::F16), ("tiny-qwen3", Encoding::F16)] {
        let open = |path: std::path::PathBuf, dtype| {
            let options = OpenOptions { dtype, ..OpenOptions::default() };
            options.open(path.to_str().unwrap()).unwrap()
        };
        let gguf = open(root().join("goldens/gguf").join(format!("{name}.gguf")), None);
        let folder = open(root().join("goldens/checkpoints").join(name), Some(dtype));
        assert_eq!(gguf.description().dtype, dtype);
        assert_eq!(gguf.description().parameters, folder.description().parameters);
        for text in ["Once upon a time there was a crow", "안녕하세요? 123 it's\n\n x", "emoji 👩‍👩‍👧<|endoftext|>今天"]
        {
            let [a, b] = [&gguf, &folder].map(|engine| {
                let bits = logprobs(engine, text).into_iter().map(f64::to_bits);
                (engine.tokenizer().ids(text).unwrap(), bits.collect::<Vec<_>>())
            });
            assert_eq!(a, b, "{name}: {text}");
        }
        assert_eq!(gguf.defaults().get("eos_token_id"), folder.defaults().get("eos_token_id"));
    }
}
