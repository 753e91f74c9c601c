"""lm-eval over a server, over the package of Python, and over transformers with the same weights: the same numbers.

    python clients/lm_eval_equal.py URL FOLDER [BACKEND]

URL is that of a server of the model in FOLDER (config.json, model.safetensors, tokenizer.json); BACKEND is lm-eval's
tokenizer_backend: remote (the server's own, the default) or huggingface. What is not installed is left out with a word: the package
beamline, and torch with transformers.
"""

import json
import os
import pathlib
import sys
import urllib.request

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "OPENAI_API_KEY": "none"}
TASKS = ["tiny_choice", "tiny_perplexity", "tiny_writing"]
HERE = pathlib.Path(__file__).parent


def evaluated(model, arguments):
    import lm_eval
    from lm_eval.tasks import TaskManager

    found = lm_eval.simple_evaluate(
        model=model,
        model_args=arguments,
        tasks=TASKS,
        task_manager=TaskManager(include_path=str(HERE / "tasks"), include_defaults=False),
        bootstrap_iters=0,
        log_samples=True,
        device="cpu" if model == "hf" else None,
    )
    numbers = {
        (task, name): value
        for task, results in found["results"].items()
        for name, value in results.items()
        if isinstance(value, float) and "stderr" not in name
    }
    answers = {(task, s["doc_id"]): s["resps"] for task, samples in found["samples"].items() for s in samples}
    return numbers, answers


def flat(answer):
    """Numbers and words of a sample's answers, in order."""
    if isinstance(answer, (list, tuple)):
        return [one for part in answer for one in flat(part)]
    return [answer]


def compared(ours, theirs, name):
    """Holds two evaluations to each other, and says how far their log-likelihoods are apart."""
    (numbers, answers), (other, told) = ours, theirs
    assert numbers.keys() == other.keys()
    widest = 0.0
    for key in answers:
        mine, yours = flat(answers[key]), flat(told[key])
        assert len(mine) == len(yours), key
        for a, b in zip(mine, yours):
            if isinstance(a, str) and not isinstance(b, str) or str(a) in ("True", "False") or not number(a):
                assert str(a) == str(b), f"{key}: {a!r} against {b!r}"
            else:
                widest = max(widest, abs(float(a) - float(b)))
    for key, value in numbers.items():
        assert abs(value - other[key]) < 5e-4 * max(1.0, abs(value)), f"{key}: {value} against {other[key]}"
    print(f"equal to {name}: {len(answers)} samples, log-likelihoods within {widest:.1e}")
    return widest


def main(url, folder, backend="remote"):
    os.chdir(HERE.parent)
    arguments = {
        "model": json.load(urllib.request.urlopen(url + "/v1/models"))["data"][0]["id"],
        "base_url": url + "/v1/completions",
        "tokenizer_backend": backend,
        "num_concurrent": 4,
        "max_length": json.loads((pathlib.Path(folder) / "config.json").read_text())["n_positions"],
    }
    if backend == "huggingface":
        arguments["tokenizer"] = folder
    served = evaluated("local-completions", arguments)
    for (task, name), value in served[0].items():
        print(f"{task:16} {name:24} {value:.6f}")
    try:
        import beamline.lm_eval  # noqa: F401
    except ImportError:
        print("SKIPPED: the package beamline is not there")
    else:
        for size in (1, 5):
            local = evaluated("beamline", {"pretrained": folder, "batch_size": size})
            widest = compared(local, served, f"the server, {size} at a time")
            assert widest < 1e-9, "the package and the server have the same engine"
    try:
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError:
        print("SKIPPED: torch and transformers are not there")
        return
    compared(served, evaluated("hf", {"pretrained": folder, "dtype": "float32", "add_bos_token": False}), "transformers")


def number(text):
    try:
        float(text)
    except (TypeError, ValueError):
        return False
    return True


if __name__ == "__main__":
    main(*sys.argv[1:])
