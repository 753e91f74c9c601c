"""A run of training: its settings, weights, averages and optimizers, one step, a measurement, a checkpoint."""
import json
import os

import torch

from muon import optimizers
from network import Gpt2, Shape, losses, losses_beside
from stream import Stream

LN2 = 0.6931471805599453

SHAPE = dict(vocab=8192, width=256, layers=6, heads=4, context=512)
# mix: how books are weighed, a key of books.WEIGHTS. fall: the share of the steps, the last ones, over which the rate falls.
# soft: how much of the target is the teacher's. average: decay of the running average of the weights.
SETTINGS = dict(
    SHAPE, mix="plain", rows=24, rate_muon=0.02, rate_adam=0.003, decay=0.1, dropout=0.0, warm_up=100, fall=0.6, soft=0.9, average=0.998, seed=1,
)  # fmt: skip


def load_model(path, device):
    """The averaged model of a checkpoint, to be asked and not trained."""
    saved = torch.load(path, weights_only=True, map_location=device)
    model = Gpt2(Shape(*(saved["settings"][n] for n in SHAPE))).to(device)
    model.load_state_dict(saved["average"])
    return model.eval().requires_grad_(False).compiled()


class Run:
    def __init__(self, a):
        self.folder, self.device = a.run, a.device
        os.makedirs(a.run, exist_ok=True)
        path = f"{a.run}/last.pt"
        saved = torch.load(path, weights_only=True, map_location=a.device) if os.path.exists(path) else None
        self.settings = saved["settings"] if saved else {n: getattr(a, n) for n in SETTINGS}
        s = self.settings
        self.shape = Shape(*(s[n] for n in SHAPE))
        torch.manual_seed(s["seed"])
        self.model = Gpt2(self.shape, s["dropout"]).to(a.device)
        self.average = {n: p.detach().clone() for n, p in self.model.named_parameters()}
        self.optimizers = optimizers(self.model, s["rate_muon"], s["rate_adam"], s["decay"])
        self.step, self.steps = 0, None
        if saved:
            self.model.load_state_dict(saved["model"])
            self.average = saved["average"]
            for optimizer, state in zip(self.optimizers, saved["optimizers"]):
                optimizer.load_state_dict(state)
            self.step, self.steps = saved["step"], saved["steps"]
        self.stream = Stream(a.data, s["context"], s["seed"], s["mix"])
        self.model.compiled()
        self.teacher = load_model(a.teacher, a.device) if a.teacher else None
        self.losses, self.losses_beside = (torch.compile(f, dynamic=False) for f in (losses, losses_beside))

    def falls_at(self):
        return int(self.steps * (1 - self.settings["fall"]))

    def share_of_rate(self):
        warm = min(1.0, (self.step + 1) / self.settings["warm_up"])
        if self.steps is None or self.step < self.falls_at():
            return warm
        return warm * (self.steps - self.step) / (self.steps - self.falls_at())

    def batch(self):
        rows = self.settings["rows"]
        batch = torch.from_numpy(self.stream.rows(self.step * rows, rows))
        return batch.pin_memory().to(self.device, non_blocking=True) if self.device == "cuda" else batch

    def loss(self, rows):
        """Nats for every target, as this run is taught."""
        ids, targets = rows[:, :-1].contiguous(), rows[:, 1:].contiguous()
        with torch.autocast(self.device, dtype=torch.bfloat16):
            if self.teacher is None:
                return self.losses(self.model(ids), targets)
            with torch.no_grad():
                theirs = self.teacher(ids)
            return self.losses_beside(self.model(ids), theirs, targets, self.settings["soft"])

    def train_step(self, micro):
        """Goes one step on; the loss stays on the device."""
        rows, total = self.batch(), 0.0
        for part in rows.split(micro):
            loss = self.loss(part).sum() / (rows.shape[0] * self.shape.context)
            loss.backward()
            total = total + loss.detach()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        share = self.share_of_rate()
        for optimizer, rate in zip(self.optimizers, (self.settings["rate_muon"], self.settings["rate_adam"])):
            for group in optimizer.param_groups:
                group["lr"] = rate * share
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        keep = min(self.settings["average"], (1 + self.step) / (10 + self.step))
        parameters = dict(self.model.named_parameters())
        torch._foreach_lerp_([self.average[n] for n in parameters], [p.detach() for p in parameters.values()], 1 - keep)
        self.step += 1
        return total

    @torch.no_grad()
    def measure(self, rows, size, micro, average):
        """Bits per byte."""
        now = {n: p.detach().clone() for n, p in self.model.named_parameters()}
        if average:
            self.model.load_state_dict(self.average)
        self.model.eval()
        total = 0.0
        for part in rows.split(micro):
            with torch.autocast(self.device, dtype=torch.bfloat16):
                total += self.losses(self.model(part[:, :-1].contiguous()), part[:, 1:].contiguous()).double().sum().item()
        self.model.train()
        self.model.load_state_dict(now)
        return total / LN2 / size

    def save(self):
        state = dict(
            settings=self.settings, step=self.step, steps=self.steps,
            model=self.model.state_dict(), average=self.average, optimizers=[o.state_dict() for o in self.optimizers],
        )  # fmt: skip
        torch.save(state, f"{self.folder}/last.pt.new")
        os.replace(f"{self.folder}/last.pt.new", f"{self.folder}/last.pt")

    def note(self, **values):
        line = json.dumps({k: round(v, 4) if isinstance(v, float) else v for k, v in values.items()})
        print(line, flush=True)
        with open(f"{self.folder}/log.jsonl", "a") as f:
            f.write(line + "\n")
