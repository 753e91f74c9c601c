"""Numbers over the whole vocabulary, and the studies made of them."""

import numpy as np
import pytest


def log_softmax(rows):
    rows = rows.astype(np.float64)
    rows = rows - rows.max(-1, keepdims=True)
    return rows - np.log(np.exp(rows).sum(-1, keepdims=True))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_beams": 3, "num_return_sequences": 2},
        {"do_sample": True, "seed": 2, "num_return_sequences": 3, "top_k": 20},
        {"do_sample": True, "seed": 2, "num_return_sequences": 2, "xtc_probability": 0.5, "xtc_threshold": 0.05},
    ],
)
def test_kept_rows_are_those_that_tokens_were_chosen_from(engine, options):
    completion = engine.generate(
        ["Once upon a time", "The"], max_new_tokens=6, output_logits=True, output_scores=True, **options
    )
    for number, sequence in enumerate(completion.sequences):
        logits, scores = completion.logits(number), completion.scores(number)
        count = len(sequence.token_ids)
        assert logits.shape == scores.shape == (count, engine.vocab_size)
        chosen = log_softmax(logits)[np.arange(count), sequence.token_ids]
        np.testing.assert_allclose(chosen, sequence.logprobs, atol=1e-5)
        removed = np.isneginf(scores)
        assert not removed[np.arange(count), sequence.token_ids].any()
        if "top_k" in options:
            assert (np.count_nonzero(~removed, axis=1) == 20).all()
        prompt = completion.prompts[sequence.prompt]["token_ids"]
        [whole] = engine.logits(prompt + sequence.token_ids.tolist())
        np.testing.assert_array_equal(logits, whole[len(prompt) - 1 : -1])


def test_rows_that_were_not_kept_are_asked_for_in_words(engine):
    with pytest.raises(ValueError, match="output_logits=True"):
        engine.generate("Once", max_new_tokens=2).logits()


def test_logits_do_not_depend_on_company(engine):
    texts = ["Once upon a time", "The sea was", "a"]
    together = engine.logits(texts)
    for text, rows in zip(texts, together, strict=True):
        [alone] = engine.logits(text)
        np.testing.assert_array_equal(rows, alone)
        np.testing.assert_array_equal(rows[-1:], engine.logits(text, last_only=True)[0])
    with pytest.raises(ValueError, match="at the least"):
        engine.logits([[]])
    with pytest.raises(ValueError, match="context"):
        engine.logits([[5] * 513])
    [long] = engine.logits([[5] * 512], last_only=True)
    assert long.shape == (1, 8192)


def test_scores_are_the_commands(engine, command):
    said = command("score", "there was a girl", "--prefix", "Once upon a time ")
    score = engine.score("there was a girl", prefix="Once upon a time ")
    assert score.sum_logprob == said["sum_logprob"]
    assert score.perplexity == said["perplexity"]
    assert [None if np.isnan(one) else one for one in score.logprobs] == [one["logprob"] for one in said["tokens"]]
    many = engine.score_many(["there was a girl", "time"], prefix="Once upon a time ")
    np.testing.assert_array_equal(many[0].logprobs, score.logprobs)


def test_a_generation_scores_as_it_was_generated(engine):
    completion = engine.generate("Once upon a time", max_new_tokens=8)
    prompt = completion.prompts[0]["token_ids"]
    score = engine.score(completion.sequences[0].token_ids, prefix=prompt)
    np.testing.assert_array_equal(score.logprobs[len(prompt) :], completion.sequences[0].logprobs)


def test_studies_are_the_commands(engine, command):
    said = command(
        "inspect", "Once upon a time", "--steps=3", "--top=4", "--stages", "--do-sample", "--seed=1", "--top-k=9"
    )
    here = engine.inspect("Once upon a time", steps=3, top=4, stages=True, do_sample=True, seed=1, top_k=9)
    assert here.steps == said["steps"]
    said = command("compare", "Once", "--run", "num_beams=3", "--run", "cool", "--max-new-tokens=6", "--seed=1")
    here = engine.compare("Once", ["num_beams=3", "cool"], max_new_tokens=6, seed=1)
    texts = [[text["text"] for text in run["texts"]] for run in said["runs"]]
    assert [[text["text"] for text in run["texts"]] for run in here.runs] == texts
    tree = engine.search_tree("Once", num_beams=2, max_new_tokens=3)
    assert {one["fate"] for one in tree.candidates} >= {"kept"}
    weights = engine.attention("Once upon a time", layer=1).weights
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-5)


def test_results_become_data_frames(engine):
    pandas = pytest.importorskip("pandas", reason="SKIPPED: pandas is not there")
    completion = engine.generate(["Once", "The"], num_beams=2, num_return_sequences=2, max_new_tokens=4)
    frame = completion.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert len(frame) == 16
    sums = frame.groupby(["prompt", "rank"])["logprob"].sum().tolist()
    np.testing.assert_allclose(sums, [one.sum_logprob for one in completion.sequences])
    assert len(engine.inspect("Once", steps=2, top=3).to_pandas()) == 6
    assert len(engine.score("Once upon").to_pandas()) == 3
    assert set(engine.compare("Once", ["greedy"], max_new_tokens=2).to_pandas()["way"]) == {"greedy"}
    assert len(engine.search_tree("Once", num_beams=2, max_new_tokens=2).to_pandas()) > 3


def test_results_become_arrow_tables(engine):
    pyarrow = pytest.importorskip("pyarrow", reason="SKIPPED: pyarrow is not there")
    table = engine.generate("Once", max_new_tokens=4).to_arrow()
    assert isinstance(table, pyarrow.Table)
    assert table.column_names[:4] == ["prompt", "rank", "position", "token_id"]
