"""`llm`, with its model of OpenAI's form: set up as its pages say, in a folder of the test's own."""

import sqlite3

import pytest

YAML = """
- model_id: teller
  model_name: storyteller
  api_base: {chatty}
  supports_schema: true
- model_id: plain
  model_name: {name}
  api_base: {plain}
  completion: true
"""


@pytest.fixture
def run(chatty, plain, stories, tmp_path, monkeypatch):
    from click.testing import CliRunner

    monkeypatch.setenv("LLM_USER_PATH", str(tmp_path))
    yaml = YAML.format(chatty=chatty.v1, plain=plain.v1, name=stories)
    (tmp_path / "extra-openai-models.yaml").write_text(yaml)
    from llm.cli import cli

    def run(*words):
        result = CliRunner().invoke(cli, list(words), catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_a_prompt_streams(run, tmp_path):
    one = run("-m", "teller", "Tell me of the sea.", "-o", "max_tokens", "12", "-o", "seed", "1")
    other = run("-m", "teller", "Tell me of the sea.", "-o", "max_tokens", "12", "-o", "seed", "1", "--no-stream")
    assert one == other and one.strip()
    rows = sqlite3.connect(tmp_path / "logs.db").execute("select input_tokens, output_tokens from turns").fetchall()
    assert len(rows) == 2 and all(read > 0 and written == 12 for read, written in rows), rows


def test_it_goes_on(run):
    run("-m", "teller", "Tell me of the sea.", "-o", "max_tokens", "5", "-o", "temperature", "0")
    assert run("-c", "And then?", "-o", "max_tokens", "5", "-o", "temperature", "0").strip()


def test_a_completion(run):
    text = run("-m", "plain", "Once upon a time", "-o", "max_tokens", "8", "-o", "temperature", "0")
    assert text.strip()


def test_a_schema(run):
    import json

    text = run("-m", "teller", "An animal", "--schema", '{"type":"object","properties":{"wild":{"type":"boolean"}},'
               '"required":["wild"],"additionalProperties":false}', "-o", "max_tokens", "60", "-o", "temperature", "0")
    assert isinstance(json.loads(text)["wild"], bool)
