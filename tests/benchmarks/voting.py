"""How many samples a vote needs: maj@k, RM@k and weighted votes, stopped early or not.

    python tests/benchmarks/voting.py [FILE]

Each row of the file has `answer`, and of k real samples `preds` and `reward` (Qwen2.5-Math-RM).
Answers are grouped and graded by this package, not by the file's own `scores`. Samples come in
random orders (seeded), so that a figure does not hang on one order; `given` is the file's own.

The rule in use is `can_be_overtaken(risk=0.05)`: 0.05 is the 0.95 that Aggarwal et al. (2023)
publish, and no threshold was chosen on these rows. Their own rule, for votes without end, is
printed beside it.
"""

import argparse
import json
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path
from statistics import fmean

from problems import Answer, Outcome, equal, grade
from tir.metrics import maj_at_k, pass_at_k, wilson
from tir.policy import Select
from tir.select.rank import rank
from tir.select.stopping import can_be_overtaken
from tir.trajectory import Stop, Trajectory, Usage
from tir.vote import Group, vote

SAMPLES = Path(__file__).parents[3] / "shared/data/transcripts/qwen-math-cot-50x8.jsonl"
ORDERS = 100
BAR = 0.55
"""Of the samples of the full vote, at its accuracy."""
PUBLISHED = 0.05


@dataclass(frozen=True, slots=True)
class Row:
    """The samples of one problem, each by the number of its answer."""

    answers: tuple[int, ...]
    rewards: tuple[float, ...]
    right: frozenset[int]


def read(file: Path) -> list[Row]:
    """Groups and grades the answers of every row."""
    rows = []
    for line in file.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        samples = [
            Trajectory((), Answer(text, "boxed"), Stop.ANSWERED, 0, Usage())
            for text in record["preds"]
        ]
        groups = vote(samples, lambda a, b: equal(a, b, find=False))
        numbers = {index: n for n, group in enumerate(groups) for index in group.members}
        right = frozenset(
            n
            for n, group in enumerate(groups)
            if grade(group.answer, record["answer"]).outcome is Outcome.CORRECT
        )
        answers = tuple(numbers[index] for index in range(len(samples)))
        rows.append(Row(answers, tuple(record["reward"]), right))
    return rows


def groups_of(row: Row, order: Sequence[int]) -> list[Group]:
    """The samples drawn so far, by answer, the first drawn first."""
    members: dict[int, list[int]] = {}
    for index in order:
        members.setdefault(row.answers[index], []).append(index)
    return [Group(str(answer), tuple(found)) for answer, found in members.items()]


Rule = Callable[[list[Group], int], bool]
"""Whether to go on, of the ranked groups and the samples that are left."""


def never(groups: list[Group], remaining: int) -> bool:
    """Draws everything."""
    return True


def within(risk: float, select: Select = Select.MAJORITY) -> Rule:
    """The rule of the package."""

    def goes_on(groups: list[Group], remaining: int) -> bool:
        return can_be_overtaken(groups, remaining, select=select, risk=risk)

    return goes_on


def unending(risk: float) -> Rule:
    """Aggarwal et al.'s: the leader may not be the true majority; or no vote can change it."""

    def goes_on(groups: list[Group], remaining: int) -> bool:
        a, b = len(groups[0].members), len(groups[1].members) if len(groups) > 1 else 0
        # A beta distribution with whole parameters is a binomial tail.
        doubt = sum(comb(a + b + 1, i) for i in range(a + 1, a + b + 2)) / 2 ** (a + b + 1)
        return doubt > risk and can_be_overtaken(groups, remaining)

    return goes_on


def elect(row: Row, order: Sequence[int], select: Select, goes_on: Rule) -> tuple[int, int]:
    """How many samples were drawn, and which answer was put forward."""
    for drawn in range(1, len(order) + 1):
        found = groups_of(row, order[:drawn])
        groups = rank(found, select, row.rewards.__getitem__)
        if not goes_on(groups, len(order) - drawn):
            break
    return drawn, int(groups[0].answer)


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of the samples drawn, of problems right, of decisions unlike the full vote's."""

    samples: float
    accuracy: float
    changed: float


