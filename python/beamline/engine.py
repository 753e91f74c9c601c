"""A model with its tokenizer: prompts and options in, texts and their numbers out."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from collections.abc import Sequence as Sequence_
from datetime import date
from threading import Lock
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from beamline import _beamline, given
from beamline.given import Messages, Prompt, Prompts
from beamline.own import MakeStrategy, Processor, Rule, Shape, placed
from beamline.pictures import Figure
from beamline.results import Completion, Verdict, bundle_of
from beamline.stream import Stream
from beamline.studies import Attention, Comparison, Contrast, Inspection, Score, SearchTree, score_of
from beamline.tokenizer import Tokenizer

Opening: TypeAlias = "tuple[str, str | None, str | None, int | None, str | None, bool]"


class Engine:
    """A model with its tokenizer, ready to generate.

    Calls let go of the interpreter, so threads of Python compute side by side on the engine's threads, and can be
    interrupted (Ctrl-C, a notebook's stop) within a step. An engine may be pickled: it opens itself again where it is
    unpickled, once for each process. After a fork it opens itself anew when it is first used.

    Args:
        model: ``builtin``, a folder, a ``.gguf`` file, or on the hub ``org/name[@rev][:file.gguf]``.
        dtype: converts weights while loading: ``f32``, ``f16``, ``bf16``, ``q8_0``, ``q5_1``, ``q5_0``, ``q4_1``, ``q4_0``.
        activations: precision of activations in quantized matmuls: ``f32``, ``i16`` (the default) or ``i8``.
        threads: threads to compute with, 1 to 1024; by default ``BEAMLINE_THREADS``, then ``OMP_NUM_THREADS`` (which Ray and
            Spark set), then the cores that this process is granted. No result depends on it.
        pre: how text is split before byte-level BPE, by llama.cpp's name for it, whatever the model's files say.
        mapped: uses weights where they lie in the mapped file, so that processes share them; the file must stay as it is
            while the engine is open. False reads them into memory.

    Raises:
        beamline.ModelError: when there is no such model, it cannot be had, or it is not valid.
        ValueError: when an argument is out of its range.

    >>> engine = Engine()
    >>> engine
    Engine('builtin', gpt2, 7 M parameters, q8_0, vocabulary 8192, context 512)
    """

    def __init__(
        self,
        model: str | os.PathLike[str] = "builtin",
        *,
        dtype: str | None = None,
        activations: str | None = None,
        threads: int | None = None,
        pre: str | None = None,
        mapped: bool = True,
    ) -> None:
        name = os.fspath(model)
        self._opening: Opening = (name, dtype, activations, threads, pre, mapped)
        self._native = _beamline.Engine(name, dtype, activations, given.threads(threads), pre, mapped)
        self.tokenizer = Tokenizer(self._native.tokenizer)
        self.info: dict[str, Any] = json.loads(self._native.info())

    def __repr__(self) -> str:
        info = self.info
        size = f"{info['parameters'] / 1e6:.0f} M parameters" if info["parameters"] else "custom"
        return (
            f"Engine({self.model!r}, {info['architecture']}, {size}, {info['dtype']}, "
            f"vocabulary {self.vocab_size}, context {self.context})"
        )

    def __reduce__(self) -> tuple[Any, tuple[Opening, str]]:
        return _reopened, (self._opening, self.digest()[1])

    def digest(self, *, files: bool = False) -> tuple[str | None, str]:
        """What tells this model from others: the SHA-256 of its files, and that of its numbers.

        The first is None unless ``files`` asks for it, since all files are read for it. The second is of the tokens of a fixed
        text and of the logits of a few tokens, to the bit; it is the same on every machine.

        >>> Engine().digest()[1] == Engine(threads=1).digest()[1]
        True
        """
        return self._native.digest(files)

    @classmethod
    def shared(cls, model: str | os.PathLike[str] = "builtin", **opening: Any) -> Engine:
        """The engine of this process for these arguments, opened by whoever asks first and kept until the process ends.

        >>> Engine.shared() is Engine.shared()
        True
        """
        key = (os.fspath(model), tuple(sorted(opening.items())))
        with _shared_lock:
            if key not in _shared:
                _shared[key] = cls(model, **opening)
            return _shared[key]

    @property
    def model(self) -> str:
        """The model, as it was asked for."""
        return self._native.model

    @property
    def vocab_size(self) -> int:
        """How many logits a row has; the tokenizer may have fewer tokens."""
        return self._native.vocab_size

    @property
    def context(self) -> int:
        """The most tokens of a text, its prompt among them."""
        return self._native.context

    @property
    def threads(self) -> int:
        """Threads that it computes with."""
        return self._native.threads

    @property
    def warnings(self) -> list[str]:
        """What a user should hear about the model's files."""
        return [*self._native.warnings, *self.tokenizer.warnings]

    @property
    def defaults(self) -> dict[str, Any]:
        """The model's own options, which those of a call come before."""
        return cast("dict[str, Any]", json.loads(self._native.defaults()))

    def effective_config(self, **options: Any) -> dict[str, Any]:
        """Every option that these mean, with its value and where it came from.

        >>> Engine().effective_config(num_beams=4)["num_beams"]
        {'value': 4, 'origin': 'flag'}

        Raises:
            ValueError: when an option is unknown, out of its range, or has no effect.
        """
        return cast("dict[str, Any]", json.loads(self._native.effective(given.options_json(options))))

    def _run(
        self,
        prompts: Prompts,
        options: Mapping[str, Any],
        *,
        processors: Sequence_[Processor | Shape] = (),
        stop_rules: Sequence_[Rule] = (),
        strategy: MakeStrategy | None = None,
        output_logits: bool = False,
        output_scores: bool = False,
    ) -> _beamline.Run:
        return self._native.run(
            given.prompts(prompts),
            given.options_json(options),
            placed(processors),
            list(stop_rules),
            strategy,
            output_logits,
            output_scores,
        )

    def generate(
        self,
        prompts: Prompts,
        *,
        processors: Sequence_[Processor | Shape] = (),
        stop_rules: Sequence_[Rule] = (),
        strategy: MakeStrategy | None = None,
        output_logits: bool = False,
        output_scores: bool = False,
        **options: Any,
    ) -> Completion:
        """Continues prompts to their ends, together.

        Args:
            prompts: a text, token ids, or a list of either.
            processors: functions that shape scores: see [`Processor`][beamline.Processor].
            stop_rules: functions of the tokens (of prompt and text, the new one last) and of the prompt's length that say
                whether a sequence ends there.
            strategy: a search of one's own, see [`Strategy`][beamline.Strategy].
            output_logits: keeps the model's logits of every step: ``completion.logits(sequence)``.
            output_scores: keeps what the processors made of them.
            options: decoding options under transformers' names; [`beamline.options`][beamline.options] lists them.

        Raises:
            ValueError: when an option is unknown, out of its range, or has no effect, or a prompt does not fit.
            beamline.GenerationError: when it fails while running.

        >>> completion = Engine().generate(["Once upon a time", "The sea"], num_beams=3, max_new_tokens=4)
        >>> [sequence.text for sequence in completion.sequences]
        [', I had been', '-sickness']
        """
        run = self._run(
            prompts,
            options,
            processors=processors,
            stop_rules=stop_rules,
            strategy=strategy,
            output_logits=output_logits,
            output_scores=output_scores,
        )
        run.finish()
        return Completion(self, run.completion())

    def stream(
        self,
        prompts: Prompts,
        *,
        processors: Sequence_[Processor | Shape] = (),
        stop_rules: Sequence_[Rule] = (),
        strategy: MakeStrategy | None = None,
        **options: Any,
    ) -> Stream:
        """Continues prompts and gives their texts as they come, for ``for`` and ``async for``.

        Arguments are those of [`generate`][beamline.Engine.generate].

        >>> "".join(news.text for news in Engine().stream("Once upon a time", max_new_tokens=5))
        ', I was not a'
        """
        run = self._run(prompts, options, processors=processors, stop_rules=stop_rules, strategy=strategy)
        return Stream(self, run)

    def chat_prompt(
        self,
        messages: Messages,
        *,
        template: str | None = None,
        today: date | None = None,
    ) -> tuple[str, list[int]]:
        """A conversation as the model reads it: its text, and its tokens.

        Args:
            messages: a list of objects with ``role`` and ``content``, or an object with ``messages`` and what else a
                template takes (``tools``, ``documents``, ``add_generation_prompt``, ``chat_template_kwargs``).
            template: the source of a chat template, in place of the model's own.
            today: the day that templates may write; by default the day that it is.

        Raises:
            ValueError: when there is no template, or it refuses the conversation.
        """
        text, ids, _ = self._native.chat_prompt(json.dumps(messages), template, _day(today))
        return text, ids

    def chat(
        self, messages: Messages, *, template: str | None = None, today: date | None = None, **options: Any
    ) -> Completion:
        """Answers a conversation. The answer ends where its turn does, unless ``eos_token_id`` says otherwise.

        Arguments are those of [`chat_prompt`][beamline.Engine.chat_prompt] and [`generate`][beamline.Engine.generate].
        """
        _, ids, ends = self._native.chat_prompt(json.dumps(messages), template, _day(today))
        if ends:
            options.setdefault("eos_token_id", ends)
        return self.generate(ids, **options)

    def logits(self, texts: Prompts, *, last_only: bool = False) -> list[npt.NDArray[np.float32]]:
        """The model's logits after every token of texts: an array ``[n, vocab_size]`` for each, or ``[1, vocab_size]``.

        Args:
            texts: a text, token ids, or a list of either.
            last_only: the row after the last token alone.

        >>> [rows] = Engine().logits("Once upon a time")
        >>> rows.shape
        (5, 8192)
        """
        ids = [self.tokenizer.encode(text).tolist() if isinstance(text, str) else text for text in given.prompts(texts)]
        return self._native.logits(ids, last_only)

    def score(self, text: Prompt, *, prefix: Prompt | None = None) -> Score:
        """How probable a text is under the model, token by token, after a prefix where there is one.

        >>> Engine().score(" time", prefix="Once upon a").perplexity < 3
        True
        """
        return self.score_many([text], prefix=prefix)[0]

    def score_many(self, texts: Sequence_[Prompt], *, prefix: Prompt | None = None) -> list[Score]:
        """How probable each of several texts is; they share passes over the weights, and each is as if alone."""
        before = None if prefix is None else given.prompt(prefix)
        reports = _beamline.score(self._native, [given.prompt(text) for text in texts], before)
        return [score_of(report) for report in reports]

    def contrast(
        self, a: Prompt, b: Prompt | None = None, *, against: Prompt | None = None, prefix: str | None = None
    ) -> Contrast:
        """Why one text is more probable than another, token by token, after the same prefix.

        Args:
            a: a text or token ids.
            b: the other; ``against`` is another name for it.
            against: the other.
            prefix: what both follow; its tokens are not summed.

        Raises:
            ValueError: unless there is one other text.

        >>> Engine().contrast("They were happy.", against="They was happy.").difference > 0
        True
        """
        others = [other for other in (b, against) if other is not None]
        if len(others) != 1:
            raise ValueError("give one text to compare with: contrast(a, against=b)")
        found = _beamline.contrast(self._native, given.prompt(a), given.prompt(others[0]), prefix)
        return Contrast(json.loads(found))

    def inspect(
        self, prompt: Prompt, *, steps: int = 8, top: int = 5, stages: bool = False, **options: Any
    ) -> Inspection:
        """The best candidates of every step, before and after the processors.

        Args:
            prompt: a text or token ids.
            steps: steps to take, 1 or more.
            top: candidates to list; the rest of the vocabulary is summed up.
            stages: also what each processor leaves.
            options: decoding options.

        >>> Engine().inspect("Once upon a time", steps=2).steps[0]["chosen"]["text"]
        ','
        """
        options_json = given.options_json(options)
        return Inspection(
            json.loads(_beamline.inspect(self._native, given.prompt(prompt), options_json, steps, top, stages))
        )

    def compare(
        self,
        prompt: Prompt,
        ways: Sequence_[str] | Mapping[str, Mapping[str, Any]] = (),
        *,
        seeds: int = 1,
        **options: Any,
    ) -> Comparison:
        """Several strategies side by side.

        Args:
            prompt: a text or token ids.
            ways: ``"name=value,name=value"`` or the name of a usual way, with ``"label: "`` before it where it is to have one;
                or options by label. By default the usual eight ways.
            seeds: texts for each way that draws.
            options: options that all share, such as ``max_new_tokens`` (40 where none is given).

        >>> comparison = Engine().compare("Once upon a time", {"greedy": {}, "beams": {"num_beams": 4}}, max_new_tokens=4)
        >>> [run["name"] for run in comparison.runs]
        ['greedy', 'beams']
        """
        if not {"max_new_tokens", "max_length"} & options.keys():
            options["max_new_tokens"] = 40
        if isinstance(ways, Mapping):
            ways = [f"{label}: {_as_list(own)}" for label, own in ways.items()]
        options_json = given.options_json(options)
        return Comparison(
            json.loads(_beamline.compare(self._native, given.prompt(prompt), list(ways), options_json, seeds))
        )

    def search_tree(self, prompt: Prompt, **options: Any) -> SearchTree:
        """Every candidate that a search considered, and what became of it.

        >>> Engine().search_tree("Once upon a time", num_beams=2, max_new_tokens=2).winner
        [0, 4]
        """
        found = _beamline.search_tree(self._native, given.prompt(prompt), given.options_json(options))
        return SearchTree(json.loads(found))

    def attention(self, prompt: Prompt, *, layer: int = 0, head: int | None = None) -> Attention:
        """How much each token looks at each before it, in a head of a layer or in the mean of its heads.

        >>> Engine().attention("Once upon a time").weights.shape
        (5, 5)
        """
        return Attention(json.loads(_beamline.attention(self._native, given.prompt(prompt), layer, head)))

    def plot(
        self,
        kind: str,
        prompt: Prompt,
        *,
        width: int = 800,
        height: int = 500,
        dark: bool = False,
        **asked: Any,
    ) -> Figure:
        """A picture of what the model expects, or of what a search does.

        Args:
            kind: ``next``, ``heat``, ``temperature``, ``histogram``, ``cumulative``, ``beams``, ``surprisal``, ``embeddings``,
                ``attention``, ``compare`` or ``sweep``, as of the command ``plot``.
            prompt: a text or token ids.
            width: pixels across, 320 to 8000.
            height: pixels down at the least, 240 to 8000: what needs more room to be read gets it.
            dark: light ink on nearly black.
            asked: what the kind takes (``top``, ``free_scales``, ``linear``, ``side_by_side``, ``bits``, ``temperatures``, ``layer``,
                ``head``, ``run``, ``by``, ``over``, ``values``, ``seeds``), and decoding options.

        Raises:
            ValueError: when there is no such kind, or it has no use for what is asked.

        >>> Engine().plot("attention", "Once upon a time", layer=1).data["layer"]
        1
        """
        for name, size, least in (("width", width, 320), ("height", height, 240)):
            if not least <= size <= 8000:
                raise ValueError(f"{name} must be in {least}..=8000, got {size}")
        request = {name: asked.pop(name) for name in _beamline.plot_arguments() if name in asked} | {"kind": kind}
        options_json = given.options_json(asked)
        figure = _beamline.figure(self._native, given.prompt(prompt), given.options_json(request), options_json)
        return Figure(figure, width=width, height=height, dark=dark)

    def replay(self, of: Completion | str | os.PathLike[str]) -> Verdict:
        """Runs a generation again, and compares every token and log-probability bit for bit.

        Args:
            of: a completion, or a file that [`Completion.save`][beamline.Completion.save] or the command ``report`` wrote.

        >>> engine = Engine()
        >>> engine.replay(engine.generate("Once upon a time", max_new_tokens=5))
        Verdict(same=True, tokens=5, difference=None)
        """
        found = json.loads(_beamline.verify(self._native, bundle_of(of)))
        return Verdict(found["same"], found["tokens"], found["difference"])


def _day(today: date | None) -> int | None:
    """A day, counted from 1970-01-01."""
    return None if today is None else max((today - date(1970, 1, 1)).days, 0)


def _as_list(options: Mapping[str, Any]) -> str:
    """Options as a way names them."""
    pairs = json.loads(given.options_json(options)) or {"do_sample": False}
    return ",".join(f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in pairs.items())


_shared: dict[Any, Engine] = {}
_shared_lock = Lock()


def _reopened(opening: Opening, digest: str) -> Engine:
    """The engine of this process that a pickled one stands for."""
    model, dtype, activations, threads, pre, mapped = opening
    engine = Engine.shared(model, dtype=dtype, activations=activations, threads=threads, pre=pre, mapped=mapped)
    here = engine.digest()[1]
    if here != digest:
        raise ValueError(
            f"the engine was pickled with another model under the name {model!r}: digest {digest}, here {here}"
        )
    return engine


def generate(prompts: Prompts, *, model: str | os.PathLike[str] = "builtin", **options: Any) -> Completion:
    """Continues prompts with a model that this process opens once.

    Arguments are those of [`Engine.generate`][beamline.Engine.generate].

    >>> generate("Once upon a time", max_new_tokens=5).text
    ', I was not a'
    """
    return Engine.shared(model).generate(prompts, **options)
