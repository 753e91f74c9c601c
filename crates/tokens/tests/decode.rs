//! Streaming equals decoding at once, for any ids; vocabularies of every kind; what the errors say.
#![allow(clippy::unwrap_used)] // tests may

use beamline_tokens::{
    Beginning, GgufVocabulary, Special, TokenId, Tokenizer, TokensError, byte_alphabet, pre_tokenizers,
};
use proptest::prelude::*;
use std::borrow::Cow;
use std::sync::LazyLock;

static TINY: LazyLock<Tokenizer> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens/checkpoints/tiny-gpt2/tokenizer.json");
    Tokenizer::from_json(&std::fs::read(path).unwrap()).unwrap()
});

/// A SentencePiece vocabulary with all bytes, some Korean and some English.
fn sentence_piece() -> GgufVocabulary<'static> {
    let words = ["▁", "▁h", "e", "l", "o", "▁he", "ll", "llo", "▁hello", "안", "녕", "안녕", "h"];
    let mut tokens = ["<unk>", "<s>", "</s>"].map(Cow::from).to_vec();
    tokens.extend((0..256).map(|b| format!("<0x{b:02X}>").into()));
    tokens.extend(words.map(Cow::from));
    let kinds = (0..tokens.len())
        .map(|i| {
            if i == 0 {
                2
            } else if i < 3 {
                3
            } else if i < 259 {
                6
            } else {
                1
            }
        })
        .collect();
    let scores = (0..tokens.len()).map(|i| -(i as f32)).collect();
    GgufVocabulary { model: "llama", tokens, scores, kinds, bos: Some(1), eos: Some(2), ..Default::default() }
}

static LLAMA: LazyLock<Tokenizer> = LazyLock::new(|| Tokenizer::from_gguf(&sentence_piece()).unwrap());

/// Byte-level BPE over single bytes.
fn byte_level(pre: Option<&str>) -> GgufVocabulary<'_> {
    let tokens = byte_alphabet().iter().map(|c| c.to_string().into()).collect();
    GgufVocabulary { model: "gpt2", pre, tokens, ..Default::default() }
}

fn streamed(tokenizer: &Tokenizer, ids: &[TokenId], special: Special, beginning: Beginning) -> Vec<String> {
    let mut stream = tokenizer.stream(special, beginning);
    let mut pieces: Vec<String> = ids.iter().map(|&id| stream.push(id).to_owned()).collect();
    pieces.push(stream.finish().to_owned());
    pieces
}

proptest! {
    /// For any ids at all: pieces joined are the bytes joined, read as UTF-8, and no piece but the last ends in a
    /// replacement for a character that was still coming.
    #[test]
    fn pieces_joined_are_the_whole(ids in prop::collection::vec(0u32..600, 0..60)) {
        for tokenizer in [&*TINY, &*LLAMA] {
            let ids: Vec<TokenId> = ids.iter().map(|&id| TokenId(id)).collect();
            let bytes: Vec<u8> = ids.iter().flat_map(|&id| tokenizer.vocabulary().bytes(id).to_vec()).collect();
            let pieces = streamed(tokenizer, &ids, Special::Write, Beginning::Continuation);
            prop_assert_eq!(pieces.concat(), String::from_utf8_lossy(&bytes));
        }
    }

    /// Text of any script, cut into tokens anyhow, never shows a broken character.
    #[test]
    fn whole_characters_only(text in "([a-z ]|[가-힣]|[一-龥]|[ぁ-ヶ]|👩‍👩‍👧|😀|é){0,12}") {
        for tokenizer in [&*TINY, &Tokenizer::from_gguf(&byte_level(None)).unwrap()] {
            let ids = tokenizer.ids(&text).unwrap();
            let pieces = streamed(tokenizer, &ids, Special::Write, Beginning::Text);
            prop_assert!(pieces.iter().all(|p| !p.contains('\u{fffd}')), "{:?}", pieces);
            prop_assert_eq!(pieces.concat(), text.clone());
        }
    }

    /// Offsets are places in the text, in order.
    #[test]
    fn offsets_lie_in_the_text(text in "\\PC{0,30}") {
        for tokenizer in [&*TINY, &*LLAMA] {
            let mut last = 0;
            for token in tokenizer.encode(&text).unwrap() {
                prop_assert!(last <= token.start && token.start <= token.end && token.end <= text.len());
                last = token.start;
            }
        }
    }

    #[test]
    fn no_bytes_are_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Tokenizer::from_json(&bytes);
    }
}

