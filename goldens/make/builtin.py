"""Goldens on the model inside the binary.

Usage: python goldens/make/builtin.py crates/builtin/model/builtin.gguf goldens/expected/builtin.json

Its weights are widened by gguf-py and computed with by transformers, in float32 and in float64, which must agree.
"""
import copy
import json
import os
import sys

import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/builtin-model"))
from load import load

PROMPTS = ["Once upon a time", "The old captain put down his pipe and said,", "When Tom opened the door of the cottage"]
WAYS = {"greedy": {}, "no repeated three": dict(no_repeat_ngram_size=3), "five beams": dict(num_beams=5, no_repeat_ngram_size=2)}
TEXT = 'It was raining when Mary came home. "Where have you been?" said her mother; but Mary did not answer.'
NEW = 100

path, target = sys.argv[1:]
single, tokenizer = load(path)
double = copy.deepcopy(single).double()


def generated(prompt, options):
    ids = tokenizer(prompt, return_tensors="pt").input_ids
    fixed = dict(do_sample=False, max_new_tokens=NEW, eos_token_id=None, pad_token_id=0, **options)
    first, second = (model.generate(ids, **fixed)[0, ids.shape[1] :].tolist() for model in (single, double))
    assert first == second, f"{prompt!r}, {options}: hangs on rounding"
    return dict(prompt=prompt, options=options, input_ids=ids[0].tolist(), new_ids=first, text=tokenizer.decode(first, skip_special_tokens=True))


@torch.no_grad()
def scored(text):
    ids = tokenizer(text, return_tensors="pt").input_ids
    logprobs = torch.log_softmax(double(ids).logits[0, :-1], -1).gather(1, ids[0, 1:, None])[:, 0]
    return dict(text=text, ids=ids[0].tolist(), logprobs=[round(x, 7) for x in logprobs.tolist()])


cases = {name: [generated(prompt, options) for prompt in PROMPTS] for name, options in WAYS.items()}
with open(target, "w", encoding="utf8") as f:
    json.dump(dict(generated=cases, scored=scored(TEXT)), f, indent=1, ensure_ascii=False)
