"""Batches of any kind in, the same with completions out; texts depend on the row alone."""

import json
import pickle

import numpy as np
import pytest

import beamline
from beamline import Generate
from beamline._beamline import row_seed
from beamline.asking import Template

DRAWS = {"do_sample": True, "max_new_tokens": 8, "eos_token_id": []}
ALL = [
    "text",
    "texts",
    "finish_reason",
    "stop_string",
    "prompt_tokens",
    "new_tokens",
    "sum_logprob",
    "score",
    "token_ids",
    "logprobs",
    "error",
]
PROMPTS = ["Once upon a time", "The sea", "옛날", "", "He said", "The sea", "A man of the"]


def rows(complete, batch):
    """What came out, row by row."""
    done = complete(batch)
    columns = {name: done[name].tolist() for name in done}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def test_seeds_are_those_of_the_command():
    assert row_seed(7, "a") == 3_972_474_201_176_605
    assert row_seed(2**64 - 1, "키") < 2**53


def test_a_row_gets_what_the_engine_gives_for_its_seed(engine):
    complete = Generate(key="id", seed=5, columns=ALL, **DRAWS)
    for row in rows(complete, {"id": np.arange(3), "prompt": np.array(PROMPTS[:3], object)}):
        alone = engine.generate(row["prompt"], seed=row_seed(5, str(row["id"])), **DRAWS)
        [sequence] = alone.sequences
        assert (row["text"], row["token_ids"]) == (sequence.text, sequence.token_ids.tolist())
        assert row["logprobs"] == sequence.logprobs.tolist()
        assert (row["sum_logprob"], row["finish_reason"]) == (sequence.sum_logprob, "length")
        assert row["prompt_tokens"] == len(alone.prompts[0]["token_ids"])
        assert (row["new_tokens"], row["texts"], row["error"]) == (8, [sequence.text], None)


def test_texts_depend_on_the_row_alone():
    together = Generate(key="id", seed=1, columns=ALL, **DRAWS)
    batch = [{"id": f"r{number}", "prompt": prompt} for number, prompt in enumerate(PROMPTS)]
    whole = together.complete(batch)
    assert len({row["text"] for row in whole}) == len(PROMPTS)
    apart = [
        row for one in batch for row in Generate(key="id", seed=1, columns=ALL, together=1, **DRAWS).complete([one])
    ]
    assert apart == whole
    assert together.complete(batch[::-1])[::-1] == whole
    threads = Generate(key="id", seed=1, columns=ALL, threads=1, **DRAWS)
    assert threads.complete(batch) == whole
    assert [row["text"] for row in Generate(key="id", seed=2, **DRAWS).complete(batch)] != [
        row["text"] for row in whole
    ]


def test_without_a_key_the_prompt_is_the_key():
    found = Generate(**DRAWS).complete([{"prompt": prompt} for prompt in PROMPTS])
    assert found[1] == found[5]
    assert Generate(prompt="{a} {b}", **DRAWS).complete([{"a": "The", "b": "sea"}])[0]["text"] == found[1]["text"]
    keyed = Generate(key="id", **DRAWS).complete([{"prompt": "The sea", "id": number} for number in range(2)])
    assert keyed[0]["text"] != keyed[1]["text"]


def kinds(columns):
    """The same rows as each kind of batch there is here, and how a column is read back."""
    numpy = {name: np.array(values, object) for name, values in columns.items()}
    yield "numpy", numpy, lambda done, name: done[name].tolist()
    yield "lists", columns, lambda done, name: list(done[name])
    try:
        import pandas

        yield (
            "pandas",
            pandas.DataFrame(columns, index=range(7, 7 + len(columns["id"]))),
            lambda d, name: d[name].tolist(),
        )
    except ImportError:
        print("SKIPPED: pandas is not there")
    try:
        import pyarrow

        table = pyarrow.table(columns)
        yield "table", table, lambda done, name: done.column(name).to_pylist()
        yield "record batch", table.to_batches()[0], lambda done, name: done.column(name).to_pylist()
    except ImportError:
        print("SKIPPED: pyarrow is not there")
    try:
        import polars

        yield "polars", polars.DataFrame(columns), lambda done, name: done[name].to_list()
    except ImportError:
        print("SKIPPED: polars is not there")


