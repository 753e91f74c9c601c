"""The order of the training text: an endless stream of rows that depends on the seed and the row's number alone.

A pass holds every chapter as often as its book's weight says (a weight of 1.5: always once, a second time in half of the
passes), in an order drawn for that pass, end to end, cut into rows.
"""
import json

import numpy as np


class Stream:
    def __init__(self, folder, context, seed, mix):
        """folder: what encode.py wrote. mix: the name of the weights to use, a key of each book's `weights`."""
        self.tokens = np.load(f"{folder}/train.npy", mmap_mode="r")
        with open(f"{folder}/train.json") as f:
            books = json.load(f)
        self.chapters = [(start, end, book["weights"][mix]) for book in books for start, end in book["chapters"]]
        self.context, self.seed = context, seed
        self.rows_before = [0]  # rows before each pass known so far
        self.current = (-1, None)

    def pass_tokens(self, number):
        if self.current[0] != number:
            draw = np.random.default_rng([self.seed, number])
            times = [int(weight) + int(draw.random() < weight % 1) for _, _, weight in self.chapters]
            order = draw.permutation(np.repeat(np.arange(len(self.chapters)), times))
            self.current = (number, np.concatenate([self.tokens[self.chapters[i][0] : self.chapters[i][1]] for i in order]))
        return self.current[1]

    def rows(self, first, count):
        """Rows first..first+count: [count, context + 1]; the last token of a row begins the next one."""
        out = np.empty((count, self.context + 1), np.int64)
        for i in range(count):
            row = first + i
            while self.rows_before[-1] <= row:
                tokens = self.pass_tokens(len(self.rows_before) - 1)
                self.rows_before.append(self.rows_before[-1] + (len(tokens) - 1) // self.context)
            number = next(n for n, end in enumerate(self.rows_before[1:]) if row < end)
            at = (row - self.rows_before[number]) * self.context
            out[i] = self.pass_tokens(number)[at : at + self.context + 1]
        return out


def held_out(folder, context, rows):
    """The same `rows` rows of every held-out book, spread over it, and how many bytes their targets stand for."""
    tokens = np.load(f"{folder}/held-out.npy")
    lengths = np.load(f"{folder}/token-bytes.npy")
    with open(f"{folder}/held-out.json") as f:
        books = json.load(f)
    picked = []
    for book in books:
        start, end = book["chapters"][0][0], book["chapters"][-1][1]
        starts = np.linspace(start, end - context - 1, rows).astype(int)
        picked += [tokens[s : s + context + 1] for s in starts]
    picked = np.stack(picked).astype(np.int64)
    return picked, int(lengths[picked[:, 1:]].sum())
