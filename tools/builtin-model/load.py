"""Load a model with its tokenizer into transformers: a folder, or a .gguf file of export.py that lies beside a config.json."""
import os

import gguf
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2Config, GPT2LMHeadModel

from export import tensors


def load(path):
    """The model in float32, whatever it is stored in, and the tokenizer."""
    if not path.endswith(".gguf"):
        return AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval(), AutoTokenizer.from_pretrained(path)
    folder, file = os.path.split(path)
    # Plain matrices: transformers itself would keep them packed, and round activations as its kernels please.
    model = GPT2LMHeadModel(GPT2Config.from_pretrained(folder)).float().eval()
    stored = {t.name: torch.from_numpy(gguf.dequantize(t.data, t.tensor_type).copy()) for t in gguf.GGUFReader(path).tensors}
    for theirs, in_gguf, turn in tensors(model.config.n_layer):
        values = stored[in_gguf].float()
        model.transformer.get_parameter(theirs).data.copy_(values.T if turn else values)
    return model, AutoTokenizer.from_pretrained(folder, gguf_file=file)