def test_all_kinds_of_batches_give_the_same():
    columns = {
        "id": [1, 2, 3, 4],
        "text": ["time", None, "night", "day"],
        "temperature": [0.5, 0.5, None, 1.5],
        "top_k": [None, 5, 7, None],
        "seed": [None, None, 9, None],
    }
    complete = Generate(prompt="Once upon a {text}", key="id", columns=ALL, **DRAWS)
    plain = complete.complete(
        [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    )
    assert [row["error"] is None for row in plain] == [True, False, True, True]
    seen = []
    for kind, batch, read in kinds(columns):
        done = complete(batch)
        assert type(done) is type(batch), kind
        for name in ["input_text", *complete.added]:
            values = [None if value is None or value != value else value for value in read(done, name)]
            values = [value.tolist() if isinstance(value, np.ndarray) else value for value in values]
            assert values == [row[name] for row in plain], (kind, name)
        assert len(read(done, "id")) == 4
        seen.append(kind)
    assert {"numpy", "lists"} <= set(seen)


def test_what_gives_itself_by_arrows_capsules_is_a_batch():
    pa = pytest.importorskip("pyarrow", reason="SKIPPED: pyarrow is not there")

    class Frame:
        def __arrow_c_stream__(self, schema=None):
            return pa.table({"prompt": ["Once"]}).__arrow_c_stream__(schema)

    assert Generate(max_new_tokens=2)(Frame()).column("error").to_pylist() == [None]
    for text in (pa.large_string(), pa.string_view(), pa.string(), pa.dictionary(pa.int32(), pa.string())):
        table = pa.table({"prompt": pa.array(["Once"], pa.string()).cast(text)})
        assert Generate(max_new_tokens=2)(table).num_columns == 7
    empty = pa.table({"prompt": pa.array([], pa.string())})
    assert Generate(max_new_tokens=2)(empty).schema == Generate(max_new_tokens=2)(table).schema.set(0, empty.field(0))
    batch = pa.RecordBatch.from_pylist([], schema=empty.schema)
    assert Generate(max_new_tokens=2)(batch).num_rows == 0
    with pytest.raises(TypeError, match="collect a lazy frame first"):
        Generate()(["Once"])


def test_columns_are_options_of_their_row(engine):
    batch = [
        {"prompt": "The sea", "num_beams": 3, "options": '{"num_return_sequences": 2}', "max_new_tokens": None},
        {"prompt": "The sea", "num_beams": None, "options": {"max_new_tokens": 2, "seed": 4}, "max_new_tokens": None},
        {"prompt": "The sea", "num_beams": float("nan"), "options": None, "max_new_tokens": 3.0},
        {"prompt": "The sea", "num_beams": -1, "options": None, "max_new_tokens": None},
        {"prompt": "The sea", "num_beams": None, "options": "[1]", "max_new_tokens": None},
        {"prompt": "The sea", "num_beams": 2, "options": {"num_beams": 2}, "max_new_tokens": None},
        {"prompt": "The sea", "num_beams": None, "options": {"temprature": 2}, "max_new_tokens": None},
    ]
    found = Generate(max_new_tokens=5, columns=ALL).complete(batch)
    beams = engine.generate("The sea", num_beams=3, num_return_sequences=2, max_new_tokens=5)
    assert (found[0]["texts"], found[0]["score"]) == (beams.texts, beams.sequences[0].score)
    assert [row["new_tokens"] for row in found] == [10, 2, 3, 0, 0, 0, 0]
    for row, says in zip(
        found[3:], ["num_beams must be", "JSON object", "give it once", "did you mean temperature"], strict=True
    ):
        assert says in row["error"]
    off = Generate(max_new_tokens=5, option_columns=False).complete(batch)
    assert {row["new_tokens"] for row in off} == {5}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"prompt": None, "id": 1}, "is null, and it is the prompt"),
        ({"prompt": float("nan"), "id": 1}, "is null, and it is the prompt"),
        ({"prompt": 7, "id": 1}, "must be a text or a list of token ids, got int"),
        ({"prompt": [1.5], "id": 1}, "must be a text or a list of token ids"),
        ({"prompt": [10**9], "id": 1}, "vocabulary"),
        ({"prompt": "a " * 2000, "id": 1}, "context"),
        ({"prompt": "Once", "id": None}, "is null; give the row one of its own"),
        ({"prompt": "Once", "id": 1.5}, "must be a text or an integer, got 1.5"),
        ({"prompt": "Once", "id": 1, "regex": "["}, "regex"),
    ],
)
def test_a_bad_row_has_an_error_and_stops_nothing(row, says):
    good = {"prompt": "Once upon", "id": 2}
    found = Generate(key="id", max_new_tokens=3).complete([good, row, good])
    assert found[0] == found[2]
    assert found[0]["error"] is None
    assert says in found[1]["error"]
    assert "\n" not in found[1]["error"]
    assert (found[1]["text"], found[1]["new_tokens"], found[1]["sum_logprob"]) == (None, 0, None)
    with pytest.raises(ValueError, match=r".*"):
        Generate(key="id", max_new_tokens=3, on_error="raise").complete([good, row])


