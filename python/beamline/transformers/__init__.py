"""transformers' face: ``from beamline.transformers import ...`` in place of ``from transformers import ...``.

Names, arguments, defaults and results are those of transformers 5, on this engine. Tokens of greedy search, beam search and
of sampling after ``set_seed`` or ``torch.manual_seed`` are transformers' own; log-probabilities agree to about 1e-5.

>>> from beamline.transformers import AutoModelForCausalLM, AutoTokenizer
>>> tokenizer = AutoTokenizer.from_pretrained("builtin")
>>> model = AutoModelForCausalLM.from_pretrained("builtin")
>>> ids = tokenizer("Once upon a time", return_tensors="np")
>>> tokenizer.decode(model.generate(**ids, max_new_tokens=5)[0])
'Once upon a time, I was not a'

An argument is honoured, or known to change nothing, or refused in one line. Tensors are torch's where ``return_tensors="pt"``
asks for them and torch is installed; without torch, or where the program imported [`beamline.torch`][beamline.torch], they
are beamline's own. torch is imported only then.

Beside transformers' own options ``generate`` takes all of this engine's (``beamline.options()``), such as ``exact_search``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from beamline.transformers.config import AutoConfig as AutoConfig
    from beamline.transformers.config import PretrainedConfig as PretrainedConfig
    from beamline.transformers.encoding import BatchEncoding as BatchEncoding
    from beamline.transformers.generation_config import GenerationConfig as GenerationConfig
    from beamline.transformers.model import AutoModelForCausalLM as AutoModelForCausalLM
    from beamline.transformers.model import GPT2LMHeadModel as GPT2LMHeadModel
    from beamline.transformers.model import LlamaForCausalLM as LlamaForCausalLM
    from beamline.transformers.model import PreTrainedModel as PreTrainedModel
    from beamline.transformers.parts import LogitsProcessor as LogitsProcessor
    from beamline.transformers.parts import LogitsProcessorList as LogitsProcessorList
    from beamline.transformers.parts import StoppingCriteria as StoppingCriteria
    from beamline.transformers.parts import StoppingCriteriaList as StoppingCriteriaList
    from beamline.transformers.seeds import set_seed as set_seed
    from beamline.transformers.streamers import BaseStreamer as BaseStreamer
    from beamline.transformers.streamers import TextIteratorStreamer as TextIteratorStreamer
    from beamline.transformers.streamers import TextStreamer as TextStreamer
    from beamline.transformers.tokenizer import AutoTokenizer as AutoTokenizer
    from beamline.transformers.tokenizer import GPT2Tokenizer as GPT2Tokenizer
    from beamline.transformers.tokenizer import GPT2TokenizerFast as GPT2TokenizerFast
    from beamline.transformers.tokenizer import PreTrainedTokenizerFast as PreTrainedTokenizerFast

_HOMES = {
    "config": ["AutoConfig", "PretrainedConfig"],
    "encoding": ["BatchEncoding"],
    "generation_config": ["GenerationConfig"],
    "model": ["AutoModelForCausalLM", "GPT2LMHeadModel", "LlamaForCausalLM", "PreTrainedModel"],
    "parts": ["LogitsProcessor", "LogitsProcessorList", "StoppingCriteria", "StoppingCriteriaList"],
    "seeds": ["set_seed"],
    "streamers": ["BaseStreamer", "TextIteratorStreamer", "TextStreamer"],
    "tokenizer": ["AutoTokenizer", "GPT2Tokenizer", "GPT2TokenizerFast", "PreTrainedTokenizerFast"],
}

_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)  # noqa: PLE0605 - a list


def __getattr__(name: str) -> Any:
    """What the module has, imported when it is first asked for."""
    from importlib import import_module

    if name not in _HOME:
        raise AttributeError(
            f"beamline.transformers has no {name!r}; for all of transformers, import transformers itself"
        )
    value = getattr(import_module(f"beamline.transformers.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
