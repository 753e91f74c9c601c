#!/usr/bin/env python3
"""Sends a server on this machine a bounded load of completions, and tells how it answered.

Works with any server that speaks OpenAI's /v1/completions with prompts as token ids and streams (beamline, llama-server).
Only addresses of this machine are asked. Standard library alone, so that the client takes little of the machine.

    load.py URL --clients 16 --requests 64
    load.py URL --clients 16 --requests 64 --shared 400     # half of the prompts begin with the same 400 tokens
    load.py URL --clients 8 --seconds 20 --long 2000        # and a prompt of 2,000 tokens arrives every second
"""

import argparse
import asyncio
import json
import pathlib
import random
import statistics
import time
import urllib.parse

FIRST, LAST = 1000, 40000  # ids that every vocabulary here has, none of them special


class Told:
    """What became of one request."""

    def __init__(self):
        self.first = self.end = None
        self.between = []
        self.tokens = 0
        self.error = None


async def ask(host, port, body, begun):
    """Asks once; times are seconds since `begun`."""
    told = Told()
    reader, writer = await asyncio.open_connection(host, port)
    payload = json.dumps(body).encode()
    head = f"POST /v1/completions HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(payload)}\r\nConnection: close\r\n\r\n".encode() + payload)
    await writer.drain()
    sent = last = time.perf_counter()
    status = int((await reader.readline()).split()[1])
    while line := await reader.readline():
        if status != 200:
            told.error = f"{status} {line.decode(errors='replace').strip()}"
        if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
            continue
        event = json.loads(line[6:])
        if "error" in event:
            told.error = json.dumps(event["error"])
        if not event.get("choices"):
            continue
        now = time.perf_counter()
        if told.first is None:
            told.first = now - sent
        else:
            told.between.append(now - last)
        last = now
        told.tokens += 1
    told.end = time.perf_counter() - begun
    writer.close()
    return told


def body(ids, new, model):
    return {"model": model, "prompt": ids, "max_tokens": new, "temperature": 0, "stream": True, "ignore_eos": True}


def prompts(args):
    """Prompts of random tokens: the same for every server, and none that another one begins with unless that is asked for."""
    dice = random.Random(args.seed)
    draw = lambda count: [dice.randrange(FIRST, LAST) for _ in range(count)]
    shared, number = draw(args.shared), 0
    while True:
        own = draw(dice.randint(args.least, args.most))
        number += 1
        yield (shared + own[:100], True) if args.shared and number % 2 else (own, False)


async def client(args, queue, results, begun):
    while queue:
        ids, shares = queue.pop(0)
        told = await ask(args.host, args.port, body(ids, args.new, args.model), begun)
        results.append((told, shares))


async def steady(args, source, results, begun):
    """A client that asks until the time is over."""
    while time.perf_counter() - begun < args.seconds:
        told = await ask(args.host, args.port, body(next(source)[0], args.new, args.model), begun)
        results.append((told, False))


async def arriving(args, source, begun):
    """A long prompt every second."""
    dice, running = random.Random(args.seed + 1), []
    while time.perf_counter() - begun < args.seconds:
        ids = [dice.randrange(FIRST, LAST) for _ in range(args.long)]
        running.append(asyncio.create_task(ask(args.host, args.port, body(ids, 1, args.model), begun)))
        await asyncio.sleep(1.0)
    return await asyncio.gather(*running)


async def run(args):
    source, results, long = prompts(args), [], []
    begun = time.perf_counter()
    if args.seconds:
        tasks = [steady(args, source, results, begun) for _ in range(args.clients)]
        if args.long:
            tasks.append(arriving(args, source, begun))
        long = (await asyncio.gather(*tasks))[-1] if args.long else []
        if not args.long:
            await asyncio.gather(*tasks)
    else:
        queue = [next(source) for _ in range(args.requests)]
        await asyncio.gather(*(client(args, queue, results, begun) for _ in range(args.clients)))
    return results, long, time.perf_counter() - begun


def busy(pid):
    """Processor time of a process so far, in clock ticks: of the threads that talk to clients, those that have ended among them,
    and of all."""

    def ticks(stat):
        name, rest = stat.read_text().rsplit(")", 1)
        return name, sum(map(int, rest.split()[11:13]))

    every = ticks(pathlib.Path(f"/proc/{pid}/stat"))[1]
    tasks = [ticks(task / "stat") for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]
    return every - sum(time for name, time in tasks if "(talk" not in name), every


def share(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))] if values else float("nan")


def summary(results, long, seconds):
    fine = [told for told, _ in results if told.error is None and told.first is not None]
    firsts = [told.first for told in fine]
    sharing = [told.first for told, shares in results if shares and told.error is None and told.first is not None]
    between = [gap for told in fine for gap in told.between]
    # Where long prompts arrive, what counts is the time in which others wait for their next token.
    return {
        "requests": len(results),
        "failed": len(results) - len(fine),
        "errors": sorted({told.error for told, _ in results if told.error})[:3],
        "seconds": round(seconds, 2),
        "tokens_per_s": round(sum(told.tokens for told in fine) / seconds, 1),
        "ttft_ms": {"p50": ms(share(firsts, 0.5)), "p99": ms(share(firsts, 0.99))},
        "shared_ttft_ms": {"p50": ms(share(sharing, 0.5)), "p99": ms(share(sharing, 0.99))} if sharing else None,
        "between_ms": {"p50": ms(share(between, 0.5)), "p99": ms(share(between, 0.99)), "mean": ms(statistics.fmean(between)) if between else None},
        "long_ttft_ms": ms(statistics.fmean([told.first for told in long if told.first])) if long else None,
        "long_failed": sum(told.error is not None for told in long),
    }


def ms(seconds):
    return None if seconds != seconds else round(seconds * 1000, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--model", default=None, help="the name that the server asks for")
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--requests", type=int, default=32, help="at most 10,000")
    parser.add_argument("--seconds", type=float, default=0, help="ask for so long in place of so often; at most 600")
    parser.add_argument("--least", type=int, default=32, help="tokens of the shortest prompt")
    parser.add_argument("--most", type=int, default=512, help="tokens of the longest prompt")
    parser.add_argument("--new", type=int, default=64)
    parser.add_argument("--shared", type=int, default=0)
    parser.add_argument("--long", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pid", type=int, help="beamline's process: also tells which part of its time its talking threads took")
    args = parser.parse_args()
    url = urllib.parse.urlparse(args.url)
    if url.hostname not in ("127.0.0.1", "localhost", "::1"):
        parser.error("only a server on this machine may be asked")
    if args.requests > 10_000 or args.seconds > 600 or args.clients > 1024:
        parser.error("that is more load than this is meant for")
    args.host, args.port = url.hostname, url.port
    before = busy(args.pid) if args.pid else None
    told = summary(*asyncio.run(run(args)))
    if args.pid:
        talk, every = (now - then for now, then in zip(busy(args.pid), before))
        told["talk_share"] = round(talk / max(1, every), 4)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