#[test]
fn characters_of_many_tokens_come_whole() {
    let tokenizer = Tokenizer::from_gguf(&byte_level(None)).unwrap();
    for text in ["안녕하세요", "今天", "映画", "👩‍👩‍👧"] {
        let ids = tokenizer.ids(text).unwrap();
        assert_eq!(ids.len(), text.len());
        let pieces = streamed(&tokenizer, &ids, Special::Drop, Beginning::Text);
        let shown: Vec<&str> = pieces.iter().map(String::as_str).filter(|p| !p.is_empty()).collect();
        assert_eq!(
            shown,
            text.chars()
                .map(|c| text.char_indices().find(|x| x.1 == c).map_or("", |(i, c)| &text[i..i + c.len_utf8()]))
                .collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_text_begins_without_the_space_that_a_continuation_keeps() {
    let ids = LLAMA.ids("hello hello").unwrap();
    assert_eq!(ids.len(), 3, "{ids:?}"); // <s>, and the same word twice
    assert_eq!(LLAMA.decode(&ids, Special::Drop, Beginning::Text), "hello hello");
    assert_eq!(LLAMA.decode(&ids, Special::Drop, Beginning::Continuation), " hello hello");
    assert_eq!(LLAMA.decode(&ids, Special::Write, Beginning::Continuation), "<s> hello hello");
    assert_eq!(LLAMA.begin(), Some(TokenId(1)));
    assert_eq!(TINY.begin(), None);
}

#[test]
fn sentence_piece_merges_by_score_and_falls_back_to_bytes() {
    let text = |ids: &[TokenId]| ids.iter().map(|&id| LLAMA.vocabulary().text(id)).collect::<Vec<_>>();
    assert_eq!(text(&LLAMA.ids("안녕").unwrap()), ["<s>", " ", "안녕"]);
    let ids = LLAMA.ids("é").unwrap();
    assert_eq!(ids.len(), 4, "begin, space, two bytes: {ids:?}");
    assert_eq!(LLAMA.decode(&ids, Special::Drop, Beginning::Text), "é");
}

#[test]
fn digits_are_kept_together_as_the_family_wants() {
    for (pre, pieces) in [("gpt-2", 1), ("smollm", 4), ("llama-bpe", 2), ("qwen2", 4)] {
        let mut vocabulary = byte_level(Some(pre));
        vocabulary.tokens.extend(["12", "34", "1234", "123"].map(Cow::from));
        vocabulary.merges = ["1 2", "3 4", "12 34", "12 3"].map(Cow::from).to_vec();
        let ids = Tokenizer::from_gguf(&vocabulary).unwrap().ids("1234").unwrap();
        assert_eq!(ids.len(), pieces, "{pre}: {ids:?}");
    }
}

#[test]
fn special_tokens_in_a_text_are_parsed_and_begin_tokens_added_where_asked() {
    let mut vocabulary = byte_level(Some("llama-bpe"));
    vocabulary.tokens.extend(["<|begin|>", "<|end|>"].map(Cow::from));
    vocabulary.kinds = (0..258).map(|i| if i < 256 { 1 } else { 3 }).collect();
    (vocabulary.bos, vocabulary.eos) = (Some(256), Some(257));
    let tokenizer = Tokenizer::from_gguf(&vocabulary).unwrap();
    let ids = tokenizer.ids("a<|end|>").unwrap();
    assert_eq!((ids[0], ids.len(), ids[2]), (TokenId(256), 3, TokenId(257)));
    assert_eq!(tokenizer.decode(&ids, Special::Drop, Beginning::Text), "a");
    assert_eq!(tokenizer.decode(&ids, Special::Write, Beginning::Text), "<|begin|>a<|end|>");
    vocabulary.add_bos = Some(false);
    vocabulary.add_eos = Some(true);
    let ids = Tokenizer::from_gguf(&vocabulary).unwrap().ids("a").unwrap();
    assert_eq!((ids.len(), ids[1]), (2, TokenId(257)));
}

#[test]
fn what_is_wrong_with_a_vocabulary_is_said() {
    let error = |v: GgufVocabulary<'_>| Tokenizer::from_gguf(&v).unwrap_err();
    let unknown = error(byte_level(Some("poro")));
    assert!(matches!(&unknown, TokensError::Pre(name) if name == "poro"));
    assert!(pre_tokenizers().all(|known| unknown.to_string().contains(known)), "{unknown}");
    let with = |change: &dyn Fn(&mut GgufVocabulary<'_>)| {
        let mut v = byte_level(None);
        change(&mut v);
        error(v).to_string()
    };
    assert!(with(&|v| v.model = "bert").contains("bert"));
    assert!(with(&|v| v.tokens.clear()).contains("no tokens"));
    assert!(with(&|v| v.kinds = vec![1; 3]).contains("3 token types for 256"));
    assert!(with(&|v| v.scores = vec![0.0]).contains("1 scores"));
    assert!(with(&|v| v.merges = vec!["ab".into()]).contains("\"ab\""));
    assert!(with(&|v| v.merges = vec!["a b".into()]).contains("no token"));
    assert!(with(&|v| v.tokens.push("ab".into())).contains("no merges"));
    assert!(with(&|v| drop(v.tokens.remove(40))).contains("of the 256 bytes have no token"));
    assert!(with(&|v| v.tokens.truncate(150)).contains("of the 256 bytes have no token"));
    let mut pieces = sentence_piece();
    pieces.tokens[70] = "other".into();
    assert!(error(pieces).to_string().contains("1 of the 256 bytes"));
    assert!(with(&|v| v.add_bos = Some(true)).contains("bos_token_id is missing"));
    assert!(with(&|v| (v.add_bos, v.bos) = (Some(true), Some(999))).contains("999"));
    assert!(Tokenizer::from_json(b"{}").unwrap_err().to_string().contains("tokenizer.json"));
}

#[test]
fn files_on_which_the_library_panics_are_errors() {
    let whole: serde_json::Value = serde_json::from_slice(
        &std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens/checkpoints/tiny-gpt2/tokenizer.json"))
            .unwrap(),
    )
    .unwrap();
    let with = |key: &str, value: serde_json::Value| {
        let mut json = whole.clone();
        json[key] = value;
        Tokenizer::from_json(json.to_string().as_bytes())
            .and_then(|tokenizer| tokenizer.ids("hello").map(drop))
            .unwrap_err()
    };
    let template = serde_json::json!({"type": "TemplateProcessing", "pair": [], "special_tokens": {},
        "single": [{"SpecialToken": {"id": "<q>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]});
    with("post_processor", template);
    with("model", serde_json::json!({"type": "BPE", "vocab": {"a": 0}, "merges": ["a a"]}));
    for table in ["AAAA", "/////w==", "", "!!!!!!!!"] {
        with("normalizer", serde_json::json!({"type": "Precompiled", "precompiled_charsmap": table}));
    }
    with("normalizer", serde_json::json!({"type": "Replace", "pattern": {"Regex": ""}, "content": "x"}));
}
