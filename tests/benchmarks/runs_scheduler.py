"""The scheduler against lock-step rounds, and against decoding with no tools at all.

    python tests/benchmarks/runs_scheduler.py [--rows 128] [--slots 16]

Both sides are the whole stack: the same problems, model, loop, real Jupyter kernels, grading and
store. The model decodes at most `slots` sequences at a time, each at a fixed pace, as a batch on
an accelerator does; programs sleep for times with a heavy tail (log-normal, drawn once per
problem and call), as tools do.

*Lock-step* is what published evaluation loops do: a batch of `slots` problems generates until all
have stopped, then all programs run in parallel until all are done, and so on; the next batch
begins when the last problem of this one has ended.
"""

import argparse
import asyncio
import random
import re
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from executors import Execution, JupyterExecutor
from problems import Problem
from tir.dialects import Sampling
from tir.models.base import Delta
from tir.models.scripted import ScriptedModel, ScriptedSession
from tir.policy import Policy
from tir.runs.campaign import Campaign
from tir.runs.solver import LocalSolver
from tir.runs.store import Store

FASTER, SHARE = 3.0, 0.9
PACE = 0.02
"""Seconds of one delta of eight characters, some two tokens."""
CALLS = 3
FENCE = "```"


def script(text: str, seed: int) -> str:
    """Three programs, each after a paragraph, then the answer."""
    n = int(re.findall(r"Problem (\d+)", text)[-1])
    call = text.split("assistant\n", 1)[1].count(f"{FENCE}output")
    draw = random.Random(f"{n} {call}")
    words = "We think about it. " * draw.randint(3, 15)
    if call == CALLS or "no tools" in text:
        return f"{words * (CALLS if 'no tools' in text else 1)}So \\boxed{{{n}}}."
    wait = min(6.0, draw.lognormvariate(-1.0, 1.2))
    code = f"import time\ntime.sleep({wait:.3f})\nprint({n})"
    return f"{words}\n{FENCE}python\n{code}\n{FENCE}\n{FENCE}output"


@dataclass
class Slots:
    """A model that decodes a bounded number of sequences at a time; `rounds` makes it lock-step."""

    slots: int
    inner: ScriptedModel = field(
        default_factory=lambda: ScriptedModel(script, seconds_per_delta=PACE)
    )
    rounds: "Rounds | None" = None
    characters: int = 0

    def __post_init__(self) -> None:
        self.gate = asyncio.Semaphore(self.slots)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def open(self, prompt: Any, *, seed: int) -> "SlotSession":
        return SlotSession(self, self.inner.open(prompt, seed=seed))


class SlotSession:
    """A trajectory that waits for a slot before it decodes, and frees it for its tool."""

    def __init__(self, model: Slots, inner: ScriptedSession) -> None:
        self._model = model
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def generate(
        self, sampling: Sampling, stop: tuple[str, ...]
    ) -> AsyncGenerator[Delta, None]:
        if self._model.rounds is not None:
            await self._model.rounds.step()
        async with self._model.gate, aclosing(self._inner.generate(sampling, stop)) as deltas:
            async for delta in deltas:
                self._model.characters += len(delta.text)
                yield delta


class Rounds:
    """Lets a batch take each step together: nobody begins one before all have ended the last."""

    def __init__(self) -> None:
        self._members = self._waiting = 0
        self._next = asyncio.Event()

    def join(self, members: int) -> None:
        self._members = members

    async def step(self) -> None:
        self._waiting += 1
        turn = self._next
        self._release()
        await turn.wait()

    def leave(self) -> None:
        self._members -= 1
        self._release()

    def _release(self) -> None:
        if self._waiting >= self._members:
            self._next.set()
            self._next, self._waiting = asyncio.Event(), 0


class InRounds:
    """An executor whose sessions run their programs in the rounds of a batch."""

    def __init__(self, inner: JupyterExecutor, rounds: Rounds) -> None:
        self._inner, self._rounds = inner, rounds

    @property
    def isolation(self) -> Any:
        return self._inner.isolation

    async def session(self) -> "InRounds.Session":
        return InRounds.Session(await self._inner.session(), self._rounds)

    class Session:
        def __init__(self, inner: Any, rounds: Rounds) -> None:
            self._inner, self._rounds = inner, rounds

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        async def execute(self, code: str, *, timeout: float | None = None) -> Execution:
            await self._rounds.step()
            return await self._inner.execute(code, timeout=timeout)


