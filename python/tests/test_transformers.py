"""Models of transformers' face, with numpy's arrays and with tensors of beamline's own: nothing here needs torch."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
from checkpoints import gpt2

from beamline import notices
from beamline import transformers as bt
from beamline.transformers.arrays import Kind, kind_of

TEXTS = ["the man said that", "안녕하세요", "of her", "he was in it and"]


@pytest.fixture(autouse=True)
def hear_everything():
    notices.forget()


@pytest.mark.parametrize("kind", ["numpy", "own", "list"])
def test_results_are_of_the_kind_of_what_was_given(model, tokenizer, kind, monkeypatch):
    import beamline.torch as own

    monkeypatch.setitem(sys.modules, "beamline.torch", own)
    ids = tokenizer("the man", return_tensors="np" if kind == "numpy" else "pt").input_ids
    given = ids.tolist() if kind == "list" else ids
    expected = Kind.NUMPY if kind == "numpy" else Kind.OWN
    output = model.generate(given, max_new_tokens=3, return_dict_in_generate=True, output_scores=True)
    for found in (output.sequences, output.scores[0], model(given).logits):
        assert kind_of(found) is expected
    assert output.sequences.tolist()[0][: ids.shape[1]] == ids.tolist()[0]
    assert len(output.scores) == 3


def test_texts_are_those_of_the_engine(model, tokenizer):
    inputs = tokenizer("the man", return_tensors="np")
    for options in (
        {"max_new_tokens": 9},
        {"max_new_tokens": 9, "num_beams": 3, "num_return_sequences": 2, "length_penalty": 0.5, "early_stopping": True},
        {"max_new_tokens": 9, "repetition_penalty": 1.4, "no_repeat_ngram_size": 2},
        {"max_new_tokens": 6, "penalty_alpha": 0.6, "top_k": 4},
        {"max_new_tokens": 2, "exact_search": True},
        {"max_new_tokens": 9, "do_sample": True, "seed": 5, "top_p": 0.8},
    ):
        ours = model.generate(**inputs, **options)
        theirs = model.engine.generate(inputs.input_ids, **options)
        width = inputs.input_ids.shape[1]
        for row, sequence in zip(ours, theirs.sequences, strict=True):
            assert row[width : width + len(sequence.token_ids)].tolist() == sequence.token_ids.tolist()


def test_rows_with_padding_go_on_as_if_alone(model, tokenizer):
    inputs = tokenizer(TEXTS, padding=True, return_tensors="np")
    width = inputs.input_ids.shape[1]
    for options in ({}, {"num_beams": 3}):
        together = model.generate(**inputs, max_new_tokens=8, **options)
        for row, text in zip(together, TEXTS, strict=True):
            alone = model.generate(**tokenizer(text, return_tensors="np"), max_new_tokens=8, **options)[0]
            assert row[width - len(tokenizer.encode(text)) :].tolist()[: len(alone)] == alone.tolist()
    mixed = tokenizer(TEXTS, padding=True, return_tensors="np", padding_side="right")
    with pytest.warns(UserWarning, match="padded on the right"):
        assert len(model.generate(**mixed, max_new_tokens=1)) == 4
    holes = inputs.attention_mask.copy()
    holes[0, 2] = 0
    with pytest.raises(ValueError, match="inside the text"):
        model.generate(inputs.input_ids, attention_mask=holes)
    with pytest.raises(ValueError, match="row 0 has no token"):
        model.generate(inputs.input_ids, attention_mask=holes * 0)


def test_padding_is_told_from_the_padding_token(model, tokenizer):
    inputs = tokenizer(TEXTS, padding=True, return_tensors="np")
    other = np.where(inputs.attention_mask == 1, inputs.input_ids, 7)
    masked = model.generate(**inputs, max_new_tokens=5, pad_token_id=7)
    inferred = model.generate(other, max_new_tokens=5, pad_token_id=7)
    width = inputs.input_ids.shape[1]
    assert inferred[:, width:].tolist() == masked[:, width:].tolist()


def test_ended_rows_are_filled_with_the_padding_token(model, tokenizer):
    inputs = tokenizer(TEXTS, padding=True, return_tensors="np")
    width = inputs.input_ids.shape[1]
    plain = model.generate(**inputs, max_new_tokens=6)[:, width:]
    end = int(plain[0, 2])
    ended = model.generate(**inputs, max_new_tokens=6, eos_token_id=end, pad_token_id=3)[:, width:]
    for row, whole in zip(ended.tolist(), plain.tolist(), strict=True):
        stop = whole.index(end) + 1 if end in whole else 6
        assert row == (whole[:stop] + [3] * 6)[: ended.shape[1]]
    assert len({tuple(row) for row in ended.tolist()}) > 1


def test_lengths_are_transformers(model, tokenizer):
    inputs = tokenizer("the man said that", return_tensors="np")
    width = inputs.input_ids.shape[1]

    def length(**options):
        return model.generate(**inputs, eos_token_id=[], pad_token_id=0, **options).shape[1]

    assert length() == width + 20
    assert length(max_length=width + 3) == width + 3
    with pytest.warns(UserWarning, match="max_new_tokens is what counts"):
        assert length(max_length=500, max_new_tokens=2) == width + 2
    with pytest.raises(ValueError, match="Input length of input_ids is"):
        length(max_length=width)
    with pytest.raises(ValueError, match="must be greater than 0"):
        length(max_new_tokens=0)
    end = int(model.generate(**inputs, max_new_tokens=1)[0, -1])
    assert model.generate(**inputs, eos_token_id=end).shape[1] == width + 1
    for options in ({"min_new_tokens": 5}, {"min_length": width + 5}):
        assert model.generate(**inputs, eos_token_id=end, max_new_tokens=9, **options).shape[1] >= width + 6


def test_wrong_options_are_refused_in_transformers_words(model, tokenizer):
    inputs = tokenizer("the", return_tensors="np")
    with pytest.raises(
        ValueError, match=r"`model_kwargs` are not used by the model: \['num_beans'\].*num_beams for num_beans"
    ):
        model.generate(**inputs, num_beans=5)
    with pytest.raises(ValueError, match="`num_return_sequences` different than 1"):
        model.generate(**inputs, num_return_sequences=2)
    with pytest.raises(ValueError, match=r"top_p must be in \[0, 1\]"):
        model.generate(**inputs, do_sample=True, top_p=2.0)
    with pytest.raises(ValueError, match="`streamer` cannot be used with beam search"):
        model.generate(**inputs, num_beams=2, streamer=bt.TextStreamer(tokenizer))
    with pytest.raises(ValueError, match="output_attentions=True; use engine.attention"):
        model.generate(**inputs, output_attentions=True)
    with pytest.raises(ValueError, match="past_key_values; give the whole text"):
        model.generate(**inputs, past_key_values=[1])
    with pytest.raises(ValueError, match="unpack it"):
        model.generate(inputs)
    for ids in ([1, 2], [[0.5]], [[]], [["a"]]):
        with pytest.raises(ValueError, match="token ids"):
            model.generate(np.array(ids))
    assert model.generate(**inputs, use_cache=True, max_new_tokens=1).shape[0] == 1


def test_options_without_effect_are_said_once(model, tokenizer):
    inputs = tokenizer("the", return_tensors="np")
    plain = model.generate(**inputs, max_new_tokens=3)
    with pytest.warns(UserWarning, match=r"temperature=0.5 has no effect without do_sample=True") as heard:
        cooler = [model.generate(**inputs, max_new_tokens=3, temperature=0.5).tolist() for _ in range(2)]
    assert cooler == [plain.tolist()] * 2
    assert len(heard) == 1
    with pytest.warns(UserWarning, match=r"length_penalty=2.0 has no effect"):
        model.generate(**inputs, max_new_tokens=3, length_penalty=2.0)
    with pytest.warns(UserWarning, match="GenerationConfig: num_beans is no option.*did you mean num_beams"):
        bt.GenerationConfig(num_beans=2)


def test_options_may_come_from_a_config(model, tokenizer, tmp_path):
    inputs = tokenizer("the", return_tensors="np")
    config = bt.GenerationConfig(max_new_tokens=4, num_beams=2, return_dict_in_generate=True)
    output = model.generate(**inputs, generation_config=config)
    assert output.sequences.tolist() == model.generate(**inputs, max_new_tokens=4, num_beams=2).tolist()
    with pytest.warns(UserWarning, match="options of the call are what counts"):
        shorter = model.generate(**inputs, generation_config=config, max_new_tokens=2)
    assert shorter.sequences.shape[1] == output.sequences.shape[1] - 2
    config.save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    assert bt.GenerationConfig.from_pretrained(tmp_path) == config
    assert config.update(top_k=3, unknown=1) == {"unknown": 1}
    assert config.top_k == 3


def test_a_models_own_options_stand_until_others_come(tmp_path):
    folder = gpt2(tmp_path / "own")
    (folder / "generation_config.json").write_text(
        '{"do_sample": true, "temperature": 0.5, "max_length": 9, "eos_token_id": 5}'
    )
    model = bt.AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = bt.AutoTokenizer.from_pretrained(folder)
    inputs = tokenizer("the", return_tensors="np")
    assert model.generation_config.temperature == 0.5
    bt.set_seed(1)
    drawn = model.generate(**inputs)
    assert drawn.shape[1] <= 9
    bt.set_seed(1)
    explicit = model.generate(**inputs, do_sample=True, temperature=0.5, max_length=9, eos_token_id=5)
    assert drawn.tolist() == explicit.tolist()
    greedy = model.generate(**inputs, do_sample=False)
    assert greedy.tolist() == model.generate(**inputs, do_sample=False, temperature=1.0).tolist()
    model.generation_config.do_sample = False
    assert model.generate(**inputs).tolist() == greedy.tolist()


def test_beams_scores_add_up(model, tokenizer):
    inputs = tokenizer(TEXTS[:2], padding=True, return_tensors="np")
    for penalty in (0.0, 1.0, 2.0):
        output = model.generate(
            **inputs,
            num_beams=4,
            num_return_sequences=3,
            max_new_tokens=7,
            length_penalty=penalty,
            return_dict_in_generate=True,
            output_scores=True,
        )
        assert output.beam_indices.shape[0] == output.sequences.shape[0] == 6
        assert output.scores[0].shape == (8, model.config.vocab_size)
        scores = model.compute_transition_scores(output.sequences, output.scores, output.beam_indices)
        lengths = (output.beam_indices >= 0).sum(1)
        np.testing.assert_allclose(scores.sum(1) / lengths**penalty, output.sequences_scores, atol=1e-4)
        assert output[0] is output.sequences
        assert set(output) == {"sequences", "sequences_scores", "scores", "beam_indices"}
        assert output.logits is None


def test_transition_scores_are_log_probabilities(model, tokenizer):
    inputs = tokenizer("the man", return_tensors="np")
    output = model.generate(
        **inputs, max_new_tokens=6, return_dict_in_generate=True, output_scores=True, output_logits=True
    )
    scores = model.compute_transition_scores(output.sequences, output.scores, normalize_logits=True)
    width = inputs.input_ids.shape[1]
    expected = model.engine.score(output.sequences[0, width:], prefix=inputs.input_ids[0]).logprobs[width:]
    np.testing.assert_allclose(scores[0], expected, atol=1e-5)
    np.testing.assert_array_equal(np.stack(output.logits), np.stack(output.scores))


def test_logits_and_loss(model, tokenizer):
    inputs = tokenizer(TEXTS, padding=True, return_tensors="np")
    output = model(**inputs)
    for row, mask, text in zip(output.logits, inputs.attention_mask, TEXTS, strict=True):
        [alone] = model.engine.logits(text)
        np.testing.assert_array_equal(row[mask == 1], alone)
        assert not row[mask == 0].any()
    np.testing.assert_array_equal(model(**inputs, logits_to_keep=1).logits, output.logits[:, -1:])
    ids = tokenizer("the man said that", return_tensors="np").input_ids
    loss = model(ids, labels=ids).loss
    assert loss == pytest.approx(-model.engine.score(ids[0]).mean_logprob, abs=1e-5)
    some = ids.copy()
    some[0, :2] = -100
    rest = model.engine.score(ids[0, 2:], prefix=ids[0, :2])
    assert model(ids, labels=some).loss == pytest.approx(-rest.mean_logprob, abs=1e-5)
    loss, logits = model(ids, labels=ids, return_dict=False)
    assert logits.shape == (*ids.shape, model.config.vocab_size)
    with pytest.raises(ValueError, match="engine.attention"):
        model(ids, output_attentions=True)
    with pytest.raises(TypeError, match="input"):
        model(ids, inputs=ids)
    with pytest.raises(ValueError, match="context"):
        model(np.full((1, 129), 5))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"load_in_8bit": True}, 'dtype="q8_0"'),
        ({"cache_dir": "x"}, "HF_HUB_CACHE"),
        ({"attn_pdrop": 0.1}, "does not take attn_pdrop=0.1"),
        ({"return_dict": False}, "to_tuple"),
        ({"torch_dtype": "int8"}, "int8"),
    ],
)
def test_arguments_that_are_not_taken_are_refused(folder, arguments, says):
    with pytest.raises(ValueError, match=says):
        bt.AutoModelForCausalLM.from_pretrained(folder, **arguments)


def test_arguments_that_are_taken(folder):
    model = bt.GPT2LMHeadModel.from_pretrained(
        folder, low_cpu_mem_usage=True, device_map="auto", pad_token_id=3, torch_dtype="float16", trust_remote_code=True
    )
    assert model.engine.info["dtype"] == "f16"
    assert model.config.pad_token_id == model.generation_config.pad_token_id == 3
    assert (model.config.hidden_size, model.config.n_layer, model.config.max_position_embeddings) == (32, 2, 128)
    with pytest.warns(UserWarning, match="device cuda: this engine computes on the CPU"):
        assert model.to("cuda") is model
    with pytest.raises(AttributeError, match="import transformers itself"):
        model.state_dict()
    tokenizer = bt.PreTrainedTokenizerFast.from_pretrained(folder, eos_token="Ġthe", use_fast=True)
    assert tokenizer.eos_token_id == tokenizer.encode(" the")[0]
    with pytest.raises(ValueError, match="eos_token: '</s>' is no token"):
        bt.AutoTokenizer.from_pretrained(folder, eos_token="</s>")
    with pytest.raises(AttributeError, match="import transformers itself"):
        bt.Trainer  # noqa: B018


def test_a_model_of_the_cache_is_found_by_its_short_name(tmp_path, monkeypatch):
    commit = "a" * 40
    gpt2(tmp_path / "hub" / "models--gpt2" / "snapshots" / commit)
    (tmp_path / "hub" / "models--gpt2" / "refs").mkdir()
    (tmp_path / "hub" / "models--gpt2" / "refs" / "main").write_text(commit)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    model = bt.AutoModelForCausalLM.from_pretrained("gpt2", local_files_only=True)
    assert model.config.n_embd == 32
    assert bt.AutoTokenizer.from_pretrained("gpt2").eos_token == "<|endoftext|>"
    with pytest.raises(OSError, match="not in the cache"):
        bt.AutoModelForCausalLM.from_pretrained("gpt2-xl", local_files_only=True)
    with pytest.raises(RuntimeError, match="gpt2-xl"):
        bt.AutoModelForCausalLM.from_pretrained("gpt2-xl")


def test_a_tokenizer_and_its_model_share_one_engine(folder, model, tokenizer):
    assert tokenizer._engine is model.engine
    assert bt.AutoModelForCausalLM.from_pretrained(folder, dtype="f16").engine is not model.engine


def test_tokenizers_and_models_are_pickled_and_copied(model, tokenizer):
    for again in (pickle.loads(pickle.dumps((tokenizer, model))), copy.copy((tokenizer, model))):
        inputs = again[0]("the man", return_tensors="np")
        assert again[0].pad_token == tokenizer.pad_token
        assert (
            again[1].generate(**inputs, max_new_tokens=4).tolist()
            == model.generate(**inputs, max_new_tokens=4).tolist()
        )
    assert copy.deepcopy(model.generation_config) == model.generation_config
    assert copy.deepcopy(model.config).n_embd == 32


def test_guesses_and_stop_strings(model, tokenizer, folder):
    inputs = tokenizer("the man said that the man", return_tensors="np")
    plain = model.generate(**inputs, max_new_tokens=12).tolist()
    helper = bt.AutoModelForCausalLM.from_pretrained(folder)
    assert model.generate(**inputs, max_new_tokens=12, prompt_lookup_num_tokens=3).tolist() == plain
    with pytest.warns(UserWarning, match="change nothing but the time"):
        assert model.generate(**inputs, max_new_tokens=12, assistant_model=helper).tolist() == plain
    with pytest.warns(UserWarning, match="prompt_lookup_num_tokens and do_sample: draws come from a seed"):
        model.generate(**inputs, max_new_tokens=2, prompt_lookup_num_tokens=3, do_sample=True)
    text = tokenizer.decode(plain[0][inputs.input_ids.shape[1] :])
    stopped = model.generate(**inputs, max_new_tokens=12, stop_strings=[text[3:6]], tokenizer=tokenizer)[0]
    assert text[3:6] in tokenizer.decode(stopped)
    assert len(stopped) < len(plain[0])


def test_what_a_model_brings_is_not_taken_back_in_silence(tmp_path):
    folder = gpt2(tmp_path / "own")
    (folder / "generation_config.json").write_text('{"do_sample": true, "min_p": 0.2, "suppress_tokens": [5]}')
    model = bt.AutoModelForCausalLM.from_pretrained(folder)
    model.generation_config.suppress_tokens = None
    assert model.generate(np.array([[7, 8]]), max_new_tokens=1).shape == (1, 3)
    model.generation_config.min_p = None
    with pytest.raises(ValueError, match="min_p: the model's own 0.2 cannot be taken back by None"):
        model.generate(np.array([[7, 8]]), max_new_tokens=1)


def test_importing_imports_little():
    program = (
        "import sys, beamline; early = 'numpy' in sys.modules\n"
        "from beamline.transformers import AutoTokenizer, AutoModelForCausalLM, set_seed\n"
        "set_seed(1); tokenizer = AutoTokenizer.from_pretrained('builtin')\n"
        "model = AutoModelForCausalLM.from_pretrained('builtin')\n"
        "model.generate(**tokenizer('a', return_tensors='np'), do_sample=True, max_new_tokens=2)\n"
        "print(early, 'torch' in sys.modules, 'beamline.torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False False False"
