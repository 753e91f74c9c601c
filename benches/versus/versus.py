"""Times beamline and the installed peers in turn on the same work, and prints a table.

    python versus.py --beamline PROGRAM [--ct2 DIR] [--hf DIR] [--gguf DTYPE=FILE ...] [--smol FILE] [--ort DIR]
                     [--rounds 3] [--repeat 5] [--threads 2] [--only WORDS] [--out RAW.jsonl]

DIR and FILE are what make_gpt2.py writes (GPT-2 124M with random weights in every peer's format), SmolLM2-135M-Instruct's
Q4_1 file, and onnxruntime-genai's int4 folder of it. A peer whose model is not given, or whose library is not installed, is
left out of its line. Every round runs beamline, then each peer; the figures are medians over the rounds, and the ratio is
to the best peer. Quantised weights have a second line: beamline with activations of eight bits, as the peers round them.
Run it on an idle machine; raw runs are kept as benches/raw/DATE-COMMIT-ISA[-MODEL].jsonl. To hold the peers to AVX2:
ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 CT2_FORCE_CPU_ISA=AVX2, a llama.cpp built without AVX-512, PYTHONPATH with
what ort_avx2.py makes, and BEAMLINE_ISA=avx2 for beamline.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLING = "do_sample=true,temperature=0.8,top_k=50,top_p=0.9,repetition_penalty=1.2"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--beamline", required=True)
    for name in ("hf", "ct2", "smol", "ort", "out"):
        parser.add_argument("--" + name)
    parser.add_argument("--gguf", action="append", default=[])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeat", type=int, default=5, help="runs in a round, of which the median counts")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", help="lines whose name contains this")
    return parser.parse_args()


def works(args):
    """Each line of rates: its name, the work, the model, the peers' arguments, and what both are told."""
    gguf = dict(pair.split("=", 1) for pair in args.gguf)
    hf = ["hf", args.hf] if args.hf else None
    ct2 = ["ct2", args.ct2] if args.ct2 else None
    int8 = ct2 and ct2 + ["--dtype", "int8"]
    ort = ["ort", args.ort] if args.ort else None
    llama = {dtype: ["llamacpp", path] for dtype, path in gguf.items()}
    smol = ["llamacpp", args.smol] if args.smol else None
    prefill = ["--prompt-len", "512", "--new-tokens", "1"]
    for dtype in ("f32", "f16", "q8_0", "q4_0"):
        peers = {"f32": [hf, ct2, llama.get("f32")], "q8_0": [llama.get("q8_0"), int8]}.get(dtype, [llama.get(dtype)])
        yield f"GPT-2 decode {dtype}", "decode", gguf.get(dtype), peers, []
    yield "GPT-2 f32 batch 16", "decode", gguf.get("f32"), [hf, ct2, int8], ["--batch", "16"]
    yield "GPT-2 f32 beam 5", "decode", gguf.get("f32"), [hf, ct2], ["--beams", "5"]
    yield "GPT-2 f32 prefill 512", "prefill", gguf.get("f32"), [hf, ct2, llama.get("f32")], prefill
    yield "SmolLM2 Q4_1 decode", "decode", args.smol, [smol, ort], []
    yield "SmolLM2 Q4_1 prefill 512", "prefill", args.smol, [smol, ort], prefill
    yield "SmolLM2 Q4_1 batch 16", "decode", args.smol, [ort], ["--batch", "16"]
    yield "SmolLM2 Q4_1 beam 5", "decode", args.smol, [ort], ["--beams", "5"]


def run(command):
    """The JSON object that a command prints last; none where it fails (a library that is not installed)."""
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"left out: {' '.join(command)}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def spread(values, digits=1):
    middle = f"{statistics.median(values):.{digits}f}"
    return f"{middle} ({min(values):.{digits}f} to {max(values):.{digits}f})"


