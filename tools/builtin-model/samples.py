"""Continue some prompts: python samples.py MODEL [PROMPT ...] [--seed 1]"""
import argparse

import torch

from load import load

PROMPTS = [
    "Once upon a time",
    "Once upon a time there was a little girl named Mary, who",
    "The old captain put down his pipe and said,",
    '"I do not believe it," said Holmes',
    "It was a dark and stormy night, and",
    "When Tom opened the door of the cottage",
]


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("model")
    p.add_argument("prompts", nargs="*", default=PROMPTS)
    p.add_argument("--tokens", type=int, default=160)
    p.add_argument("--temperature", type=float, default=0.7)
    p.add_argument("--top-p", type=float, default=0.9)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    torch.set_num_threads(1)
    model, tokenizer = load(a.model)
    for prompt in a.prompts:
        torch.manual_seed(a.seed)
        ids = tokenizer(prompt, return_tensors="pt", add_special_tokens=False).input_ids
        out = model.generate(ids, do_sample=True, temperature=a.temperature, top_p=a.top_p, top_k=0, max_new_tokens=a.tokens, pad_token_id=0)
        print(f"[{prompt}]{tokenizer.decode(out[0][ids.shape[1] :])}\n", flush=True)


if __name__ == "__main__":
    main()
