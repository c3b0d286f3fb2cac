"""Rows of the engine's benchmark, and the one of decoding: two peers, step by step, in turns."""

import asyncio
import statistics
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from engine_networks import prompt, run, speak
from transformers import StoppingCriteria, StoppingCriteriaList

from tir.models.local import LocalModel, LocalSession

TURNS, FEW_TURNS = 5, 3
"""Of each peer, one after the other, so that what else the machine does meets both alike; fewer
where the peer reads 16,000 tokens before each."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    what: str
    figure: str
    bar: str
    is_met: bool | None
    """None: there is no bar, the figure is only printed."""

    def line(self) -> str:
        """As it is printed."""
        found = {True: "met", False: "MISSED", None: ""}[self.is_met]
        return f"{self.what:64} {self.figure:78} {self.bar:20} {found}".rstrip()


class Stepped:
    """A forward that notes when it begins and how long it takes. Processor time of all threads
    between two beginnings is all that a step costs, the event loop's part included."""

    def __init__(self, forward: Any) -> None:
        self.forward = forward
        self.begun: list[float] = []
        self.taken: list[float] = []
        self.cache = forward.cache

    def __call__(self, work: Any) -> torch.Tensor:
        self.begun.append(time.process_time())
        before = time.thread_time()
        found: torch.Tensor = self.forward(work)
        self.taken.append(time.thread_time() - before)
        return found


class Watch(StoppingCriteria):
    """Called once per step of `generate`; stops nothing."""

    def __init__(self) -> None:
        self.called: list[float] = []

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        self.called.append(time.process_time())
        return torch.zeros(len(input_ids), dtype=torch.bool)


def between(moments: list[float]) -> list[float]:
    """Seconds from each to the next."""
    return [after - before for before, after in pairwise(moments)]


def decoding(model: LocalModel, name: str, *, length: int, steps: int) -> list[Row]:
    """Batch 16, all decoding: medians of steps; the reading before is in none of them."""
    rows = [prompt(model.network, length, 300 + i) for i in range(16)]
    ratios, ours, theirs, shares = [], [], [], []
    timed = Stepped(model.engine._forward)
    model.engine._forward = timed

    async def together(sessions: list[LocalSession], count: int) -> None:
        await asyncio.gather(*(speak(session, count) for session in sessions))

    for _ in range(TURNS if length < 1000 else FEW_TURNS):
        sessions = [LocalSession(model, list(row), 0) for row in rows]
        run(together(sessions, 1))
        timed.begun.clear()
        timed.taken.clear()
        run(together(sessions, 1 + steps))
        mine = statistics.median(between(timed.begun))
        shares.append(max(0.0, mine - statistics.median(timed.taken)) / mine)
        for session in sessions:
            session.close()
        watch = Watch()
        model.network.generate(
            input_ids=torch.tensor(rows),
            attention_mask=torch.ones(16, length, dtype=torch.long),
            max_new_tokens=1 + steps,
            min_new_tokens=1 + steps,
            do_sample=False,
            pad_token_id=0,
            eos_token_id=None,
            stopping_criteria=StoppingCriteriaList([watch]),
        )
        peer = statistics.median(between(watch.called))
        ours.append(mine)
        theirs.append(peer)
        ratios.append(peer / mine)
    model.engine._forward = timed.forward
    ratio, share, mine = map(statistics.median, (ratios, shares, ours))
    return [
        Row(
            f"decoding, batch 16, {length} tokens of context, {name}",
            f"{ratio:.2f} x ({16 / mine:.0f} tokens/s; generate, static: "
            f"{16 / statistics.median(theirs):.0f}; turns {min(ratios):.2f} to {max(ratios):.2f})",
            ">= 0.95 x",
            ratio >= 0.95,
        ),
        Row(
            f"all but the forward, batch 16, {length} tokens, {name}",
            f"{share:.1%} of a step of {mine * 1e3:.1f} ms",
            "printed" if name == "built-in" else "< 5 %",
            None if name == "built-in" else share < 0.05,
        ),
    ]
