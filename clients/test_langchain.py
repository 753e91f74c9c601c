"""LangChain's ChatOpenAI and OpenAI."""

import asyncio

import pytest
from pydantic import BaseModel, ConfigDict


class Animal(BaseModel):
    """An animal."""

    model_config = ConfigDict(extra="forbid")
    wild: bool


@pytest.fixture
def chat(chatty):
    from langchain_openai import ChatOpenAI

    return ChatOpenAI(
        model="storyteller", base_url=chatty.v1, api_key="none", temperature=0, max_tokens=10, max_retries=0,
        use_responses_api=False,
    )


def test_a_chat(chat):
    answer = chat.invoke("Tell me of the sea.")
    assert answer.content and answer.usage_metadata["output_tokens"] == 10
    assert answer.response_metadata["finish_reason"] == "length"
    pieces = list(chat.stream("Tell me of the sea."))
    assert "".join(piece.content for piece in pieces) == answer.content


def test_numbers_and_batches(chat):
    numbers = chat.bind(logprobs=True, top_logprobs=2).invoke("Tell me of the sea.")
    assert len(numbers.response_metadata["logprobs"]["content"]) == 10
    asked = ["Tell me of the sea.", "Tell me of a dog.", "Who is there?"]
    assert [a.content for a in chat.batch(asked)] == [chat.invoke(one).content for one in asked]

    async def streamed():
        return "".join([piece.content async for piece in chat.astream(asked[0])])

    assert asyncio.run(streamed()) == chat.invoke(asked[0]).content


def test_structured_output(chat):
    chat.max_tokens = 60
    answer = chat.with_structured_output(Animal, method="json_schema").invoke("An animal")
    assert isinstance(answer, Animal)


def test_completions(plain, stories):
    from langchain_openai import OpenAI

    model = OpenAI(model=stories, base_url=plain.v1, api_key="none", max_retries=0, max_tokens=8, temperature=0)
    text = model.invoke("Once upon a time")
    assert text and "".join(model.stream("Once upon a time")) == text
    drawn = OpenAI(model=stories, base_url=plain.v1, api_key="none", max_retries=0, max_tokens=8, n=2, best_of=2)
    assert len(drawn.generate(["Once upon a time", "The sea"]).generations[1]) == 2
