"""Processors, rules and strategies written in Python."""

import numpy as np
import pytest

import beamline
from beamline import Processor


def test_a_processor_stands_where_it_was_put(engine):
    seen = []

    def look(tokens, scores):
        seen.append((tokens.tolist(), int(np.isfinite(scores).sum())))
        return scores

    options = {"do_sample": True, "seed": 1, "top_k": 10, "temperature": 2.0, "max_new_tokens": 2}
    plain = engine.generate("Once upon", **options)
    for place, kept in (("first", 8192), ("last", 10), ("temperature", 8192), ("top_k", 10)):
        seen.clear()
        assert engine.generate("Once upon", processors=[Processor(look, place)], **options).texts == plain.texts
        assert {count for _, count in seen} == {kept}
        assert seen[0][0] == engine.tokenizer.encode("Once upon").tolist()
    with pytest.raises(ValueError, match="did you mean"):
        engine.generate("Once upon", processors=[Processor(look, "temprature")], **options)


def test_a_processor_that_does_what_an_option_does_gives_its_texts(engine):
    def cooler(tokens, scores):
        return scores / np.float32(0.5)

    options = {"do_sample": True, "seed": 4, "max_new_tokens": 10, "num_return_sequences": 2}
    theirs = engine.generate("Once upon", temperature=0.5, **options)
    ours = engine.generate("Once upon", processors=[cooler], **options)
    assert ours.texts == theirs.texts
    np.testing.assert_allclose(ours.sequences[0].logprobs_processed, theirs.sequences[0].logprobs_processed, atol=1e-6)


def test_a_processor_shapes_beams(engine):
    token = engine.tokenizer.id_of(",")

    def without(tokens, scores):
        scores[token] = -np.inf
        return scores

    beams = engine.generate(
        "Once upon a time", num_beams=3, num_return_sequences=3, max_new_tokens=6, processors=[without]
    )
    theirs = engine.generate(
        "Once upon a time", num_beams=3, num_return_sequences=3, max_new_tokens=6, suppress_tokens=[token]
    )
    assert beams.texts == theirs.texts
    assert [one.score for one in beams.sequences] == [one.score for one in theirs.sequences]


@pytest.mark.parametrize(
    ("function", "error", "says"),
    [
        (lambda tokens, scores: None, TypeError, "gave None"),
        (lambda tokens, scores: scores[:5], ValueError, "gave 5 scores; it must give 8192"),
        (lambda tokens, scores: scores * np.nan, ValueError, "gave NaN for token 0"),
        (lambda tokens, scores: scores + np.inf, ValueError, "gave inf"),
        (lambda tokens, scores: 1 / 0, ZeroDivisionError, "division"),
        (lambda tokens, scores: np.full_like(scores, -np.inf), beamline.GenerationError, "removed every token"),
        (lambda tokens, scores: "scores", ValueError, "convert"),
    ],
)
@pytest.mark.parametrize("beams", [1, 3])
def test_what_goes_wrong_in_a_processor_is_raised(engine, function, error, says, beams):
    with pytest.raises(error, match=says):
        engine.generate("Once", processors=[function], max_new_tokens=3, num_beams=beams)
    with pytest.raises(TypeError, match="a processor is a function"):
        engine.generate("Once", processors=["temperature"])


def test_a_rule_ends_sequences(engine):
    token = engine.tokenizer.id_of(" a")
    lengths = []

    def at_the_word(tokens, prompt_len):
        lengths.append(prompt_len)
        return tokens[-1] == token

    prompts = ["Once upon a time", "Once"]
    completion = engine.generate(prompts, max_new_tokens=30, stop_rules=[at_the_word])
    for sequence in completion.sequences:
        assert sequence.token_ids[-1] == token
        assert sequence.finish_reason == "stop"
    assert set(lengths) == {len(engine.tokenizer.encode(prompt)) for prompt in prompts}
    with pytest.raises(ZeroDivisionError):
        engine.generate("Once", stop_rules=[lambda tokens, prompt_len: 1 / 0])


class Beams:
    """A plain beam search of a fixed length."""

    log_probabilities = True

    def __init__(self, prompt, max_new_tokens, beams=3):
        self.beams, self.left = beams, max_new_tokens
        self.tips = [0]

    def frontier(self, tree):
        return [(tip, number) for number, tip in enumerate(self.tips)] if self.left else []

    def grow(self, tree, outlooks):
        totals = np.stack([outlook.logprobs + tree.score(outlook.node) for outlook in outlooks])
        best = np.argsort(-totals, axis=None, kind="stable")[: self.beams]
        tips = []
        for place in best:
            row, token = divmod(int(place), totals.shape[1])
            tips.append(tree.grow(outlooks[row].node, token, float(outlooks[row].logprobs[token])))
        self.tips, self.left = tips, self.left - 1

    def results(self, tree):
        return [(tip, tree.score(tip)) for tip in self.tips]


def test_a_strategy_written_in_python_is_a_strategy(engine):
    options = {"max_new_tokens": 6, "num_beams": 3, "num_return_sequences": 3, "length_penalty": 0.0}
    theirs = engine.generate(["Once upon a time", "The"], **options, eos_token_id=[])
    ours = engine.generate(["Once upon a time", "The"], strategy=Beams, max_new_tokens=6, eos_token_id=[])
    assert ours.texts == theirs.texts
    for mine, other in zip(ours.sequences, theirs.sequences, strict=True):
        assert mine.score == pytest.approx(other.score, abs=1e-4)
        assert mine.logprobs.tolist() == other.logprobs.tolist()


def test_a_strategy_streams_and_sees_processors(engine):
    class Greedy:
        streams = True

        def __init__(self, prompt, max_new_tokens):
            self.node = 0

        def frontier(self, tree):
            return [] if tree.finished(self.node) else [self.node]

        def grow(self, tree, outlooks):
            [outlook] = outlooks
            assert outlook.logits.shape == outlook.scores.shape == (8192,)
            self.node = tree.extend(outlook, int(outlook.scores.argmax()))

        def results(self, tree):
            return [self.node]

    options = {"max_new_tokens": 8, "no_repeat_ngram_size": 2, "stop_strings": ["girl"]}
    plain = engine.generate("Once upon a time", **options)
    pieces = [news.text for news in engine.stream("Once upon a time", strategy=Greedy, **options)]
    assert "".join(pieces) == plain.text
    assert len(pieces) > 3


@pytest.mark.parametrize(
    ("method", "body", "error"),
    [
        ("frontier", lambda self, tree: [7], ValueError),
        ("frontier", lambda self, tree: "abc", (ValueError, TypeError)),
        ("frontier", lambda self, tree: 1 / 0, ZeroDivisionError),
        ("grow", lambda self, tree, outlooks: tree.grow(0, 9999, -1.0), ValueError),
        ("grow", lambda self, tree, outlooks: tree.grow(5, 1, -1.0), ValueError),
        ("grow", lambda self, tree, outlooks: tree.grow(0, 1, float("nan")), ValueError),
        ("grow", lambda self, tree, outlooks: 1 / 0, ZeroDivisionError),
        ("results", lambda self, tree: [99], ValueError),
        ("__init__", lambda self, prompt, most: 1 / 0, ZeroDivisionError),
    ],
)
def test_what_goes_wrong_in_a_strategy_is_raised(engine, method, body, error):
    broken = type("Broken", (Beams,), {method: body})
    with pytest.raises(error):
        engine.generate("Once", strategy=broken, max_new_tokens=2)
