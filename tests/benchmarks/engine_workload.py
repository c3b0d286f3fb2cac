"""Episodes with tools that take their time: as they come, and in rounds where all wait for all."""

import asyncio
import random
import time
from dataclasses import dataclass
from typing import Any

import torch
from engine_networks import prompt, speak

from tir.models.local import LocalModel, LocalSession

ROWS = 16


@dataclass(frozen=True, slots=True)
class Plan:
    """One episode: so many tokens, then a tool that takes so many seconds and says so much."""

    prompt: list[int]
    segments: list[int]
    tools: list[tuple[float, list[int]]]


def plans(network: Any, count: int, scale: float = 1.0) -> list[Plan]:
    """Lengths and times as TIR has them: most episodes call one or two tools, of 50 ms to 2 s."""
    rng = random.Random(0)
    made = []
    for number in range(count):
        calls = rng.choices([0, 1, 2, 3, 4], [0.1, 0.4, 0.3, 0.15, 0.05])[0]
        segments = [
            max(15, min(400, round(rng.lognormvariate(4.6, 0.55) * scale)))
            for _ in range(calls + 1)
        ]
        tools = [
            (
                min(2.0, max(0.05, rng.lognormvariate(-1.2, 0.9))),
                prompt(network, rng.randint(10, 80), 1000 + 10 * number + call),
            )
            for call in range(calls)
        ]
        made.append(Plan(prompt(network, rng.randint(120, 350), number), segments, tools))
    return made


def as_they_come(model: LocalModel, work: list[Plan], rows: int = ROWS) -> tuple[float, int]:
    """Wall seconds and tokens; `rows` decode at once, and one that waits makes room for another."""
    tokens = 0

    async def episode(plan: Plan, gate: asyncio.Semaphore) -> None:
        nonlocal tokens
        session = LocalSession(model, list(plan.prompt), 0)
        for turn, count in enumerate(plan.segments):
            async with gate:
                await speak(session, count)
            tokens += count
            if turn < len(plan.tools):
                seconds, said = plan.tools[turn]
                await asyncio.sleep(seconds)
                session.tokens += said
        session.close()

    async def main() -> None:
        gate = asyncio.Semaphore(rows)
        await asyncio.gather(*(episode(plan, gate) for plan in work))

    begun = time.perf_counter()
    asyncio.run(main())
    return time.perf_counter() - begun, tokens


def in_rounds(network: Any, work: list[Plan]) -> tuple[float, int]:
    """The same by `generate` in static batches of 16: a round ends when all have ended, then all
    tools run in parallel, then everything is read anew. So Qwen2.5-Math's own evaluation does it,
    whose tools run one after another in addition."""
    begun = time.perf_counter()
    contexts = [list(plan.prompt) for plan in work]
    live = list(range(len(work)))
    tokens = turn = 0
    while live:
        for start in range(0, len(live), ROWS):
            rows = live[start : start + ROWS]
            width = max(len(contexts[i]) for i in rows)
            count = max(work[i].segments[turn] for i in rows)
            out = generate(network, [contexts[i] for i in rows], count)
            for row, i in enumerate(rows):
                own = work[i].segments[turn]
                contexts[i] += out[row, width : width + own].tolist()
                tokens += own
        live = [i for i in live if turn < len(work[i].tools)]
        time.sleep(max((work[i].tools[turn][0] for i in live), default=0.0))
        for i in live:
            contexts[i] += work[i].tools[turn][1]
        turn += 1
    return time.perf_counter() - begun, tokens


def generate(network: Any, rows: list[list[int]], count: int) -> torch.Tensor:
    """transformers' own, with a static batch padded on the left."""
    width = max(map(len, rows))
    found: torch.Tensor = network.generate(
        input_ids=torch.tensor([[0] * (width - len(row)) + row for row in rows]),
        attention_mask=torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows]),
        max_new_tokens=count,
        min_new_tokens=count,
        do_sample=False,
        pad_token_id=0,
        eos_token_id=None,
    )
    return found
