"""Measures the local engine against its peers: `python tests/benchmarks/engine.py`.

Every row has its peer in the same run, on the same network: transformers' `generate` with static
batches, or the same engine without what is measured. Networks have random weights: Qwen2.5-Math
1.5B's width with 4 of 28 layers in bfloat16 (`--full`: all 28 for the rows of decoding), and the
built-in model. One thread, processor seconds, but for the rows with tools, which are wall time.
Each figure is printed with its bar and whether that is met; the exit code is 1 if one is missed.
"""

import asyncio
import os
import sys
from collections.abc import Callable

import click

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from engine_int8 import int8_rows
from engine_networks import FULL, SHORT, build, built_in, model_of, prompt, run, speak, spent
from engine_rows import Row, decoding
from engine_workload import as_they_come, in_rounds, plans

from tir.models.local import LocalModel, LocalSession


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
    return Row(
        "tokens per episode, 4 tool calls",
        f"{session.forwarded} of {whole} (the last one is read by nobody)",
        "each once",
        session.forwarded == whole - 1,
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
    return Row(
        f"8 at once, 4 tool calls, {400 + 240 + 5 * segment} tokens at the end",
        f"{again / kept:.2f} x ({kept:.1f} s, {few} tokens; read again each round: "
        f"{again:.1f} s, {many})",
        ">= 1.35 x",
        again >= 1.35 * kept,
    )


def against_rounds(model: LocalModel, count: int, name: str, scale: float = 1.0) -> Row:
    """Tools of 50 ms to 2 s."""
    work = plans(model.network, count, scale)
    ours, tokens = as_they_come(model, work)
    theirs, same = in_rounds(model.network, work)
    assert tokens == same
    return Row(
        f"{count} episodes with tools, {name}",
        f"{theirs / ours:.2f} x ({ours:.1f} s; lock-step rounds of 16: {theirs:.1f} s; "
        f"{tokens} tokens)",
        ">= 3 x",
        theirs >= 3 * ours,
    )


def shared_prompt(model: LocalModel) -> Row:
    """k = 8 samples of one problem."""
    ids = prompt(model.network, 1000, 7)

    async def main() -> int:
        sessions = [LocalSession(model, list(ids), seed) for seed in range(8)]
        await asyncio.gather(*(speak(session, 1) for session in sessions))
        return sum(session.usage.forwarded for session in sessions)

    read = run(main())
    return Row(
        "k = 8 of one 1,000-token prompt",
        f"{read} tokens read",
        "<= 1,008, not 8,000",
        read <= 1008,
    )


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
        steps = 5 if quick else 8 if full else 20
        lengths = (32,) if quick else (128, 1024)
        found = [row for at in lengths for row in decoding(model, name, length=at, steps=steps)]
        # The built-in model's own transcripts have 100 to 400 tokens.
        for at in (32,) if quick else (64, 256):
            found += decoding(mini, "built-in", length=at, steps=steps)
        return found

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
    missed = 0
    for name in chosen:
        for row in groups[name]():
            click.echo(row.line())
            missed += row.is_met is False
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
