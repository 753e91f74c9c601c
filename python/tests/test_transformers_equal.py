"""transformers' face beside transformers itself, on the same weights: tokens, scores, draws and where they leave the stream."""

import random
import subprocess
import sys
import warnings

import pytest

from beamline import notices
from beamline import transformers as bt

TEXTS = ["the man said that", "안녕하세요", "of her", "he was in it and"]


@pytest.fixture(scope="module")
def torch():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("torch", reason="SKIPPED: torch is not there to compare with")


@pytest.fixture(scope="module")
def hf(torch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pytest.importorskip("transformers", reason="SKIPPED: transformers is not there to compare with")
        found.AutoModelForCausalLM, found.AutoTokenizer  # noqa: B018 - imports what they need now
    found.logging.set_verbosity_error()
    found.logging.disable_progress_bar()
    return found


@pytest.fixture(scope="module")
def both(hf, folder):
    """Tokenizers and models: theirs, then ours."""
    found = []
    for of in (hf, bt):
        tokenizer = of.AutoTokenizer.from_pretrained(folder)
        tokenizer.pad_token = tokenizer.eos_token
        tokenizer.padding_side = "left"
        found.append((tokenizer, of.AutoModelForCausalLM.from_pretrained(folder)))
    return found


@pytest.fixture(autouse=True)
def tensors_are_torchs(monkeypatch):
    monkeypatch.delitem(sys.modules, "beamline.torch", raising=False)
    notices.forget()


def option_sets():
    """Options of 200 calls, drawn once and for all."""
    rng = random.Random(1)
    for number in range(200):
        beams, sample = rng.choice([1, 1, 1, 2, 3, 5]), rng.random() < 0.55
        options = {"max_new_tokens": rng.choice([1, 5, 12, 20]), "do_sample": sample}
        if beams > 1:
            options |= {"num_beams": beams, "num_return_sequences": rng.randint(1, beams)}
            options |= {
                "length_penalty": rng.choice([0.0, 0.5, 1.0, 2.0]),
                "early_stopping": rng.choice([False, True, "never"]),
            }
        elif sample:
            options["num_return_sequences"] = rng.randint(1, 3)
        some = {"repetition_penalty": [1.2, 0.8], "no_repeat_ngram_size": [2, 3], "min_new_tokens": [3, 8]}
        some |= {"bad_words_ids": [[[40], [41, 42]]], "renormalize_logits": [True]}
        if sample:
            some |= {"temperature": [0.5, 0.7, 1.5, 2.0], "top_k": [0, 5, 50], "top_p": [0.3, 0.9], "min_p": [0.05]}
            some |= {"typical_p": [0.5, 0.9], "epsilon_cutoff": [1e-3]}
        options |= {name: rng.choice(values) for name, values in some.items() if rng.random() < 0.25}
        yield number, options, rng.choice([1, 1, 2, 4])


@pytest.mark.filterwarnings("ignore:Unfeasible length constraints")
@pytest.mark.parametrize("part", range(8))
def test_tokens_scores_and_draws_are_transformers(torch, both, part):
    (tokenizer, theirs), (_, ours) = both
    detailed = {"return_dict_in_generate": True, "output_scores": True, "output_logits": True}
    for number, options, rows in list(option_sets())[part::8]:
        inputs = tokenizer(TEXTS[:rows] if rows > 1 else TEXTS[number % 4], padding=rows > 1, return_tensors="pt")
        inputs = {name: inputs[name] for name in ("input_ids", "attention_mask")}
        found = []
        for model in (theirs, ours):
            torch.manual_seed(number)
            output = model.generate(**inputs, **options, **detailed)
            found.append((output, torch.get_rng_state()))
        (expected, stream), (output, left) = found
        assert output.sequences.tolist() == expected.sequences.tolist(), options
        assert torch.equal(left, stream), options
        assert len(output.scores) == len(expected.scores), options
        beams = "num_beams" in options
        if beams:
            torch.testing.assert_close(output.sequences_scores, expected.sequences_scores, rtol=1e-5, atol=1e-4)
            assert output.beam_indices.tolist() == expected.beam_indices.tolist()
        scores = [
            model.compute_transition_scores(
                each.sequences, each.scores, each.get("beam_indices"), normalize_logits=number % 2 == 0
            )
            for model, each in ((theirs, expected), (ours, output))
        ]
        # What follows an end is not of the text.
        new = expected.sequences[:, inputs["input_ids"].shape[1] :][:, : scores[0].shape[1]]
        ends = new == tokenizer.eos_token_id
        live = ends.cumsum(1) - ends.long() == 0
        torch.testing.assert_close(scores[1][live], scores[0][live], rtol=1e-5, atol=1e-4)
        if not beams:
            for which in ("scores", "logits"):
                rows_of = [torch.stack(each[which], 1)[live] for each in (output, expected)]
                torch.testing.assert_close(rows_of[0], rows_of[1], rtol=1e-5, atol=1e-4)


RARE = [
    {"forced_eos_token_id": 40},
    {"forced_bos_token_id": 40},
    {"suppress_tokens": [40, 41, 300]},
    {"begin_suppress_tokens": [40, 41, 300]},
    {"exponential_decay_length_penalty": (3, 1.5)},
    {"guidance_scale": 1.5},
    {"guidance_scale": 1.7, "negative_prompt_ids": [40, 41, 42]},
    {"sequence_bias": {(40,): 5.0, (41, 42): -3.0}},
    {"sequence_bias": [[[40], 5.0]]},
    {"min_length": 25, "max_new_tokens": 30, "eos_token_id": [40, 41, 50, 60, 70]},
    {"max_length": 25, "max_new_tokens": None},
    {"remove_invalid_values": True},
    {"eos_token_id": [40, 41, 50, 60, 70]},
    {"eos_token_id": 60, "pad_token_id": 5},
    {"eos_token_id": 60, "pad_token_id": 0, "num_beams": 3},
    {"stop_strings": ["th", "e "]},
    {"stop_strings": ["th"], "num_beams": 4, "num_return_sequences": 4},
    {"do_sample": True, "top_h": 0.5},
    {"do_sample": True, "eta_cutoff": 1e-2},
    {"do_sample": True, "temperature": 1e8, "top_k": 50},
    {"do_sample": True, "top_p": 0.01},
    {"do_sample": True, "top_k": 1},
    {"do_sample": True, "num_beams": 2, "temperature": 1.3, "eos_token_id": [40, 41, 50]},
    {"do_sample": True, "num_return_sequences": 3, "eos_token_id": [40, 41, 50, 60, 70, 80]},
    {"max_new_tokens": 110},
    {"num_beams": 2, "max_new_tokens": 110},
]


@pytest.mark.parametrize("rows", [1, 4])
@pytest.mark.parametrize("options", RARE, ids="-".join)
def test_rarer_options_give_transformers_tokens(torch, both, options, rows):
    (tokenizer, theirs), (_, ours) = both
    inputs = tokenizer(TEXTS[:rows], padding=True, return_tensors="pt")
    inputs = {name: inputs[name] for name in ("input_ids", "attention_mask")}
    options = {"max_new_tokens": 12, **options}
    if "negative_prompt_ids" in options:
        options["negative_prompt_ids"] = torch.tensor([options["negative_prompt_ids"]] * rows)
    found = []
    for model in (theirs, ours):
        torch.manual_seed(3)
        found.append(
            (model.generate(**inputs, **options, tokenizer=tokenizer).tolist(), torch.get_rng_state().tolist())
        )
    assert found[0] == found[1]


def test_several_calls_after_one_seed_are_transformers(torch, both):
    (tokenizer, theirs), (_, ours) = both
    inputs = tokenizer(TEXTS, padding=True, return_tensors="pt")
    inputs = {name: inputs[name] for name in ("input_ids", "attention_mask")}
    texts = []
    for model, set_seed in ((theirs, torch.manual_seed), (ours, bt.set_seed)):
        set_seed(7)
        texts.append(
            [
                model.generate(**inputs, do_sample=True, max_new_tokens=6, top_p=0.9).tolist(),
                torch.rand(3).tolist(),
                model.generate(inputs["input_ids"][:1], do_sample=True, max_new_tokens=9, top_k=0).tolist(),
                torch.multinomial(torch.ones(9), 3).tolist(),
            ]
        )
    assert texts[0] == texts[1]


@pytest.mark.parametrize("between", ["", "import torch", "import torch; torch.manual_seed(9)"])
def test_a_seed_reaches_a_torch_that_is_imported_later(torch, folder, between):
    program = (
        "import sys\nfrom beamline.transformers import AutoModelForCausalLM, AutoTokenizer, set_seed\n"
        f"set_seed(9); assert 'torch' not in sys.modules\n{between}\nname = {str(folder)!r}\n"
        "ids = AutoTokenizer.from_pretrained(name)('the', return_tensors='pt').input_ids\n"
        "print(AutoModelForCausalLM.from_pretrained(name).generate(ids, do_sample=True, max_new_tokens=8).tolist())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    torch.manual_seed(9)
    ids = bt.AutoTokenizer.from_pretrained(folder)("the", return_tensors="pt").input_ids
    model = bt.AutoModelForCausalLM.from_pretrained(folder)
    assert done.stdout.strip() == str(model.generate(ids, do_sample=True, max_new_tokens=8).tolist())


def test_without_torch_the_same_texts_come(torch, both):
    import beamline.torch as own

    (tokenizer, theirs), (_, ours) = both
    inputs = tokenizer(TEXTS, padding=True, return_tensors="pt")
    inputs = {name: inputs[name] for name in ("input_ids", "attention_mask")}
    torch.manual_seed(5)
    own.manual_seed(5)
    for _ in range(3):
        expected = theirs.generate(**inputs, do_sample=True, max_new_tokens=12)
        found = ours.generate(
            **{name: own.tensor(value.numpy()) for name, value in inputs.items()}, do_sample=True, max_new_tokens=12
        )
        assert isinstance(found, own.Tensor)
        assert found.tolist() == expected.tolist()


def test_tokenizers_are_equal(both):
    (theirs, _), (ours, _) = both
    texts = [*TEXTS, "", "  the<|endoftext|> of\n", "né Ünïcode 漢字 🙂", "a" * 300]
    for arguments in (
        {},
        {"padding": True},
        {"truncation": True, "max_length": 3},
        {"padding": "max_length", "max_length": 9},
        {"padding": True, "truncation": True, "pad_to_multiple_of": 8, "max_length": 16},
        {"padding": True, "padding_side": "right", "return_attention_mask": False},
        {"add_special_tokens": False},
    ):
        expected = theirs(texts, return_token_type_ids=False, **arguments)
        assert dict(ours(texts, **arguments)) == dict(expected)
        assert dict(ours(texts[0], **arguments)) == dict(theirs(texts[0], return_token_type_ids=False, **arguments))
    ids = theirs(texts)["input_ids"]
    for skip in (False, True):
        assert ours.batch_decode(ids, skip_special_tokens=skip) == theirs.batch_decode(ids, skip_special_tokens=skip)
    assert [ours.convert_ids_to_tokens(row) for row in ids] == [theirs.convert_ids_to_tokens(row) for row in ids]
    assert ours.tokenize(texts[0]) == theirs.tokenize(texts[0])
    assert ours.get_vocab() == theirs.get_vocab()
    assert (len(ours), ours.vocab_size, ours.model_max_length) == (
        len(theirs),
        theirs.vocab_size,
        theirs.model_max_length,
    )
    assert ours.all_special_ids == theirs.all_special_ids
    assert ours.special_tokens_map == theirs.special_tokens_map
    assert ours.encode("of", return_tensors="pt").tolist() == theirs.encode("of", return_tensors="pt").tolist()
    assert ours.decode(ours.encode("of", return_tensors="pt")[0][0]) == theirs.decode(theirs.encode("of")[0])


def test_logits_and_loss_are_transformers(torch, both):
    (tokenizer, theirs), (_, ours) = both
    inputs = tokenizer(TEXTS, padding=True, padding_side="right", return_tensors="pt")
    inputs = {name: inputs[name] for name in ("input_ids", "attention_mask")}
    labels = inputs["input_ids"].masked_fill(inputs["attention_mask"] == 0, -100)
    with torch.no_grad():
        expected = theirs(**inputs, labels=labels)
    found = ours(**inputs, labels=labels)
    seen = inputs["attention_mask"].bool()
    torch.testing.assert_close(found.logits[seen], expected.logits[seen], rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(found.loss, expected.loss, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("options", [{}, {"num_beams": 3}, {"do_sample": True, "top_k": 0, "temperature": 0.8}])
def test_parts_of_transformers_own_take_part(torch, hf, both, options):
    """Its processors, criteria and streamers, as they are, on either model."""
    (tokenizer, theirs), (_, ours) = both
    inputs = tokenizer(TEXTS, padding=True, return_tensors="pt")
    inputs = {name: inputs[name] for name in ("input_ids", "attention_mask")}
    width = inputs["input_ids"].shape[1]
    found = []
    for model in (theirs, ours):
        torch.manual_seed(1)
        processors = hf.LogitsProcessorList(
            [hf.NoRepeatNGramLogitsProcessor(1), hf.SequenceBiasLogitsProcessor([[[40], 4.0], [[41], -3.0]])]
        )
        criteria = hf.StoppingCriteriaList([hf.MaxLengthCriteria(max_length=width + 5)])
        output = model.generate(
            **inputs, max_new_tokens=9, logits_processor=processors, stopping_criteria=criteria, **options
        )
        found.append(output.tolist())
    assert found[0] == found[1]
    allowed = [
        model.generate(
            **inputs, max_new_tokens=4, prefix_allowed_tokens_fn=lambda row, ids: [30 + row, 50, 60 + len(ids)]
        )
        for model in (theirs, ours)
    ]
    assert allowed[0].tolist() == allowed[1].tolist()


def test_streamers_say_the_same(hf, both, capsys):
    (tokenizer, theirs), (own, ours) = both
    inputs = tokenizer("the man said", return_tensors="pt")
    inputs = {name: inputs[name] for name in ("input_ids", "attention_mask")}
    said = []
    for model, streamer in (
        (theirs, hf.TextStreamer(tokenizer)),
        (ours, hf.TextStreamer(tokenizer)),
        (ours, bt.TextStreamer(own)),
    ):
        model.generate(**inputs, max_new_tokens=25, streamer=streamer)
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] == said[2]


@pytest.mark.parametrize(
    "options", [{"num_beans": 5}, {"num_return_sequences": 2}, {"max_length": 3}, {"max_new_tokens": 0}]
)
def test_what_transformers_refuses_is_refused_in_its_words(hf, both, options):
    (tokenizer, theirs), (_, ours) = both
    ids = tokenizer("the man said that", return_tensors="pt").input_ids
    said = []
    for model in (theirs, ours):
        with pytest.raises(ValueError, match=".") as raised:
            model.generate(ids, **options)
        said.append(str(raised.value))
    assert said[1].replace(" (got", "")[:40] == said[0].replace(" (got", "")[:40]
