//! What the fuzz targets of tokenizers do with their bytes; a stable test replays the seeds through the same functions.

use beamline_tokens::{FolderFiles, Tokenizer};

/// Reads a `tokenizer.json`, and takes a short text there and back.
pub fn tokenizer_json(bytes: &[u8]) {
    let Ok(tokenizer) = Tokenizer::from_json(bytes) else { return };
    if let Ok(ids) = tokenizer.ids("a b \u{e9}") {
        assert!(ids.len() <= 64, "a short text has few tokens");
    }
}

/// Reads a SentencePiece model, for a class that is made of one and for a folder that names none, and takes a short text there.
pub fn sentencepiece(bytes: &[u8]) {
    for (file, config) in [("spiece.model", &br#"{"tokenizer_class": "T5Tokenizer"}"#[..]), ("tokenizer.model", b"{}")]
    {
        let mut files = FolderFiles::default();
        files.take("tokenizer_config.json", config.to_vec());
        files.take(file, bytes.to_vec());
        match Tokenizer::from_folder(&files) {
            Ok(tokenizer) => {
                if let Ok(ids) = tokenizer.ids("a b \u{e9}") {
                    // A table of characters may write as much for each as the file is long.
                    assert!(ids.len() <= 64 + 8 * bytes.len(), "a short text has few tokens");
                }
            }
            Err(error) => assert!(!error.to_string().contains('\n'), "an error is one line"),
        }
    }
}
