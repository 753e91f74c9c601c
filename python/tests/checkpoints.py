"""Small GPT-2s with random weights, as files that this engine and transformers read."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np

WORDS = "the of and a to in he was that it his her you as had with for she not at but be my on have him is said me 안녕 하세요"


def letters() -> dict[int, str]:
    """A letter for each byte, as byte-level BPE writes it."""
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in seen]
    return {byte: chr(byte) for byte in seen} | {byte: chr(256 + place) for place, byte in enumerate(hidden)}


def merges_of(text: str, count: int) -> list[tuple[str, str]]:
    """Merges by the usual rule: the most frequent pair, again and again."""
    names = letters()
    words = [[names[byte] for byte in f" {word}".encode()] for word in text.split()]
    found: list[tuple[str, str]] = []
    while len(found) < count:
        pairs = Counter(pair for word in words for pair in pairwise(word))
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        found.append(best)
        for word in words:
            at = 0
            while at + 1 < len(word):
                if (word[at], word[at + 1]) == best:
                    word[at : at + 2] = ["".join(best)]
                at += 1
    return found


def tokenizer(special: str, text: str = WORDS, merges: int = 60) -> dict:
    """A byte-level BPE with one special token, which is the last."""
    pairs = merges_of(text, merges)
    vocabulary = {name: number for number, name in enumerate(letters().values())}
    for left, right in pairs:
        vocabulary[left + right] = len(vocabulary)
    number = len(vocabulary)
    vocabulary[special] = number
    whole = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": number, "content": special, **whole}],
        "normalizer": None,
        "pre_tokenizer": level,
        "post_processor": None,
        "decoder": level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": vocabulary,
            "merges": [list(pair) for pair in pairs],
        },
    }


def safetensors(tensors: dict[str, np.ndarray]) -> bytes:
    """Tensors as a file: the length of its head, the head, the numbers."""
    head, at = {}, 0
    for name, array in tensors.items():
        head[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(array.tobytes() for array in tensors.values())


def gpt2(
    folder: Path,
    *,
    seed: int = 0,
    width: int = 32,
    layers: int = 2,
    heads: int = 4,
    context: int = 128,
    special: str = "<|endoftext|>",
    spread: float = 0.25,
    vocab: int | None = None,
    **config: object,
) -> Path:
    """Writes a model whose texts are lively: its weights are spread wide."""
    described = tokenizer(special)
    entries = len(described["model"]["vocab"])
    vocab = vocab or entries
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> np.ndarray:
        return rng.normal(0, spread, shape).astype(np.float32)

    tensors = {"transformer.wte.weight": draw(vocab, width), "transformer.wpe.weight": draw(context, width)}
    for layer in range(layers):
        at = f"transformer.h.{layer}"
        for norm in ("ln_1", "ln_2"):
            tensors[f"{at}.{norm}.weight"] = 1 + draw(width)
            tensors[f"{at}.{norm}.bias"] = draw(width)
        for name, rows, columns in (
            ("attn.c_attn", width, 3 * width),
            ("attn.c_proj", width, width),
            ("mlp.c_fc", width, 4 * width),
            ("mlp.c_proj", 4 * width, width),
        ):
            tensors[f"{at}.{name}.weight"] = draw(rows, columns)
            tensors[f"{at}.{name}.bias"] = draw(columns)
    tensors["transformer.ln_f.weight"] = 1 + draw(width)
    tensors["transformer.ln_f.bias"] = draw(width)
    end = entries - 1
    settings = {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "vocab_size": vocab,
        "n_embd": width,
        "n_layer": layers,
        "n_head": heads,
        "n_positions": context,
        "n_ctx": context,
        "activation_function": "gelu_new",
        "layer_norm_epsilon": 1e-5,
        "bos_token_id": end,
        "eos_token_id": end,
        "tie_word_embeddings": True,
        **config,
    }
    names = {"bos_token": special, "eos_token": special, "unk_token": special, "model_max_length": context}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(safetensors(tensors))
    for name, content in (
        ("config.json", settings),
        ("tokenizer.json", described),
        ("tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", **names}),
    ):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder
