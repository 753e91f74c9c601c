"""Train, or go on training: python train.py RUN --data DATA [--layers 6 ...]

RUN/last.pt, when there is one, is gone on from; its shape, batch, rates, decay, warm-up, average and seed are then the ones
that count. The rate rises over the first steps and stays. `--cool-down STEPS`, or a file RUN/cool-down that holds a number of
steps, starts the last phase: the rate falls to nothing over that many steps, on the text as the mix "end" weighs it, and
training ends. A file RUN/stop ends it after a checkpoint; so does SIGTERM.
"""
import argparse
import json
import os
import signal
import time

import torch

from muon import optimizers
from network import Gpt2, Shape
from stream import Stream, held_out

LN2 = 0.6931471805599453


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("run")
    p.add_argument("--data", required=True)
    for name, value in dict(vocab=4096, width=288, layers=6, heads=6, context=512).items():
        p.add_argument(f"--{name}", type=int, default=value)
    p.add_argument("--rows", type=int, default=32, help="rows a step")
    p.add_argument("--micro", type=int, default=16, help="rows a forward pass")
    p.add_argument("--rate-muon", type=float, default=0.02)
    p.add_argument("--rate-adam", type=float, default=0.003)
    p.add_argument("--decay", type=float, default=0.1)
    p.add_argument("--warm-up", type=int, default=100)
    p.add_argument("--average", type=float, default=0.998, help="decay of the running average of the weights")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--cool-down", type=int, help="start the last phase now, over this many steps")
    p.add_argument("--until", type=int, help="stop at this step")
    p.add_argument("--save-every", type=float, default=300, help="seconds between checkpoints")
    p.add_argument("--keep-every", type=int, default=1000, help="steps between checkpoints that are kept")
    p.add_argument("--measure-every", type=int, default=200, help="steps between measurements on held-out rows")
    p.add_argument("--pause-file", help="wait while this file exists")
    return p.parse_args()


