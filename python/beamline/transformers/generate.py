"""A call of `generate` in, sequences of token ids out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from beamline.engine import Engine
from beamline.notices import once
from beamline.results import Completion
from beamline.stream import Stream
from beamline.transformers import parts, prompts
from beamline.transformers.arrays import Kind, from_numpy, kind_of, tensors_asked_for, to_lists
from beamline.transformers.draws import Draws, Source
from beamline.transformers.generated import Generated, Run
from beamline.transformers.generation_config import FIELDS, GenerationConfig
from beamline.transformers.outputs import GenerateBeamDecoderOnlyOutput, GenerateDecoderOnlyOutput
from beamline.transformers.settings import Settings, merged

#: Arguments of a model's call that `generate` may be given, and that change nothing.
_HARMLESS = ("tokenizer", "assistant_tokenizer", "synced_gpus", "trust_remote_code", "return_dict", "logits_to_keep")

#: Those that would change something.
_REFUSED = {
    "inputs_embeds": "give input_ids",
    "past_key_values": "give the whole text; the engine keeps its own cache",
    "position_ids": "give an attention_mask",
    "custom_generate": "give a strategy to beamline.Engine.generate",
    "negative_prompt_attention_mask": "give negative_prompt_ids without padding",
}

#: Options under which a token is not simply drawn from each row.
_NOT_PLAIN = ("prompt_lookup_num_tokens", "penalty_alpha", "force_words_ids", "seed", "rng")


@dataclass
class Call:
    """What a call asks for.

    Attributes:
        engine: the model.
        settings: its options, merged.
        prompts: its prompts.
        kind: the tensors that it works with.
        like: a tensor whose device results go to.
        processors: processors of the caller's own.
        criteria: rules to stop of the caller's own.
        allowed: ``prefix_allowed_tokens_fn``.
        streamer: who hears of tokens as they come.
        extra: further options of the engine.
    """

    engine: Engine
    settings: Settings
    prompts: prompts.Prompts
    kind: Kind
    like: Any
    processors: list[Any] = field(default_factory=list)
    criteria: list[Any] = field(default_factory=list)
    allowed: Any = None
    streamer: Any = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many sequences there will be."""
        return len(self.prompts.texts) * self.settings.sequences

    @property
    def has_own_parts(self) -> bool:
        """Whether functions of the caller's take part."""
        return bool(self.processors or self.criteria or self.allowed)


def call_of(engine: Engine, own: GenerationConfig, inputs: Any, given: dict[str, Any]) -> Call:
    """Reads the arguments of a call.

    Raises:
        ValueError: when an argument is unknown, out of its range, or not taken.
    """
    for name in _HARMLESS:
        given.pop(name, None)
    for name, way in _REFUSED.items():
        if given.pop(name, None) is not None:
            raise ValueError(f"generate does not take {name}; {way}")
    input_ids, mask = given.pop("input_ids", None), given.pop("attention_mask", None)
    given.pop("token_type_ids", None)
    if inputs is not None and input_ids is not None:
        raise ValueError("inputs and input_ids are the same; give one of them")
    ids = input_ids if inputs is None else inputs
    taken = {name: given.pop(name, None) for name in ("logits_processor", "stopping_criteria", "streamer")}
    allowed, assistant = given.pop("prefix_allowed_tokens_fn", None), given.pop("assistant_model", None)
    if assistant is not None:
        once("assistant_model is not asked: its guesses change nothing but the time that texts take")
    extra: dict[str, Any] = {}
    negative = given.pop("negative_prompt_ids", None)
    if negative is not None:
        extra["negative_prompt_ids"] = _one_row(negative)
    settings = merged(given.pop("generation_config", None), own, given)
    kind = kind_of(ids)
    if ids is None:
        begin = settings["bos_token_id"]
        if begin is None:
            raise ValueError("`bos_token_id` has to be defined when no `input_ids` are provided.")
        ids = np.array([[int(begin)]])
    rows = prompts.rows_of(ids)
    seen = prompts.mask_of(mask, rows, settings.padding, settings.ends)
    prompts.warn_of_padding(seen)
    return Call(
        engine=engine,
        settings=settings,
        prompts=prompts.prompts_of(rows, seen),
        kind=kind or tensors_asked_for(),
        like=ids,
        processors=list(taken["logits_processor"] or []),
        criteria=list(taken["stopping_criteria"] or []),
        allowed=allowed,
        streamer=taken["streamer"],
        extra=extra,
    )


def _one_row(ids: Any) -> list[int]:
    rows = to_lists(ids)
    rows = rows if rows and isinstance(rows[0], list) else [rows]
    if any(row != rows[0] for row in rows):
        raise ValueError("negative_prompt_ids must be the same for every row; call generate for each row")
    return [int(token) for token in rows[0]]


def generate(call: Call) -> Any:
    """The sequences of a call ``[rows, length]``, or all that is known of them with ``return_dict_in_generate``."""
    settings, engine = call.settings, call.engine
    if call.streamer is not None and settings.beams > 1:
        raise ValueError("`streamer` cannot be used with beam search (yet!). Make sure that `num_beams` is set to 1.")
    options = {**settings.for_engine(engine, call.prompts.width), **call.extra}
    _say_what_differs(call, options)
    detailed = bool(settings["return_dict_in_generate"])
    keep = {
        "output_scores": detailed and bool(settings["output_scores"]),
        "output_logits": detailed and bool(settings["output_logits"]),
    }
    if settings.beams > 1 and detailed and not any(keep.values()):
        # Which beam a token came from is told by the rows.
        keep["output_scores"] = True
    runs = _drawn(call, options, keep) if settings["do_sample"] else _run(call, options, keep)
    made = Generated(call.prompts, runs, _fill(settings), settings.beams, engine.vocab_size)
    return _result(call, made, detailed)