def measure(
    rows: Sequence[Row],
    orders: Sequence[Sequence[int]],
    select: Select,
    rule: Rule,
    full: Rule = never,
) -> Figures:
    """Means over all rows and orders."""
    drawn, right, changed = [], [], []
    for row in rows:
        for order in orders:
            count, answer = elect(row, order, select, rule)
            drawn.append(count / len(order))
            right.append(answer in row.right)
            changed.append(answer != elect(row, order, select, full)[1])
    return Figures(fmean(drawn), fmean(right), fmean(changed))


def line(name: str, given: Figures, mean: Figures) -> str:
    """A row of the table."""
    return (
        f"{name:42} {given.samples:8.1%} {given.accuracy:8.1%}   "
        f"{mean.samples:8.1%} {mean.accuracy:8.1%} {mean.changed:8.1%}"
    )


def published(risk: float) -> str:
    """Marks the threshold that was not chosen here."""
    return " (published)" if risk == PUBLISHED else ""


def main() -> int:
    """Prints the curves. 1 if the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, nargs="?", default=SAMPLES)
    parser.add_argument("--orders", type=int, default=ORDERS)
    options = parser.parse_args()
    rows = read(options.file)
    k = len(rows[0].answers)
    chance = random.Random(0)
    given = [tuple(range(k))]
    orders = [tuple(chance.sample(range(k), k)) for _ in range(options.orders)]
    print(f"{len(rows)} problems, {k} samples each, {len(orders)} orders")

    print("\nsamples   pass@k    maj@k   RM@k  weighted   (mean over subsets, or over orders)")
    for n in range(1, k + 1):
        sizes = [[(row.answers.count(a), a in row.right) for a in set(row.answers)] for row in rows]
        any_of = fmean(pass_at_k(k, sum(s for s, is_right in row if is_right), n) for row in sizes)
        majority = fmean(maj_at_k(row, n) for row in sizes)
        cut = [order[:n] for order in orders]
        best, both = (
            measure(rows, cut, select, never).accuracy
            for select in (Select.REWARD, Select.WEIGHTED)
        )
        print(f"{n:7} {any_of:8.1%} {majority:8.1%} {best:6.1%} {both:9.1%}")

    print(f"\n{'':42} {'given order':^17}   {'mean over orders':^26}")
    print(f"{'':42} {'samples':>8} {'right':>8}   {'samples':>8} {'right':>8} {'changed':>8}")
    rules: list[tuple[str, Select, Rule]] = [("all samples", Select.MAJORITY, never)]
    rules += [("exact: nothing can change", Select.MAJORITY, within(0.0))]
    rules += [
        (
            f"risk {risk:g}{' (published)' if risk == PUBLISHED else ''}",
            Select.MAJORITY,
            within(risk),
        )
        for risk in (0.01, 0.02, PUBLISHED, 0.1, 0.2)
    ]
    rules += [
        (f"votes without end, risk {risk:g}{published(risk)}", Select.MAJORITY, unending(risk))
        for risk in (0.01, PUBLISHED, 0.1, 0.2)
    ]
    rules += [
        ("RM best of k, all samples", Select.REWARD, never),
        ("weighted, all samples", Select.WEIGHTED, never),
        ("weighted, exact", Select.WEIGHTED, within(0.0, Select.WEIGHTED)),
    ]
    for name, select, rule in rules:
        first = measure(rows, given, select, rule)
        print(line(name, first, measure(rows, orders, select, rule)))

    whole = measure(rows, given, Select.MAJORITY, never)
    kept = measure(rows, given, Select.MAJORITY, within(PUBLISHED))
    interval = wilson(round(whole.accuracy * len(rows)), len(rows))
    print(f"\n95 % interval of maj@{k}: {interval.low:.1%} to {interval.high:.1%}")
    is_met = kept.accuracy >= whole.accuracy and kept.samples <= BAR
    print(
        f"bar: maj@{k}'s accuracy with at most {BAR:.0%} of its samples: "
        f"{kept.accuracy:.1%} with {kept.samples:.1%}: {'met' if is_met else 'MISSED'}"
    )
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
