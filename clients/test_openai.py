"""The client `openai`: every answer must be what its own types say, strictly."""

import json
import math

import openai
import pytest
from openai.types import Completion
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import BaseModel, ConfigDict

PROMPT = "Once upon a time there was a little"
ASKED = [{"role": "user", "content": "Tell me of the sea."}]


def strictly(kind, answer):
    """Reads an answer again, strictly: no value may be of another type than the client says."""
    kind.model_validate_json(answer.model_dump_json(), strict=True)
    return answer


@pytest.fixture(scope="module")
def client(plain):
    with openai.OpenAI(base_url=plain.v1, api_key="none", max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def chat(chatty):
    with openai.OpenAI(base_url=chatty.v1, api_key="none", max_retries=0) as client:
        yield client


def complete(client, stories, **fields):
    fields = {"prompt": PROMPT, "max_tokens": 12, "temperature": 0, **fields}
    return client.completions.create(model=stories, **fields)


def test_models(client, chat, stories):
    assert [model.id for model in client.models.list()] == [stories]
    assert client.models.retrieve(stories).object == "model"
    assert [model.id for model in chat.models.list()] == ["storyteller"]


def test_a_completion(client, stories):
    answer = strictly(Completion, complete(client, stories))
    (choice,) = answer.choices
    assert answer.model == stories and answer.object == "text_completion"
    assert choice.text and choice.finish_reason == "length" and choice.logprobs is None
    assert answer.usage.completion_tokens == 12
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + 12


def test_a_stream_is_the_same_text(client, stories):
    whole = complete(client, stories, logprobs=3)
    pieces = list(complete(client, stories, logprobs=3, stream=True, stream_options={"include_usage": True}))
    for piece in pieces:
        Completion.model_construct(**piece.model_dump())
    told = [choice for piece in pieces for choice in piece.choices]
    assert "".join(choice.text for choice in told) == whole.choices[0].text
    assert [n for choice in told for n in choice.logprobs.token_logprobs] == whole.choices[0].logprobs.token_logprobs
    assert [n for choice in told for n in choice.logprobs.text_offset] == whole.choices[0].logprobs.text_offset
    assert [choice.finish_reason for choice in told][-1] == "length"
    assert pieces[-1].choices == [] and pieces[-1].usage.model_dump() == whole.usage.model_dump() | {
        "prompt_tokens_details": pieces[-1].usage.prompt_tokens_details.model_dump()
    }
    assert all(piece.usage is None for piece in pieces[:-1])


def test_prompts_of_every_kind(client, stories, plain):
    texts = complete(client, stories, prompt=[PROMPT, "The sea was"], n=2, temperature=1, seed=3)
    assert [choice.index for choice in texts.choices] == [0, 1, 2, 3]
    alone = complete(client, stories, prompt="The sea was", n=2, temperature=1, seed=3)
    again = complete(client, stories, prompt=["The sea was"], n=2, temperature=1, seed=3)
    assert [choice.text for choice in alone.choices] == [choice.text for choice in again.choices]
    assert complete(client, stories, prompt=[[5, 6, 7], [8]]).usage.prompt_tokens >= 4
    assert complete(client, stories, prompt=[5, 6, 7]).choices[0].text == complete(
        client, stories, prompt=[[5, 6, 7]]
    ).choices[0].text


def test_logprobs_and_echo(client, stories):
    # Not read strictly: the first token follows nothing, so its number is null, as OpenAI has it; the client's types forgot.
    numbers = complete(client, stories, logprobs=5, echo=True, max_tokens=3).choices[0]
    lp = numbers.logprobs
    assert numbers.text.startswith(PROMPT)
    assert lp.token_logprobs[0] is None and lp.top_logprobs[0] is None
    assert len(lp.tokens) == len(lp.token_logprobs) == len(lp.top_logprobs) == len(lp.text_offset)
    assert all(n <= 0 for n in lp.token_logprobs[1:])
    # Greedy: each new token's number is the best of those beside it, to the bit.
    assert all(max(top.values()) == n for n, top in list(zip(lp.token_logprobs, lp.top_logprobs))[-3:])
    assert all(5 <= len(top) <= 6 for top in lp.top_logprobs[1:])
    assert lp.text_offset == sorted(lp.text_offset) and lp.text_offset[0] == 0
    given = complete(client, stories, logprobs=0, echo=True, max_tokens=0).choices[0]
    assert given.text == PROMPT and given.logprobs.token_logprobs == lp.token_logprobs[:-3]


def test_seeds(client, stories):
    def drawn(seed, **more):
        return [c.text for c in complete(client, stories, temperature=1, seed=seed, n=3, **more).choices]

    assert drawn(1) == drawn(1) != drawn(2)
    assert len(set(drawn(1))) == 3
    streamed = {}
    for piece in complete(client, stories, temperature=1, seed=1, n=3, stream=True):
        for choice in piece.choices:
            streamed[choice.index] = streamed.get(choice.index, "") + choice.text
    assert [streamed[i] for i in range(3)] == drawn(1)


def test_stop_and_bias(client, stories):
    whole = complete(client, stories, max_tokens=40).choices[0].text
    end = whole[10:13]
    cut = complete(client, stories, max_tokens=40, stop=[end]).choices[0]
    assert cut.finish_reason == "stop" and cut.text == whole[: whole.index(end)]
    first = complete(client, stories, max_tokens=1, logprobs=1)
    streamed = "".join(p.choices[0].text for p in complete(client, stories, max_tokens=40, stop=end, stream=True))
    assert streamed == cut.text
    token = complete(client, stories, max_tokens=1, logprobs=0, extra_body={"return_tokens_as_token_ids": True})
    banned = token.choices[0].logprobs.tokens[0].removeprefix("token_id:")
    assert complete(client, stories, max_tokens=1, logit_bias={banned: -100}).choices[0].text != first.choices[0].text


def test_beams_and_best_of(client, stories):
    beams = complete(client, stories, n=3, temperature=None, extra_body={"num_beams": 4}, logprobs=0).choices
    assert len({choice.text for choice in beams}) == 3
    vllm = complete(client, stories, n=3, best_of=4, temperature=None, extra_body={"use_beam_search": True})
    assert [choice.text for choice in vllm.choices] == [choice.text for choice in beams]
    best = complete(client, stories, temperature=1, best_of=4, n=2, seed=1)
    assert len(best.choices) == 2


def test_a_chat(chat):
    answer = chat.chat.completions.create(
        model="storyteller", messages=ASKED, max_tokens=10, temperature=0, logprobs=True, top_logprobs=4
    )
    strictly(ChatCompletion, answer)
    (choice,) = answer.choices
    assert choice.message.role == "assistant" and choice.message.content
    assert len(choice.logprobs.content) == answer.usage.completion_tokens
    for token in choice.logprobs.content:
        assert token.logprob <= 0 and len(token.top_logprobs) == 4
        assert bytes(token.bytes).decode(errors="replace") is not None
        assert math.isclose(max(t.logprob for t in token.top_logprobs), token.logprob, rel_tol=0, abs_tol=0)
    spoken = b"".join(bytes(token.bytes) for token in choice.logprobs.content).decode()
    assert spoken.strip().startswith(choice.message.content.strip())


def test_a_chat_streamed(chat):
    asked = dict(model="storyteller", messages=ASKED, max_completion_tokens=12, temperature=1, seed=5, n=2)
    whole = chat.chat.completions.create(**asked)
    texts, roles, ends = {}, set(), {}
    for piece in chat.chat.completions.create(stream=True, stream_options={"include_usage": True}, **asked):
        strictly(ChatCompletionChunk, piece)
        for choice in piece.choices:
            texts[choice.index] = texts.get(choice.index, "") + (choice.delta.content or "")
            roles |= {choice.delta.role} - {None}
            ends[choice.index] = choice.finish_reason or ends.get(choice.index)
        usage = piece.usage
    assert [texts[i] for i in range(2)] == [choice.message.content for choice in whole.choices]
    assert [ends[i] for i in range(2)] == [choice.finish_reason for choice in whole.choices]
    assert roles == {"assistant"} and usage.completion_tokens == whole.usage.completion_tokens


def test_the_stream_helper(chat):
    # A text that reached max_tokens would be an error to this helper.
    asked = dict(model="storyteller", messages=ASKED, max_tokens=200, seed=1, stop=["e"])
    with chat.chat.completions.stream(**asked) as stream:
        words = [event.delta for event in stream if event.type == "content.delta"]
        assert "".join(words) == stream.get_final_completion().choices[0].message.content


def test_content_parts(chat):
    parts = [{"role": "user", "content": [{"type": "text", "text": "Tell me of the sea."}]}]
    asked = dict(model="storyteller", max_tokens=5, temperature=0)
    one = chat.chat.completions.create(messages=ASKED, **asked)
    other = chat.chat.completions.create(messages=parts, **asked)
    assert one.choices[0].message.content == other.choices[0].message.content


class Animal(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    name: str
    legs: int
    wild: bool


def test_a_schema(chat):
    schema = Animal.model_json_schema()
    # Bounds, so that a small model comes to an end.
    schema["properties"]["name"]["maxLength"] = 12
    schema["properties"]["legs"] |= {"minimum": 0, "maximum": 100}
    form = {"type": "json_schema", "json_schema": {"name": "animal", "strict": True, "schema": schema}}
    asked = dict(model="storyteller", messages=ASKED, max_tokens=80, temperature=1, seed=2)
    answer = chat.chat.completions.create(response_format=form, **asked)
    assert answer.choices[0].finish_reason == "stop"
    Animal.model_validate_json(answer.choices[0].message.content)
    streamed = chat.chat.completions.create(response_format=form, stream=True, **asked)
    assert "".join(p.choices[0].delta.content or "" for p in streamed) == answer.choices[0].message.content


class Choice(BaseModel):
    model_config = ConfigDict(extra="forbid")
    wild: bool


def test_parse(chat):
    answer = chat.chat.completions.parse(
        model="storyteller", messages=ASKED, max_tokens=60, temperature=0, response_format=Choice
    )
    assert isinstance(answer.choices[0].message.parsed, Choice)


def test_a_json_object(chat):
    answer = chat.chat.completions.create(
        model="storyteller", messages=ASKED, max_tokens=8, temperature=0, response_format={"type": "json_object"}
    )
    text = answer.choices[0].message.content
    assert text.lstrip().startswith("{")
    if answer.choices[0].finish_reason == "stop":
        assert isinstance(json.loads(text), dict)


async def both(base, stories):
    async with openai.AsyncOpenAI(base_url=base, api_key="none", max_retries=0) as client:
        import asyncio

        asked = dict(model=stories, max_tokens=8, temperature=0)
        prompts = [PROMPT, "The sea was", "A dog", "She said"]
        whole = await asyncio.gather(*(client.completions.create(prompt=prompt, **asked) for prompt in prompts))
        alone = [(await client.completions.create(prompt=prompt, **asked)).choices[0].text for prompt in prompts]
        assert [answer.choices[0].text for answer in whole] == alone
        text = ""
        async for piece in await client.completions.create(prompt=PROMPT, stream=True, **asked):
            text += piece.choices[0].text
        assert text == alone[0]


def test_async(plain, stories):
    import asyncio

    asyncio.run(both(plain.v1, stories))
