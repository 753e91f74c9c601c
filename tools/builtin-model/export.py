"""Write a checkpoint for others: python export.py RUN/last.pt DATA OUT [--average]

OUT is a folder that transformers loads (f16), and OUT/builtin.gguf holds the same weights in 8.5 bits, with the tokenizer.
"""
import argparse
import json
import os
import shutil

import gguf
import numpy as np
import torch
from safetensors.torch import save_file
from transformers import GPT2Config

from tokenizer import END

# (name in training, name in transformers, name in GGUF), for every layer
NAMES = [
    ("norm_1", "ln_1", "attn_norm"),
    ("qkv", "attn.c_attn", "attn_qkv"),
    ("attention_out", "attn.c_proj", "attn_output"),
    ("norm_2", "ln_2", "ffn_norm"),
    ("up", "mlp.c_fc", "ffn_up"),
    ("down", "mlp.c_proj", "ffn_down"),
]


def tensors(layers):
    """(name in transformers, name in GGUF, whether transformers holds it transposed) of every tensor."""
    yield "wte.weight", "token_embd.weight", False
    yield "wpe.weight", "position_embd.weight", False
    for i in range(layers):
        for _, theirs, in_gguf in NAMES:
            yield f"h.{i}.{theirs}.weight", f"blk.{i}.{in_gguf}.weight", not theirs.startswith("ln")
            yield f"h.{i}.{theirs}.bias", f"blk.{i}.{in_gguf}.bias", False
    yield "ln_f.weight", "output_norm.weight", False
    yield "ln_f.bias", "output_norm.bias", False


def renamed(weights, layers):
    """The weights of a checkpoint under their names in transformers, as `nn.Linear` holds them."""
    outside = {"tokens": "wte", "positions": "wpe", "norm": "ln_f"}
    inside = {ours: theirs for ours, theirs, _ in NAMES}
    out = {}
    for name, values in weights.items():
        *stem, kind = name.split(".")
        place = outside[stem[0]] if len(stem) == 1 else f"h.{stem[1]}.{inside[stem[2]]}"
        out[f"{place}.{kind}"] = values.float()
    return out


def write_folder(out, shape, weights):
    half = {
        f"transformer.{name}": (weights[name].T if turn else weights[name]).to(torch.float16).contiguous()
        for name, _, turn in tensors(shape["layers"])
    }
    save_file(half, f"{out}/model.safetensors", metadata={"format": "pt"})
    config = GPT2Config(
        vocab_size=shape["vocab"], n_positions=shape["context"], n_embd=shape["width"], n_layer=shape["layers"], n_head=shape["heads"],
        bos_token_id=0, eos_token_id=0, attn_pdrop=0.0, embd_pdrop=0.0, resid_pdrop=0.0, architectures=["GPT2LMHeadModel"], dtype="float16",
    )  # fmt: skip
    config.save_pretrained(out)
    names = {"bos_token": END, "eos_token": END, "unk_token": END}
    for file, values in {
        "generation_config.json": {"bos_token_id": 0, "eos_token_id": 0},
        "tokenizer_config.json": {**names, "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": shape["context"]},
    }.items():
        with open(f"{out}/{file}", "w") as f:
            json.dump(values, f, indent=2)


def write_gguf(path, shape, weights, tokenizer):
    w = gguf.GGUFWriter(path, "gpt2")
    w.add_name("beamline builtin")
    w.add_context_length(shape["context"])
    w.add_embedding_length(shape["width"])
    w.add_feed_forward_length(4 * shape["width"])
    w.add_block_count(shape["layers"])
    w.add_head_count(shape["heads"])
    w.add_layer_norm_eps(1e-5)
    w.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    vocabulary = sorted(tokenizer["model"]["vocab"].items(), key=lambda pair: pair[1])
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("gpt-2")
    w.add_token_list([token for token, _ in vocabulary])
    w.add_token_types([gguf.TokenType.CONTROL if token == END else gguf.TokenType.NORMAL for token, _ in vocabulary])
    w.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in tokenizer["model"]["merges"]])
    w.add_bos_token_id(0)
    w.add_eos_token_id(0)
    w.add_add_bos_token(False)
    q8_0 = gguf.GGMLQuantizationType.Q8_0
    for theirs, name, _ in tensors(shape["layers"]):
        values = np.ascontiguousarray(weights[theirs].numpy())
        if name == "position_embd.weight":
            w.add_tensor(name, values.astype(np.float16))
        elif values.ndim == 2:
            w.add_tensor(name, gguf.quantize(values, q8_0), raw_dtype=q8_0)
        else:
            w.add_tensor(name, values)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("checkpoint")
    p.add_argument("data", help="the folder with tokenizer.json")
    p.add_argument("out")
    p.add_argument("--average", action="store_true", help="the running average of the weights; better before the last phase")
    a = p.parse_args()
    saved = torch.load(a.checkpoint, weights_only=True, map_location="cpu")
    os.makedirs(a.out, exist_ok=True)
    weights = renamed(saved["average" if a.average else "model"], saved["settings"]["layers"])
    write_folder(a.out, saved["settings"], weights)
    shutil.copy(f"{a.data}/tokenizer.json", a.out)
    with open(f"{a.data}/tokenizer.json", encoding="utf8") as f:
        write_gguf(f"{a.out}/builtin.gguf", saved["settings"], weights, json.load(f))
    for name in sorted(os.listdir(a.out)):
        print(f"{os.path.getsize(f'{a.out}/{name}'):>10} {name}")


if __name__ == "__main__":
    main()
