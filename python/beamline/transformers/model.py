"""A model under transformers' names."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from beamline.engine import Engine
from beamline.transformers import generate, opening, prompts
from beamline.transformers.arrays import Kind, from_numpy, kind_of, tensors_asked_for, to_numpy
from beamline.transformers.config import PretrainedConfig, config_of
from beamline.transformers.generated import transition_scores
from beamline.transformers.generation_config import GenerationConfig, of_engine
from beamline.transformers.outputs import CausalLMOutput
from beamline.transformers.prompts import Prompts
from beamline.transformers.seeds import torch_itself

_IDS = ("bos_token_id", "eos_token_id", "pad_token_id")

#: Arguments of a call that would change something, and what to do instead.
_REFUSED = {
    "inputs_embeds": "give input_ids",
    "past_key_values": "give the whole text; the engine keeps its own cache",
    "position_ids": "give an attention_mask",
    "output_attentions": "use model.engine.attention",
    "output_hidden_states": "import transformers itself",
}


class PreTrainedModel:
    """A language model: token ids in, logits and continuations out.

    >>> model = AutoModelForCausalLM.from_pretrained("builtin")
    >>> model(np.array([[5, 6]])).logits.shape
    (1, 2, 8192)
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine = engine
        self.name_or_path = name
        self.config: PretrainedConfig = config_of(engine)
        self.generation_config: GenerationConfig = of_engine(engine, self.config)

    @classmethod
    def from_pretrained(cls, name: str | os.PathLike[str], **arguments: Any) -> PreTrainedModel:
        """A model by its name on the hub, its folder, or a ``.gguf`` file.

        ``dtype`` (or ``torch_dtype``) converts weights while loading, also to the engine's own formats such as ``q8_0``;
        ``revision``, ``local_files_only`` and token ids are honoured. Devices change nothing.

        Raises:
            beamline.ModelError: when there is no such model, it cannot be had, or it is not valid.
            ValueError: when an argument is not taken.
        """
        engine = opening.opened(name, arguments)
        ids = {key: arguments.pop(key) for key in _IDS if key in arguments}
        if arguments.pop("return_dict", True) is False:
            raise ValueError("from_pretrained does not take return_dict=False; use .to_tuple() of results")
        options = arguments.pop("generation_config", None)
        opening.refuse("from_pretrained", arguments)
        model = cls(engine, os.fspath(name))
        if options is not None:
            model.generation_config = options
        for key, value in ids.items():
            setattr(model.config, key, value)
            setattr(model.generation_config, key, value)
        return model

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.engine!r})"

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"models of beamline.transformers have no {name!r}: weights cannot be looked at or trained here; import "
            "transformers itself for that"
        )

    # Where and how: all of it changes nothing.

    def to(self, *where: Any, **more: Any) -> PreTrainedModel:
        """Itself: it stays on the CPU, in the format that it was loaded in."""
        for one in (*where, more.get("device")):
            if one is None or "torch." in repr(one):
                continue
            opening.device_noted(one)
        for one in (*where, more.get("dtype")):
            if "torch." in repr(one) and not hasattr(one, "type"):
                raise ValueError(f"a loaded model keeps its format; load it with dtype={one}")
        return self

    def eval(self) -> PreTrainedModel:
        """Itself: it is always ready to be asked."""
        return self

    def cpu(self) -> PreTrainedModel:
        """Itself."""
        return self

    def requires_grad_(self, requires_grad: bool = True) -> PreTrainedModel:
        """Itself, without gradients.

        Raises:
            NotImplementedError: where gradients are asked for.
        """
        if requires_grad:
            raise NotImplementedError("this engine does not train; import transformers itself")
        return self

    @property
    def training(self) -> bool:
        """Whether it is being trained: never."""
        return False

    @property
    def device(self) -> Any:
        """Where it is: the CPU, as the program's tensors name it."""
        if tensors_asked_for() is Kind.TORCH:
            return torch_itself().device("cpu")
        from beamline.tensors import Device

        return Device("cpu")

    def num_parameters(self) -> int:
        """How many weights it has."""
        return int(self.engine.info["parameters"])

    # Logits

    def __call__(
        self,
        input_ids: Any = None,
        attention_mask: Any = None,
        *,
        labels: Any = None,
        return_dict: bool | None = None,
        logits_to_keep: int = 0,
        **more: Any,
    ) -> Any:
        """The logits after every token, ``[rows, width, vocab]``.

        Args:
            input_ids: token ids ``[rows, width]``.
            attention_mask: 0 for padding, whose logits are 0. Rows are computed without it, so a text begins at position 0
                as in ``generate``; transformers' own bare call counts padding on the left among the positions.
            labels: token ids of the same shape, -100 for those that do not count: the result has a ``loss``, the mean
                surprise in nats of each under the logits before it.
            return_dict: False gives a tuple.
            logits_to_keep: of how many last places; 0 for all.
            more: what changes nothing is taken.

        Raises:
            ValueError: when an argument is unknown or not taken, or a text is longer than the context.
        """
        for name, way in _REFUSED.items():
            if more.pop(name, None) not in (None, False):
                raise ValueError(f"a model's call does not take {name}; {way}")
        unknown = sorted(set(more) - {"use_cache", "token_type_ids", "cache_position"})
        if unknown:
            raise TypeError(f"a model's call got an unexpected argument {unknown[0]!r}")
        ids = prompts.rows_of(input_ids)
        seen = prompts.mask_of(attention_mask, ids, None, [])
        logits = self._logits(Prompts(ids, prompts.prompts_of(ids, seen).texts), seen, logits_to_keep)
        kind = kind_of(input_ids) or tensors_asked_for()
        loss = None if labels is None else from_numpy(_loss(logits, to_numpy(labels)), kind, input_ids)
        output = CausalLMOutput(loss=loss, logits=from_numpy(logits, kind, input_ids), past_key_values=None)
        return output.to_tuple() if return_dict is False else output

    forward = __call__

    def _logits(self, given: Prompts, seen: npt.NDArray[np.bool_], keep: int) -> npt.NDArray[np.float32]:
        last_only = keep == 1 and bool(seen[:, -1].all())
        texts = self.engine.logits(given.texts, last_only=last_only)
        if last_only:
            return np.stack(texts)
        rows = np.zeros((*given.given.shape, self.engine.vocab_size), np.float32)
        for row, own, text in zip(rows, seen, texts, strict=True):
            row[own] = text
        return rows[:, -keep:] if keep else rows

    # Texts

    def generate(self, inputs: Any = None, generation_config: GenerationConfig | None = None, **options: Any) -> Any:
        """Continues texts: the sequences ``[rows, length]`` with their prompts, in tensors like those given.

        Options have transformers' names and defaults; those of this engine may stand beside them. Rows that are padded on
        the left, by ``attention_mask`` or the padding token, go on as if alone. With ``do_sample`` draws come from the stream
        of torch, or of ``beamline.torch``, and leave it where transformers would.

        Args:
            inputs: token ids ``[rows, width]``; also as ``input_ids``.
            generation_config: options that those of the call come before.
            options: ``attention_mask``, ``logits_processor``, ``stopping_criteria``, ``prefix_allowed_tokens_fn``,
                ``streamer``, ``assistant_model``, ``negative_prompt_ids``, and every option of
                [`GenerationConfig`][beamline.transformers.GenerationConfig].

        Raises:
            ValueError: when an option is unknown, out of its range, or not taken.
            beamline.GenerationError: when it fails while running.
        """
        given = {**options, "generation_config": generation_config}
        return generate.generate(generate.call_of(self.engine, self.generation_config, inputs, given))

    def compute_transition_scores(
        self, sequences: Any, scores: Any, beam_indices: Any = None, normalize_logits: bool = False
    ) -> Any:
        """The score of each new token, ``[rows, steps]``.

        Args:
            sequences: the result's sequences.
            scores: its scores.
            beam_indices: its beam indices, where it was a beam search.
            normalize_logits: makes log-probabilities of the scores first.
        """
        rows = np.stack([to_numpy(step) for step in scores])
        beams = None if beam_indices is None else to_numpy(beam_indices)
        found = transition_scores(to_numpy(sequences), rows, beams, normalize_logits)
        return from_numpy(found, kind_of(sequences) or tensors_asked_for(), sequences)


def _loss(logits: npt.NDArray[np.float32], labels: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The mean surprise of labels under the logits before them."""
    rows, ids = logits[:, :-1].astype(np.float64), labels[:, 1:]
    counted = ids != -100
    below = rows - rows.max(-1, keepdims=True)
    logprobs = below - np.log(np.exp(below).sum(-1, keepdims=True))
    chosen = np.take_along_axis(logprobs, np.where(counted, ids, 0)[..., None], -1)[..., 0]
    with np.errstate(all="ignore"):
        return np.asarray(-(chosen * counted).sum() / counted.sum(), np.float32)


class AutoModelForCausalLM(PreTrainedModel):
    """The same under the name that programs ask for."""


class GPT2LMHeadModel(PreTrainedModel):
    """The same under the name of GPT-2's."""


class LlamaForCausalLM(PreTrainedModel):
    """The same under the name of Llama's."""
