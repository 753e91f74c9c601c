"""Tokenizers of transformers' face: nothing here needs torch."""

import subprocess
import sys

import numpy as np
import pytest

from beamline import notices
from beamline import transformers as bt
from beamline.tensors import Tensor, functions
from beamline.transformers.vocabulary import Vocabulary

TEXTS = ["the man said that", "안녕하세요", "of her", "he was in it and"]


@pytest.fixture(autouse=True)
def hear_everything():
    notices.forget()


def test_a_tokenizer_says_what_its_files_say(tokenizer):
    assert tokenizer.eos_token == tokenizer.bos_token == "<|endoftext|>"
    assert tokenizer.eos_token_id == tokenizer.pad_token_id == len(tokenizer) - 1
    assert tokenizer.sep_token is None
    assert tokenizer.model_max_length == 128
    assert tokenizer.all_special_tokens == ["<|endoftext|>"]
    assert tokenizer.convert_ids_to_tokens(tokenizer.encode(" the 안")) == tokenizer.tokenize(" the 안")
    assert tokenizer.convert_tokens_to_ids(["Ġthe", "<|endoftext|>"]) == [
        tokenizer.encode(" the")[0],
        len(tokenizer) - 1,
    ]
    assert tokenizer.get_vocab()["Ġthe"] == tokenizer.convert_tokens_to_ids("Ġthe")
    for text in TEXTS:
        assert tokenizer.decode(tokenizer.encode(text)) == text
    ended = [*tokenizer.encode("of"), tokenizer.eos_token_id]
    assert tokenizer.decode(ended) == "of<|endoftext|>"
    assert tokenizer.decode(ended, skip_special_tokens=True) == "of"
    assert tokenizer.decode(np.array(ended[0])) == tokenizer.decode([ended[0]])
    assert tokenizer.batch_decode([ended, ended]) == tokenizer.decode([ended, ended]) == ["of<|endoftext|>"] * 2


def test_texts_are_padded_and_cut(tokenizer):
    lists = tokenizer(TEXTS)
    assert [len(row) for row in lists["input_ids"]] == [sum(row) for row in lists.attention_mask]
    left = tokenizer(TEXTS, padding=True, return_tensors="np")
    assert left.input_ids.shape == left["attention_mask"].shape == (4, max(map(len, lists.input_ids)))
    for row, mask, ids in zip(left.input_ids, left.attention_mask, lists.input_ids, strict=True):
        assert row[mask == 1].tolist() == ids
        assert mask[-1] == 1
        assert (row[mask == 0] == tokenizer.pad_token_id).all()
    right = tokenizer("of", padding="max_length", max_length=5, padding_side="right")
    assert right.attention_mask == [1] * len(tokenizer.encode("of")) + [0] * (5 - len(tokenizer.encode("of")))
    assert len(tokenizer("of her", padding=True, pad_to_multiple_of=8).input_ids) == 8
    cut = tokenizer(TEXTS, truncation=True, max_length=2)
    assert cut.input_ids == [row[:2] for row in lists.input_ids]
    long = tokenizer("the " * 500, truncation=True)
    assert len(long.input_ids) == tokenizer.model_max_length
    assert dict(**left).keys() == {"input_ids", "attention_mask"}


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda t: t(TEXTS, return_tensors="np"), "padding=True"),
        (lambda t: t("a", return_tensors="tf"), "'pt' or 'np'"),
        (lambda t: t("a", "b"), "pairs"),
        (lambda t: t([["a"]]), "a text must be a str"),
        (lambda t: t("a", padding="sometimes"), "padding must be"),
        (lambda t: t("a", truncation="only_second"), "truncation must be"),
        (lambda t: t("a", return_offsets_mapping=True), "does not take return_offsets_mapping"),
        (lambda t: t("a", padding=True, padding_side="up"), "padding_side"),
        (lambda t: setattr(t, "pad_token", "[PAD]"), "no token of this vocabulary"),
        (lambda t: setattr(t, "pad_token_id", 10**6), "pad_token_id must be in"),
        (lambda t: t.decode([10**6]), "beyond the vocabulary"),
        (lambda t: t.apply_chat_template([{"role": "user", "content": "a"}]), "chat template"),
    ],
)
def test_what_a_tokenizer_cannot_do_it_says(tokenizer, call, says):
    with pytest.raises(ValueError, match=says):
        call(tokenizer)


def test_padding_needs_a_token(folder):
    bare = bt.AutoTokenizer.from_pretrained(folder)
    with pytest.raises(ValueError, match="does not have a padding token"):
        bare("a", padding=True)
    with pytest.raises(AttributeError, match="import transformers itself"):
        bare.train_new_from_iterator  # noqa: B018


class Pieces:
    """A tokenizer of pieces with their bytes beside them, as a GGUF file has one."""

    own = (b"<s>", b"\n", b"a", b" the", b"a", b"\xec\x95\x88", b"\xec")

    def __len__(self):
        return len(self.own)

    def token_bytes(self, number):
        return self.own[number]

    def is_special(self, number):
        return number == 0


def test_tokens_of_a_model_without_such_files_are_written_as_files_would():
    class Engine:
        model, tokenizer = "builtin", Pieces()

    assert Vocabulary(Engine()).tokens == ["<s>", "<0x0A>", "<0x61>", "▁the", "a", "안", "<0xEC>"]
    whole = bt.AutoTokenizer.from_pretrained("builtin")
    assert whole.tokenize(" the 안")[0] == "Ġthe"
    assert whole.convert_tokens_to_ids(whole.tokenize(" the 안\n")) == whole.encode(" the 안\n")


def test_conversations_become_tokens(tokenizer):
    template = (
        "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}he:{% endif %}"
    )
    messages = [{"role": "user", "content": "of her"}]
    text = tokenizer.apply_chat_template(messages, chat_template=template, tokenize=False, add_generation_prompt=True)
    assert text == "user: of her\nhe:"
    found = tokenizer.apply_chat_template(
        messages, chat_template=template, add_generation_prompt=True, return_tensors="np"
    )
    assert found.input_ids.tolist() == [tokenizer.encode(text)]
    shorter = tokenizer.apply_chat_template(messages, chat_template=template, return_dict=False)
    assert tokenizer.decode(shorter) == "user: of her\n"
    both = tokenizer.apply_chat_template(
        [messages, messages * 2], chat_template=template, padding=True, return_tensors="np"
    )
    assert both.input_ids.shape[0] == 2


def test_tensors_asked_for_are_own_where_a_program_imported_them():
    program = (
        "from beamline import torch\nfrom beamline.transformers import AutoTokenizer\n"
        "print(AutoTokenizer.from_pretrained('builtin').encode('a', return_tensors='pt').__class__.__module__)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "beamline.tensors.tensor"
    assert isinstance(functions.tensor([1]), Tensor)
