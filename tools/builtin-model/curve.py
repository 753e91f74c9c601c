"""The measurements of runs: python curve.py RUN [RUN ...] CURVE.svg. Prints a table a run, draws held-out bits per byte against tokens."""
import json
import os
import sys

COLOURS = ("#c60", "#06c", "#080", "#808")


def read(run):
    """The measurements, and the tokens at which the rate begins to fall."""
    with open(f"{run}/log.jsonl") as f:
        lines = [json.loads(line) for line in f]
    measured = {line["step"]: line for line in lines if "bits_per_byte" in line}  # a run gone on with measures a step twice
    points = [measured[step] for step in sorted(measured) if step]
    falls_at = next(line["falls_at"] for line in lines if "falls_at" in line)
    return points, falls_at * points[-1]["tokens"] / points[-1]["step"]


def draw(runs):
    """A line a run for the averaged weights, a thin one for the weights as they are, a mark where the rate begins to fall."""
    width, height, left, bottom = 640, 320, 50, 40
    most = max(points[-1]["tokens"] for points, _ in runs.values())
    low = min(p["averaged"] for points, _ in runs.values() for p in points) - 0.02
    high = max(points[0]["bits_per_byte"] for points, _ in runs.values())

    def place(tokens, bits):
        return left + tokens / most * (width - left - 10), (high - bits) / (high - low) * (height - bottom - 10) + 10

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">']
    out.append(f'<rect width="{width}" height="{height}" fill="white"/>')
    for i in range(5):
        bits, tokens = low + (high - low) * i / 4, most * i / 4
        x, y = place(tokens, bits)
        out.append(f'<path d="M{left},{y:.1f}H{width - 10}" stroke="#ddd"/><text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{bits:.2f}</text>')
        out.append(f'<text x="{x:.1f}" y="{height - 22}" text-anchor="{"end" if i == 4 else "middle"}">{tokens / 1e6:.0f}M</text>')
    for (name, (points, falls_at)), colour in zip(runs.items(), COLOURS):
        for key, thickness in (("bits_per_byte", 0.7), ("averaged", 2)):
            line = " ".join("{:.1f},{:.1f}".format(*place(p["tokens"], p[key])) for p in points)
            out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="{thickness}"/>')
        x = place(falls_at, low)[0]
        out.append(f'<path d="M{x:.1f},10V{height - bottom}" stroke="{colour}" stroke-dasharray="4"/>')
        x, y = place(points[-1]["tokens"], points[-1]["averaged"])
        out.append(f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="end" fill="{colour}">{name}</text>')
    out.append(f'<text x="{left}" y="{height - 4}">held-out bits per byte by tokens; thick: average of the weights; dashed: the rate begins to fall</text></svg>')
    return "\n".join(out)


def main():
    *folders, target = sys.argv[1:]
    runs = {os.path.basename(folder.rstrip("/")): read(folder) for folder in folders}
    for name, (points, _) in runs.items():
        print(f"| step of the {name} | tokens | bits per byte | of the average |\n|---:|---:|---:|---:|")
        for p in points:
            print(f"| {p['step']} | {p['tokens'] / 1e6:.1f}M | {p['bits_per_byte']:.3f} | {p['averaged']:.3f} |")
    with open(target, "w") as f:
        f.write(draw(runs))


if __name__ == "__main__":
    main()
