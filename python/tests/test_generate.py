"""Texts and numbers are those of the command, to the bit."""

import asyncio

import numpy as np
import pytest

import beamline

WAYS = [
    ({"max_new_tokens": 8}, []),
    ({"num_beams": 4, "max_new_tokens": 8, "num_return_sequences": 2}, []),
    (
        {
            "do_sample": True,
            "seed": 3,
            "top_p": 0.9,
            "temperature": 0.8,
            "max_new_tokens": 8,
            "num_return_sequences": 3,
        },
        [],
    ),
    ({"penalty_alpha": 0.6, "top_k": 4, "max_new_tokens": 6}, []),
    ({"exact_search": True, "max_new_tokens": 3}, []),
    ({"do_sample": True, "best_of": 4, "seed": 1, "max_new_tokens": 5}, []),
    ({"stop_strings": ["little"], "max_new_tokens": 12}, []),
    ({"regex": "[a-z ]+", "max_new_tokens": 5}, []),
]


def flags(options):
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            yield flag
        elif isinstance(value, list):
            yield from (part for one in value for part in (flag, str(one)))
        else:
            yield f"{flag}={value}"


@pytest.mark.parametrize("options", [way for way, _ in WAYS])
@pytest.mark.parametrize("prompts", [["Once upon a time"], ["The sea", "옛날 옛적에", "A"]])
def test_python_says_what_the_command_says(engine, command, options, prompts):
    said = command("generate", *(part for prompt in prompts for part in ("--prompt", prompt)), *flags(options))
    here = engine.generate(prompts, **options)
    assert here.to_dict()["sequences"] == said["sequences"]
    for sequence, theirs in zip(here.sequences, said["sequences"], strict=True):
        assert sequence.text == theirs["text"]
        assert sequence.token_ids.tolist() == theirs["token_ids"]
        assert sequence.logprobs.tolist() == [token["logprob"] for token in theirs["tokens"]]
        assert sequence.logprobs_processed.tolist() == [token["logprob_processed"] for token in theirs["tokens"]]
        assert sequence.ranks.tolist() == [token["rank"] for token in theirs["tokens"]]
        assert sequence.entropies.tolist() == [token["entropy"] for token in theirs["tokens"]]


@pytest.mark.parametrize("options", [way for way, _ in WAYS])
def test_a_stream_joined_is_the_whole(engine, options):
    prompts = ["Once upon a time", "옛날"]
    whole = engine.generate(prompts, **options)
    stream = engine.stream(prompts, **options)
    texts: dict[tuple[int, int], str] = {}
    for news in stream:
        texts[news.prompt, news.sequence] = texts.get((news.prompt, news.sequence), "") + news.text
    assert [texts.get((one.prompt, one.rank), "") for one in whole.sequences] == whole.texts
    assert stream.completion.to_dict()["sequences"] == whole.to_dict()["sequences"]


def test_a_stream_can_be_awaited(engine):
    async def joined():
        return "".join([news.text async for news in engine.stream("Once upon a time", max_new_tokens=6)])

    assert asyncio.run(joined()) == engine.generate("Once upon a time", max_new_tokens=6).text


def test_prompts_may_be_texts_ids_arrays_and_lists_of_them(engine):
    ids = engine.tokenizer.encode("Once upon a time")
    text = engine.generate("Once upon a time", max_new_tokens=4).text
    for prompt in (ids, ids.tolist(), [ids.tolist()], np.stack([ids]), ["Once upon a time"], tuple(ids.tolist())):
        assert engine.generate(prompt, max_new_tokens=4).texts == [text]
    assert engine.generate([ids, "Once upon a time"], max_new_tokens=4).texts == [text, text]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"top_p": 1.5, "do_sample": True}, r"top_p must be in \[0, 1\], got 1.5"),
        ({"temprature": 1.0}, "did you mean temperature"),
        ({"temperature": 0.5}, "temperature has no effect on greedy search"),
        ({"temperature": float("nan")}, "temperature must be a finite number"),
        ({"max_new_tokens": -1}, "max_new_tokens"),
        ({"max_new_tokens": "many"}, "max_new_tokens"),
        ({"eos_token_id": [99999]}, "eos_token_id 99999 is beyond the vocabulary"),
        ({"num_beams": 2, "num_return_sequences": 3}, "num_return_sequences"),
    ],
)
def test_wrong_options_raise_in_the_registrys_words(engine, options, says):
    with pytest.raises(ValueError, match=says):
        engine.generate("Once", **options)


@pytest.mark.parametrize(
    ("prompt", "error"),
    [
        ([], ValueError),
        ("", None),
        ([[]], None),
        ([1.5], TypeError),
        ([True], TypeError),
        (b"Once", TypeError),
        (None, TypeError),
        (7, TypeError),
        ({"prompt": 1}, TypeError),
        ([8192], ValueError),
        ([-1], ValueError),
        ([2**40], ValueError),
        ("a " * 2000, ValueError),
    ],
)
def test_prompts_that_are_none_are_refused(engine, prompt, error):
    if error is None:
        assert len(engine.generate(prompt, max_new_tokens=2).sequences) == 1
    else:
        with pytest.raises(error):
            engine.generate(prompt, max_new_tokens=2)


def test_models_that_are_none_are_refused(tmp_path):
    with pytest.raises(beamline.ModelError, match="no such file or folder"):
        beamline.Engine(tmp_path / "nothing.gguf")
    (tmp_path / "bad.gguf").write_bytes(b"GGUFx")
    with pytest.raises(beamline.ModelError):
        beamline.Engine(tmp_path / "bad.gguf")
    with pytest.raises(ValueError, match="threads must be in"):
        beamline.Engine(threads=0)
    with pytest.raises(ValueError, match="dtype|format"):
        beamline.Engine(dtype="q9")


def test_numbers_do_not_depend_on_how_the_model_is_held():
    options = {"do_sample": True, "seed": 5, "max_new_tokens": 8}
    texts = {
        tuple(beamline.Engine(threads=threads, mapped=mapped).generate("Once", **options).sequences[0].logprobs)
        for threads in (1, 2, 3)
        for mapped in (True, False)
    }
    assert len(texts) == 1


def test_a_models_tokenizer(engine):
    tokenizer = engine.tokenizer
    text = "안녕하세요, <b>world</b>\n"
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert [list(ids) for ids in tokenizer.encode_many([text, "a"])] == [
        list(tokenizer.encode(one)) for one in (text, "a")
    ]
    assert b"".join(tokenizer.token_bytes(token) for token in tokenizer.encode(text)).decode() == text
    assert tokenizer.decode(tokenizer.id_of(" the")) == " the"
    with pytest.raises(ValueError, match="beyond the vocabulary"):
        tokenizer.decode([len(tokenizer)])
    with pytest.raises(ValueError, match="no token is"):
        tokenizer.id_of("no such token at all")


def test_chat_needs_a_template_and_takes_one(engine):
    messages = [{"role": "user", "content": "Hello!"}]
    with pytest.raises(ValueError, match="chat template"):
        engine.chat(messages, max_new_tokens=2)
    template = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:"
    text, ids = engine.chat_prompt(messages, template=template)
    assert text == "user: Hello!\nassistant:"
    answer = engine.chat(messages, template=template, max_new_tokens=4)
    assert answer.text == engine.generate(ids, max_new_tokens=4).text