def test_a_row_whose_search_fails_has_an_error():
    found = Generate(max_new_tokens=3, suppress_tokens=list(range(8192))).complete([{"prompt": "Once"}])
    assert "removed every token" in found[0]["error"]
    with pytest.raises(beamline.GenerationError):
        Generate(max_new_tokens=3, suppress_tokens=list(range(8192)), on_error="raise").complete([{"prompt": "Once"}])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"prompt": "{a"}, "written twice"),
        ({"prompt": "a}"}, "written twice"),
        ({"prompt": "{}"}, "written twice"),
        ({"prompt": "a", "messages": "b"}, "give one of them"),
        ({"seed": -1}, r"seed must be an integer in \[0, 2\^64\)"),
        ({"seed": True}, "seed must be"),
        ({"system": "Be kind."}, "chat=True"),
        ({"chat_template": "x"}, "chat=True"),
        ({"on_error": "skip"}, "on_error must be"),
        ({"date": "30.11.2026"}, "date must be a day"),
        ({"together": 0}, "together must be"),
        ({"columns": ["txt"]}, "known are text"),
        ({"columns": "text"}, "list of names"),
        ({"columns": ["text"]}, "would be silent"),
        ({"output": ""}, "output must be"),
        ({"threads": 0}, None),
        ({"temprature": 1.0}, "did you mean temperature"),
        ({"temperature": float("nan")}, "finite number"),
    ],
)
def test_wrong_arguments_are_refused_before_a_model_is_opened(arguments, says):
    if says is None:
        with pytest.raises(ValueError, match="threads must be"):
            Generate(**arguments).complete([{"prompt": "a"}])
    else:
        with pytest.raises(ValueError, match=says):
            Generate("no such model", **arguments)


def test_wrong_options_of_the_run_and_missing_columns_raise():
    with pytest.raises(ValueError, match="has no effect on greedy search"):
        Generate(temperature=0.5).complete([{"prompt": "Once"}])
    with pytest.raises(
        ValueError, match="there is no column 'prompt'; a similar one is 'prompts'; columns are prompts, id"
    ):
        Generate()({"prompts": ["Once"], "id": [1]})
    with pytest.raises(ValueError, match="there is no column 'key'"):
        Generate(key="key")({"prompt": ["Once"]})
    with pytest.raises(ValueError, match="equally long"):
        Generate()({"prompt": ["Once"], "id": [1, 2]})
    with pytest.raises(beamline.ModelError):
        Generate("no such model").complete([{"prompt": "Once"}])


