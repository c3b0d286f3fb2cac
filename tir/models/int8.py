"""Linear layers whose weights are one signed byte each, for CPUs.

A lone trajectory is bound by reading the weights: bytes are read twice as fast as bfloat16, and
torch has a kernel that multiplies them as they are (`_weight_int8pack_mm`, the one that its own
quantizer, torchao, calls on a CPU). With many tokens at once the multiplications count, where
bfloat16 has hardware and bytes have not: then the bytes are widened first. Each output row has one
scale, so that its largest weight is 127 (symmetric, rounded to nearest; no data is needed).

So it pays for a lone trajectory, and where memory is short; sixteen at once are slower than in
bfloat16, where the CPU has that. Measured at the width of 1.5B: `tests/benchmarks/engine_int8.py`.
"""

from typing import Any

import torch
from torch import nn
from torch.nn import functional

FEW = 32
"""Tokens up to which the kernel for bytes is faster than widening: 2.4 against 3.5 ms for 16 tokens
of a layer of 1536 x 8960 on one thread, 18 against 6.4 ms for 64."""


class Int8Linear(nn.Module):
    """In the place of an `nn.Linear`."""

    weight: torch.Tensor
    scale: torch.Tensor

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        exact = linear.weight.detach().float()
        scale = exact.abs().amax(1).clamp(min=1e-12) / 127
        self.register_buffer("weight", (exact / scale[:, None]).round().to(torch.int8))
        self.register_buffer("scale", scale.to(linear.weight.dtype))
        self.bias = linear.bias

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """As the layer that it replaces, but for the rounding of its weights."""
        rows = x.reshape(-1, x.shape[-1])
        if len(rows) <= FEW:
            out = torch._weight_int8pack_mm(rows, self.weight, self.scale)
        else:
            out = functional.linear(rows, self.weight.to(x.dtype)) * self.scale
        if self.bias is not None:
            out = out + self.bias
        return out.view(*x.shape[:-1], -1)


def quantize_linears(network: Any) -> None:
    """Replaces all linear layers, one after another; embeddings stay as they are.

    The head goes as well: tied or not, it is read whole for every token.
    """
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if type(child) is nn.Linear:
                setattr(module, name, Int8Linear(child))
