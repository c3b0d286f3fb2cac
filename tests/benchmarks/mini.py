"""Measures the built-in model through the whole engine: `python tests/benchmarks/mini.py`.

Three tables: each family on new numbers, each family on phrasings that were never trained on,
and problems outside the families, where only precision of what is called verified counts.
Seeds here are far from the training seed; every figure is a count of real solves with real
kernels.
"""

import asyncio
import contextlib
import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import click

from executors import JupyterExecutor
from problems import Outcome, Problem, extract, grade
from tir.api import PRELUDE, load_model
from tir.errors import BadInput
from tir.inquiry import Inquiry
from tir.mini.syllabus import SYLLABUS
from tir.models.base import Model
from tir.policy import Policy
from tir.solution import Solution, SolutionStatus

SHARED = Path(__file__).parents[3] / "shared" / "data" / "problems"
AT_ONCE = 3
"""Problems solved side by side: while one waits for its kernel, another has the model."""


@dataclass(frozen=True, slots=True)
class Row:
    """One solved problem. `family` is the data set's name outside the families."""

    family: str
    problem: Problem
    solution: Solution
    right: bool

    @property
    def verified(self) -> bool:
        """Whether the engine called it verified."""
        return self.solution.status is SolutionStatus.VERIFIED


def exercises(count: int, *, held_out: bool, families: str) -> Iterator[tuple[str, Problem]]:
    """`count` problems of each family, or of those named."""
    for family in SYLLABUS:
        if families and family.name not in families.split(","):
            continue
        rng = Random(f"benchmark {family.name} {held_out}")
        for _ in range(count):
            exercise = family.exercise(rng, held_out=held_out)
            yield family.name, Problem(exercise.question, gold=exercise.gold)


def outside(count: int) -> Iterator[tuple[str, Problem]]:
    """Every so-manyth problem of gsm8k and math, half of each."""
    for name, question, gold in (("gsm8k", "question", "answer"), ("math", "problem", "solution")):
        lines = (SHARED / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        for line in lines[:: len(lines) // (count // 2)][: count // 2]:
            row = json.loads(line)
            boxed = extract(row[gold])
            text = boxed.text if name == "math" and boxed else row[gold].rpartition("####")[2]
            yield name, Problem(row[question], gold=text.strip())


async def solve_all(
    items: Iterable[tuple[str, Problem]], model: Model, policy: Policy
) -> list[Row]:
    """Solves side by side, in one event loop, with one executor."""
    queue, rows = list(items)[::-1], []
    total = len(queue)

    async def work(executor: JupyterExecutor) -> None:
        while queue:
            family, problem = queue.pop()
            # The engine must not see the reference: it is only for us to compare with.
            inquiry = Inquiry(
                replace(problem, gold=None), model=model, executor=executor, policy=policy
            )
            # A problem longer than the model's context is one that it gives no answer to.
            with contextlib.suppress(BadInput):
                async for _ in inquiry.run():
                    pass
            solution = inquiry.solution()
            verdict = grade(solution.answer, problem.gold or "")
            rows.append(Row(family, problem, solution, verdict.outcome is Outcome.CORRECT))
            click.echo(f"\r{len(rows)}/{total}", nl=False, err=True)

    async with JupyterExecutor(prelude=PRELUDE, spares=AT_ONCE) as executor:
        await asyncio.gather(*(work(executor) for _ in range(AT_ONCE)))
    click.echo("", err=True)
    return rows


def share(part: int, whole: int) -> str:
    """`95.0 % (19/20)`."""
    return f"{part / whole:6.1%} ({part}/{whole})" if whole else "     – (0/0)"


def fault(row: Row) -> str:
    """What kind of mistake a wrong answer is, by comparing it with the reference."""
    answer, gold = row.solution.answer, row.problem.gold or ""
    if answer is None:
        return "none given"
    if re.sub(r"[-+\s]", "", answer) == re.sub(r"[-+\s]", "", gold):
        return "sign"
    if re.sub(r"\^\{?\d+\}?", "^", answer) == re.sub(r"\^\{?\d+\}?", "^", gold):
        return "exponent"
    if re.sub(r"\d", "0", answer) == re.sub(r"\d", "0", gold):
        return "digit"
    return "other"


def report(title: str, rows: list[Row], seconds: float, *, show: int) -> None:
    """Prints a table by family, and the wrong answers."""
    click.echo(f"\n{title}: {len(rows)} problems, {seconds / len(rows):.2f} s each")
    click.echo(f"{'family':22} {'right':>17} {'verified':>17} {'right if verified':>19}  faults")
    for name in dict.fromkeys(row.family for row in rows):
        table_row(name, [row for row in rows if row.family == name])
    table_row("all", rows)
    for row in [row for row in rows if not row.right][:show]:
        word = "VERIFIED " if row.verified else ""
        click.echo(f"  {word}{row.family}: {row.problem.question!r}")
        click.echo(f"      gave {row.solution.answer!r}, right is {row.problem.gold!r}")


def table_row(name: str, rows: list[Row]) -> None:
    """One line of the table."""
    sure = [row for row in rows if row.verified]
    faults = Counter(fault(row) for row in rows if not row.right)
    words = ", ".join(f"{count} {kind}" for kind, count in faults.most_common())
    click.echo(
        f"{name:22} {share(sum(r.right for r in rows), len(rows)):>17} "
        f"{share(len(sure), len(rows)):>17} {share(sum(r.right for r in sure), len(sure)):>19}  "
        f"{words}"
    )


@click.command()
@click.option("-m", "--model", default="mini", show_default=True)
@click.option("--count", default=20, show_default=True, help="New numbers, per family.")
@click.option("--phrasings", default=10, show_default=True, help="Held-out phrasings, per family.")
@click.option("--outside", "foreign", default=200, show_default=True, help="gsm8k and math.")
@click.option("--families", default="", help="Only these, separated by commas.")
@click.option("-n", "--samples", default=Policy().samples, show_default=True)
@click.option("--show", default=20, show_default=True, help="Wrong answers to print per table.")
def main(
    model: str,
    count: int,
    phrasings: int,
    foreign: int,
    families: str,
    samples: int,
    show: int,
) -> None:
    """Measure the built-in model, or another one, on the families and outside of them."""
    loaded, policy = load_model(model).model, Policy(samples=samples)
    sets = [
        ("New numbers", exercises(count, held_out=False, families=families)),
        ("Held-out phrasings", exercises(phrasings, held_out=True, families=families)),
    ]
    if foreign and SHARED.is_dir():
        sets.append(("Outside the families", outside(foreign)))
    for title, items in sets:
        started = time.monotonic()
        rows = asyncio.run(solve_all(items, loaded, policy))
        if rows:
            report(title, rows, time.monotonic() - started, show=show)


if __name__ == "__main__":
    main()
