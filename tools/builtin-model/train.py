"""Train, or go on training: python train.py RUN --data DATA --steps 9000 [--layers 6 ...]

RUN/last.pt, when there is one, is gone on from; its settings are then the ones that count. The rate rises over the first steps,
stays, and falls to nothing over the last part of the steps.
`--seconds`, in place of `--steps`, takes as many steps as fit by the speed of the first ones, and notes how many.
With `--teacher`, a checkpoint of a larger model over the same tokens, the model learns to say what the teacher says.
A file RUN/stop ends it after a checkpoint; so does SIGTERM.
"""
import argparse
import os
import signal
import time

import torch

from run import SETTINGS, Run
from stream import held_out


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("run")
    p.add_argument("--data", required=True)
    for name, value in SETTINGS.items():
        p.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
    p.add_argument("--steps", type=int)
    p.add_argument("--seconds", type=float)
    p.add_argument("--teacher")
    p.add_argument("--micro", type=int, default=24, help="rows a forward pass")
    p.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--save-every", type=float, default=300, help="seconds between checkpoints")
    p.add_argument("--measure-every", type=int, default=200, help="steps between measurements on held-out rows")
    p.add_argument("--note-every", type=int, default=20, help="steps between notes of the loss")
    a = p.parse_args()
    if (a.steps is None) == (a.seconds is None):
        p.error("give either --steps or --seconds")
    return a


class Clock:
    """Seconds spent on steps: without measuring and saving, and without the first steps, in which everything is compiled."""

    def __init__(self, device):
        self.device, self.total, self.began = device, 0.0, None

    def now(self):
        if self.device == "cuda":
            torch.cuda.synchronize()
        return time.time()

    def start(self):
        self.began = self.now()

    def stop(self):
        if self.began:
            self.total += self.now() - self.began
        self.began = None


def steps_that_fit(run, seconds, micro, warm=10, timed=30):
    """Takes the first steps and says how many `seconds` have room for, these included."""
    started = time.time()
    for _ in range(warm):
        run.train_step(micro)
    clock = Clock(run.device)
    clock.start()
    for _ in range(timed):
        run.train_step(micro)
    clock.stop()
    left = seconds - (time.time() - started)
    return run.step + max(1, int(left / (clock.total / timed)))


def main():
    a = arguments()
    torch.set_num_threads(a.threads)
    torch.set_float32_matmul_precision("high")
    run = Run(a)
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(True))
    rows, size = held_out(a.data, run.shape.context, 32)
    rows = torch.from_numpy(rows).to(a.device)
    tokens = run.settings["rows"] * run.shape.context
    run.note(settings=run.settings, parameters=run.shape.parameters(), bytes=run.shape.bytes_as_q8_0(), step=run.step)
    if run.steps is None:
        run.steps = a.steps or steps_that_fit(run, a.seconds, a.micro)
        run.note(steps=run.steps, falls_at=run.falls_at())
    saved_at, clock, before = time.time(), Clock(a.device), run.step
    while True:
        finished = run.step >= run.steps
        ended = finished or bool(told) or os.path.exists(f"{a.run}/stop")
        if run.step % a.measure_every == 0 or finished:
            clock.stop()
            bits, averaged = (run.measure(rows, size, a.micro, average) for average in (False, True))
            run.note(step=run.step, tokens=run.step * tokens, bits_per_byte=bits, averaged=averaged)
        if ended or time.time() - saved_at > a.save_every:
            clock.stop()
            run.save()
            saved_at = time.time()
        if ended:
            if os.path.exists(f"{a.run}/stop"):
                os.remove(f"{a.run}/stop")
            break
        if clock.began is None:
            clock.start()
        loss = run.train_step(a.micro)
        if run.step % a.note_every == 0:
            clock.stop()
            speed = int((run.step - before) * tokens / clock.total) if clock.total else 0
            run.note(step=run.step, loss=loss.item(), rate=run.share_of_rate(), tokens_a_second=speed)
            clock.total, before = 0.0, run.step


if __name__ == "__main__":
    main()
