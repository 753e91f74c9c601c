"""Bits per byte of the held-out books: python evaluate.py MODEL CLEAN [--pages 40]

MODEL is a folder, or a .gguf file beside its config.json. A page is 2,400 letters or so, whole paragraphs; pages are
spread evenly over a book. Of every page all tokens but the first are scored; a token sees what came before it on its page, as far as the
context reaches: windows overlap by half, and what a window shares with the one before gives context only.
"""
import argparse
import math

import torch

from books import HELD_OUT
from load import load


def pages(clean, name, count, letters=2400):
    with open(f"{clean}/{name}", encoding="utf8") as f:
        paragraphs = f.read().replace("\f", "\n\n").split("\n\n")
    cuts, at = [[]], 0
    for paragraph in paragraphs:
        if at >= letters:
            cuts.append([])
            at = 0
        cuts[-1].append(paragraph)
        at += len(paragraph) + 2
    whole = ["\n\n".join(cut) for cut in cuts]
    count = min(count, len(whole))
    return [whole[int((i + 0.5) * len(whole) / count)] for i in range(count)]


@torch.no_grad()
def bits(model, ids, context):
    """Bits of ids[1:]."""
    total, scored, half = 0.0, 1, context // 2
    while scored < len(ids):
        start = max(0, scored - half) if scored > 1 else 0
        window = torch.tensor([ids[start : start + context]])
        logits = model(window).logits[0, :-1].float()
        losses = torch.nn.functional.cross_entropy(logits, window[0, 1:], reduction="none")
        total += losses[scored - start - 1 :].double().sum().item()
        scored = start + window.shape[1]
    return total / math.log(2)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("model")
    p.add_argument("clean")
    p.add_argument("--pages", type=int, default=40, help="pages of each book")
    p.add_argument("--context", type=int, default=512)
    a = p.parse_args()
    torch.set_num_threads(2)
    model, tokenizer = load(a.model)
    context = min(a.context, model.config.max_position_embeddings)
    sums = [0.0, 0, 0]
    for name in HELD_OUT:
        book = [0.0, 0, 0]
        for page in pages(a.clean, name, a.pages):
            ids = tokenizer(page, add_special_tokens=False)["input_ids"]
            first = len(tokenizer.decode(ids[:1]).encode())
            for i, value in enumerate((bits(model, ids, context), len(page.encode()) - first, len(ids) - 1)):
                book[i] += value
                sums[i] += value
        print(f"{book[0] / book[1]:.4f} bits per byte, {book[1] / book[2]:.2f} bytes a token, {book[1]} bytes: {name}", flush=True)
    print(f"{sums[0] / sums[1]:.4f} bits per byte over all {len(HELD_OUT)} books")


if __name__ == "__main__":
    main()
