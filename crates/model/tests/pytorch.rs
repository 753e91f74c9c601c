//! `pytorch_model.bin`, in both forms: the same bits as safetensors, and one line for all that is something else.
#![allow(clippy::unwrap_used, unsafe_code)] // tests may; the files below are these tests' own

mod torch;

use beamline_kernels::{Compute, Isa};
use beamline_model::{Checkpoint, Holding, KvCache, LoadOptions, Model, Rows, Span, TrustedFiles, Want};
use beamline_tokens::TokenId;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use torch::{StateDict, Storage, Tensor, global, int, text, zip};

fn variants() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens/variants")
}

/// A folder with the config of a variant and these weights.
fn folder(variant: &str, bin: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(variants().join(variant).join("config.json"), folder.path().join("config.json")).unwrap();
    std::fs::write(folder.path().join("pytorch_model.bin"), bin).unwrap();
    folder
}

fn try_pass(folder: &Path, holding: Holding) -> Result<Rows, String> {
    let compute = Arc::new(Compute::new(Isa::detect(), 2).unwrap());
    let checkpoint = Checkpoint::open(folder).map_err(|error| error.to_string())?;
    let options = LoadOptions { holding, ..LoadOptions::default() };
    let model: Arc<dyn Model> = checkpoint.load(options, &compute).map_err(|error| error.to_string())?.model;
    let mut cache = KvCache::new(model.geometry());
    let tokens: Vec<TokenId> = (0..16).map(TokenId).collect();
    Ok(model.forward(&mut [Span { tokens: &tokens, cache: &mut cache, want: Want::All }], &mut ()).unwrap())
}

fn pass(folder: &Path) -> Rows {
    let packed = try_pass(folder, Holding::Packed).unwrap();
    // SAFETY: the folders of these tests are temporary or read only.
    let mapped = try_pass(folder, Holding::Mapped(unsafe { TrustedFiles::promise_unchanged() })).unwrap();
    assert_eq!(mapped, packed);
    packed
}

/// Why a file is refused: one line that names it.
fn refused(bin: &[u8]) -> String {
    let folder = folder("gpt2-inner", bin);
    let message = try_pass(folder.path(), Holding::Packed).expect_err("a bad file");
    assert!(!message.contains('\n') && message.contains("pytorch_model.bin: "), "{message}");
    message
}

fn state_dict(variant: &str) -> StateDict {
    StateDict::of_safetensors(&variants().join(variant).join("model.safetensors"))
}

#[test]
fn both_forms_give_the_bits_of_safetensors() {
    for variant in ["gpt2-bare", "gpt2-inner", "gpt2-untied", "llama-bf16", "llama-tied", "mistral-head", "qwen3-bias"]
    {
        let (saved, expected) = (state_dict(variant), pass(&variants().join(variant)));
        for bin in [saved.archive(), saved.stream()] {
            assert_eq!(pass(folder(variant, &bin).path()), expected, "{variant}");
        }
    }
}

#[test]
fn files_that_torch_wrote_give_the_bits_of_safetensors() {
    let goldens = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens/pytorch");
    let expected = pass(&goldens);
    for name in ["zip.bin", "stream.bin", "odd-zip.bin", "odd-stream.bin"] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(goldens.join("config.json"), folder.path().join("config.json")).unwrap();
        std::fs::copy(goldens.join(name), folder.path().join("pytorch_model.bin")).unwrap();
        assert_eq!(pass(folder.path()), expected, "{name}");
    }
}

#[test]
fn safetensors_win_where_both_are_there() {
    let folder = folder("gpt2-inner", b"not looked at");
    let weights = "model.safetensors";
    std::fs::copy(variants().join("gpt2-inner").join(weights), folder.path().join(weights)).unwrap();
    assert_eq!(pass(folder.path()), pass(&variants().join("gpt2-inner")));
}

