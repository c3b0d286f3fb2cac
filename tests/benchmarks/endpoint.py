"""Many trajectories at once on a server that fails: `python tests/benchmarks/endpoint.py`.

The server is `transformers serve` with the built-in model; or with `--server wire` a small one
over the engine in this process; or with `--server script` the same with a text that no model
writes, so that only our side is measured. Between them and us stands a proxy that delays, cuts,
garbles, rate-limits and fails. Every trajectory has to end exactly once, in as many steps and
with the same words as without any fault.
"""

import asyncio
import contextlib
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import click

sys.path.insert(0, str(Path(__file__).parent.parent))

from endpoint_faults import Fault, FaultProxy, Kind
from endpoint_server import transformers_serve
from endpoint_wire import Wire, WireServer

from executors.scripted import ScriptedExecutor
from problems import Problem
from tir.dialects import QWEN_MATH
from tir.episode import Episode
from tir.events import StepDone
from tir.models.base import Model
from tir.models.endpoint.load import connect
from tir.models.endpoint.patience import Patience
from tir.models.load import load
from tir.models.options import LoadOptions
from tir.models.scripted import ScriptedModel
from tir.policy import Policy
from tir.trajectory import Trajectory

SHARES = {
    Kind.DELAY: 0.10,
    Kind.CUT: 0.10,
    Kind.GARBLE: 0.05,
    Kind.LIMIT: 0.05,
    Kind.FAIL: 0.05,
    Kind.REFUSE: 0.05,
}
"""Of all requests; the rest is passed on unharmed."""


@dataclass(slots=True)
class Ended:
    """One trajectory: how often it ended, and how."""

    trajectory: Trajectory
    ends: int
    """Steps that ran no program: the last one of a trajectory, and no other."""
    steps: int


def faults(seed: int) -> "list[Fault]":
    """A long list of fates, drawn once, so that two runs have the same in the same order."""
    rng = Random(seed)
    drawn = []
    for _ in range(100_000):
        kinds = [*SHARES, Kind.PASS]
        weights = [*SHARES.values(), 1 - sum(SHARES.values())]
        kind = rng.choices(kinds, weights)[0]
        after = rng.randrange(1, 5000)
        drawn.append(Fault(kind, after=after, seconds=0.2 if kind is Kind.DELAY else 0.0))
    return drawn


def products(count: int) -> list[Problem]:
    """Questions of a kind that the built-in model knows, all different."""
    return [Problem(f"What is {12 + n % 80} * {13 + n // 80}?") for n in range(count)]


def computed(program: str) -> str:
    """What `print(a * b)` prints: no kernel is measured here, and nothing is evaluated."""
    numbers = [int(number) for number in re.findall(r"\d+", program)]
    return f"{numbers[0] * numbers[1]}\n" if len(numbers) >= 2 else ""


def script(text: str, seed: int) -> str:
    """A model that multiplies by a program; goes on with a turn that it has begun."""
    question = re.findall(r"(\d+) [*+] (\d+)\?", text)[-1]
    outputs = re.findall(r"```output\n(\d+)\n```\n", text)
    turn = f"I multiply.\n```python\nprint({question[0]} * {question[1]})\n```\n```output"
    if outputs:
        turn = f"The answer is $\\boxed{{{outputs[-1]}}}$."
    begun = re.split(r"<\|im_start\|>assistant\n|```output\n\d+\n```\n", text)[-1]
    return turn.removeprefix(begun)


@contextlib.contextmanager
def served(kind: str) -> Iterator[tuple[int, str]]:
    """A server's port and its model's name."""
    if kind == "transformers":
        with transformers_serve() as found:
            yield found.port, found.model
        return
    model = ScriptedModel(script) if kind == "script" else load("mini").model
    with WireServer(Wire(model)) as server:
        yield server.port, server.wire.name


async def run(model: Model, problems: list[Problem]) -> list[Ended]:
    """All trajectories at once, each to its end."""
    executor = ScriptedExecutor(computed)

    async def one(index: int, problem: Problem) -> Ended:
        episode = Episode(
            problem,
            model=model,
            executor=executor,
            policy=Policy(),
            sampling=QWEN_MATH.greedy,
            index=index,
            seed=0,
        )
        steps = [event.step async for event in episode.work() if isinstance(event, StepDone)]
        trajectory = episode.trajectory()
        await episode.close()
        return Ended(trajectory, sum(step.execution is None for step in steps), len(steps))

    return await asyncio.gather(*(one(*item) for item in enumerate(problems)))


def words(trajectory: Trajectory) -> list[object]:
    """All that it said and found."""
    return [*((s.rationale, s.program) for s in trajectory.steps), trajectory.answer]


@click.command()
@click.option("--count", default=256, show_default=True, help="Trajectories.")
@click.option("--concurrency", default=256, show_default=True, help="Requests in flight.")
@click.option(
    "--server", type=click.Choice(["transformers", "wire", "script"]), default="transformers"
)
@click.option("--seed", default=0, show_default=True)
def main(count: int, concurrency: int, server: str, seed: int) -> None:
    """Prints figures; fails if a trajectory is lost, ends twice, or says something else."""
    drawn = faults(seed)
    patience = Patience(attempts=20, base=0.05, longest=2.0)
    problems = products(count)
    with served(server) as (port, name), FaultProxy(port, lambda _: Fault()) as proxy:
        options = LoadOptions(endpoint=proxy.url, dialect="qwen2.5-math", concurrency=concurrency)
        model = connect(name, options, patience=patience)
        undisturbed = ScriptedModel(script) if server == "script" else load("mini").model
        expected = asyncio.run(run(undisturbed, problems))
        proxy.restart(lambda number: drawn[number % len(drawn)])
        began = time.monotonic()
        ended = asyncio.run(run(model, problems))
        seconds = time.monotonic() - began
    report(ended, expected, seconds, model.retries, proxy.seen)
    usage = [one.trajectory.usage for one in ended]
    print(f"tokens generated         {sum(one.generated for one in usage)}")
    print(f"tokens per second        {sum(one.generated for one in usage) / seconds:.0f}")
    print(f"tokens paid for          {model.purse.tokens} (prompts are sent anew each time)")


def report(
    ended: list[Ended], expected: list[Ended], seconds: float, retries: int, seen: Counter[Kind]
) -> None:
    """Figures, and the bar."""
    once = sum(one.ends == 1 for one in ended)
    same = sum(
        words(a.trajectory) == words(b.trajectory) for a, b in zip(ended, expected, strict=True)
    )
    steps = sum(one.steps for one in ended)
    print(
        f"trajectories             {len(ended)} in {seconds:.1f} s ({len(ended) / seconds:.1f}/s)"
    )
    print(f"ended exactly once       {once} of {len(ended)}")
    print(f"word for word the same   {same} of {len(ended)} as without faults")
    print(f"steps                    {steps} ({sum(one.steps for one in expected)} without faults)")
    print(f"requests                 {sum(seen.values())}, of which sent again {retries}")
    print("faults                   " + ", ".join(f"{k} {n}" for k, n in sorted(seen.items())))
    if once != len(ended) or same != len(ended) or sum(seen.values()) > steps + retries:
        raise SystemExit("BAR MISSED: a trajectory was lost, ended twice, or said something else")


if __name__ == "__main__":
    main()
