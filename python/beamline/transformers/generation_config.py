"""Options of `generate`, as an object that programs keep and pass on."""

from __future__ import annotations

import copy
import json
import os
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from beamline.notices import once
from beamline.transformers import files

#: transformers' own fields.
FIELDS = (
    "max_length",
    "max_new_tokens",
    "min_length",
    "min_new_tokens",
    "early_stopping",
    "max_time",
    "stop_strings",
    "do_sample",
    "num_beams",
    "use_mtp",
    "use_cache",
    "cache_implementation",
    "cache_config",
    "max_cache_len",
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "top_h",
    "typical_p",
    "epsilon_cutoff",
    "eta_cutoff",
    "repetition_penalty",
    "encoder_repetition_penalty",
    "length_penalty",
    "no_repeat_ngram_size",
    "bad_words_ids",
    "renormalize_logits",
    "forced_bos_token_id",
    "forced_eos_token_id",
    "remove_invalid_values",
    "exponential_decay_length_penalty",
    "suppress_tokens",
    "begin_suppress_tokens",
    "sequence_bias",
    "token_healing",
    "guidance_scale",
    "watermarking_config",
    "num_return_sequences",
    "output_attentions",
    "output_hidden_states",
    "output_scores",
    "output_logits",
    "return_dict_in_generate",
    "pad_token_id",
    "bos_token_id",
    "eos_token_id",
    "encoder_no_repeat_ngram_size",
    "decoder_start_token_id",
    "is_assistant",
    "num_assistant_tokens",
    "num_assistant_tokens_schedule",
    "assistant_confidence_threshold",
    "prompt_lookup_num_tokens",
    "max_matching_ngram_size",
    "assistant_early_exit",
    "assistant_lookbehind",
    "target_lookbehind",
    "assistant_ensemble_weight",
    "speculation_type",
    "compile_config",
    "disable_compile",
    "prefill_chunk_size",
    "low_memory",
    "penalty_alpha",
    "dola_layers",
    "diversity_penalty",
    "num_beam_groups",
    "constraints",
    "force_words_ids",
)

#: Entries of files that are no options.
_NOTES = ("transformers_version", "_from_model_config", "_commit_hash", "_name_or_path")

#: What a field is where nobody sets it.
DEFAULTS: dict[str, Any] = {
    "max_length": 20,
    "min_length": 0,
    "do_sample": False,
    "use_cache": True,
    "early_stopping": False,
    "num_beams": 1,
    "temperature": 1.0,
    "top_k": 50,
    "top_p": 1.0,
    "typical_p": 1.0,
    "repetition_penalty": 1.0,
    "length_penalty": 1.0,
    "no_repeat_ngram_size": 0,
    "encoder_no_repeat_ngram_size": 0,
    "num_return_sequences": 1,
    "output_scores": False,
    "return_dict_in_generate": False,
    "remove_invalid_values": False,
    "epsilon_cutoff": 0.0,
    "eta_cutoff": 0.0,
    "encoder_repetition_penalty": 1.0,
    "num_assistant_tokens": 20,
    "num_assistant_tokens_schedule": "constant",
    "assistant_confidence_threshold": 0.4,
    "assistant_lookbehind": 10,
    "target_lookbehind": 10,
    "num_beam_groups": 1,
    "diversity_penalty": 0.0,
}


@lru_cache(maxsize=1)
def own_options() -> frozenset[str]:
    """The engine's options, which may stand beside transformers' fields."""
    from beamline.pages import options

    return frozenset(name for option in options() for name in (option["name"], *option["aliases"]))


class GenerationConfig:
    """Options of ``generate``. A field that is None is not set: the model's own value, else the default, stands for it.

    >>> config = GenerationConfig(max_new_tokens=5, num_beams=3)
    >>> config.num_beams, config.top_p
    (3, None)

    Raises:
        ValueError: when options contradict each other.
    """

    def __init__(self, **options: Any) -> None:
        for name in FIELDS:
            setattr(self, name, options.pop(name, None))
        for name in _NOTES:
            options.pop(name, None)
        for name, value in options.items():
            self._take(name, value)

    def _take(self, name: str, value: Any) -> None:
        if name not in own_options():
            near = get_close_matches(name, {*FIELDS, *own_options()}, 1)
            meant = f"; did you mean {near[0]}?" if near else ""
            once(f"GenerationConfig: {name} is no option of generation, and changes nothing{meant}")
        setattr(self, name, value)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"GenerationConfig has no {name!r}")

    def __repr__(self) -> str:
        return f"GenerationConfig {json.dumps(self.to_diff_dict(), indent=2, sort_keys=True, default=str)}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GenerationConfig) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def to_dict(self) -> dict[str, Any]:
        """Every field."""
        return copy.deepcopy(vars(self))

    def to_diff_dict(self) -> dict[str, Any]:
        """The fields that are set."""
        return {name: value for name, value in self.to_dict().items() if value is not None}

    def update(self, defaults_only: bool = False, **options: Any) -> dict[str, Any]:
        """Sets fields, and gives those back that are none. With ``defaults_only`` only those that are not set yet."""
        left = {}
        for name, value in options.items():
            if name in vars(self) or name in own_options():
                if not defaults_only or getattr(self, name, None) is None:
                    setattr(self, name, value)
            else:
                left[name] = value
        return left

    @classmethod
    def from_dict(cls, options: dict[str, Any], **more: Any) -> GenerationConfig:
        """Options of a dictionary."""
        return cls(**{**options, **more})

    @classmethod
    def from_pretrained(cls, name: str | os.PathLike[str], **options: Any) -> GenerationConfig:
        """A model's ``generation_config.json``, by the model's name in the cache or its folder.

        Raises:
            OSError: when there is none.
        """
        folder = files.folder(files.engine_name(os.fspath(name), options.pop("revision", None)))
        if folder is None or not (folder / "generation_config.json").is_file():
            raise OSError(f"{os.fspath(name)} has no generation_config.json")
        return cls(**{**files.read_json(folder, "generation_config.json"), **options})

    def save_pretrained(self, folder: str | os.PathLike[str]) -> None:
        """Writes ``generation_config.json`` into a folder."""
        to = Path(folder)
        to.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.to_diff_dict(), indent=2, sort_keys=True) + "\n"
        (to / "generation_config.json").write_text(text, encoding="utf-8")


def of_engine(engine: Any, config: Any) -> GenerationConfig:
    """A model's own options: its ``generation_config.json``, else the token ids of its config."""
    folder = files.folder(engine.model)
    found = files.read_json(folder, "generation_config.json")
    known = {name: value for name, value in found.items() if name in FIELDS or name in own_options()}
    if not found:
        known = {name: config.get(name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    for name, value in engine.defaults.items():
        if known.get(name) is None:
            known[name] = value[0] if name == "eos_token_id" and isinstance(value, list) and len(value) == 1 else value
    return GenerationConfig(**known)