#[test]
fn shards_are_found_by_their_index_also_in_folders() {
    let mut first = state_dict("gpt2-inner");
    let mut second = first.clone();
    second.tensors = first.tensors.split_off(7);
    let folder = folder("gpt2-inner", b"");
    std::fs::remove_file(folder.path().join("pytorch_model.bin")).unwrap();
    std::fs::create_dir(folder.path().join("parts")).unwrap();
    let mut map = serde_json::Map::new();
    for (name, part) in [("pytorch_model-00001-of-00002.bin", &first), ("parts/two.bin", &second)] {
        std::fs::write(folder.path().join(name), part.archive()).unwrap();
        map.extend(part.tensors.iter().map(|tensor| (tensor.name.clone(), name.into())));
    }
    let index = serde_json::json!({ "metadata": {}, "weight_map": map }).to_string();
    std::fs::write(folder.path().join("pytorch_model.bin.index.json"), index).unwrap();
    assert_eq!(pass(folder.path()), pass(&variants().join("gpt2-inner")));
}

#[test]
fn views_parameters_ties_and_prefixes_are_read() {
    let expected = pass(&variants().join("gpt2-untied"));
    let mut saved = state_dict("gpt2-untied");
    let mut shared = Storage::floats("shared", &[9.0; 5]);
    for tensor in &mut saved.tensors {
        tensor.is_parameter = tensor.shape.len() == 1;
        if let &[rows, columns] = &tensor.shape[..] {
            // The transposed matrix, behind others in one storage, seen as it should be.
            let bytes = &saved.storages[tensor.storage].bytes;
            tensor.offset = shared.count() as i64;
            let number = |row: i64, column: i64| &bytes[usize::try_from((row * columns + column) * 4).unwrap()..][..4];
            for column in 0..columns {
                (0..rows).for_each(|row| shared.bytes.extend(number(row, column)));
            }
            tensor.strides = vec![1, rows];
            tensor.storage = usize::MAX;
        }
        tensor.name = format!("module.{}", tensor.name);
    }
    for tensor in saved.tensors.iter_mut().filter(|tensor| tensor.storage == usize::MAX) {
        tensor.storage = saved.storages.len();
    }
    saved.storages.push(shared);
    // A buffer of integers, which nobody asks for.
    saved.tensors.push(Tensor::new("module.steps", saved.storages.len(), &[]));
    saved.storages.push(Storage { class: "LongStorage", key: "steps".to_owned(), bytes: vec![1; 8] });
    for bin in [saved.archive(), saved.stream()] {
        assert_eq!(pass(folder("gpt2-untied", &bin).path()), expected);
    }
    // Beside other things, as trainers save it.
    saved.before = [b"}(".to_vec(), text("epoch"), int(3), text("state_dict")].concat();
    saved.behind = b"u".to_vec();
    assert_eq!(pass(folder("gpt2-untied", &saved.archive()).path()), expected);
}

#[test]
fn doubles_are_read_as_the_floats_that_they_were() {
    let mut saved = state_dict("gpt2-inner");
    for storage in &mut saved.storages {
        let (floats, _) = storage.bytes.as_chunks::<4>();
        storage.bytes = floats.iter().flat_map(|&float| f64::from(f32::from_le_bytes(float)).to_le_bytes()).collect();
        storage.class = "DoubleStorage";
    }
    for bin in [saved.archive(), saved.stream()] {
        assert_eq!(pass(folder("gpt2-inner", &bin).path()), pass(&variants().join("gpt2-inner")));
    }
}

#[test]
fn integers_are_listed_and_not_loaded() {
    let mut saved = state_dict("gpt2-inner");
    saved.tensors.push(Tensor::new("h.0.attn.bias", saved.storages.len(), &[2, 2]));
    saved.storages.push(Storage { class: "BoolStorage", key: "mask".to_owned(), bytes: vec![1; 4] });
    let folder = folder("gpt2-inner", &saved.archive());
    let structure = Checkpoint::open(folder.path()).unwrap().structure().unwrap();
    assert!(structure.tensors.iter().any(|t| t.name == "h.0.attn.bias" && t.dtype == "BOOL" && t.shape == [2, 2]));
    // Where a weight is wanted they are none.
    let wte = saved.tensors.iter_mut().find(|tensor| tensor.name.ends_with("wte.weight")).unwrap();
    let count = wte.shape.iter().product::<i64>() as usize;
    wte.storage = saved.storages.len();
    saved.storages.push(Storage { class: "IntStorage", key: "wte".to_owned(), bytes: vec![0; count * 4] });
    assert!(refused(&saved.archive()).contains("wte.weight has type integer, which is not supported"));
}