class InBatches(LocalSolver):
    """Solves in batches: a problem begins when all of the batch before have ended."""

    def __init__(self, *given: Any, rounds: Rounds, size: int, total: int) -> None:
        super().__init__(*given)
        self._rounds, self._size, self._left = rounds, size, total
        self._begun = self._ended = 0
        self._open = asyncio.Event()

    async def solve(self, *given: Any) -> Any:
        if self._begun == 0:
            self._rounds.join(min(self._size, self._left))
        self._begun += 1
        try:
            return await super().solve(*given)
        finally:
            self._rounds.leave()
            await self._batch_ended()

    async def _batch_ended(self) -> None:
        self._ended += 1
        gate = self._open
        if self._ended == min(self._size, self._left):
            self._left -= self._ended
            self._begun = self._ended = 0
            self._open = asyncio.Event()
            gate.set()
        await gate.wait()


def problems(count: int, tools: bool) -> list[Problem]:
    words = "" if tools else ", no tools"
    return [Problem(f"Problem {n}{words}", gold=str(n)) for n in range(count)]


async def run(rows: int, slots: int, how: str) -> tuple[float, float, float]:
    """Seconds, characters per second, and the share of right answers."""
    policy = Policy(samples=1, check=False, max_tokens=100_000)
    rounds = Rounds() if how == "lock-step" else None
    model = Slots(slots, rounds=rounds)
    tools = how != "no tools"
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder)) as store:
        campaign = Campaign(problems(rows, tools), store, engine="e", timeout=1e9)
        campaign.plan()
        async with JupyterExecutor(spares=slots) as kernels:
            for session in [await kernels.session() for _ in range(4)]:
                await session.close()
            if rounds is not None:
                given = (model, InRounds(kernels, rounds), policy)
                solver = InBatches(*given, rounds=rounds, size=slots, total=rows)
                width = slots
            else:
                solver = LocalSolver(model, kernels, policy)
                width = 4 * slots
            began = time.monotonic()
            await campaign.run(solver, width)
            seconds = time.monotonic() - began
        share = campaign.progress.totals.accuracy.value or 0.0
    return seconds, model.characters / seconds, share


async def bare(rows: int, slots: int) -> float:
    """Characters per second of the model's sessions alone: no loop, no store, no tools."""
    model = Slots(slots)
    sampling = Sampling(max_tokens=100_000)

    async def one(problem: Problem) -> None:
        dialect = model.dialect
        session = model.open(dialect.prompt(problem), seed=0)
        async with aclosing(session.generate(sampling, dialect.stops)) as deltas:
            async for _ in deltas:
                pass

    began = time.monotonic()
    await asyncio.gather(*(one(problem) for problem in problems(rows, tools=False)))
    return model.characters / (time.monotonic() - began)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=128)
    parser.add_argument("--slots", type=int, default=16)
    options = parser.parse_args()
    found = {}
    for how in ("lock-step", "scheduler", "no tools"):
        seconds, pace, share = asyncio.run(run(options.rows, options.slots, how))
        found[how] = seconds, pace
        print(
            f"{how:<10} {seconds:7.1f} s  {pace:7,.0f} characters/s  {share:.0%} right", flush=True
        )
        assert share == 1.0
    alone = asyncio.run(bare(options.rows, options.slots))
    faster = found["lock-step"][0] / found["scheduler"][0]
    kept = found["no tools"][1] / alone
    with_tools = found["scheduler"][1] / alone
    print(f"scheduler over lock-step: {faster:.2f} x as fast  (bar {FASTER})")
    print(f"decode throughput kept: {kept:.3f} without tools (bar {SHARE}), {with_tools:.3f} with")
    sys.exit(0 if faster >= FASTER and kept >= SHARE else 1)


if __name__ == "__main__":
    main()
