"""How a decoding step grows with the context, and tokens a second with the batch: tables, and a plot as SVG.

    pip install matplotlib==3.10.7
    python growth.py --beamline PROGRAM --model NAME=FILE [NAME=FILE ...] [--out growth.svg] [--threads 2]
"""
import argparse
import json
import subprocess

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "beamline"  # the same file for the same figures
from matplotlib import pyplot

CONTEXTS = (16, 256, 512, 1000)
BATCHES = (1, 2, 4, 8, 16, 32)
NEW = 17  # sixteen steps are timed, around the context named


def bench(args, model, *more):
    command = [args.beamline, "bench", "--json", "--model", model, "--threads", args.threads, "--new-tokens", str(NEW), *more]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["decode"]


def table(head, rows):
    print("| " + " | ".join(map(str, head)) + " |\n|" + " --- |" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--beamline", required=True)
    parser.add_argument("--model", nargs="+", required=True)
    parser.add_argument("--out", default="growth.svg")
    parser.add_argument("--threads", default="2")
    args = parser.parse_args()
    models = dict(pair.split("=", 1) for pair in args.model)
    steps = {name: [bench(args, file, "--prompt-len", str(max(1, c - NEW // 2)))["ms_per_step"] for c in CONTEXTS]
             for name, file in models.items()}
    rates = {name: [bench(args, file, "--batch", str(b))["tokens_per_s"] for b in BATCHES] for name, file in models.items()}
    table(["ms a step at context", *CONTEXTS], ([name, *(f"{v:.2f}" for v in values)] for name, values in steps.items()))
    table(["tokens/s at batch", *BATCHES], ([name, *(f"{v:.0f}" for v in values)] for name, values in rates.items()))
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for marker, name in zip("os^D", models):
        left.plot(CONTEXTS, steps[name], marker=marker, label=name)
        right.plot(BATCHES, rates[name], marker=marker, label=name)
    left.set(xlabel="context (tokens)", ylabel="time of a step (ms)", ylim=(0, None), title="One sequence")
    right.set(xlabel="batch (sequences)", ylabel="tokens/s, all sequences", ylim=(0, None), title="16 of context")
    right.set_xscale("log", base=2)
    right.set_xticks(BATCHES, BATCHES)
    left.legend()
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.savefig(args.out, metadata={"Date": None})


main()
