"""Draws, streamers, processors and criteria of transformers' face: nothing here needs torch."""

import io
import sys
import threading
from contextlib import redirect_stdout

import numpy as np
import pytest

from beamline import notices
from beamline import transformers as bt
from beamline.tensors import functions

TEXTS = ["the man said that", "안녕하세요", "of her", "he was in it and"]


@pytest.fixture(autouse=True)
def hear_everything():
    notices.forget()


def test_draws_go_on_in_one_stream(model, tokenizer):
    inputs = tokenizer("the man", return_tensors="np")
    options = {"do_sample": True, "max_new_tokens": 6}

    def texts():
        return [model.generate(**inputs, **options).tolist() for _ in range(3)]

    monkey = {name: sys.modules.pop(name) for name in ("torch",) if name in sys.modules}
    try:
        bt.set_seed(11)
        first = texts()
        bt.set_seed(11)
        again = texts()
    finally:
        sys.modules.update(monkey)
    assert first == again
    assert first[0] != first[1] != first[2]


def test_draws_of_a_batch_are_its_rows_in_turn(model, tokenizer):
    """Every row takes a number for each token at each step: those of the first step are the first rows' times the vocabulary."""
    inputs = tokenizer(TEXTS[:2], padding=True, return_tensors="np")
    vocab = model.config.vocab_size
    logits = model.generate(**inputs, max_new_tokens=1, output_logits=True, return_dict_in_generate=True).logits[0]
    functions.manual_seed(9)
    drawn = functions.multinomial(functions.softmax(logits, dim=-1), 1).numpy()
    import beamline.torch as own

    own.manual_seed(9)
    ids = {name: own.tensor(value) for name, value in inputs.items()}
    found = model.generate(**ids, do_sample=True, top_k=0, max_new_tokens=1)
    assert found[:, -1:].tolist() == drawn.tolist()
    rest = own.rand(1).item()
    own.manual_seed(9)
    own.default_generator.exponentials(2 * vocab)
    assert rest == own.rand(1).item()


def test_beams_that_draw_say_when_they_leave_torchs_stream(model, tokenizer):
    import beamline.torch as own

    ids = own.tensor(tokenizer("the man", return_tensors="np").input_ids)
    own.manual_seed(3)
    model.generate(ids, do_sample=True, num_beams=3, max_new_tokens=5)
    with pytest.warns(UserWarning, match="not transformers' own"):
        model.generate(ids, do_sample=True, num_beams=3, max_new_tokens=5)


def test_where_texts_may_be_others_is_said(model, tokenizer):
    inputs = tokenizer(TEXTS, padding=True, return_tensors="np")
    with pytest.warns(UserWarning, match="guidance_scale with num_beams"):
        model.generate(**inputs, num_beams=2, guidance_scale=1.5, max_new_tokens=1)
    with pytest.warns(UserWarning, match="no_repeat_ngram_size with padded prompts"):
        model.generate(**inputs, no_repeat_ngram_size=1, max_new_tokens=1)
    one = tokenizer("the man", return_tensors="np")
    assert model.generate(**one, no_repeat_ngram_size=1, guidance_scale=1.5, max_new_tokens=1).shape[0] == 1


def test_words_are_streamed(model, tokenizer):
    inputs = tokenizer("the man", return_tensors="np")
    whole = tokenizer.decode(model.generate(**inputs, max_new_tokens=12)[0])
    printed = io.StringIO()
    with redirect_stdout(printed):
        model.generate(**inputs, max_new_tokens=12, streamer=bt.TextStreamer(tokenizer))
    assert printed.getvalue() == whole + "\n"
    streamer = bt.TextIteratorStreamer(tokenizer, skip_prompt=True, timeout=60)
    thread = threading.Thread(target=model.generate, kwargs={**inputs, "max_new_tokens": 12, "streamer": streamer})
    thread.start()
    pieces = list(streamer)
    thread.join()
    assert "the man" + "".join(pieces) == whole
    with pytest.raises(ValueError, match="batch size 1"):
        model.generate(**tokenizer(TEXTS, padding=True, return_tensors="np"), streamer=bt.TextStreamer(tokenizer))


