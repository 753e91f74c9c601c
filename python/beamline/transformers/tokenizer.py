"""A model's tokenizer under transformers' names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from beamline.engine import Engine
from beamline.notices import once
from beamline.transformers import files, opening
from beamline.transformers.arrays import to_lists
from beamline.transformers.encoding import BatchEncoding, cut, length_of, padded
from beamline.transformers.vocabulary import Vocabulary

_ROLES = ("bos", "eos", "unk", "sep", "pad", "cls", "mask")

#: What a tokenizer takes for "no limit", where its files name none.
VERY_LONG = int(1e30)

#: Arguments of a call that change nothing where they are None or False.
_OF_CALLS = frozenset({"return_token_type_ids", "verbose", "text_target", "split_special_tokens"})


def _content(token: Any) -> str | None:
    """A special token's text, which files also write as an object."""
    return token.get("content") if isinstance(token, Mapping) else None if token is None else str(token)


class PreTrainedTokenizerFast:
    """A tokenizer: texts in, token ids out, and back.

    >>> tokenizer = AutoTokenizer.from_pretrained("builtin")
    >>> tokenizer.pad_token = tokenizer.eos_token
    >>> tokenizer(["Once upon a time", "a"], padding=True, return_tensors="np").attention_mask[1].tolist()
    [1, 0, 0, 0, 0]
    """

    is_fast = True

    def __init__(self, engine: Engine, name: str, settings: dict[str, Any]) -> None:
        self._engine = engine
        self._native = engine.tokenizer
        self._vocabulary = Vocabulary(engine)
        self.name_or_path = name
        self.padding_side: str = settings.pop("padding_side", "right")
        self.truncation_side: str = settings.pop("truncation_side", "right")
        self.model_max_length: int = int(settings.pop("model_max_length", None) or VERY_LONG)
        self.chat_template: str | None = settings.pop("chat_template", None)
        self.clean_up_tokenization_spaces = bool(settings.pop("clean_up_tokenization_spaces", False))
        self._roles: dict[str, int | None] = dict.fromkeys(_ROLES)
        for role in _ROLES:
            token = _content(settings.pop(f"{role}_token", None))
            if token is not None:
                setattr(self, f"{role}_token", token)

    @classmethod
    def from_pretrained(cls, name: str | os.PathLike[str], **arguments: Any) -> PreTrainedTokenizerFast:
        """The tokenizer of a model, by its name or folder.

        Special tokens (``eos_token="</s>"``, ``pad_token=...``), ``padding_side``, ``truncation_side``, ``model_max_length``
        and ``chat_template`` come before what the files say.

        Raises:
            beamline.ModelError: when there is no such model; the tokenizer is read with the model.
            ValueError: when an argument is not taken, or a token is none of the vocabulary.
        """
        engine = opening.opened(name, arguments)
        own = {"padding_side", "truncation_side", "model_max_length", "chat_template", "clean_up_tokenization_spaces"}
        own |= {f"{role}_token" for role in _ROLES}
        given = {key: arguments.pop(key) for key in list(arguments) if key in own}
        opening.refuse("from_pretrained", arguments)
        return cls(engine, os.fspath(name), {**_of_files(engine), **given})

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("_native", "_vocabulary")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._native = self._engine.tokenizer
        self._vocabulary = Vocabulary(self._engine)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(name_or_path={self.name_or_path!r}, vocab_size={self.vocab_size}, "
            f"padding_side={self.padding_side!r}, special_tokens={self.special_tokens_map})"
        )

    def __len__(self) -> int:
        return len(self._vocabulary)

    # Special tokens: `eos_token`, `eos_token_id` and their like.

    def __getattr__(self, name: str) -> Any:
        role, is_id = _role(name)
        if role is None:
            raise AttributeError(f"this tokenizer has no {name!r}; for all of transformers, import transformers itself")
        token = self.__dict__["_roles"][role]
        return token if is_id or token is None else self._vocabulary.tokens[token]

    def __setattr__(self, name: str, value: Any) -> None:
        role, is_id = _role(name)
        if role is None:
            object.__setattr__(self, name, value)
        elif value is None:
            self._roles[role] = None
        elif is_id:
            number = int(value)
            if not 0 <= number < len(self):
                raise ValueError(f"{name} must be in 0..={len(self) - 1}, got {number}")
            self._roles[role] = number
        else:
            token = _content(value)
            found = self._vocabulary.id_of(token or "")
            if found is None:
                raise ValueError(
                    f"{name}: {token!r} is no token of this vocabulary, so the model could not read it; take one that is, "
                    "such as tokenizer.eos_token"
                )
            self._roles[role] = found

    @property
    def special_tokens_map(self) -> dict[str, str]:
        """The special tokens that have a role."""
        return {f"{role}_token": self._vocabulary.tokens[at] for role, at in self._roles.items() if at is not None}

    @property
    def all_special_ids(self) -> list[int]:
        """The ids of special tokens: those with a role, then the vocabulary's others."""
        roles = [token for token in self._roles.values() if token is not None]
        return list(dict.fromkeys([*roles, *self._vocabulary.special]))

    @property
    def all_special_tokens(self) -> list[str]:
        """The special tokens."""
        return [self._vocabulary.tokens[token] for token in self.all_special_ids]

    def add_special_tokens(self, tokens: Mapping[str, Any]) -> int:
        """Gives tokens their roles, and says how many were added to the vocabulary: none.

        Raises:
            ValueError: for a token that is not in the vocabulary.
        """
        for name, token in tokens.items():
            if _role(name)[0] is None:
                raise ValueError(f"{name}: tokens can be given roles here, but none can be added to the vocabulary")
            setattr(self, name, token)
        return 0

    @property
    def vocab_size(self) -> int:
        """How many tokens there are."""
        return len(self._vocabulary)

    def get_vocab(self) -> dict[str, int]:
        """The id of every token."""
        return dict(self._vocabulary.ids)

    # Texts to ids

    def _ids(self, text: Any, special: bool) -> list[int]:
        if not isinstance(text, str):
            raise ValueError(f"a text must be a str, got {type(text).__name__}; split words must be joined first")
        return [int(token) for token in self._native.encode(text, as_written=not special)]

    def __call__(
        self,
        text: str | Iterable[str],
        text_pair: None = None,
        *,
        add_special_tokens: bool = True,
        padding: bool | str = False,
        truncation: bool | str | None = None,
        max_length: int | None = None,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_tensors: str | None = None,
        return_attention_mask: bool = True,
        **more: Any,
    ) -> BatchEncoding:
        """The token ids of a text, or of several.

        Args:
            text: a text, or a list of them.
            text_pair: second texts are not taken.
            add_special_tokens: the begin token, where the model's tokenizer adds one.
            padding: ``True`` or ``"longest"`` to the longest text, ``"max_length"`` to ``max_length``, ``False`` not at all.
            truncation: cuts texts to ``max_length``, or to the tokenizer's ``model_max_length``.
            max_length: see ``padding`` and ``truncation``.
            pad_to_multiple_of: pads on to a multiple of this.
            padding_side: ``left`` or ``right``; by default the tokenizer's.
            return_tensors: ``pt`` or ``np``; lists where None.
            return_attention_mask: whether the result has the mask.
            more: what changes nothing is taken.

        Raises:
            ValueError: when there is no padding token, rows of a tensor differ in length, or an argument is not taken.
        """
        if text_pair is not None:
            raise ValueError("pairs of texts are for models that are not for generation; join them into one text")
        opening.refuse("a tokenizer's call", more, _OF_CALLS)
        one = isinstance(text, str)
        rows = [self._ids(each, add_special_tokens) for each in ([text] if one else text)]
        made = self._rows(
            rows,
            padding=padding,
            truncation=truncation,
            max_length=max_length,
            multiple=pad_to_multiple_of,
            side=padding_side,
            begin=add_special_tokens,
        )
        if not return_attention_mask:
            del made["attention_mask"]
        if one and return_tensors is None:
            made = {name: values[0] for name, values in made.items()}
        return BatchEncoding(made).convert_to_tensors(return_tensors)

    def _rows(
        self,
        rows: list[list[int]],
        *,
        padding: Any,
        truncation: Any,
        max_length: int | None,
        multiple: int | None = None,
        side: str | None = None,
        begin: bool = False,
    ) -> dict[str, Any]:
        if truncation not in (None, False, "do_not_truncate"):
            if truncation not in (True, "longest_first", "only_first"):
                raise ValueError(f"truncation must be True, 'longest_first', 'only_first' or False, got {truncation!r}")
            most = self.model_max_length if max_length is None else max_length
            kept = self._added() if begin else 0
            rows = [cut(row, most, kept, self.truncation_side) for row in rows]
        length = length_of(rows, padding, max_length if max_length is not None else self._limit(), multiple)
        side = side or self.padding_side
        if side not in ("left", "right"):
            raise ValueError(f"padding_side must be left or right, got {side!r}")
        if length is not None and self._roles["pad"] is None:
            raise ValueError(
                "Asking to pad but the tokenizer does not have a padding token; set one, such as "
                "tokenizer.pad_token = tokenizer.eos_token"
            )
        ids, masks = padded(rows, length, self._roles["pad"] or 0, side)
        return {"input_ids": ids, "attention_mask": masks}

    def _limit(self) -> int | None:
        return None if self.model_max_length >= VERY_LONG else self.model_max_length

    def _added(self) -> int:
        """How many tokens are added before a text."""
        return len(self._ids("a", special=True)) - len(self._ids("a", special=False))

    def encode(self, text: str, *, return_tensors: str | None = None, **arguments: Any) -> Any:
        """The token ids of a text alone; a tensor ``[1, n]`` where ``return_tensors`` asks for one."""
        return self(text, return_tensors=return_tensors, **arguments)["input_ids"]

    def tokenize(self, text: str, add_special_tokens: bool = False) -> list[str]:
        """The tokens of a text, as the vocabulary writes them."""
        return [self._vocabulary.tokens[token] for token in self._ids(text, add_special_tokens)]

    # Ids to texts

    def _text(self, ids: list[int], skip_special_tokens: bool, clean: bool | None) -> str:
        roles = self.all_special_ids if skip_special_tokens else ()
        # Ids that pad the model's vocabulary are no tokens, and have no text.
        rows = self._engine.vocab_size
        known = [token for token in ids if token not in roles and not len(self) <= token < rows]
        text = self._native.decode(known, skip_special_tokens=skip_special_tokens)
        return _cleaned(text) if (self.clean_up_tokenization_spaces if clean is None else clean) else text

    def decode(
        self,
        token_ids: Any,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        **more: Any,
    ) -> Any:
        """The text of token ids: one, a list, or a tensor; the texts of several rows.

        Raises:
            ValueError: when an id is beyond the vocabulary.
        """
        opening.refuse("decode", more)
        ids = to_lists(token_ids)
        if isinstance(ids, list) and ids and isinstance(ids[0], list):
            return [self.decode(row, skip_special_tokens, clean_up_tokenization_spaces) for row in ids]
        return self._text(
            [ids] if not isinstance(ids, list) else ids, skip_special_tokens, clean_up_tokenization_spaces
        )

    def batch_decode(self, sequences: Any, skip_special_tokens: bool = False, **arguments: Any) -> list[str]:
        """The text of each row of token ids."""
        return [self.decode(row, skip_special_tokens, **arguments) for row in to_lists(sequences)]

    def convert_ids_to_tokens(self, ids: Any, skip_special_tokens: bool = False) -> Any:
        """Each token as the vocabulary writes it; a letter stands for each byte, such as ``Ġ`` for a space."""
        numbers = to_lists(ids)
        if not isinstance(numbers, list):
            return self._vocabulary.tokens[numbers]
        skipped = self.all_special_ids if skip_special_tokens else ()
        return [self._vocabulary.tokens[token] for token in numbers if token not in skipped]

    def convert_tokens_to_ids(self, tokens: Any) -> Any:
        """The id of each token that the vocabulary writes so; the unknown token's where there is none."""
        if isinstance(tokens, str):
            return self._vocabulary.ids.get(tokens, self._roles["unk"])
        return [self.convert_tokens_to_ids(token) for token in tokens]

    def convert_tokens_to_string(self, tokens: Iterable[str]) -> str:
        """The text of tokens that the vocabulary writes so."""
        return str(self.decode(self.convert_tokens_to_ids(list(tokens))))

    # Conversations

    def apply_chat_template(
        self,
        conversation: Any,
        tools: Any = None,
        documents: Any = None,
        chat_template: str | None = None,
        add_generation_prompt: bool = False,
        *,
        tokenize: bool = True,
        padding: bool | str = False,
        truncation: bool = False,
        max_length: int | None = None,
        return_tensors: str | None = None,
        return_dict: bool = True,
        **variables: Any,
    ) -> Any:
        """A conversation, or several, as the model reads it: its tokens, or its text unless ``tokenize``.

        ``variables`` are those of the template, such as ``enable_thinking``.

        Raises:
            ValueError: when there is no template, or it refuses the conversation.
        """
        several = bool(conversation) and not isinstance(conversation[0], Mapping)
        template = chat_template or self.chat_template
        made = []
        for messages in conversation if several else [conversation]:
            whole = {"messages": messages, "add_generation_prompt": add_generation_prompt, "tools": tools}
            whole |= {"documents": documents, "chat_template_kwargs": variables or None}
            asked = {name: value for name, value in whole.items() if value is not None}
            made.append(self._engine.chat_prompt(asked, template=template))
        if not tokenize:
            return [text for text, _ in made] if several else made[0][0]
        rows = [list(ids) for _, ids in made]
        found = self._rows(rows, padding=padding, truncation=truncation, max_length=max_length)
        if not several and return_tensors is None:
            found = {name: values[0] for name, values in found.items()}
        encoding = BatchEncoding(found).convert_to_tensors(return_tensors)
        return encoding if return_dict else encoding["input_ids"]

    def save_pretrained(self, *_: Any, **__: Any) -> None:
        """Refuses: nothing here changes a model's files.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            "beamline writes no tokenizers; copy the model's files, or import transformers itself"
        )


def _role(name: str) -> tuple[str | None, bool]:
    """The role of a special token that an attribute is about, and whether it is its id."""
    is_id = name.endswith("_token_id")
    stem = name.removesuffix("_token_id" if is_id else "_token")
    return (stem if stem in _ROLES and stem != name else None), is_id


def _cleaned(text: str) -> str:
    """A text without the spaces that some tokenizers leave before punctuation."""
    for spaced in (" .", " ?", " !", " ,", " n't", " 'm", " 's", " 've", " 're"):
        text = text.replace(spaced, spaced[1:])
    return text.replace(" ' ", "'")


def _of_files(engine: Engine) -> dict[str, Any]:
    """What a model's files say of its tokenizer."""
    folder = files.folder(engine.model)
    settings = {
        **files.read_json(folder, "special_tokens_map.json"),
        **files.read_json(folder, "tokenizer_config.json"),
    }
    keys = ("padding_side", "truncation_side", "model_max_length", "clean_up_tokenization_spaces")
    found = {key: settings[key] for key in keys if settings.get(key) is not None}
    for role in _ROLES:
        token = _content(settings.get(f"{role}_token"))
        if token is not None and Vocabulary(engine).id_of(token) is None:
            once(f"the tokenizer's {role}_token {token!r} is no token of its vocabulary; there is none")
        elif token is not None:
            found[f"{role}_token"] = token
    if not folder:
        found.update(_of_engine(engine))
    return found


def _of_engine(engine: Engine) -> dict[str, Any]:
    """The special tokens that the engine knows of a model without such files."""
    ends, begin = engine.defaults.get("eos_token_id"), engine.tokenizer.begin
    first = ends[0] if isinstance(ends, list) and ends else ends
    named = {"eos_token": first, "bos_token": begin}
    tokens = Vocabulary(engine).tokens
    return {name: tokens[number] for name, number in named.items() if isinstance(number, int)}


class AutoTokenizer(PreTrainedTokenizerFast):
    """The same under the name that programs ask for."""


class GPT2Tokenizer(PreTrainedTokenizerFast):
    """The same under the name of GPT-2's."""


class GPT2TokenizerFast(PreTrainedTokenizerFast):
    """The same under the name of GPT-2's."""
