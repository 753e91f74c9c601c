"""Learn the tokens: python tokenizer.py CLEAN OUT --vocab 4096. Byte-level BPE, as GPT-2's, on the books as they are weighed."""
import argparse
import os

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from books import trained_on, weight

END = "<|endoftext|>"


def texts(folder):
    for name in trained_on(folder):
        with open(f"{folder}/{name}", encoding="utf8") as f:
            text = f.read()
        for _ in range(round(2 * weight(name, "plain"))):
            yield from text.split("\f")


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("clean")
    p.add_argument("out")
    p.add_argument("--vocab", type=int, default=4096)
    a = p.parse_args()
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=a.vocab,
        min_frequency=10,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts(a.clean), trainer)
    os.makedirs(a.out, exist_ok=True)
    tokenizer.save(f"{a.out}/tokenizer.json", pretty=False)
    print(f"{tokenizer.get_vocab_size()} tokens, the last learnt: {[tokenizer.id_to_token(a.vocab - i) for i in range(1, 9)]}")


if __name__ == "__main__":
    main()
