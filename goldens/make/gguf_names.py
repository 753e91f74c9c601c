"""What llama.cpp's converter makes of the checkpoints of `architectures/`: the keys it writes, and where each tensor's rows come from.

Usage: python goldens/make/gguf_names.py LLAMA_CPP OUT_DIR [--only name,name] (llama.cpp's source with its gguf-py, torch 2.15.0)
OUT_DIR/NAME.json: the keys but for `general.` and `tokenizer.`, and for each tensor its shape and from which rows of which
tensors of the checkpoint it is made. Nothing is computed by the family's rules here: the converter's own file is taken apart by
finding each of its rows in the checkpoint, so that whoever puts it together again has the same bits. A checkpoint that the
converter refuses is left out, and named on stderr.
"""
import argparse, importlib, json, os, pkgutil, runpy, sys, tempfile
import numpy as np
import specimens


def older(config):
    """Fields that the converter wants and transformers 5 no longer writes so, with the values that they had."""
    if config["model_type"] == "gpt_neox":
        return {"rotary_pct": config["rope_parameters"].get("partial_rotary_factor", 1.0)}
    if config["model_type"] == "falcon" and config["multi_query"] and not config["new_decoder_architecture"]:
        return {"num_kv_heads": 1}
    if config["model_type"] == "glm":
        return {"layernorm_epsilon": config["rms_norm_eps"]}
    return {"n_ctx": config["n_positions"]} if config["model_type"] == "gpt2" else {}


def convert(llama_cpp, folder, out, more):
    """Runs the converter, without a vocabulary, with `more` beside the fields of the config."""
    base = importlib.import_module("conversion.base")
    conversion = importlib.import_module("conversion")
    for module in pkgutil.iter_modules(conversion.__path__):
        try:
            importlib.import_module("conversion." + module.name)
        except ImportError:
            pass  # a family that wants more than is here
    classes = [base.TextModel]
    for kind in classes:
        kind.set_vocab = lambda self: None
        classes += kind.__subclasses__()
    read = base.ModelBase.load_hparams
    base.ModelBase.load_hparams = staticmethod(lambda *of, **named: {**read(*of, **named), **more})
    sys.argv = ["convert_hf_to_gguf.py", folder, "--outtype", "f32", "--outfile", out]
    runpy.run_path(llama_cpp + "/convert_hf_to_gguf.py", run_name="__main__")


def rows_of(values, wide=True):
    return [row.tobytes() for row in values.reshape(-1, values.shape[-1] if wide and values.ndim > 1 else 1)]


def views(tensors, wide=True):
    """Every form in which the converter takes rows: as they are, transposed, and one more (norms of Gemma)."""
    for name, values in tensors.items():
        turned = [("transposed", np.swapaxes(values, -1, -2))] if values.ndim > 1 else []
        for how, view in [("plain", values), *turned, ("plus_one", values + np.float32(1))]:
            yield name, how, {row: at for at, row in reversed(list(enumerate(rows_of(view, wide))))}


def folded(rows):
    """Rows as [first, [count, step], ...], outer loops first, as few as there are."""
    found = [[row] for row in rows]
    while True:
        shorter, at = [], 0
        while at < len(found):
            same, step = 1, None
            while at + same < len(found) and found[at + same][1:] == found[at][1:]:
                next_step = found[at + same][0] - found[at + same - 1][0]
                if step is not None and next_step != step:
                    break
                step, same = next_step, same + 1
            shorter.append([found[at][0], [same, step], *found[at][1:]] if same > 1 else found[at])
            at += same
        if len(shorter) == len(found):
            return found
        found = shorter


def pieces(rows, sources):
    """The pieces of a tensor, each [source, how, rows]; nothing where a row is in no source."""
    made, at = [], 0
    while at < len(rows):
        best = (0,)
        for name, how, index in sources:
            found = []
            while at + len(found) < len(rows) and rows[at + len(found)] in index:
                found.append(index[rows[at + len(found)]])
            if len(found) > best[0]:
                best = (len(found), name, how, *folded(found))
        if not best[0]:
            return None
        made.append(list(best[1:]))
        at += best[0]
    return made


def origin(values, sources, small):
    """Of which rows a tensor is made, or else of which numbers; its values, where they are in no tensor."""
    if found := pieces(rows_of(values), sources):
        return {"rows": found}
    if found := values.size <= 4096 and pieces(rows_of(values, False), small):
        return {"numbers": found}
    return {"values": [float(x) for x in values.reshape(-1)]}


def taken_apart(path, tensors):
    from gguf import GGUFReader
    reader = GGUFReader(path)
    keys = {}
    for name, field in reader.fields.items():
        if name == "general.architecture" or name.split(".")[0] not in ("GGUF", "general", "tokenizer"):
            keys[name] = [[kind.name.lower() for kind in field.types], field.contents()]
    sources = list(views(tensors))
    small = list(views({name: values for name, values in tensors.items() if values.size <= 4096}, False))
    made = {}
    for tensor in reader.tensors:
        values = np.array(tensor.data)
        assert values.dtype == np.float32, (tensor.name, values.dtype)
        made[tensor.name] = {"shape": list(values.shape), **origin(values, sources, small)}
    return {"keys": keys, "tensors": made}


def one(llama_cpp, path, out):
    with open(path) as file:
        specimen = json.load(file)
    with tempfile.TemporaryDirectory() as folder:
        specimens.write(folder, specimen["config"], specimen["tensors"], specimen["seed"])
        convert(llama_cpp, folder, folder + "/out.gguf", older(specimen["config"]))
        tensors = {n: specimens.weight(specimen["seed"], n, s) for n, s in specimen["tensors"].items()}
        found = {"name": specimen["name"], **taken_apart(folder + "/out.gguf", tensors)}
    with open(out, "w") as file:
        json.dump(found, file, separators=(",", ":"))
        file.write("\n")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("llama_cpp")
    arguments.add_argument("out")
    arguments.add_argument("--only")
    arguments = arguments.parse_args()
    sys.path[:0] = [arguments.llama_cpp + "/gguf-py", arguments.llama_cpp]
    importlib.import_module("conversion.base")
    only = arguments.only and arguments.only.split(",")
    os.makedirs(arguments.out, exist_ok=True)
    for file in sorted(os.listdir("goldens/architectures")):
        if only and file.removesuffix(".json") not in only:
            continue
        # A process for each: the converter's classes keep what they read of a checkpoint.
        child = os.fork()
        if not child:
            try:
                one(arguments.llama_cpp, "goldens/architectures/" + file, f"{arguments.out}/{file}")
            except BaseException as error:  # the converter also exits
                print(f"{file}: {type(error).__name__}: {error}", file=sys.stderr)
                os._exit(1)
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