class Run:
    def __init__(self, a):
        self.folder, self.pause_file = a.run, a.pause_file
        os.makedirs(a.run, exist_ok=True)
        path = f"{a.run}/last.pt"
        saved = torch.load(path, weights_only=True) if os.path.exists(path) else None
        names = ("vocab", "width", "layers", "heads", "context", "rows", "rate_muon", "rate_adam", "decay", "warm_up", "average", "seed")
        self.settings = saved["settings"] if saved else {n: getattr(a, n) for n in names}
        s = self.settings
        self.shape = Shape(*(s[n] for n in names[:5]))
        torch.manual_seed(s["seed"])
        self.model = Gpt2(self.shape)
        self.average = {n: p.detach().clone() for n, p in self.model.named_parameters()}
        self.optimizers = optimizers(self.model, s["rate_muon"], s["rate_adam"], s["decay"])
        self.step, self.cool_down = 0, None  # cool_down: (first step, steps)
        self.seconds, self.paused = 0.0, 0.0
        if saved:
            self.model.load_state_dict(saved["model"])
            self.average = saved["average"]
            for optimizer, state in zip(self.optimizers, saved["optimizers"]):
                optimizer.load_state_dict(state)
            self.step, self.cool_down, self.seconds = saved["step"], saved["cool_down"], saved["seconds"]
        self.streams = {mix: Stream(a.data, s["context"], s["seed"], mix) for mix in ("main", "end")}
        self.compiled = torch.compile(self.model)

    def share_of_rate(self):
        warm = min(1.0, (self.step + 1) / self.settings["warm_up"])
        if self.cool_down:
            first, steps = self.cool_down
            return warm * max(0.0, 1 - (self.step - first) / steps)
        return warm

    def batch(self):
        rows = self.settings["rows"]
        if self.cool_down:
            return self.streams["end"].rows((self.step - self.cool_down[0]) * rows, rows)
        return self.streams["main"].rows(self.step * rows, rows)

    def wait(self):
        began = time.time()
        while self.pause_file and os.path.exists(self.pause_file):
            time.sleep(5)
        self.paused += time.time() - began

    def losses(self, rows):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return self.compiled(rows[:, :-1].contiguous(), rows[:, 1:].contiguous())

    def train_step(self, micro):
        rows, total = torch.from_numpy(self.batch()), 0.0
        for part in rows.split(micro):
            self.wait()
            loss = self.losses(part).sum() / (rows.shape[0] * self.shape.context)
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        share = self.share_of_rate()
        for optimizer, rate in zip(self.optimizers, (self.settings["rate_muon"], self.settings["rate_adam"])):
            for group in optimizer.param_groups:
                group["lr"] = rate * share
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        keep = min(self.settings["average"], (1 + self.step) / (10 + self.step))
        for name, p in self.model.named_parameters():
            self.average[name].lerp_(p.detach(), 1 - keep)
        self.step += 1
        return total, share

    @torch.no_grad()
    def measure(self, rows, size, micro, average):
        """Bits per byte."""
        now = {n: p.detach().clone() for n, p in self.model.named_parameters()}
        if average:
            self.model.load_state_dict(self.average)
        total = 0.0
        for part in rows.split(micro):
            self.wait()
            total += self.losses(part).double().sum().item()
        self.model.load_state_dict(now)
        return total / LN2 / size

    def save(self, name="last.pt"):
        state = dict(
            settings=self.settings, step=self.step, cool_down=self.cool_down, seconds=self.seconds,
            model=self.model.state_dict(), average=self.average, optimizers=[o.state_dict() for o in self.optimizers],
        )  # fmt: skip
        torch.save(state, f"{self.folder}/{name}.new")
        os.replace(f"{self.folder}/{name}.new", f"{self.folder}/{name}")

    def note(self, **values):
        line = json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in values.items()})
        print(line, flush=True)
        with open(f"{self.folder}/log.jsonl", "a") as f:
            f.write(line + "\n")

    def told_to_cool(self, flag):
        path = f"{self.folder}/cool-down"
        if self.cool_down is None and not flag and os.path.exists(path):
            with open(path) as f:
                flag = int(f.read() or 0)  # just made, it may still be empty
        if self.cool_down is None and flag:
            self.cool_down = (self.step, flag)
            self.note(step=self.step, cool_down_steps=flag)


def main():
    a = arguments()
    torch.set_num_threads(a.threads)
    run = Run(a)
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(True))
    rows, size = held_out(a.data, run.shape.context, 32)
    rows = torch.from_numpy(rows)
    tokens = run.settings["rows"] * run.shape.context
    run.note(settings=run.settings, parameters=run.shape.parameters(), bytes=run.shape.bytes_as_q8_0(), step=run.step)
    saved_at = time.time()
    while True:
        run.told_to_cool(a.cool_down)
        finished = run.step == a.until or (run.cool_down is not None and run.step >= sum(run.cool_down))
        ended = finished or bool(told) or os.path.exists(f"{a.run}/stop")
        if run.step % a.measure_every == 0 or finished:
            bits, averaged = (run.measure(rows, size, a.micro, average) for average in (False, True))
            run.note(step=run.step, tokens=run.step * tokens, bits_per_byte=bits, averaged=averaged, seconds=run.seconds)
        if ended or time.time() - saved_at > a.save_every:
            run.save()
            saved_at = time.time()
        if run.step % a.keep_every == 0 and run.step:
            run.save(f"step-{run.step:06}.pt")
        if ended:
            if os.path.exists(f"{a.run}/stop"):
                os.remove(f"{a.run}/stop")
            break
        began, run.paused = time.time(), 0.0
        loss, share = run.train_step(a.micro)
        took = time.time() - began - run.paused
        run.seconds += took
        if run.step % 20 == 0:
            run.note(step=run.step, loss=loss, rate=share, tokens_a_second=int(tokens / took), hours=run.seconds / 3600)


if __name__ == "__main__":
    main()