/// A pickle of these instructions, in an archive.
fn program(instructions: &[&[u8]]) -> Vec<u8> {
    StateDict::default().archive_with([b"\x80\x02", &*instructions.concat(), b"."].concat())
}

#[test]
fn what_a_pickle_would_do_is_named_and_not_done() {
    let system = program(&[&global("os", "system"), &text("touch /tmp/owned"), b"\x85R"]);
    let message = refused(&system);
    assert!(message.contains("the pickle names os.system (byte ") && message.contains("nothing in a pickle is run"));
    for (instructions, expect) in [
        (vec![global("builtins", "eval")], "names builtins.eval"),
        (vec![global("posix", "system\x1b[2J")], "names posix.system\\u{1b}[2J"),
        (vec![global("torch._utils", "_rebuild_sparse_tensor")], "names torch._utils._rebuild_sparse_tensor"),
        (vec![global("torch", "ComplexFloatStorage")], "names torch.ComplexFloatStorage"),
        (vec![b"\x8c\x01a".to_vec()], "has the instruction SHORT_BINUNICODE"),
        (vec![b"iposix\nsystem\n".to_vec()], "has the instruction INST"),
        (vec![b"\xff".to_vec()], "has the instruction 0xff"),
        (vec![b"(".repeat(65)], "nests deeper than 64"),
        (vec![b"N}b".to_vec()], "sets attributes of None"),
        (vec![global("collections", "OrderedDict"), b"}b".to_vec()], "sets attributes of a class or function"),
        (vec![b"N)R".to_vec()], "calls None"),
        (vec![global("torch", "Size"), b")R".to_vec()], "calls Size with other arguments"),
        (vec![global("torch", "Size"), b")\x81".to_vec()], "makes an object of a class or function"),
        (vec![b"h\x05".to_vec()], "asks for value 5, which it has not made"),
        (vec![b"Nr\xff\xff\xff\xff".to_vec()], "numbers a value 4294967295"),
        (vec![b"]NNs".to_vec()], "sets an item of what is no dict"),
        (vec![b"}(Nu".to_vec()], "has a key without a value"),
        (vec![b"t".to_vec()], "ends what it has not begun"),
        (vec![b"N(\x85".to_vec()], "takes a value from an empty stack"),
        (vec![b"]".repeat(1 << 18)], "holds more values than"),
        (vec![b"N".repeat(1 << 21)], "holds more values than"),
        (vec![b"X\xff\xff\xff\xff".to_vec()], "4294967295 bytes wanted"),
        (vec![b"X\x01\0\0\0\xff".to_vec()], "a text that is not UTF-8"),
        (vec![text("storage"), b"\x85Q".to_vec()], "has a storage of another form"),
        (vec![b"N".to_vec()], "holds None, and no state dict"),
        (vec![b"}".to_vec()], "holds no tensors"),
    ] {
        let instructions: Vec<&[u8]> = instructions.iter().map(Vec::as_slice).collect();
        let message = refused(&program(&instructions));
        assert!(message.contains(expect), "{expect}: {message}");
    }
}

#[test]
fn a_dict_that_holds_itself_is_not_followed() {
    assert!(refused(&program(&[b"}q\0", &text("state_dict"), b"h\0s"])).contains("holds no tensors"));
}

#[test]
fn tensors_that_do_not_fit_their_storage_are_refused() {
    let good = state_dict("gpt2-inner");
    let with = |change: &dyn Fn(&mut Tensor)| {
        let mut bad = good.clone();
        change(&mut bad.tensors[0]);
        [refused(&bad.archive()), refused(&bad.stream())]
    };
    for [archive, stream] in [
        with(&|t| t.offset = 1),
        with(&|t| t.offset = -1),
        with(&|t| t.shape[0] += 1),
        with(&|t| t.shape[0] = -1),
        with(&|t| t.shape = vec![i64::MAX, i64::MAX]),
        with(&|t| t.shape = vec![1 << 40]),
        with(&|t| t.strides = vec![i64::MAX; t.shape.len()]),
        with(&|t| t.strides.push(1)),
        with(&|t| (t.shape, t.strides) = (vec![1; 9], vec![1; 9])),
        with(&|t| (t.shape, t.strides) = (vec![1 << 20, 1 << 20], vec![0, 0])),
    ] {
        assert!(
            archive.contains("the pickle has a tensor ") && stream.contains("the pickle has a tensor "),
            "{archive}"
        );
    }
    // A storage shorter than it says.
    let mut short = good.clone();
    let pickle = short.pickle();
    short.storages[0].bytes.truncate(8);
    assert!(refused(&short.archive_with(pickle.clone())).contains("numbers of the storage 0 in 8 bytes"));
    short.storages.remove(0);
    assert!(refused(&short.archive_with(pickle)).contains("no record for the storage 0"));
}

