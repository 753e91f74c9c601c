"""What a token costs beside the engine when Python asks for it: the time of calls less the engine's own, per token.

    python benches/binding.py [MODEL] [TOKENS]     # with beamline installed; nothing else should run meanwhile

The engine counts the time of its passes and choices itself. What is left of a call is the binding's: options, locks, the interpreter let go of
and taken again, texts, results. Each line is the best of five rounds, in turn; the last two hand every row of logits to Python and back.
"""

import sys
import time

import beamline

MODEL = sys.argv[1] if len(sys.argv) > 1 else "builtin"
TOKENS = int(sys.argv[2]) if len(sys.argv) > 2 else 128
PROMPT = "Once upon a time"
engine = beamline.Engine(MODEL)
asked = {"max_new_tokens": TOKENS, "eos_token_id": []}


def inside(timings):
    """Seconds of the engine's own: reading the prompt, passes and choices."""
    return timings["prefill_s"] + timings["decode_s"]


def generate():
    return engine.generate(PROMPT, **asked)


def stream():
    stream = engine.stream(PROMPT, **asked)
    for _ in stream:
        pass
    return stream.completion


def rule():
    return engine.generate(PROMPT, stop_rules=[lambda tokens: False], **asked)


def processor():
    return engine.generate(PROMPT, processors=[lambda tokens, logits: logits], **asked)


ways = [generate, stream, rule, processor]
best = {}
for _ in range(5):
    for way in ways:
        begin = time.perf_counter()
        done = way()
        whole = time.perf_counter() - begin
        own = inside(done.timings)
        assert len(done.sequences[0].token_ids) == TOKENS
        if way not in best or whole < best[way][0]:
            best[way] = whole, own
plain = best[generate][1] / TOKENS
print(f"{MODEL}: a step of {1e3 * plain:.3f} ms; {TOKENS} tokens")
for way in ways:
    whole, own = best[way]
    print(f"{way.__name__:10} {TOKENS / whole:7.1f} tokens/s; beside the engine {1e6 * (whole - own) / TOKENS:6.1f} us a token, {100 * (whole - own) / TOKENS / plain:5.2f} % of a step; whole {100 * (whole / TOKENS / plain - 1):5.2f} % over it")
