"""The real ``llm``, with the plug-in installed: in a folder of the test's own."""

import json
import sqlite3
import subprocess
import sys

import pytest
from click.testing import CliRunner

import beamline


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("LLM_USER_PATH", str(tmp_path))
    from llm.cli import cli

    def run(*words, code=0):
        result = CliRunner().invoke(cli, list(words))
        assert result.exit_code == code, result.output
        return result.output

    return run


def turn(folder):
    """The last turn of the log."""
    rows = sqlite3.connect(folder / "logs.db").execute(
        "select input_tokens, output_tokens, response_json from turns order by rowid desc limit 1"
    )
    [(read, written, numbers)] = rows.fetchall()
    return read, written, json.loads(numbers)


def test_llm_knows_it():
    listed = subprocess.run([sys.executable, "-m", "llm", "plugins"], capture_output=True, text=True, check=True).stdout
    assert "llm-beamline" in listed


def test_a_prompt_is_continued_as_the_engine_continues_it(run, tmp_path):
    expected = beamline.generate("Once upon a time", max_new_tokens=8)
    for way in ([], ["--no-stream"]):
        text = run("-m", "beamline", "Once upon a time", "-o", "max_new_tokens", "8", *way)
        assert text.rstrip("\n") == expected.text
        read, written, numbers = turn(tmp_path)
        assert (read, written) == (expected.usage["prompt_tokens"], 8)
        best = expected.sequences[0]
        assert [token["logprob"] for token in numbers["tokens"]] == best.logprobs.tolist()
        assert [token["id"] for token in numbers["tokens"]] == best.token_ids.tolist()
        assert (numbers["finish_reason"], numbers["options"]) == ("length", {"max_new_tokens": 8})


def test_it_streams(run):
    import llm

    response = llm.get_model("beamline").prompt("Once upon a time", max_new_tokens=8)
    pieces = list(response)
    assert len(pieces) > 3
    assert "".join(pieces) == beamline.generate("Once upon a time", max_new_tokens=8).text


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["do_sample", "true", "temperature", "0.8", "seed", "7"], {"do_sample": True, "temperature": 0.8, "seed": 7}),
        (["num_beams", "3"], {"num_beams": 3}),
        (["stop_strings", '["the"]'], {"stop_strings": ["the"]}),
        (["regex", "[a-z ]+"], {"regex": "[a-z ]+"}),
    ],
)
def test_options_are_the_engines(run, words, options):
    flags = [part for name, value in zip(words[::2], words[1::2], strict=True) for part in ("-o", name, value)]
    text = run("-m", "beamline", "Once upon a time", "-o", "max_new_tokens", "9", *flags)
    assert text.rstrip("\n") == beamline.generate("Once upon a time", max_new_tokens=9, **options).text.rstrip("\n")


def test_wrong_options_are_refused_in_the_engines_words(run):
    assert "top_p must be in [0, 1], got 3" in run(
        "-m", "beamline", "Once", "-o", "top_p", "3", "-o", "do_sample", "true", code=1
    )
    assert "has no effect on greedy search" in run("-m", "beamline", "Once", "-o", "temperature", "0.5", code=1)
    assert "temprature" in run("-m", "beamline", "Once", "-o", "temprature", "1", code=1)
    assert "top_p" in run("models", "--options", "-m", "beamline")


def test_a_schema_gives_json(run):
    schema = {
        "type": "object",
        "properties": {"wild": {"type": "boolean"}},
        "required": ["wild"],
        "additionalProperties": False,
    }
    text = run("-m", "beamline", "An animal", "--schema", json.dumps(schema), "-o", "max_new_tokens", "60")
    assert isinstance(json.loads(text)["wild"], bool)


def test_a_conversation_goes_on(run, tmp_path):
    first = run("-m", "beamline", "Once upon a time", "-o", "max_new_tokens", "5").rstrip("\n")
    run("-c", "And then", "-o", "max_new_tokens", "5")
    said = "\n".join(["Once upon a time", first, "And then"])
    assert turn(tmp_path)[0] == len(beamline.Engine.shared().tokenizer.encode(said))


def test_models_are_added_and_forgotten(run, tmp_path):
    assert "no such file or folder" in run("beamline", "add", "nothing.gguf", code=1)
    added = run("beamline", "add", "builtin", "--name", "small")
    assert added.startswith("beamline/small: Engine('builtin'")
    assert run("beamline", "list") == "beamline/small: builtin\n"
    assert "beamline/small" in run("models")
    assert run("-m", "beamline/small", "Once", "-o", "max_new_tokens", "3").strip()
    run("beamline", "remove", "small")
    assert "beamline/small" not in run("models")
    assert "there is no model 'small'" in run("beamline", "remove", "small", code=1)
    (tmp_path / "beamline-models.json").write_text("[")
    assert "mend it, or remove it" in run("beamline", "list", code=1)
