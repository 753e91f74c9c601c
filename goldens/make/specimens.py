"""Checkpoints that need no weights in the repository: a config, names and shapes of tensors, and a seed.

A weight is an integer hash of seed, tensor's name and place, so that whoever has the three has its bits: `weight` here, and
`crates/testkit/tests/support/specimens.rs` in beamline. Used by architectures.py and mutate.py.
"""
import json, os, shutil, tempfile
import numpy as np
import torch
import transformers
from safetensors import safe_open
from safetensors.numpy import save_file
from transformers import AutoModelForCausalLM

torch.set_num_threads(1)
transformers.utils.logging.disable_progress_bar()
transformers.utils.logging.set_verbosity_error()
CHECKPOINT = "goldens/checkpoints/tiny-gpt2"
FILES = ["tokenizer.json", "tokenizer_config.json"]


def spread(name, shape):
    """Around which number the weights of a tensor lie, and how far from it: wide, so that distributions are peaked."""
    norm = "norm" in name or "ln_" in name
    if norm and name.endswith("weight") and len(shape) <= 2:
        return 1.0, 0.25
    return 0.0, (0.125 if len(shape) == 1 else 0.5)


def weight(seed, name, shape):
    key = 0x811C9DC5
    for byte in name.encode():
        key = (key ^ byte) * 0x01000193 & 0xFFFFFFFF
    key = np.uint32(key ^ (seed * 0x85EBCA6B & 0xFFFFFFFF))
    x = np.arange(int(np.prod(shape)), dtype=np.uint32) * np.uint32(0x9E3779B1) + key
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    x ^= x >> np.uint32(16)
    around, far = spread(name, shape)
    unit = (x >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-23) - np.float32(1.0)
    return (np.float32(around) + unit * np.float32(far)).reshape(shape)


def tensors_of(config):
    """Names and shapes of the tensors that transformers writes for a model of this config, in the order of the names."""
    with tempfile.TemporaryDirectory() as folder:
        AutoModelForCausalLM.from_config(config).save_pretrained(folder)
        with safe_open(folder + "/model.safetensors", "np") as file:
            shapes = {name: file.get_slice(name).get_shape() for name in sorted(file.keys())}
        return shapes, json.load(open(folder + "/config.json"))


def write(folder, config, tensors, seed, weights=True):
    """Writes a checkpoint; `config` as text or object."""
    os.makedirs(folder, exist_ok=True)
    if weights:
        save_file({n: weight(seed, n, s) for n, s in tensors.items()}, folder + "/model.safetensors", {"format": "pt"})
        for name in FILES:
            shutil.copy(f"{CHECKPOINT}/{name}", folder)
    with open(folder + "/config.json", "w") as file:
        json.dump(config, file)


def load(folder, dtype=torch.float32):
    """The model of a folder, and what stood in the way: tensors that are missing would be made up."""
    # The grouped products of experts know no float64.
    more = dict(experts_implementation="eager") if dtype == torch.float64 else {}
    model, info = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, output_loading_info=True, **more)
    missing = sorted(info["missing_keys"]) + sorted(str(k) for k in info["mismatched_keys"])
    if missing:
        raise ValueError("tensors are missing or of another shape: " + ", ".join(missing))
    return model.eval()


def rounded(values):
    """Six digits, of which the last is far below any tolerance."""
    return [float(f"{float(v):.6g}") for v in values]
