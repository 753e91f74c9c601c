"""Times beamline and the installed peers in turn on the same work, and prints a table.

    python versus.py --beamline PROGRAM [--gpt2 DIR] [--ct2 DIR] [--gpt2-gguf DTYPE=FILE ...] [--smol FILE] [--ort DIR]
                     [--rounds 3] [--threads 2] [--out RAW.jsonl]

DIR and FILE are what make_gpt2.py writes (GPT-2 124M with random weights in every peer's format), SmolLM2-135M-Instruct's
Q4_1 file, and onnxruntime-genai's int4 folder of it. A peer whose model is not given, or whose library is not installed, is
left out of its line. Every round runs beamline, then each peer; the figures are medians over the rounds, and the ratio is
to the best peer. Run it on an idle machine.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--beamline", required=True)
    for name in ("gpt2", "ct2", "smol", "ort", "out"):
        parser.add_argument("--" + name)
    parser.add_argument("--gpt2-gguf", action="append", default=[])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", help="lines whose name contains this")
    return parser.parse_args()


def works(args):
    """Each line of the table: its name, the work, beamline's arguments and the peers' (program arguments of peer.py)."""
    gguf = dict(pair.split("=", 1) for pair in args.gpt2_gguf)
    hf = ["hf", args.gpt2] if args.gpt2 else None
    ct2 = ["ct2", args.ct2] if args.ct2 else None
    ort = ["ort", args.ort] if args.ort else None
    llama = {dtype: ["llamacpp", path] for dtype, path in gguf.items()}
    smol = ["llamacpp", args.smol] if args.smol else None
    f32 = [hf, ct2, llama.get("f32")]
    for dtype in ("f32", "f16", "q8_0", "q4_0"):
        peers = {"f32": f32, "f16": [llama.get("f16")], "q8_0": [llama.get("q8_0"), ct2 and ct2 + ["--dtype", "int8"]],
                 "q4_0": [llama.get("q4_0")]}[dtype]
        yield f"GPT-2 decode {dtype}", "decode", args.gpt2, ["--dtype", dtype], peers, []
    yield "GPT-2 batch 16 f32", "decode", args.gpt2, ["--dtype", "f32"], [hf, ct2, ct2 and ct2 + ["--dtype", "int8"]], ["--batch", "16"]
    yield "GPT-2 beam 5 f32", "decode", args.gpt2, ["--dtype", "f32"], [hf, ct2], ["--beams", "5"]
    yield "GPT-2 prefill 512 f32", "prefill", args.gpt2, ["--dtype", "f32"], f32, ["--prompt-len", "512", "--new-tokens", "1"]
    yield "SmolLM2 decode Q4_1", "decode", args.smol, [], [smol, ort], []
    yield "SmolLM2 prefill 512 Q4_1", "prefill", args.smol, [], [smol, ort], ["--prompt-len", "512", "--new-tokens", "1"]
    yield "SmolLM2 batch 16 Q4_1", "decode", args.smol, [], [ort], ["--batch", "16"]
    yield "SmolLM2 beam 5 Q4_1", "decode", args.smol, [], [ort], ["--beams", "5"]


def run(command):
    """The JSON object that a command prints last; none where it fails (a library that is not installed)."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"left out: {' '.join(command)}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    args = arguments()
    raw = open(args.out, "a") if args.out else None
    print("| work | beamline tok/s | best peer tok/s | ratio | share of bandwidth |")
    print("| --- | --- | --- | --- | --- |")
    for name, work, model, own, peers, shape in works(args):
        if not model or (args.only and args.only not in name):
            continue
        threads = ["--threads", str(args.threads)]
        ours, shares, theirs = [], [], {}
        for _ in range(args.rounds):
            result = run([args.beamline, "bench", "--json", "--model", model, "--repeat", "5", *own, *threads, *shape])
            if result is None:
                break
            # A peer that counts the prompt in is compared with all new tokens over all time.
            rate = result["prefill"]["tokens_per_s"] if work == "prefill" else result["total_tokens_per_s"]
            ours.append(rate)
            shares.append(result["bandwidth_share"] or 0.0)
            for peer in filter(None, peers):
                got = run([sys.executable, os.path.join(HERE, "peer.py"), *peer, "--work", work, *threads, *shape])
                if got:
                    theirs.setdefault(" ".join([peer[0], *peer[2:]]), []).append(got["tokens_per_s"])
            if raw:
                raw.write(json.dumps(dict(name=name, beamline=result, peers={k: v[-1] for k, v in theirs.items()})) + "\n")
                raw.flush()
        if not ours:
            continue
        mid = statistics.median
        medians = {peer: mid(rates) for peer, rates in theirs.items()}
        best = max(medians, key=medians.get) if medians else None
        peer = f"{medians[best]:.1f} ({best})" if best else "-"
        ratio = f"{mid(ours) / medians[best]:.2f}" if best else "-"
        spread = f"{mid(ours):.1f} ({min(ours):.1f} to {max(ours):.1f})"
        print(f"| {name} | {spread} | {peer} | {ratio} | {mid(shares):.2f} |", flush=True)


main()
