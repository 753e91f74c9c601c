"""Interruptions, threads, forks, pickles: calls as they are in real programs."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import pytest

import beamline


@pytest.fixture(autouse=True)
def interruptible():
    """Whoever runs the tests may have them pass Ctrl-C over, as a shell does with what it starts in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


LONG = {"max_new_tokens": 500, "do_sample": True, "seed": 1, "num_return_sequences": 64, "eos_token_id": []}


@pytest.mark.parametrize(
    "call",
    [
        lambda engine: engine.generate(["Once upon a time"] * 8, **LONG),
        lambda engine: list(engine.stream("Once upon a time", **LONG)),
        lambda engine: engine.compare("Once", ["do_sample=true"] * 8, seeds=64, max_new_tokens=500),
        lambda engine: engine.score_many([[5] * 512] * 400),
        lambda engine: engine.logits([[5] * 512] * 400),
        lambda engine: engine.inspect("Once upon", steps=500, top=3000),
    ],
)
def test_a_call_can_be_interrupted(engine, call):
    timer = threading.Timer(0.4, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        call(engine)
    timer.join()
    assert engine.generate("Once upon a time", max_new_tokens=5).text == ", I was not a"


def test_the_interpreter_is_let_go_of(engine):
    counted, done = 0, threading.Event()

    def work():
        engine.generate(["Once upon a time"] * 4, max_new_tokens=200, eos_token_id=[])
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not done.is_set():
        counted += 1
        time.sleep(0.001)
    thread.join()
    assert counted > 20


def test_threads_of_python_get_the_same_texts(engine):
    prompts = ["Once upon a time", "The sea", "A man", "옛날"]
    options = {"do_sample": True, "seed": 3, "max_new_tokens": 20}
    alone = [engine.generate(prompt, **options).text for prompt in prompts]
    found = [""] * len(prompts)

    def work(number):
        found[number] = engine.generate(prompts[number], **options).text

    threads = [threading.Thread(target=work, args=[number]) for number in range(len(prompts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == alone


def test_one_stream_is_one_threads(engine):
    stream = engine.stream("Once upon a time", max_new_tokens=3)
    raised = []

    def inside(tokens, scores):
        try:
            next(outer)
        except RuntimeError as error:
            raised.append(str(error))
        return scores

    outer = engine.stream("Once", max_new_tokens=2, processors=[inside])
    list(outer)
    assert "being stepped" in raised[0]
    assert len(list(stream)) == 3


def test_an_engine_pickles_small_and_opens_once(engine):
    data = pickle.dumps(engine)
    assert len(data) < 4096
    first, second = pickle.loads(data), pickle.loads(data)
    assert first is second
    assert first.generate("Once", max_new_tokens=4).text == engine.generate("Once", max_new_tokens=4).text
    opened_again, (opening, digest) = engine.__reduce__()
    with pytest.raises(ValueError, match="another model under the name"):
        opened_again(opening, digest[::-1])


def child(queue, engine, stream):
    text = engine.generate("Once upon a time", max_new_tokens=5).text
    try:
        next(stream)
        late = ""
    except RuntimeError as error:
        late = str(error)
    queue.put((text, late))


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="SKIPPED: this system does not fork")
def test_a_fork_opens_the_engine_anew():
    engine = beamline.Engine(threads=2)
    engine.generate("Once", max_new_tokens=2)
    stream = engine.stream("Once upon", max_new_tokens=20)
    next(stream)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=child, args=(queue, engine, stream))
    process.start()
    text, late = queue.get(timeout=60)
    process.join(60)
    assert text == ", I was not a"
    assert "began in another process" in late
    assert process.exitcode == 0
    assert len(list(stream)) > 1


@pytest.mark.parametrize(
    ("environment", "threads"),
    [
        ({"OMP_NUM_THREADS": "1"}, "1"),
        ({"OMP_NUM_THREADS": "3"}, "3"),
        ({"OMP_NUM_THREADS": "3", "BEAMLINE_THREADS": "2"}, "2"),
        ({"OMP_NUM_THREADS": "many"}, "OMP_NUM_THREADS must be 1 or more"),
    ],
)
def test_threads_are_what_the_environment_grants(environment, threads):
    program = "import beamline; print(beamline.Engine().threads)"
    clean = {name: value for name, value in os.environ.items() if not name.endswith("_THREADS")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=clean | environment, capture_output=True, text=True, check=False
    )
    assert threads in done.stdout + done.stderr


def test_importing_imports_nothing_else():
    program = "import sys, beamline; print([name for name in ('numpy', 'beamline._beamline') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
