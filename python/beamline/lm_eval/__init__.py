"""lm-eval: a model class registered as ``beamline``.

lm-eval looks for model classes in itself alone, so its command has to be started from here, or this module imported before:

    python -m beamline.lm_eval run --model beamline --model_args pretrained=gpt2 --tasks lambada_openai

Numbers are those of lm-eval's ``hf`` class on the same weights, as far as floating point goes: sums are of float64, and do
not depend on ``batch_size``.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from lm_eval import utils
from lm_eval.api.instance import Instance
from lm_eval.api.model import TemplateLM
from lm_eval.api.registry import register_model
from lm_eval.models.utils import normalize_gen_kwargs, postprocess_generated_text
from tqdm import tqdm

from beamline._beamline import run_many
from beamline.engine import Engine

#: A request for a log-likelihood: its texts, if it has any, and the tokens of both.
Request = tuple[Any, list[int], list[int]]

_DTYPES = {"auto": None, "float32": "f32", "float16": "f16", "bfloat16": "bf16"}


@register_model("beamline")
class BeamlineLM(TemplateLM):  # type: ignore[misc]
    """A model of Beamline for lm-eval; arguments of ``--model_args``.

    Args:
        pretrained: as for [`Engine`][beamline.Engine].
        max_length: the most tokens of a text; the model's context where it is not said.
        max_gen_toks: the most new tokens where a task does not say.
        add_bos_token: whether texts begin with the begin token; as the model's tokenizer has it where it is not said.
        prefix_token_id: what a text without context follows: the begin token, or else the first end token.
        chat_template: the source of a chat template, in place of the model's own.
        seed: what draws hang on, in tasks that draw. Each request draws by a seed of its own, so that no batch changes a text.
        batch_size: requests that are computed together, 1 or more; ``auto`` is 32. No result depends on it.
        max_batch_size: the most that ``auto`` may be.
        device: ``cpu``, if it is given.
        dtype, activations, threads, pre, mapped: as for [`Engine`][beamline.Engine]; ``float32`` and the like are known too.

    Raises:
        ValueError: when an argument is wrong.
        beamline.ModelError: when the model cannot be opened.
    """

    def __init__(
        self,
        pretrained: str | os.PathLike[str] = "builtin",
        *,
        max_length: int | None = None,
        max_gen_toks: int = 256,
        add_bos_token: bool | None = None,
        prefix_token_id: int | None = None,
        chat_template: str | None = None,
        seed: int = 0,
        batch_size: int | str = "auto",
        max_batch_size: int | None = None,
        device: str | None = None,
        dtype: str | None = None,
        activations: str | None = None,
        threads: int | None = None,
        pre: str | None = None,
        mapped: bool = True,
    ) -> None:
        super().__init__()
        if device not in (None, "cpu"):
            raise ValueError(f"device must be cpu, which is what Beamline computes on, got {device!r}")
        dtype = _DTYPES.get(dtype, dtype) if dtype else None
        self.engine = Engine(pretrained, dtype=dtype, activations=activations, threads=threads, pre=pre, mapped=mapped)
        if max_length is not None and not 1 <= int(max_length) <= self.engine.context:
            raise ValueError(f"max_length must be in [1, {self.engine.context}], the model's context, got {max_length}")
        self.max_length = int(max_length or self.engine.context)
        self.max_gen_toks = int(max_gen_toks)
        self.add_bos_token = add_bos_token
        self._prefix, self._template, self._seed = prefix_token_id, chat_template, int(seed)
        size = min(32, int(max_batch_size or 32)) if str(batch_size).startswith("auto") else int(batch_size)
        if size < 1:
            raise ValueError(f"batch_size must be 1 or more, or auto, got {batch_size!r}")
        self.batch_size = size

    @property
    def eot_token_id(self) -> int:
        """The model's first end token.

        Raises:
            ValueError: when it has none.
        """
        ends = self.engine.defaults.get("eos_token_id")
        if not ends:
            raise ValueError("the model's files name no end token; give prefix_token_id=")
        return int(ends[0])

    @property
    def prefix_token_id(self) -> int:
        """What a text without context follows."""
        if self._prefix is not None:
            return int(self._prefix)
        begin = self.engine.tokenizer.begin
        return self.eot_token_id if begin is None else begin

    @property
    def tokenizer_name(self) -> str:
        """The model's name, for caches of requests."""
        return self.engine.model.replace("/", "__")

    def tok_encode(self, string: str, add_special_tokens: bool | None = None, **_: Any) -> list[int]:
        """The token ids of a text."""
        if not string:
            return []
        tokenizer = self.engine.tokenizer
        wanted = self.add_bos_token if add_special_tokens is None else add_special_tokens
        if add_special_tokens is None and string.startswith(tokenizer.decode(self.prefix_token_id)):
            wanted = False
        return [int(token) for token in tokenizer.encode(string, as_written=wanted is False)]

    def _scores(self, texts: list[Request]) -> list[tuple[float, bool]]:
        """The log-probability of each continuation, and whether it is what greedy search would say."""
        found = []
        inputs = [(context + rest)[-(self.max_length + 1) :] for _, context, rest in texts]
        scores = self.engine.score_many([ids[: self.max_length] for ids in inputs])
        for (_, _, rest), ids, score in zip(texts, inputs, scores, strict=True):
            logprobs, ranks = score.logprobs.tolist(), score.ranks.tolist()
            if len(ids) > self.max_length:
                logprob, rank = self._next(ids)
                logprobs, ranks = [*logprobs, logprob], [*ranks, rank]
            first = len(ids) - len(rest)
            found.append((float(sum(logprobs[first:])), all(rank == 1 for rank in ranks[first:])))
        return found

    def _next(self, ids: list[int]) -> tuple[float, int]:
        """The log-probability and the rank of the last token, which follows a full context."""
        [rows] = self.engine.logits([ids[:-1]], last_only=True)
        row = rows[0].astype(np.float64)
        high = row.max()
        logprob = row[ids[-1]] - high - np.log(np.exp(row - high).sum())
        better = (row > row[ids[-1]]).sum() + (row[: ids[-1]] == row[ids[-1]]).sum()
        return float(logprob), int(better) + 1

    def _loglikelihood_tokens(
        self, requests: list[Request], disable_tqdm: bool = False, **_: Any
    ) -> list[tuple[float, bool]]:
        answers: list[tuple[float, bool]] = [(0.0, True)] * len(requests)
        order = sorted(range(len(requests)), key=lambda number: -len(requests[number][1] + requests[number][2]))
        for numbers in _parts(order, self.batch_size, "log-likelihoods", disable_tqdm):
            for number in numbers:
                if not 0 < len(requests[number][2]) <= self.max_length:
                    raise ValueError(
                        f"a continuation must have 1 to {self.max_length} tokens, got {len(requests[number][2])}"
                    )
            for number, answer in zip(numbers, self._scores([requests[number] for number in numbers]), strict=True):
                answers[number] = answer
                if requests[number][0] is not None:
                    self.cache_hook.add_partial("loglikelihood", requests[number][0], answer)
        return answers

    def loglikelihood_rolling(self, requests: list[Instance], disable_tqdm: bool = False) -> list[float]:
        """The log-probability of whole texts, in windows where they are longer than the context."""
        windows: list[Request] = []
        owners: list[int] = []
        for number, (text,) in enumerate(request.args for request in requests):
            for window in utils.get_rolling_token_windows(
                token_list=self.tok_encode(text),
                prefix_token=self.prefix_token_id,
                max_seq_len=self.max_length,
                context_len=1,
            ):
                context, rest = utils.make_disjoint_window(window)
                windows.append((None, list(context), list(rest)))
                owners.append(number)
        sums = [0.0] * len(requests)
        for number, (logprob, _) in zip(owners, self._loglikelihood_tokens(windows, disable_tqdm), strict=True):
            sums[number] += logprob
        for request, total in zip(requests, sums, strict=True):
            self.cache_hook.add_partial("loglikelihood_rolling", request.args, total)
        return sums

    def generate_until(self, requests: list[Instance], disable_tqdm: bool = False) -> list[str]:
        """Continues texts up to one of their stop strings, which is cut off."""
        texts = [""] * len(requests)
        seen: Counter[str] = Counter()
        alike: dict[str, list[tuple[int, tuple[list[int], None, str]]]] = {}
        stops: list[list[str]] = []
        for number, (context, given) in enumerate(request.args for request in requests):
            options, until = self._options(given)
            stops.append(until)
            ids = self.tok_encode(context)[-(self.max_length - options["max_new_tokens"]) :] or [self.prefix_token_id]
            said = json.dumps([context, options], sort_keys=True)
            # A request that is repeated draws anew.
            key = f"{seen[said]} {said}"
            seen[said] += 1
            alike.setdefault(json.dumps(options), []).append((number, (ids, None, key)))
        for options_json, rows in alike.items():
            for part in _parts(rows, self.batch_size, "texts", disable_tqdm):
                done = run_many(self.engine._native, options_json, [row for _, row in part], self.batch_size)
                for (number, _), one in zip(part, done, strict=True):
                    if isinstance(one[0], str):
                        raise ValueError(f"{requests[number].args[0]!r}: {one[1]}")
                    sequences: Any = one[1]
                    text = postprocess_generated_text(sequences[0][0], stops[number], None)
                    texts[number] = text
                    self.cache_hook.add_partial("generate_until", requests[number].args, text)
        return texts

    def _options(self, given: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The decoding options that a task asks for, and its stop strings."""
        options: dict[str, Any] = dict(normalize_gen_kwargs(given, self.max_gen_toks))
        stops = options.pop("until", None) or []
        until: list[str] = [stop for stop in (stops if isinstance(stops, list) else [stops]) if stop]
        most = options.pop("max_gen_toks")
        if not 0 < most < self.max_length:
            raise ValueError(f"max_gen_toks must be in [1, {self.max_length}), the model's context, got {most}")
        if not options.get("do_sample") or options.get("temperature") == 0.0:
            options = {name: value for name, value in options.items() if name not in ("do_sample", "temperature")}
        ends = [*self.engine.defaults.get("eos_token_id", [])]
        options = {"eos_token_id": ends, **options, "max_new_tokens": most}
        options |= {"seed": self._seed} | ({"stop_strings": until} if until else {})
        return options, until

    def apply_chat_template(self, chat_history: list[dict[str, Any]], add_generation_prompt: bool = True) -> str:
        """A conversation as the model reads it. A last message of the assistant that is to go on is left open."""
        told: dict[str, Any] = {"messages": chat_history, "add_generation_prompt": add_generation_prompt}
        text, _ = self.engine.chat_prompt(told, template=self._template)
        if add_generation_prompt or not chat_history:
            return text
        last = str(chat_history[-1]["content"]).strip()
        return text[: text.rindex(last) + len(last)] if last else text

    def chat_template(self, chat_template: bool | str = False) -> str | None:
        """The source of the template that was given; empty for the model's own.

        Raises:
            ValueError: when one is asked for by name.
        """
        if isinstance(chat_template, str):
            raise ValueError(
                f"templates are not chosen by name here, got {chat_template!r}; give chat_template= its source"
            )
        return self._template or ""


def _parts(of: Iterable[Any], size: int, what: str, quiet: bool) -> Iterator[list[Any]]:
    """Parts of a list, with a bar that shows how many are done."""
    every = list(of)
    with tqdm(total=len(every), desc=what, disable=quiet) as bar:
        for at in range(0, len(every), size):
            yield every[at : at + size]
            bar.update(len(every[at : at + size]))
