"""Writes attention.json: where the heads of the tiny models look, by transformers' eager attention.

Run: python goldens/make/attention.py (transformers 5, torch).
"""

import json
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

GOLDENS = Path(__file__).parent.parent
MODELS = ["tiny-gpt2", "tiny-llama", "tiny-mistral", "tiny-qwen2", "tiny-qwen3"]
SHORT = [5, 17, 101, 44, 44, 260, 3, 99]
# Longer than Mistral's window of 16.
LONG = SHORT + [17, 60, 8, 210, 310, 7, 7, 81, 120, 11, 400, 2]

cases = []
for name in MODELS:
    model = AutoModelForCausalLM.from_pretrained(GOLDENS / "checkpoints" / name, attn_implementation="eager", dtype=torch.float32)
    ids = LONG if name == "tiny-mistral" else SHORT
    with torch.no_grad():
        out = model(torch.tensor([ids]), output_attentions=True)
    layers = [layer[0].tolist() for layer in out.attentions]  # [heads][queries][keys]
    rounded = [[[[round(w, 7) for w in row] for row in head] for head in layer] for layer in layers]
    cases.append({"model": name, "token_ids": ids, "layers": rounded})

text = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
(GOLDENS / "expected/attention.json").write_text(f"[\n{text}\n]\n")