def test_who_waits_for_words_hears_that_an_error_ended_them(model, tokenizer):
    streamer = bt.TextIteratorStreamer(tokenizer, timeout=60)

    class Breaks(bt.LogitsProcessor):
        def __call__(self, input_ids, scores):
            if input_ids.shape[1] > 6:
                raise ZeroDivisionError
            return scores

    with pytest.raises(ZeroDivisionError):
        model.generate(np.array([[5, 6, 7]]), logits_processor=[Breaks()], max_new_tokens=9, streamer=streamer)
    assert isinstance("".join(streamer), str)


class Steps(bt.BaseStreamer):
    def __init__(self):
        self.steps, self.ended = [], False

    def put(self, value):
        self.steps.append(value.tolist())

    def end(self):
        self.ended = True


def test_rows_are_streamed_step_by_step(model, tokenizer):
    inputs = tokenizer(TEXTS, padding=True, return_tensors="np")
    streamer = Steps()
    whole = model.generate(**inputs, max_new_tokens=6, streamer=streamer)
    assert streamer.steps[0] == inputs.input_ids.tolist()
    assert np.array(streamer.steps[1:]).T.tolist() == whole[:, inputs.input_ids.shape[1] :].tolist()
    assert streamer.ended


def test_processors_and_criteria_see_rows_with_their_padding(model, tokenizer):
    inputs = tokenizer(TEXTS, padding=True, return_tensors="np")
    banned = int(model.generate(**inputs, max_new_tokens=1)[0, -1])
    seen = []

    class Ban(bt.LogitsProcessor):
        def __call__(self, input_ids, scores):
            seen.append(input_ids.shape)
            scores[:, banned] = -np.inf
            return scores

    class Length(bt.StoppingCriteria):
        def __call__(self, input_ids, scores, **kwargs):
            return np.array([input_ids.shape[1] >= width + 3])

    width = inputs.input_ids.shape[1]
    ours = model.generate(
        **inputs,
        max_new_tokens=9,
        logits_processor=bt.LogitsProcessorList([Ban()]),
        stopping_criteria=bt.StoppingCriteriaList([Length()]),
    )
    theirs = model.generate(**inputs, max_new_tokens=3, suppress_tokens=[banned])
    assert ours.tolist() == theirs.tolist()
    assert {shape[1] for shape in seen} == {width, width + 1, width + 2}
    rows = {}

    def allowed(row, ids):
        rows.setdefault(row, len(ids))
        return [20 + row, 40]

    found = model.generate(**inputs, max_new_tokens=3, prefix_allowed_tokens_fn=allowed)
    assert rows == dict.fromkeys(range(4), width)
    for number, row in enumerate(found[:, width:].tolist()):
        assert set(row) <= {20 + number, 40}


def test_a_processor_stands_before_the_temperature(model, tokenizer):
    ids = tokenizer("the man", return_tensors="np").input_ids
    seen = []

    def look(input_ids, scores):
        seen.append(int(np.isfinite(scores).sum()))
        return scores

    bt.set_seed(0)
    model.generate(ids, do_sample=True, top_k=3, suppress_tokens=[5], max_new_tokens=2, logits_processor=[look])
    assert set(seen) == {model.config.vocab_size - 1}
    with pytest.raises(TypeError, match="gave None"):
        model.generate(ids, logits_processor=[lambda input_ids, scores: None])


def test_sampling_streams(model, tokenizer):
    inputs = tokenizer(TEXTS[:2], padding=True, return_tensors="np")
    streamer = Steps()
    bt.set_seed(4)
    whole = model.generate(**inputs, do_sample=True, num_return_sequences=2, max_new_tokens=6)
    bt.set_seed(4)
    again = model.generate(**inputs, do_sample=True, num_return_sequences=2, max_new_tokens=6, streamer=streamer)
    assert again.tolist() == whole.tolist()
    assert np.array(streamer.steps[1:]).T.tolist() == whole[:, inputs.input_ids.shape[1] :].tolist()
