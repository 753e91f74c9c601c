"""What `openai` raises: the class by the status, and a message that names the field."""

import openai
import pytest


@pytest.fixture(scope="module")
def client(plain):
    with openai.OpenAI(base_url=plain.v1, api_key="none", max_retries=0) as client:
        yield client


def raised(kind, ask):
    with pytest.raises(kind) as error:
        ask()
    return error.value


def test_what_no_field_may_be(client, stories):
    for wrong, field in [
        ({"max_tokens": -1}, "max_tokens"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"temperature": -1}, "temperature"),
        ({"top_p": 2}, "top_p"),
        ({"n": 0}, "n"),
        ({"n": 100_000}, "n"),
        ({"logit_bias": {"a": 1}}, "logit_bias"),
        ({"logit_bias": {"1": 1000}}, "logit_bias"),
        ({"suffix": "the end"}, "suffix"),
        ({"logprobs": 10**12, "max_tokens": 2000}, "logprobs"),
        ({"extra_body": {"temprature": 1}}, "temprature"),
    ]:
        fields = {"model": stories, "prompt": "a", **wrong}
        error = raised(openai.BadRequestError, lambda: client.completions.create(**fields))
        assert field in error.body["message"], error.body
        assert error.status_code == 400 and error.type == "invalid_request_error"
        assert "\n" not in error.body["message"]


def test_another_model(client):
    error = raised(openai.NotFoundError, lambda: client.completions.create(model="gpt-9", prompt="a"))
    assert error.param == "model" and "gpt-9" in error.body["message"]
    raised(openai.NotFoundError, lambda: client.models.retrieve("gpt-9"))
    raised(openai.NotFoundError, lambda: client.models.retrieve("a/b/c%2f../d e"))


def test_no_template(client, stories):
    messages = [{"role": "user", "content": "hello"}]
    error = raised(
        openai.BadRequestError, lambda: client.chat.completions.create(model=stories, messages=messages)
    )
    assert "template" in error.body["message"]


def test_what_models_here_cannot(chatty):
    with openai.OpenAI(base_url=chatty.v1, api_key="none", max_retries=0) as client:

        def asked(content="hello", **fields):
            messages = [{"role": "user", "content": content}]
            return lambda: client.chat.completions.create(model="storyteller", messages=messages, **fields)

        image = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]
        tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
        assert "text" in raised(openai.BadRequestError, asked(image)).body["message"]
        assert "tools" in raised(openai.BadRequestError, asked(tools=[tool])).body["message"]
        assert "logprobs" in raised(openai.BadRequestError, asked(top_logprobs=3)).body["message"]
        schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "nonsense"}}}
        raised(openai.BadRequestError, asked(response_format=schema))
        raised(openai.BadRequestError, asked(response_format=schema, stream=True))
        raised(openai.NotFoundError, lambda: client.embeddings.create(model="storyteller", input="a"))


def test_keys(keyed):
    for key in ["none", "sesam", "sesame1"]:
        with openai.OpenAI(base_url=keyed.v1, api_key=key, max_retries=0) as client:
            raised(openai.AuthenticationError, client.models.list)
    with openai.OpenAI(base_url=keyed.v1, api_key="sesame", max_retries=0) as client:
        assert client.models.list().data


def test_an_error_in_mid_stream_is_raised(client, stories):
    # From the second token on no token is left.
    body = {"suppress_tokens": list(range(0, 100_000))}
    raised(openai.BadRequestError, lambda: client.completions.create(model=stories, prompt="a", extra_body=body))
