"""A model's `config.json`, as an object with attributes."""

from __future__ import annotations

import copy
import json
import os
from typing import Any

from beamline.transformers import files, opening

#: Names that every model's config understands beside its own, by the kind of model.
_OTHER_NAMES = {
    "gpt2": {
        "hidden_size": "n_embd",
        "max_position_embeddings": "n_positions",
        "num_attention_heads": "n_head",
        "num_hidden_layers": "n_layer",
    }
}

#: What transformers takes for a config that does not name these.
_IDS = ("bos_token_id", "eos_token_id", "pad_token_id")


class PretrainedConfig:
    """What a model's ``config.json`` says, as attributes.

    >>> config = AutoConfig.from_pretrained("builtin")
    >>> config.model_type, config.vocab_size, config.max_position_embeddings
    ('gpt2', 8192, 512)
    """

    is_encoder_decoder = False

    def __init__(self, **settings: Any) -> None:
        self._names = _OTHER_NAMES.get(settings.get("model_type", ""), {})
        for name in _IDS:
            settings.setdefault(name, None)
        for name, value in settings.items():
            object.__setattr__(self, self._names.get(name, name), value)

    def __getattr__(self, name: str) -> Any:
        own = object.__getattribute__(self, "__dict__").get("_names", {}).get(name)
        if own is not None and own in self.__dict__:
            return self.__dict__[own]
        raise AttributeError(f"this model's config has no {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        names = self.__dict__.get("_names", {})
        object.__setattr__(self, names.get(name, name), value)

    def __repr__(self) -> str:
        return f"{type(self).__name__} {json.dumps(self.to_dict(), indent=2, sort_keys=True, default=str)}"

    def get(self, name: str, default: Any = None) -> Any:
        """A setting, or another value where there is none."""
        return getattr(self, name, default)

    def get_text_config(self, decoder: bool = False) -> PretrainedConfig:
        """Itself: models here have no other part than that for text."""
        del decoder
        return self

    def to_dict(self) -> dict[str, Any]:
        """All settings."""
        return copy.deepcopy({name: value for name, value in vars(self).items() if name != "_names"})

    @classmethod
    def from_pretrained(cls, name: str | os.PathLike[str], **arguments: Any) -> PretrainedConfig:
        """The config of a model, by its name or folder.

        Raises:
            beamline.ModelError: when there is no such model.
        """
        engine = opening.opened(name, arguments)
        opening.refuse("from_pretrained", arguments)
        return config_of(engine)


class AutoConfig(PretrainedConfig):
    """The same under the name that programs ask for."""


def config_of(engine: Any) -> PretrainedConfig:
    """The config of an opened model: its file's, or what the engine knows of a model without one."""
    info, defaults = engine.info, engine.defaults
    settings = files.read_json(files.folder(engine.model), "config.json")
    settings.setdefault("model_type", info["architecture"])
    settings.setdefault("vocab_size", engine.vocab_size)
    gpt2 = settings["model_type"] == "gpt2"
    for ours, names in (
        ("context", ("n_positions", "max_position_embeddings")),
        ("layers", ("n_layer", "num_hidden_layers")),
    ):
        settings.setdefault(names[0] if gpt2 else names[1], info[ours])
    eos = defaults.get("eos_token_id")
    if eos and settings.get("eos_token_id") is None:
        settings["eos_token_id"] = eos[0] if isinstance(eos, list) and len(eos) == 1 else eos
    settings.setdefault("bos_token_id", engine.tokenizer.begin)
    return PretrainedConfig(**settings)
