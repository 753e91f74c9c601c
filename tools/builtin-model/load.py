"""Load a model with its tokenizer, through transformers: from a folder, or with the weights of a .gguf file of export.py in it."""
import os

import gguf
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from export import tensors


def load(path):
    folder = os.path.dirname(path) if path.endswith(".gguf") else path
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    if folder != path:
        stored = {t.name: torch.from_numpy(gguf.dequantize(t.data, t.tensor_type).copy()) for t in gguf.GGUFReader(path).tensors}
        for theirs, in_gguf, turn in tensors(model.config.n_layer):
            values = stored[in_gguf].float()
            model.transformer.get_parameter(theirs).data.copy_(values.T if turn else values)
    return model, AutoTokenizer.from_pretrained(folder)
