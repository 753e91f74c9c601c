"""Muon: momentum whose direction is made orthogonal, for the matrices inside the blocks; and which parameter goes where.

Method and the coefficients of the iteration: Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024).
"""
import torch


def orthogonal(g):
    """The nearest semi-orthogonal matrices, about: five steps of a quintic Newton-Schulz iteration. g: [matrices, rows, columns]."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.bfloat16()
    tall = x.shape[1] > x.shape[2]
    x = x.transpose(1, 2) if tall else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        s = x @ x.transpose(1, 2)
        x = a * x + (b * s + c * s @ s) @ x
    return (x.transpose(1, 2) if tall else x).float()


class Muon(torch.optim.Optimizer):
    """Query, key and value are made orthogonal apart. Weight decay is decoupled, in units of the rate."""

    def __init__(self, parameters, lr, momentum=0.95, weight_decay=0.1):
        super().__init__(parameters, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            alike = {}
            for p in group["params"]:
                if "momentum" not in self.state[p]:
                    self.state[p]["momentum"] = torch.zeros_like(p)
                alike.setdefault(p.shape, []).append(p)
            for (rows, columns), matrices in alike.items():
                grads, momenta = [p.grad for p in matrices], [self.state[p]["momentum"] for p in matrices]
                torch._foreach_lerp_(momenta, grads, 1 - group["momentum"])
                directions = torch._foreach_lerp(grads, momenta, group["momentum"])  # Nesterov's
                parts = 3 if rows == 3 * columns else 1
                stack = torch.stack(directions).view(len(matrices) * parts, rows // parts, columns)
                updates = orthogonal(stack).view(len(matrices), rows, columns)
                rate = group["lr"] * max(1.0, rows / parts / columns) ** 0.5
                torch._foreach_mul_(matrices, 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_(matrices, list(updates), alpha=-rate)


def optimizers(model, rate_muon, rate_adam, decay):
    """Muon for the blocks' matrices; AdamW without decay for embeddings, norms and biases."""
    inner = [p for p in model.blocks.parameters() if p.ndim == 2]
    rest = [p for p in model.parameters() if not any(p is q for q in inner)]
    return [
        Muon(inner, lr=rate_muon, weight_decay=decay),
        torch.optim.AdamW(rest, lr=rate_adam, betas=(0.9, 0.95), eps=1e-10, weight_decay=0.0, fused=True),
    ]
