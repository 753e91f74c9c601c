"""The measurements of a run: python curve.py RUN CURVE.svg. Prints a table, draws held-out bits per byte against tokens."""
import json
import sys


def read(run):
    with open(f"{run}/log.jsonl") as f:
        lines = [json.loads(line) for line in f]
    measured = {line["step"]: line for line in lines if "bits_per_byte" in line}  # a run gone on with measures a step twice
    cooled = min((line["step"] for line in lines if "cool_down_steps" in line), default=None)
    return [measured[step] for step in sorted(measured) if step], cooled


def draw(points, cooled):
    width, height, left, bottom = 640, 320, 50, 40
    most = points[-1]["tokens"]
    low, high = min(p["averaged"] for p in points) - 0.02, min(2.2, points[0]["bits_per_byte"])

    def place(tokens, bits):
        return f"{left + tokens / most * (width - left - 10):.1f},{(high - min(bits, high)) / (high - low) * (height - bottom - 10) + 10:.1f}"

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">']
    out.append(f'<rect width="{width}" height="{height}" fill="white"/>')
    for i in range(5):
        bits, tokens = low + (high - low) * i / 4, most * i / 4
        x, y = place(tokens, low).split(",")[0], place(0, bits).split(",")[1]
        out.append(f'<path d="M{left},{y}H{width - 10}" stroke="#ddd"/><text x="{left - 6}" y="{float(y) + 4:.1f}" text-anchor="end">{bits:.2f}</text>')
        out.append(f'<text x="{x}" y="{height - 22}" text-anchor="{"end" if i == 4 else "middle"}">{tokens / 1e6:.0f}M</text>')
    for key, colour in (("bits_per_byte", "#888"), ("averaged", "#06c")):
        line = " ".join(place(p["tokens"], p[key]) for p in points)
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
    if cooled:
        x = place(cooled * points[-1]["tokens"] / points[-1]["step"], low).split(",")[0]
        out.append(f'<path d="M{x},10V{height - bottom}" stroke="#c60" stroke-dasharray="4"/>')
    out.append(f'<text x="{left}" y="{height - 4}">held-out bits per byte by tokens; blue: average of the weights; dashed: the rate begins to fall</text></svg>')
    return "\n".join(out)


def main():
    run, target = sys.argv[1:]
    points, cooled = read(run)
    print("| step | tokens | bits per byte | of the average |\n|---:|---:|---:|---:|")
    for p in points:
        print(f"| {p['step']} | {p['tokens'] / 1e6:.1f}M | {p['bits_per_byte']:.3f} | {p['averaged']:.3f} |")
    with open(target, "w") as f:
        f.write(draw(points, cooled))


if __name__ == "__main__":
    main()
