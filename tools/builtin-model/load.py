"""Load a model with its tokenizer, through transformers, from a folder or from a GGUF file of export.py."""
import os

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer


def load(path):
    folder, file = os.path.split(path) if path.endswith(".gguf") else (path, None)
    model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32)
    return model.eval(), AutoTokenizer.from_pretrained(folder)
