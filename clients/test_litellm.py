"""`litellm`: chats and completions of OpenAI's form, its errors and its streams."""

import asyncio

import pytest


@pytest.fixture(scope="module")
def litellm():
    import os

    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm

    litellm.telemetry = False
    return litellm


def chat(server, **fields):
    messages = [{"role": "user", "content": "Tell me of the sea."}]
    at = dict(model="openai/storyteller", api_base=server.v1, api_key="none", messages=messages)
    return at | {"max_tokens": 10, "temperature": 0, "max_retries": 0} | fields


def test_a_chat(litellm, chatty):
    answer = litellm.completion(**chat(chatty, logprobs=True, top_logprobs=2))
    choice = answer.choices[0]
    assert choice.message.content and choice.finish_reason == "length"
    assert len(choice.logprobs.content) == answer.usage.completion_tokens == 10
    pieces = list(litellm.completion(**chat(chatty, stream=True, stream_options={"include_usage": True})))
    assert "".join(p.choices[0].delta.content or "" for p in pieces if p.choices) == choice.message.content
    whole = litellm.stream_chunk_builder(pieces)
    assert whole.choices[0].message.content == choice.message.content
    assert whole.usage.completion_tokens == 10


def test_async(litellm, chatty):
    async def one():
        stream = await litellm.acompletion(**chat(chatty, stream=True))
        return "".join([piece.choices[0].delta.content or "" async for piece in stream])

    assert asyncio.run(one()) == litellm.completion(**chat(chatty)).choices[0].message.content


def test_a_completion(litellm, plain, stories):
    at = dict(model="text-completion-openai/" + stories, api_base=plain.v1, api_key="none", max_retries=0)
    answer = litellm.text_completion(prompt="Once upon a time", max_tokens=8, temperature=0, logprobs=2, **at)
    assert answer.choices[0].text and len(answer.choices[0].logprobs.tokens) == 8
    many = litellm.text_completion(prompt=["Once", "Twice"], max_tokens=4, n=2, seed=1, **at)
    assert len(many.choices) == 4


def test_errors(litellm, chatty):
    with pytest.raises(litellm.BadRequestError):
        litellm.completion(**chat(chatty, temperature=-1))
    with pytest.raises(litellm.NotFoundError):
        litellm.completion(**chat(chatty, model="openai/gpt-9"))
