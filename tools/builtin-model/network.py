"""GPT-2, written for training: the same function as transformers' GPT2LMHeadModel, matrices as `nn.Linear` holds them."""
import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class Shape:
    vocab: int
    width: int
    layers: int
    heads: int
    context: int

    def parameters(self):
        """Parameters; the output layer is the token embedding and counts once."""
        block = 12 * self.width**2 + 13 * self.width
        return (self.vocab + self.context + 2) * self.width + self.layers * block

    def bytes_as_q8_0(self):
        """Bytes as GGUF, without the tokenizer: 34 for 32 numbers of a matrix, 2 for one of a position, 4 for one of a bias or a norm."""
        matrices = (self.vocab + 12 * self.layers * self.width) * self.width
        positions = self.context * self.width
        return matrices * 34 // 32 + 2 * positions + 4 * (self.parameters() - matrices - positions)


class Block(nn.Module):
    def __init__(self, shape, dropout):
        super().__init__()
        width = shape.width
        self.heads, self.dropout = shape.heads, dropout
        self.norm_1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.attention_out = nn.Linear(width, width)
        self.norm_2 = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def drop(self, x):
        return F.dropout(x, self.dropout, self.training) if self.dropout else x

    def forward(self, x):  # [rows, positions, width]
        rows, positions, width = x.shape
        q, k, v = self.qkv(self.norm_1(x)).split(width, dim=2)
        q, k, v = (t.view(rows, positions, self.heads, width // self.heads).transpose(1, 2) for t in (q, k, v))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.drop(self.attention_out(mixed.transpose(1, 2).reshape(rows, positions, width)))
        return x + self.drop(self.down(F.gelu(self.up(self.norm_2(x)), approximate="tanh")))


class Gpt2(nn.Module):
    def __init__(self, shape, dropout=0.0):
        """dropout: the share of what a block adds, and of the embedding, that is left out in training."""
        super().__init__()
        self.shape, self.dropout = shape, dropout
        self.tokens = nn.Embedding(shape.vocab, shape.width)
        self.positions = nn.Embedding(shape.context, shape.width)
        self.blocks = nn.ModuleList(Block(shape, dropout) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.width)
        for name, p in self.named_parameters():
            if p.ndim == 2:
                into_stream = "attention_out" in name or "down" in name
                nn.init.normal_(p, std=0.02 / math.sqrt(2 * shape.layers) if into_stream else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(p)

    def compiled(self):
        """Each block by itself, in place: they are alike, so one is compiled and the others reuse it."""
        for block in self.blocks:
            block.compile(dynamic=False)
        return self

    def forward(self, ids):
        """Logits. ids: [rows, positions]; result: [rows, positions, vocab]."""
        x = self.tokens(ids) + self.positions.weight[: ids.shape[1]]
        x = F.dropout(x, self.dropout, self.training) if self.dropout else x
        for block in self.blocks:
            x = block(x)
        return F.linear(self.norm(x), self.tokens.weight)


def losses(logits, targets):
    """Nats for every target. logits: [rows, positions, vocab]; targets and result: [rows, positions]."""
    return F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), reduction="none").view_as(targets)


def losses_beside(logits, teacher, targets, soft):
    """The cross-entropy to `soft` parts of the teacher's distribution and 1 - soft parts of the target itself.

    Hinton, Vinyals, Dean, "Distilling the knowledge in a neural network" (2015), at temperature 1.
    """
    ours = logits.float().log_softmax(-1)
    theirs = teacher.float().softmax(-1)
    of_target = ours.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    return -(soft * (theirs * ours).sum(-1) + (1 - soft) * of_target)
