"""Measures the local engine against its peers: `python tests/benchmarks/engine.py`.

Every row has its peer in the same run, on the same network: transformers' `generate` with static
batches, or the same engine without what is measured. Networks have random weights: Qwen2.5-Math
1.5B's width with 4 of 28 layers in bfloat16 (`--full`: all 28 for the rows of decoding), and the
built-in model. One thread, processor seconds, but for the rows with tools, which are wall time.
Figures are printed with their bars; nothing is asserted.
"""

import asyncio
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import click

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from engine_int8 import int8_rows
from engine_networks import FULL, SHORT, build, built_in, model_of, prompt, run, speak, spent
from engine_workload import as_they_come, generate, in_rounds, plans

from tir.models.local import LocalModel, LocalSession

Row = tuple[str, str, str]
"""What was measured, the figure, its bar."""


def tokens_per_episode(model: LocalModel) -> Row:
    """Four tool calls: what went through the network."""

    async def main() -> LocalSession:
        session = LocalSession(model, prompt(model.network, 300, 1), 0)
        for call in range(5):
            await speak(session, 40)
            if call < 4:
                session.tokens += prompt(model.network, 50, 2 + call)
        return session

    session = run(main())
    whole = 300 + 4 * 50 + session.generated
    return (
        "tokens per episode, 4 tool calls",
        f"{session.forwarded} of {whole} (the last one is read by nobody)",
        "each once",
    )


def kept_against_read_again(model: LocalModel, segment: int) -> Row:
    """8 episodes at once, 4 tool calls each, contexts of some 1,500 tokens at the end."""
    network = model.network

    async def episode(number: int, *, keep: bool) -> int:
        session = LocalSession(model, prompt(network, 400, 100 + number), 0)
        computed = 0
        for call in range(5):
            await speak(session, segment)
            if call < 4:
                session.tokens += prompt(network, 60, 200 + 10 * number + call)
                if not keep:
                    computed += session.forwarded
                    session = LocalSession(model, session.tokens, 0)
        return computed + session.forwarded

    async def main(keep: bool) -> int:
        return sum(await asyncio.gather(*(episode(n, keep=keep) for n in range(8))))

    kept, few = spent(lambda: run(main(True)))
    again, many = spent(lambda: run(main(False)))
    return (
        f"8 at once, 4 tool calls, {400 + 240 + 5 * segment} tokens at the end",
        f"{again / kept:.2f} x ({kept:.1f} s, {few} tokens; read again each round: "
        f"{again:.1f} s, {many})",
        ">= 1.35 x",
    )


def against_rounds(model: LocalModel, count: int, name: str, scale: float = 1.0) -> Row:
    """Tools of 50 ms to 2 s."""
    work = plans(model.network, count, scale)
    ours, tokens = as_they_come(model, work)
    theirs, same = in_rounds(model.network, work)
    assert tokens == same
    return (
        f"{count} episodes with tools, {name}",
        f"{theirs / ours:.2f} x ({ours:.1f} s; lock-step rounds of 16: {theirs:.1f} s; "
        f"{tokens} tokens)",
        ">= 3 x",
    )


class Timed:
    """A forward that is timed in its own thread."""

    def __init__(self, forward: Any) -> None:
        self.forward = forward
        self.seconds = 0.0
        self.cache = forward.cache

    def __call__(self, work: Any) -> torch.Tensor:
        begun = time.thread_time()
        found: torch.Tensor = self.forward(work)
        self.seconds += time.thread_time() - begun
        return found


def decoding(model: LocalModel, name: str, *, length: int, steps: int, turns: int) -> list[Row]:
    """Batch 16, all decoding; the reading before is not counted on either side."""
    rows = [prompt(model.network, length, 300 + i) for i in range(16)]
    ours, theirs, shares = [], [], []
    timed = Timed(model.engine._forward)
    model.engine._forward = timed

    async def together(sessions: list[LocalSession], count: int) -> None:
        await asyncio.gather(*(speak(session, count) for session in sessions))

    for _ in range(turns):
        sessions = [LocalSession(model, list(row), 0) for row in rows]
        run(together(sessions, 1))
        timed.seconds = 0.0
        seconds, _ = spent(lambda held=sessions: run(together(held, steps)))
        ours.append(seconds / steps)
        shares.append((seconds - timed.seconds) / seconds)
        for session in sessions:
            session.close()
        reading, _ = spent(lambda: generate(model.network, rows, 1))
        whole, _ = spent(lambda: generate(model.network, rows, 1 + steps))
        theirs.append((whole - reading) / steps)
    model.engine._forward = timed.forward
    mine, peer = statistics.median(ours), statistics.median(theirs)
    return [
        (
            f"decoding, batch 16, {length} tokens of context, {name}",
            f"{peer / mine:.2f} x ({16 / mine:.0f} tokens/s; generate, static: {16 / peer:.0f})",
            ">= 0.95 x",
        ),
        (
            f"all but the forward, batch 16, {name}",
            f"{statistics.median(shares):.1%} of a step of {mine * 1e3:.1f} ms",
            "< 5 % (at 1.5B)",
        ),
    ]


def shared_prompt(model: LocalModel) -> Row:
    """k = 8 samples of one problem."""
    ids = prompt(model.network, 1000, 7)

    async def main() -> int:
        sessions = [LocalSession(model, list(ids), seed) for seed in range(8)]
        await asyncio.gather(*(speak(session, 1) for session in sessions))
        return sum(session.usage.forwarded for session in sessions)

    return ("k = 8 of one 1,000-token prompt", f"{run(main())} tokens read", "<= 1,008, not 8,000")


@click.command()
@click.option("--only", default="", help="Rows by name, separated by commas.")
@click.option("--full", is_flag=True, help="Decode and int8 with all 28 layers.")
@click.option("--quick", is_flag=True, help="Small counts: to see that it runs.")
def main(only: str, full: bool, quick: bool) -> None:
    """Measure the local engine."""
    torch.manual_seed(0)
    mini = built_in()
    made: dict[str, LocalModel] = {}

    def wide() -> LocalModel:
        if "wide" not in made:
            made["wide"] = mini if quick else model_of(build(SHORT, torch.bfloat16))
        return made["wide"]

    def decode() -> list[Row]:
        model, name = wide(), "1.5B width, 4 layers, bf16"
        if full:
            model, name = model_of(build(FULL, torch.bfloat16)), "1.5B, 28 layers, bf16"
        steps = 5 if quick else 10 if full else 25
        found = decoding(model, name, length=32 if quick else 128, steps=steps, turns=3)
        return found + decoding(mini, "built-in", length=64, steps=steps, turns=3)

    size = 4 if quick else 48
    groups: dict[str, Callable[[], list[Row]]] = {
        "tokens": lambda: [tokens_per_episode(mini), shared_prompt(wide())],
        "decode": decode,
        "kept": lambda: [kept_against_read_again(wide(), 4 if quick else 60)],
        "tools": lambda: [against_rounds(mini, size, "built-in model, fp32", 0.1 if quick else 1)],
        "tools-wide": lambda: [
            against_rounds(wide(), size, "1.5B width, bf16", 0.1 if quick else 1)
        ],
        "int8": lambda: int8_rows(wide().network, mini, full=full),
    }
    chosen = only.split(",") if only else list(groups)
    click.echo(f"{torch.get_num_threads()} thread(s), torch {torch.__version__}")
    for name in chosen:
        for what, figure, bar in groups[name]():
            click.echo(f"{what:58} {figure:78} {bar}")


if __name__ == "__main__":
    main()