def test_columns_of_the_batch_that_are_called_as_new_ones_stay():
    done = Generate(prompt="{text}", max_new_tokens=2).complete([{"text": "Once", "input_text": 1, "error": 2}])
    assert list(done[0])[:3] == ["input_input_text", "input_text", "input_error"]
    twice = Generate(prompt="{answer}", output="again", max_new_tokens=2)
    once = Generate(output="answer", max_new_tokens=2).complete([{"prompt": "Once"}])
    assert "again_error" in twice.complete(once)[0]


def test_it_pickles_small_and_works_there():
    complete = Generate(prompt="Once {text}", key="id", seed=3, **DRAWS)
    found = complete.complete([{"id": 1, "text": "upon"}])
    data = pickle.dumps(complete)
    assert len(data) < 1000
    assert pickle.loads(data).complete([{"id": 1, "text": "upon"}]) == found
    engine = beamline.Engine(threads=1)
    by_engine = Generate(engine, prompt="Once {text}", key="id", seed=3, **DRAWS)
    assert pickle.loads(pickle.dumps(by_engine)).complete([{"id": 1, "text": "upon"}]) == found
    with pytest.raises(ValueError, match="open already: threads"):
        Generate(engine, threads=2)
    assert complete.on(1).engine.threads == 1


def test_conversations_are_answered(engine):
    template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:"
    told = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello!"}]
    by_hand = engine.chat(told, template=template, max_new_tokens=4).text
    gaps = [one | {"tool_calls": None} for one in told]
    options = {"chat_template": template, "max_new_tokens": 4}
    found = Generate(messages="told", **options).complete(
        [{"told": told}, {"told": gaps}, {"told": {"messages": told}}]
    )
    assert [row["text"] for row in found] == [by_hand] * 3

    [row] = Generate(messages="told", system="Be kind.", **options).complete([{"told": json.dumps(told[1:])}])
    assert row["text"] == by_hand
    [row] = Generate(chat=True, system="Be kind.", **options).complete([{"prompt": "Hello!"}])
    assert row["text"] == by_hand
    bad = [None, "{", 7, {"a": 1}, [{"content": "Hello!"}], "[]"]
    for row in Generate(messages="told", **options).complete([{"told": one} for one in bad]):
        assert row["error"], row
    [row] = Generate(messages="told", system="x", **options).complete([{"told": told}])
    assert "system message already" in row["error"]
    [row] = Generate(chat=True, max_new_tokens=4).complete([{"prompt": "Hello!"}])
    assert "chat template" in row["error"]


def test_templates_are_those_of_the_command():
    row = {"글": "안녕 {b}", "n": 3, "list": [1, "a"], "half": 0.5, "yes": True}
    assert Template("{글}|{n}|{ list }|{{글}}|{half}|{yes}").fill(row) == '안녕 {b}|3|[1,"a"]|{글}|0.5|true'
    for wrong in ["{", "}", "a } b", "{}", "{ }", "{a", "{{a}", "{a{b}}", "{a}}"]:
        with pytest.raises(ValueError, match="written twice"):
            Template(wrong)


def test_what_frames_have_for_null_is_null():
    pandas = pytest.importorskip("pandas")
    complete = Generate(prompt="{text}", key="id", **DRAWS)
    frame = pandas.DataFrame(
        {
            "id": ["a", "b"],
            "text": pandas.array(["The sea", pandas.NA], "string"),
            "top_k": pandas.array([pandas.NA, 5], "Int64"),
            "options": [pandas.NaT, pandas.NA],
        }
    )
    expected = complete({"id": ["a"], "text": ["The sea"]})["text"][0]
    for batch in (frame, {name: frame[name].to_numpy(object) for name in frame}):
        done = complete(batch)
        assert list(done["text"]) == [expected, None]
        assert list(done["error"]) == [None, "the column 'text' is null, and the prompt needs it"]
