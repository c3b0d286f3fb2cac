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
) -> list[int | None]:
    """The next token of each row of logits, (n, vocabulary): greedy at temperature 0, else nucleus.

    None where a row's largest logit is no finite number: a network that overflows, as some do in
    float16, has nothing to say, and drawing from it would write noise that looks like an answer.

    Nucleus sampling (Holtzman et al. 2020) keeps the fewest likeliest tokens whose probability
    reaches `top_p`. One random number is used per token, whatever the vocabulary: where it falls
    in the cumulated probability of the nucleus decides. Computed in float32.
    """
    # NaN is larger than any number here, so the maximum tells of it at no cost of its own.
    most = logits.max(-1)
    pairs = zip(most.indices.tolist(), most.values.isfinite().tolist(), strict=True)
    chosen: list[int | None] = [token if is_number else None for token, is_number in pairs]
    rows = [
        row
        for row, sampling in enumerate(samplings)
        if not sampling.is_greedy and chosen[row] is not None
    ]
    if not rows:
        return chosen
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
    return chosen


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
