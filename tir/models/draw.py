"""Draws the next tokens of a batch from their logits, each from its own random numbers."""

from bisect import bisect_right
from collections.abc import Sequence

import torch

from tir.dialects import Sampling

HEAD = 256
"""Tokens among which the nucleus is looked for first. Sorting a vocabulary of 152 000 takes 8 ms,
picking out the likeliest of it a tenth; a nucleus that is wider is found by sorting after all."""


def draw(
    logits: torch.Tensor, samplings: Sequence[Sampling], random: Sequence[torch.Generator]
) -> list[int]:
    """The next token of each row of logits, (n, vocabulary): greedy at temperature 0, else nucleus.

    Nucleus sampling (Holtzman et al. 2020) keeps the fewest likeliest tokens whose probability
    reaches `top_p`. One random number is used per token, whatever the vocabulary: where it falls
    in the cumulated probability of the nucleus decides. Computed in float32.
    """
    chosen = logits.argmax(-1).tolist()
    rows = [row for row, sampling in enumerate(samplings) if not sampling.is_greedy]
    if not rows:
        return [int(token) for token in chosen]
    heat = torch.tensor([samplings[row].temperature for row in rows], device=logits.device)
    shares = torch.softmax(logits[rows].float() / heat[:, None], -1)
    head = shares.topk(min(HEAD, shares.shape[1]))
    for at, (row, values, names) in enumerate(
        zip(rows, head.values.tolist(), head.indices.tolist(), strict=True)
    ):
        place = _place(
            values, samplings[row].top_p, random[row], whole=len(values) == len(shares[at])
        )
        if place is None:
            ranked = shares[at].sort(descending=True)
            values, names = ranked.values.tolist(), ranked.indices.tolist()
            place = _place(values, samplings[row].top_p, random[row], whole=True)
        assert place is not None
        chosen[row] = names[place]
    return [int(token) for token in chosen]


def _place(
    values: list[float], top_p: float, random: torch.Generator, *, whole: bool
) -> int | None:
    """Where in the falling probabilities the draw falls; None if the nucleus is not all there."""
    sums: list[float] = []
    total = 0.0
    for value in values:
        total += value
        sums.append(total)
        if total >= top_p:
            break
    else:
        # Rounding may leave the sum of all just below a top_p of 1.
        if not whole:
            return None
    point = float(torch.rand((), generator=random)) * total
    return min(bisect_right(sums, point), len(sums) - 1)
