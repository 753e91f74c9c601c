"""What `generate` was given, merged: the call's options over those of a config, over the model's, over the defaults."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from beamline.engine import Engine
from beamline.notices import once
from beamline.transformers.arrays import to_lists
from beamline.transformers.generation_config import DEFAULTS, FIELDS, GenerationConfig, own_options

#: Fields that change no result here.
HARMLESS = frozenset(
    {
        "use_cache",
        "cache_implementation",
        "cache_config",
        "max_cache_len",
        "compile_config",
        "disable_compile",
        "prefill_chunk_size",
        "is_assistant",
        "assistant_confidence_threshold",
        "assistant_lookbehind",
        "num_assistant_tokens",
        "num_assistant_tokens_schedule",
        "target_lookbehind",
        "decoder_start_token_id",
        "speculation_type",
    }
)

#: Fields that would change something, and what to do instead.
REFUSED = {
    "output_attentions": "use engine.attention",
    "output_hidden_states": "import transformers itself",
    "watermarking_config": "import transformers itself",
    "token_healing": "end the prompt at a token",
    "use_mtp": "leave it out; guesses change no text",
    "assistant_early_exit": "leave it out; guesses change no text",
    "assistant_ensemble_weight": "leave it out; guesses change no text here",
    "dola_layers": "import transformers itself",
    "constraints": "give force_words_ids",
    "low_memory": "leave it out",
}

#: Fields of the result, and of the texts' beginnings and ends, that the engine is not told as they are.
_OURS = frozenset(
    {
        "return_dict_in_generate",
        "output_scores",
        "output_logits",
        "pad_token_id",
        "bos_token_id",
        "max_length",
        "max_new_tokens",
        "min_length",
        "min_new_tokens",
    }
)

_SAMPLING = ("temperature", "top_k", "top_p", "min_p", "top_h", "typical_p", "epsilon_cutoff", "eta_cutoff")
_BEAMS = ("early_stopping", "length_penalty")


class Settings:
    """Every option of a call, merged.

    Attributes:
        values: by name; None where nobody sets it and there is no default.
        given: the names that the caller set.
    """

    def __init__(self, config: GenerationConfig | None, own: GenerationConfig, options: dict[str, Any]) -> None:
        passed = {} if config is None else config.to_diff_dict()
        self.given = {*passed, *(name for name, value in options.items() if value is not None)}
        self._set = {*self.given, *own.to_diff_dict()}
        names = {*FIELDS, *own_options(), *vars(own), *passed}
        self.values: dict[str, Any] = dict.fromkeys(names)
        for layer in (DEFAULTS, own.to_diff_dict(), passed, options):
            self.values.update({name: value for name, value in layer.items() if value is not None})
        self._check()

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)

    @property
    def beams(self) -> int:
        """How many beams there are; 1 is none."""
        return int(self["num_beams"])

    @property
    def sequences(self) -> int:
        """How many sequences come of each prompt."""
        return int(self["num_return_sequences"])

    @property
    def ends(self) -> list[int]:
        """The tokens that end a text."""
        eos = to_lists(self["eos_token_id"])
        return [] if eos is None else [int(token) for token in (eos if isinstance(eos, list) else [eos])]

    @property
    def padding(self) -> int | None:
        """What rows are filled up with: the padding token, else the first end token."""
        pad = self["pad_token_id"]
        return int(pad) if pad is not None else (self.ends[0] if self.ends else None)

    def _check(self) -> None:
        for name, way in REFUSED.items():
            if self[name] not in (None, False):
                raise ValueError(f"generate does not take {name}={self[name]!r}; {way}")
        if self.sequences > 1 and self.beams == 1 and not self["do_sample"] and not self["best_of"]:
            raise ValueError(
                "Greedy methods (do_sample != True) without beam search do not support `num_return_sequences` different than 1 "
                f"(got {self.sequences})"
            )
        if self["max_new_tokens"] is not None and self["max_new_tokens"] <= 0:
            raise ValueError(f"`max_new_tokens` must be greater than 0, but is {self['max_new_tokens']}")

    def new_tokens(self, width: int, context: int) -> int:
        """The most new tokens, after prompts that are ``width`` tokens wide with their padding.

        Raises:
            ValueError: when the prompts fill ``max_length`` already.
        """
        if self["max_new_tokens"] is not None:
            if {"max_new_tokens", "max_length"} <= self.given:
                once("max_new_tokens and max_length are both given; max_new_tokens is what counts")
            return int(self["max_new_tokens"])
        if "max_length" not in self._set:
            return max(min(int(DEFAULTS["max_length"]), context - width), 1)
        left = int(self["max_length"]) - width
        if left <= 0:
            raise ValueError(
                f"Input length of input_ids is {width}, but `max_length` is set to {self['max_length']}: there is room for no "
                "new token; raise `max_length` or, better yet, set `max_new_tokens`"
            )
        return left

    def least_tokens(self, width: int) -> int:
        """The least new tokens, after prompts so wide."""
        if self["min_new_tokens"] is not None:
            return int(self["min_new_tokens"])
        return max(int(self["min_length"] or 0) - width, 0)

    def for_engine(self, engine: Engine, width: int) -> dict[str, Any]:
        """The options as the engine takes them, for prompts so wide."""
        brought = engine.defaults
        contrastive = self["penalty_alpha"] is not None and not self["do_sample"]
        options: dict[str, Any] = {}
        for name, merged_value in self.values.items():
            if name in HARMLESS or name in _OURS or name in REFUSED:
                continue
            if name not in FIELDS and name not in own_options():
                continue
            # Lists of the model's own are taken back by an empty one.
            value = [] if merged_value is None and isinstance(brought.get(name), list) else merged_value
            if value is None and name in brought:
                raise ValueError(
                    f"{name}: the model's own {brought[name]!r} cannot be taken back by None; give another value"
                )
            if value is None or (value == DEFAULTS.get(name) and name not in brought):
                continue
            if not self._has_effect(name, contrastive):
                self._noted(name)
                continue
            options[name] = to_lists(value)
        bias = options.get("sequence_bias")
        if isinstance(bias, dict):
            options["sequence_bias"] = [[list(tokens), float(number)] for tokens, number in bias.items()]
        if options.get("forced_bos_token_id") is not None and width != 1:
            del options["forced_bos_token_id"]
        options["eos_token_id"] = self.ends
        options["max_new_tokens"] = self.new_tokens(width, engine.context)
        least = self.least_tokens(width)
        if least:
            options["min_new_tokens"] = least
        return options

    def _has_effect(self, name: str, contrastive: bool) -> bool:
        if name in _SAMPLING:
            return bool(self["do_sample"]) or (contrastive and name == "top_k")
        return name not in _BEAMS or self.beams > 1

    def _noted(self, name: str) -> None:
        """Says that an option that the caller set has no effect, where its value is not the default."""
        if name in self.given and self[name] != DEFAULTS.get(name):
            needed = "do_sample=True" if name in _SAMPLING else "num_beams above 1"
            once(f"{name}={self[name]!r} has no effect without {needed}")


def merged(config: GenerationConfig | None, own: GenerationConfig, options: dict[str, Any]) -> Settings:
    """The options of a call; takes those that are none out with an error.

    Raises:
        ValueError: for names that are no options, in transformers' words.
    """
    unknown = [name for name in options if name not in FIELDS and name not in own_options()]
    if unknown:
        near = [get_close_matches(name, {*FIELDS, *own_options()}, 1) for name in unknown]
        meant = ", ".join(f"{found[0]} for {name}" for name, found in zip(unknown, near, strict=True) if found)
        raise ValueError(
            f"The following `model_kwargs` are not used by the model: {unknown} (note: typos in the generate arguments will "
            f"also show up in this list){f'; did you mean {meant}?' if meant else ''}"
        )
    if config is not None and any(value is not None for value in options.values()):
        once("generation_config and options are both given; the options of the call are what counts")
    return Settings(config, own, options)
