"""Whether people keep their names: python names.py MODEL CLEAN [--pages 40]

A prompt is the beginning of a held-out page, up to a name at least 300 letters in; the model goes on for 400 letters or so (100
tokens, temperature 0.7, top-p 0.9). Counted of its text, and of the book's own text at the same place: how often one of the people or
places named in the prompt is named again, and how many names come that the prompt does not have. MODEL is as for evaluate.py.
"""
import argparse
import re
from collections import Counter

import torch

from books import HELD_OUT
from evaluate import pages
from load import load

# A capital inside a sentence: after a small letter or a comma.
INSIDE = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+")
NO_NAMES = {"God", "English", "Heaven", "Lord", "Lady", "Sir", "Miss", "Mr", "Mrs", "Christmas", "Sunday", "French", "Bible", "Dr"}


def names_of(clean, book):
    """Words that stand with a capital inside ten sentences or more, and hardly ever without."""
    with open(f"{clean}/{book}", encoding="utf8") as f:
        text = f.read()
    small = Counter(re.findall(r"\b[a-z]+\b", text))
    return {n for n, times in Counter(INSIDE.findall(text)).items() if times >= 10 and small[n.lower()] < times / 10} - NO_NAMES


def prompts(clean, book, count, names, letters=400):
    """(prompt, how the book goes on, the names in the prompt)."""
    word = re.compile(rf"\b({'|'.join(sorted(names))})\b")
    for page in pages(clean, book, count):
        found = word.search(page, 300)
        if found and found.end() + letters <= len(page):
            prompt = page[: found.end()]
            yield prompt, page[found.end() :][:letters], set(word.findall(prompt))


class Count:
    def __init__(self):
        self.texts = self.kept = self.new = 0

    def add(self, prompt, text, named):
        self.texts += 1
        self.kept += any(re.search(rf"\b{name}\b", text) for name in named)
        self.new += len(set(INSIDE.findall(text)) - NO_NAMES - set(re.findall(r"\w+", prompt)))

    def __str__(self):
        return f"{100 * self.kept / self.texts:.0f} % name one of them again, {self.new / self.texts:.2f} new names a text"


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("model")
    p.add_argument("clean")
    p.add_argument("--pages", type=int, default=40, help="pages of each book")
    p.add_argument("--samples", type=int, default=5, help="texts for each prompt")
    a = p.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(1)
    model, tokenizer = load(a.model)
    ours, books = Count(), Count()
    for book in HELD_OUT:
        for prompt, text, named in prompts(a.clean, book, a.pages, names_of(a.clean, book)):
            ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")["input_ids"][:, -400:]
            out = model.generate(
                ids, attention_mask=torch.ones_like(ids), do_sample=True, temperature=0.7, top_k=0, top_p=0.9,
                max_new_tokens=100, num_return_sequences=a.samples, pad_token_id=0,
            )  # fmt: skip
            for row in out:
                ours.add(prompt, tokenizer.decode(row[ids.shape[1] :]), named)
            books.add(prompt, text, named)
    print(f"{books.texts} prompts, {ours.texts} texts\nthe model: {ours}\nthe books: {books}")


if __name__ == "__main__":
    main()
