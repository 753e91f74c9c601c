#!/usr/bin/env python3
"""Asks a server on this machine all kinds of things for a while, and watches its memory.

    soak.py URL PID --seconds 1800 --out soak.svg

Clients stream and do not, draw and search, ask for prompts back, send nonsense, and go away in mid-stream. Every second the server's
resident memory is noted; at the end a line of JSON tells how it went, and the picture shows memory over time.
"""

import argparse
import asyncio
import json
import random
import time
import urllib.parse

WORDS = "the sea was calm and she said nothing of what he had seen that night in the old house by the river".split()


def wanted(dice):
    """A body, and after how many bytes of the answer its client goes away (none: it stays)."""
    prompt = " ".join(dice.choice(WORDS) for _ in range(dice.randint(1, 150)))
    kind = dice.randrange(10)
    body = {"prompt": prompt, "max_tokens": dice.randint(1, 60), "seed": dice.randrange(1000)}
    if kind == 0:
        body |= {"num_beams": dice.randint(2, 6), "do_sample": False}
        body.pop("seed")
    elif kind == 1:
        body |= {"echo": True, "logprobs": dice.randint(0, 20), "max_tokens": dice.choice([0, 1, 5])}
    elif kind == 2:
        body |= {"n": dice.randint(2, 6)}
    elif kind == 3:
        body |= {"regex": "[a-z ]{5,40}"}
    elif kind == 4:
        return json.dumps({"prompt": prompt, "max_tokens": -1}).encode(), None
    elif kind == 5:
        return b"{" + bytes(dice.randrange(256) for _ in range(200)), None
    else:
        body["stream"] = kind % 2 == 0
    leaves = dice.randint(1, 3000) if kind in (8, 9) else None
    return json.dumps(body).encode(), leaves


async def ask(host, port, payload, leaves):
    reader, writer = await asyncio.open_connection(host, port)
    head = f"POST /v1/completions HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(payload)}\r\nConnection: close\r\n\r\n".encode() + payload)
    status, got = b"gone", 0
    try:
        await writer.drain()
        status = (await reader.readline()).split()[1]
        while piece := await reader.read(4096):
            got += len(piece)
            if leaves is not None and got >= leaves:
                writer.transport.abort()
                return "left"
    except (ConnectionError, IndexError):
        return "broken"
    writer.close()
    return status.decode()


async def client(args, counts, dice, end):
    while time.monotonic() < end:
        payload, leaves = wanted(dice)
        told = await ask(args.host, args.port, payload, leaves)
        counts[told] = counts.get(told, 0) + 1


async def watch(args, seen, end):
    begun = time.monotonic()
    while time.monotonic() < end:
        with open(f"/proc/{args.pid}/status") as status:
            pages = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        seen.append((time.monotonic() - begun, pages / 1024))
        await asyncio.sleep(1)


def draw(seen, path):
    width, height, edge = 900, 320, 50
    last, most = seen[-1][0] or 1, max(size for _, size in seen) * 1.1
    x = lambda t: edge + t / last * (width - 2 * edge)
    y = lambda size: height - edge - size / most * (height - 2 * edge)
    points = " ".join(f"{x(t):.1f},{y(size):.1f}" for t, size in seen)
    marks = "".join(
        f'<text x="{edge - 6}" y="{y(most * part / 4) + 4:.0f}" text-anchor="end">{most * part / 4:.0f}</text>'
        f'<line x1="{edge}" x2="{width - edge}" y1="{y(most * part / 4):.0f}" y2="{y(most * part / 4):.0f}" stroke="#ddd"/>'
        for part in range(5)
    )
    times = "".join(f'<text x="{x(last * part / 6):.0f}" y="{height - edge + 18}" text-anchor="middle">{last * part / 360:.0f}</text>' for part in range(7))
    with open(path, "w") as out:
        out.write(
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="12">'
            f'<rect width="100%" height="100%" fill="#fff"/>{marks}{times}'
            f'<text x="{edge}" y="24">resident memory of the server, MiB</text>'
            f'<text x="{width / 2}" y="{height - 12}" text-anchor="middle">minutes of mixed load</text>'
            f'<polyline points="{points}" fill="none" stroke="#0072b2" stroke-width="1.5"/></svg>\n'
        )


async def run(args):
    counts, seen, end = {}, [], time.monotonic() + args.seconds
    clients = [client(args, counts, random.Random(number), end) for number in range(args.clients)]
    await asyncio.gather(watch(args, seen, end), *clients)
    return counts, seen


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("pid", type=int)
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--clients", type=int, default=12)
    parser.add_argument("--out", default=None)
    args = parser.parse_args()
    url = urllib.parse.urlparse(args.url)
    if url.hostname not in ("127.0.0.1", "localhost", "::1"):
        parser.error("only a server on this machine may be asked")
    args.host, args.port = url.hostname, url.port
    counts, seen = asyncio.run(run(args))
    part = len(seen) // 6 or 1
    mean = lambda some: round(sum(size for _, size in some) / len(some), 1)
    told = {"answers": counts, "mib_after_a_sixth": mean(seen[part : 2 * part] or seen), "mib_last_sixth": mean(seen[-part:]), "mib_most": round(max(size for _, size in seen), 1)}
    print(json.dumps(told))
    if args.out:
        draw(seen, args.out)


if __name__ == "__main__":
    main()
