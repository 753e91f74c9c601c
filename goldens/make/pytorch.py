"""Writes goldens/pytorch/: a tiny GPT-2 as torch.save writes it in each of its forms, and as safetensors.

Run from the repository's root, with torch, transformers and safetensors:
    python goldens/make/pytorch.py
"""

import json
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import save_file

HERE = Path("goldens/pytorch")
LAYERS, WIDTH, VOCAB, CONTEXT = 1, 8, 16, 32


def state_dict():
    torch.manual_seed(22)
    shapes = {"wte.weight": (VOCAB, WIDTH), "wpe.weight": (CONTEXT, WIDTH)}
    shapes |= {f"ln_f.{kind}": (WIDTH,) for kind in ("weight", "bias")}
    for layer in range(LAYERS):
        for norm in ("ln_1", "ln_2"):
            shapes |= {f"h.{layer}.{norm}.{kind}": (WIDTH,) for kind in ("weight", "bias")}
        sizes = {"attn.c_attn": (WIDTH, 3 * WIDTH), "attn.c_proj": (WIDTH, WIDTH)}
        sizes |= {"mlp.c_fc": (WIDTH, 4 * WIDTH), "mlp.c_proj": (4 * WIDTH, WIDTH)}
        for name, (inputs, outputs) in sizes.items():
            shapes |= {f"h.{layer}.{name}.weight": (inputs, outputs), f"h.{layer}.{name}.bias": (outputs,)}
    return OrderedDict((f"transformer.{name}", torch.randn(shape) * 0.3) for name, shape in shapes.items())


def main():
    HERE.mkdir(exist_ok=True)
    weights = state_dict()
    save_file(weights, HERE / "model.safetensors")
    config = {"model_type": "gpt2", "n_layer": LAYERS, "n_head": 2, "n_embd": WIDTH, "vocab_size": VOCAB}
    (HERE / "config.json").write_text(json.dumps(config | {"n_positions": CONTEXT}, indent=2) + "\n")
    torch.save(weights, HERE / "zip.bin")
    torch.save(weights, HERE / "stream.bin", _use_new_zipfile_serialization=False)
    odd = OrderedDict((f"module.{name}", tensor) for name, tensor in weights.items())
    for name, tensor in odd.items():
        if tensor.dim() == 2:  # a view of its transpose
            odd[name] = tensor.t().contiguous().t()
    odd["module.transformer.ln_f.weight"] = torch.nn.Parameter(odd["module.transformer.ln_f.weight"])
    odd["module.lm_head.weight"] = odd["module.transformer.wte.weight"]  # tied
    odd["module.transformer.h.0.attn.bias"] = torch.ones(1, 1, 4, 4, dtype=torch.bool).tril()
    torch.save(odd, HERE / "odd-zip.bin")
    torch.save(odd, HERE / "odd-stream.bin", _use_new_zipfile_serialization=False)


if __name__ == "__main__":
    main()