class Versus:
    def __init__(self, args):
        self.args = args
        self.both = ["--threads", str(args.threads), "--repeat", str(args.repeat)]
        self.raw = open(args.out, "a") if args.out else None

    def bench(self, model, *more):
        return run([self.args.beamline, "bench", "--json", "--model", model, *self.both, *more])

    def peer(self, arguments, work, *more):
        return run([sys.executable, os.path.join(HERE, "peer.py"), *arguments, "--work", work, *self.both, *more])

    def keep(self, name, ours, theirs):
        if self.raw:
            self.raw.write(json.dumps(dict(name=name, beamline=ours, peers=theirs)) + "\n")
            self.raw.flush()

    def rates(self, name, work, model, peers, shape):
        names = [name] if any(plain in name for plain in ("f32", "f16")) else [name, name + ", i8"]
        ours, shares, theirs = {n: [] for n in names}, {n: [] for n in names}, {}
        for _ in range(self.args.rounds):
            results = {n: self.bench(model, *shape, *(["--activations", "i8"] if n != name else [])) for n in names}
            for n, result in results.items():
                # A peer that counts the prompt in is compared with all new tokens over all time.
                ours[n].append(result["prefill"]["tokens_per_s"] if work == "prefill" else result["total_tokens_per_s"])
                shares[n].append(result["bandwidth_share"] or 0.0)
            for peer in filter(None, peers):
                got = self.peer(peer, work, *shape)
                if got:
                    theirs.setdefault(" ".join([peer[0], *peer[2:]]), []).append(got["tokens_per_s"])
            for n, result in results.items():
                self.keep(n, result, {k: v[-1] for k, v in theirs.items()})
        medians = {peer: statistics.median(rates) for peer, rates in theirs.items()}
        best = max(medians, key=medians.get) if medians else None
        other = f"{spread(theirs[best])} {best}" if best else "-"
        for n in names:
            ratio = f"{statistics.median(ours[n]) / medians[best]:.2f}" if best else "-"
            share = f"{statistics.median(shares[n]):.2f}" if work == "decode" else "-"
            print(f"| {n} | {spread(ours[n])} | {other} | {ratio} | {share} |", flush=True)

    def first_token(self, model):
        """Seconds from the start of the process to its first output, one token after 16 of prompt."""
        ids = ",".join(str(100 + i) for i in range(16))
        command = [self.args.beamline, "generate", "--model", model, "--prompt-ids", ids, "--max-new-tokens", "1", "--threads", str(self.args.threads)]
        ours, theirs = [], []
        for _ in range(2 * self.args.rounds):
            started = time.perf_counter()
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
                process.stdout.read(1)
                ours.append(time.perf_counter() - started)
                process.stdout.read()
            if process.returncode:
                raise SystemExit(f"{command}: exit {process.returncode}")
            got = self.peer(["llamacpp", model], "first")
            if got:
                theirs.append(got["seconds"])
        self.keep("first token", ours, theirs)
        ratio = f"{statistics.median(ours) / statistics.median(theirs):.2f}" if theirs else "-"
        print(f"\nStart to first token, GPT-2 f32, 16 of prompt, file in the page cache: {spread(ours, 3)} s, from the start of the process;")
        print(f"llama.cpp, from opening the file, its library loaded: {spread(theirs, 3) if theirs else '-'} s; ratio {ratio}.")

    def alone(self, f32, q8_0):
        """What has no peer."""
        for _ in range(self.args.rounds):
            one, five, eight, drawn = (self.bench(f32, *more)["decode"] for more in (
                [], ["--beams", "5"], ["--batch", "8"], ["--run", "do_sample=true,num_return_sequences=8"]))
            self.keep("steps", dict(one=one, five=five, eight=eight, drawn=drawn), {})
            print(f"\nBeam 5: {one['ms_per_step'] / five['ms_per_step']:.2f} of batch 1's steps a second. "
                  f"Eight samples of one prompt: {drawn['tokens_per_s'] / eight['tokens_per_s']:.2f} of batch 8's rate.")
        shares = [self.bench(q8_0, "--run", SAMPLING)["sampling_share"] for _ in range(self.args.rounds)]
        print(f"Shaping and choosing, {SAMPLING}: {100 * statistics.median(shares):.1f} % of a q8_0 run.")
        long = self.bench(q8_0, "--new-tokens", "1000")
        cache = 1016 * 12 * 2 * 768 * 4 / 1e6
        print(f"Peak memory, q8_0, 1,000 tokens: {long['peak_rss_mb']:.0f} MB; the file has {os.path.getsize(q8_0) / 1e6:.0f}, "
              f"the cache {cache:.0f}, so {long['peak_rss_mb'] - cache - os.path.getsize(q8_0) / 1e6:.0f} beyond both.")


def main():
    args = arguments()
    versus = Versus(args)
    print("| work | beamline tok/s | best peer tok/s | ratio | share of bandwidth |")
    print("| --- | --- | --- | --- | --- |")
    for name, work, model, peers, shape in works(args):
        if model and (not args.only or args.only in name):
            versus.rates(name, work, model, peers, shape)
    gguf = dict(pair.split("=", 1) for pair in args.gguf)
    if "f32" in gguf and "q8_0" in gguf and not args.only:
        versus.first_token(gguf["f32"])
        versus.alone(gguf["f32"], gguf["q8_0"])


main()
