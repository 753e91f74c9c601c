"""Turn the clean books into tokens: python encode.py CLEAN DATA. DATA holds tokenizer.json; the arrays go beside it.

train.npy and held-out.npy are all chapters end to end, an end token after each; the .json files say where each begins.
token-bytes.npy says how many bytes a token stands for (the end token: none), for bits per byte.
"""
import json
import sys

import numpy as np
from tokenizers import Tokenizer

from books import HELD_OUT, WEIGHTS, trained_on, weight
from tokenizer import END


def encode(tokenizer, clean, names):
    end, tokens, books, at = tokenizer.token_to_id(END), [], [], 0
    for name in names:
        with open(f"{clean}/{name}", encoding="utf8") as f:
            chapters = f.read().split("\f")
        places = []
        for encoded in tokenizer.encode_batch_fast(chapters):
            tokens.append(np.array(encoded.ids + [end], np.uint16))
            places.append((at, at + len(tokens[-1])))
            at = places[-1][1]
        books.append(dict(name=name, chapters=places, weights={mix: weight(name, mix) for mix in WEIGHTS}))
    return np.concatenate(tokens), books


def main():
    clean, data = sys.argv[1:]
    tokenizer = Tokenizer.from_file(f"{data}/tokenizer.json")
    letters = [len(tokenizer.id_to_token(i)) for i in range(tokenizer.get_vocab_size())]
    letters[tokenizer.token_to_id(END)] = 0  # a byte is one letter of the byte-level alphabet
    np.save(f"{data}/token-bytes.npy", np.array(letters))
    for kind, names in (("train", trained_on(clean)), ("held-out", HELD_OUT)):
        tokens, books = encode(tokenizer, clean, names)
        np.save(f"{data}/{kind}.npy", tokens)
        with open(f"{data}/{kind}.json", "w") as f:
            json.dump(books, f)
        print(kind, len(books), "books", len(tokens), "tokens")
        if kind == "train":
            for mix in WEIGHTS:
                length = sum(b["weights"][mix] * (b["chapters"][-1][1] - b["chapters"][0][0]) for b in books)
                print(f"  a pass of the mix {mix!r}: {length:.0f} tokens")


if __name__ == "__main__":
    main()
