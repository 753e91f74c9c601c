//! Models by their name on the hub, from a hub on this machine that lists what the real one lists of them.
#![allow(clippy::unwrap_used)] // tests may

use assert_cmd::Command;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// Files of a repository.
type Files = Vec<(&'static str, Vec<u8>)>;

/// Plays a hub that has one repository, and returns its address.
fn serve(repo: &'static str, files: Files) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = answer(&stream, repo, &files); // the command may hang up first
        }
    });
    url
}

fn answer(mut stream: &TcpStream, repo: &str, files: &Files) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next().and_then(|line| line.split(' ').nth(1).map(str::to_owned)).unwrap_or_default();
    lines.find(String::is_empty);
    let siblings: Vec<_> = files.iter().map(|(name, _)| serde_json::json!({ "rfilename": name })).collect();
    let listing = serde_json::json!({ "sha": COMMIT, "siblings": siblings }).to_string().into_bytes();
    let is_file = |name: &str| path == format!("/{repo}/resolve/{COMMIT}/{name}");
    let found = if path == format!("/api/models/{repo}/revision/main") {
        Some(("list", &listing))
    } else {
        files.iter().find(|(name, _)| is_file(name)).map(|(name, body)| (*name, body))
    };
    let (status, name, body) = found.map_or((404, "", &[][..]), |(name, body)| (200, name, body));
    write!(stream, "HTTP/1.1 {status} Played\r\nConnection: close\r\nETag: \"{}\"\r\n", name.replace('.', "-"))?;
    write!(stream, "Content-Length: {}\r\n\r\n", body.len())?;
    stream.write_all(body)
}

/// A tokenizer of KoGPT2's kind: BPE over words that begin with a low line.
fn korean_tokenizer() -> Vec<u8> {
    let tokens =
        ["</s>", "<unk>", "▁", "안", "녕", "하", "세", "요", "▁안", "▁안녕", "하세", "하세요", "다", ".", "▁나", "나"];
    let vocab: serde_json::Map<_, _> = tokens.iter().zip(0..).map(|(t, id)| ((*t).to_owned(), id.into())).collect();
    let special = |id: usize| {
        serde_json::json!({"id": id, "content": tokens[id], "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true})
    };
    let metaspace =
        serde_json::json!({"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true});
    let merges = ["▁ 안", "▁안 녕", "하 세", "하세 요", "▁ 나"];
    serde_json::json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [special(0), special(1)],
        "normalizer": {"type": "NFKC"}, "pre_tokenizer": metaspace, "post_processor": null, "decoder": metaspace,
        "model": {"type": "BPE", "dropout": null, "unk_token": "<unk>", "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": false, "vocab": vocab, "merges": merges},
    })
    .to_string()
    .into_bytes()
}

/// A SentencePiece model of rinna's kind: Unigram over pieces of Japanese.
fn japanese_pieces() -> Vec<u8> {
    let pieces = [
        "<unk>",
        "<s>",
        "</s>",
        "▁",
        "こんにちは",
        "こん",
        "に",
        "ち",
        "は",
        "世界",
        "。",
        "今日",
        "です",
        "ね",
        "天気",
        "いい",
    ];
    let field = |number: u8, value: &[u8]| [&[number << 3 | 2, value.len() as u8], value].concat();
    let mut file = Vec::new();
    for (id, piece) in pieces.iter().enumerate() {
        let kind = [2, 3, 3].get(id).copied().unwrap_or(1);
        let score = (-0.5 * id as f32).to_le_bytes();
        file.extend(field(1, &[&field(1, piece.as_bytes())[..], &[0x15], &score, &[0x18, kind]].concat()));
    }
    file.extend(field(2, &[0x18, 1])); // Unigram
    file
}

fn pickled(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens/pytorch").join(name)).unwrap()
}

/// Runs a model by its name, once from the hub and once from the cache with nobody to ask; what was written, and what was said each time.
fn twice(repo: &'static str, prompt: &str, files: Files) -> (String, [String; 2]) {
    let url = serve(repo, files);
    let cache = tempfile::tempdir().unwrap();
    let run = |endpoint: &str| {
        let mut command = Command::cargo_bin("beamline").unwrap();
        command.args(["generate", prompt, "--model", repo, "--max-new-tokens", "12"]);
        command.env_remove("BEAMLINE_MODEL").env_remove("HF_HUB_OFFLINE").env_remove("HF_HUB_CACHE");
        let output = command.env("HF_HOME", cache.path()).env("HF_ENDPOINT", endpoint).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{error}");
        (String::from_utf8(output.stdout).unwrap(), error)
    };
    let (text, first) = run(&url);
    let (again, second) = run("http://127.0.0.1:9");
    assert_eq!(again, text);
    (text, [first, second])
}

#[test]
fn kogpt2_which_lies_on_the_hub_as_a_pickle_alone_writes() {
    let files = vec![
        (".gitattributes", b"*.bin filter=lfs".to_vec()),
        ("README.md", b"KoGPT2".to_vec()),
        ("config.json", pickled("config.json")),
        ("pytorch_model.bin", pickled("zip.bin")),
        ("tokenizer.json", korean_tokenizer()),
    ];
    let (text, [first, second]) = twice("skt/kogpt2-base-v2", "안녕하세요", files);
    assert!(text.trim().chars().count() > 3, "{text:?}");
    assert!(
        first.contains("note: skt/kogpt2-base-v2 has no safetensors, so its pytorch_model.bin is taken"),
        "{first}"
    );
    // From the cache; what is left to say is that its words are not what GPT-2's class of tokenizers makes.
    assert!(second.starts_with("warning: tokenizer.json is taken as it is") && second.lines().count() == 1, "{second}");
}

#[test]
fn rinna_which_lies_on_the_hub_with_a_sentencepiece_model_and_a_pickle_writes() {
    let files = vec![
        (".gitattributes", b"*.bin filter=lfs".to_vec()),
        ("README.md", b"japanese-gpt2".to_vec()),
        ("config.json", pickled("config.json")),
        ("pytorch_model.bin", pickled("stream.bin")),
        ("rinna.png", b"png".to_vec()),
        ("special_tokens_map.json", br#"{"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}"#.to_vec()),
        ("spiece.model", japanese_pieces()),
        (
            "tokenizer_config.json",
            br#"{"tokenizer_class": "T5Tokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>",
                "extra_ids": 0, "additional_special_tokens": []}"#
                .to_vec(),
        ),
    ];
    let (text, [first, second]) = twice("rinna/japanese-gpt2-small", "こんにちは世界。", files);
    assert!(text.trim().chars().count() > 3 && !text.contains('\u{fffd}'), "{text:?}");
    assert!(first.contains("note: rinna/japanese-gpt2-small has no safetensors"), "{first}");
    assert!(second.is_empty(), "{second}");
}

#[test]
fn a_pointer_of_git_lfs_in_place_of_a_tokenizer_is_said_to_be_one() {
    let goldens = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens/pytorch");
    let folder = tempfile::tempdir().unwrap();
    for name in ["config.json", "model.safetensors"] {
        std::fs::copy(goldens.join(name), folder.path().join(name)).unwrap();
    }
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 17\n";
    std::fs::write(folder.path().join("tokenizer.json"), pointer).unwrap();
    let mut command = Command::cargo_bin("beamline").unwrap();
    let output = command.args(["generate", "a", "--model"]).arg(folder.path()).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert!(error.contains("tokenizer.json: this is a git-lfs pointer") && error.lines().count() == 1, "{error}");
}