#[test]
fn archives_and_streams_that_are_none_are_refused() {
    let good = state_dict("gpt2-inner");
    let record = |name: &str, bytes: &[u8]| (name.to_owned(), bytes.to_vec());
    let pickle = good.pickle();
    let mut compressed = good.archive();
    let entry = compressed.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    compressed[entry + 10] = 8;
    let stream = good.stream();
    let elsewhere = String::from_utf8_lossy(&stream).find("torch").unwrap();
    for (bin, expect) in [
        (b"PK\x03\x04 and no more".to_vec(), "no end of a zip archive"),
        (zip(&[record("code/x.py", b"")]), "without data.pkl"),
        (zip(&[record("a/data.pkl", &pickle), record("a/byteorder", b"big")]), "byteorder is big"),
        (zip(&[record("a/data.pkl", &pickle), record("a/data.pkl", b"")]), "for the second time"),
        (zip(&[record("a/data.pkl", b"")]), "1 bytes wanted, 0 left"),
        (compressed, "is compressed"),
        (b"\x80\x02K\x01.".to_vec(), "a pickle that torch.save has not written"),
        (stream[..elsewhere].to_vec(), "not a valid PyTorch file"),
        (b"hello".to_vec(), "neither the zip archive nor the stream"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n".to_vec(), "this is a git-lfs pointer"),
    ] {
        let message = refused(&bin);
        assert!(message.contains(expect), "{expect}: {message}");
    }
}

/// A state dict of two small tensors: a file whose every byte can be tried.
fn small() -> StateDict {
    StateDict {
        storages: vec![Storage::floats("0", &[1.0; 6]), Storage::floats("1", &[2.0; 3])],
        tensors: vec![Tensor::new("wte.weight", 0, &[2, 3]), Tensor::new("ln_f.weight", 1, &[3])],
        ..StateDict::default()
    }
}

#[test]
fn a_file_cut_anywhere_or_with_any_byte_changed_is_no_panic() {
    for whole in [small().archive(), small().stream()] {
        let folder = folder("gpt2-inner", &whole);
        let path = folder.path().join("pytorch_model.bin");
        let open = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            Checkpoint::open(folder.path()).map_err(|error| error.to_string())
        };
        assert_eq!(open(&whole).unwrap().structure().unwrap().tensors.len(), 2);
        for len in 0..whole.len() {
            let message = open(&whole[..len]).map(drop).expect_err("a cut file");
            assert!(message.contains("pytorch_model.bin: ") && !message.contains('\n'), "{message}");
        }
        for at in 0..whole.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] ^= flip;
                if let Ok(checkpoint) = open(&damaged) {
                    // Tensors of other sizes than the config asks for: loading refuses them.
                    assert!(checkpoint.load(LoadOptions::default(), &Arc::new(Compute::scalar())).is_err());
                }
            }
        }
    }
}

#[test]
fn tensors_may_share_numbers_as_ties_do_and_not_by_the_hundred() {
    let with = |count: usize| {
        let mut all = small();
        all.storages[0] = Storage::floats("0", &vec![1.0; 6000]);
        all.tensors = (0..count).map(|n| Tensor::new(&format!("h.{n}.weight"), 0, &[60, 100])).collect();
        all.archive()
    };
    // Which these are not all of a model; that they share is not what is wrong.
    let four = try_pass(folder("gpt2-inner", &with(4)).path(), Holding::Packed).expect_err("tensors are missing");
    assert!(!four.contains("times the file"), "{four}");
    assert!(refused(&with(400)).contains("tensors that take 9600000 bytes, more than 8 times the file"));
}