def _say_what_differs(call: Call, options: dict[str, Any]) -> None:
    """Says once where texts may be others than transformers'."""
    if options.get("guidance_scale", 1) != 1 and call.settings.beams > 1:
        once(
            "guidance_scale with num_beams: here each beam has its own text without the prompt; transformers leaves those at "
            "the beams' places, so its texts may be others"
        )
    counted = ("encoder_repetition_penalty", "encoder_no_repeat_ngram_size", "no_repeat_ngram_size")
    if any(len(text) < call.prompts.width for text in call.prompts.texts):
        for name in counted:
            if options.get(name) is not None and (name == counted[0] or options[name] == 1):
                once(
                    f"{name} with padded prompts: here padding is no text; transformers counts it as one, padding token and all"
                )


def _fill(settings: Settings) -> int:
    """What sequences are filled up with. A beam search takes a padding token of 0 for none, as transformers' does."""
    if settings.beams > 1:
        return (settings.padding or settings.ends[0]) if settings.ends else -1
    return settings.padding or 0


def _drawn(call: Call, options: dict[str, Any], keep: dict[str, bool]) -> list[Run]:
    """Runs whose tokens are drawn: from torch's stream in torch's order, where transformers would."""
    settings, vocab = call.settings, call.engine.vocab_size
    if "seed" in options or "rng" in options:
        return _run(call, options, keep)
    source = Source(call.kind)
    foreign = [name for name in options if name not in FIELDS or name in _NOT_PLAIN]
    if not foreign and settings.beams == 1:
        sequences = options.get("num_return_sequences", 1)
        draws = Draws(source, call.rows, sequences, vocab)
        return _run(call, options, keep, strategy=draws.next_prompt)
    seed = source.fresh_seed() if not foreign and not call.has_own_parts else None
    if seed is None:
        why = f"{foreign[0]}" if foreign else "beams that draw, where numbers were drawn since the seed was set,"
        once(f"{why} and do_sample: draws come from a seed of the stream, and are not transformers' own")
        return _run(call, {**options, "seed": source.seed()}, keep)
    # The number of steps, by which the stream goes on, is told by the rows.
    keep = {**keep, "output_scores": True}
    runs = _run(call, {**options, "rng": "torch", "seed": seed % 2**32}, keep)
    steps = max(len(run.completion.rows(run.prompt)) for run in runs)
    source.skip(len(runs) * settings.beams, vocab, steps)
    return runs


def _run(call: Call, options: dict[str, Any], keep: dict[str, bool], strategy: Any = None) -> list[Run]:
    """Runs of all prompts: together, or one after another where functions of the caller's look at a prompt's row."""
    texts = call.prompts.texts
    if not call.has_own_parts or len(texts) == 1:
        completion = _completed(call, list(range(len(texts))), options, keep, strategy)
        return [Run(completion, prompt) for prompt in range(len(texts))]
    if call.streamer is not None:
        raise ValueError("a streamer and functions of your own go together for one prompt alone; give one")
    return [Run(_completed(call, [row], options, keep, strategy), 0) for row in range(len(texts))]


def _completed(
    call: Call, rows: list[int], options: dict[str, Any], keep: dict[str, bool], strategy: Any
) -> Completion:
    """The completion of some of the prompts."""
    before = call.prompts.padding_of(rows[0])
    processors = [parts.processor(one, call.kind, before) for one in call.processors]
    if call.allowed is not None:
        processors.insert(0, parts.allowed(call.allowed, rows[0], call.kind, before))
    run = call.engine._run(
        [call.prompts.texts[row] for row in rows],
        options,
        processors=processors,
        stop_rules=[parts.rule(one, call.kind, before) for one in call.criteria],
        strategy=strategy,
        **keep,
    )
    if call.streamer is None:
        run.finish()
        return Completion(call.engine, run.completion())
    stream = Stream(call.engine, run)
    _told(call, stream)
    return stream.completion


def _told(call: Call, stream: Stream) -> None:
    """Tells a streamer of the prompt, and of each step when all rows have taken it."""
    streamer, sequences = call.streamer, call.settings.sequences
    expanded = np.repeat(call.prompts.given, sequences, 0)
    pad = _fill(call.settings)
    waiting: list[list[int]] = [[] for _ in range(len(expanded))]
    going = [True] * len(expanded)
    streamer.put(from_numpy(expanded, call.kind))
    try:
        for news in stream:
            row = news.prompt * sequences + news.sequence
            waiting[row].extend(news.token_ids)
            going[row] = going[row] and news.finish_reason is None
            while any(waiting) and all(tokens or not on for tokens, on in zip(waiting, going, strict=True)):
                step = [tokens.pop(0) if tokens else pad for tokens in waiting]
                streamer.put(from_numpy(np.array(step), call.kind))
    finally:
        # Who waits for words in another thread must hear that there are no more, also where an error ends them.
        streamer.end()


def _result(call: Call, made: Generated, detailed: bool) -> Any:
    def tensor(array: Any) -> Any:
        return from_numpy(array, call.kind, call.like)

    sequences = tensor(made.sequences())
    if not detailed:
        return sequences

    def steps(which: str) -> Any:
        if not call.settings[f"output_{which}"]:
            return None
        return tuple(tensor(row) for row in made.rows(which))

    found = {"scores": steps("scores"), "logits": steps("logits")}
    if call.settings.beams == 1:
        return GenerateDecoderOnlyOutput(sequences=sequences, **found)
    return GenerateBeamDecoderOnlyOutput(
        sequences=sequences,
        sequences_scores=tensor(made.sequences_scores()),
        **found,
        beam_indices=tensor(made.beam_indices()),
    )
