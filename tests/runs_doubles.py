"""Shared by tests of runs: problems, and the documented doubles at the seams of the engine."""

import re
from collections.abc import Callable, Sequence

from executors import Execution, ScriptedExecutor, ScriptedSession
from problems import Problem
from tir.models.scripted import ScriptedModel
from tir.policy import Policy

FENCE = "```"
POLICY = Policy(samples=1, check=False)


class Forgetful(ScriptedExecutor):
    """A scripted executor that keeps no list of its sessions: a million would be the memory."""

    async def session(self) -> ScriptedSession:
        return ScriptedSession(self._answer)


def sums(count: int, start: int = 0) -> list[Problem]:
    """`count` sums, each with a subject and its right answer."""
    return [
        Problem(
            f"What is {n} + {n + 1}?",
            gold=str(2 * n + 1),
            id=f"p{n}",
            subject="even" if n % 2 == 0 else "odd",
        )
        for n in range(start, start + count)
    ]


def adder(
    wrong: Callable[[int, int], bool] = lambda n, seed: False, seconds: float = 0.0
) -> ScriptedModel:
    """A model that adds by program; `wrong(n, seed)` says where it answers one too many."""

    def script(text: str, seed: int) -> str:
        n = int(re.findall(r"What is (\d+) \+", text)[-1])
        if "output" not in text.split("assistant\n", 1)[1]:
            return f"{FENCE}python\nprint({n} + {n + 1})\n{FENCE}\n{FENCE}output"
        return f"So \\boxed{{{2 * n + 1 + wrong(n, seed)}}}."

    return ScriptedModel(script, seconds_per_delta=seconds)


def computes(code: str) -> Execution | str:
    """What the adder's programs print."""
    one, two = re.findall(r"\d+", code)[:2]
    return f"{int(one) + int(two)}\n"


def executor() -> Forgetful:
    """A scripted executor for the adder's programs."""
    return Forgetful(computes)


def essence(results: Sequence[object], *, walls: bool = True) -> list[object]:
    """What of results does not depend on the clock, in the order of their keys.

    Without `walls`, nor on what programs were held by.
    """
    from tir.record import solution_record

    left_out = {"seconds"} if walls else {"seconds", "isolation"}

    def timeless(value: object) -> object:
        if isinstance(value, dict):
            return {k: timeless(v) for k, v in value.items() if k not in left_out}
        return [timeless(each) for each in value] if isinstance(value, list) else value

    rows = []
    for each in results:
        solution = each.solution()  # type: ignore[attr-defined]
        record = None if solution is None else timeless(solution_record(solution))
        fields = (
            "key", "problem", "outcome", "score", "points", "rule", "detail", "answer", "status",
            "agreement", "samples", "usage", "calls",
        )  # fmt: skip
        rows.append([*(getattr(each, name) for name in fields), record])
    return sorted(rows, key=lambda row: str(row[0]))
