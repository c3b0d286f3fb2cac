"""Runs to report on: real solutions in a real run folder, and text that means harm."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from problems import Problem
from tir.runs.manifest import Manifest
from tir.runs.result import Outcome, Result
from tir.runs.run import Run
from tir.runs.store import Store
from tir.solution import Solution, SolutionStatus
from tir.trajectory import Usage

ATTACK = (
    "</details></template></script></style><script>alert(1)</script><img src=x onerror=alert(1)>"
    "\"' onload='alert(1) \x1b]0;title\x07\x1b[2J \u202e21 $\\href{javascript:alert(1)}{x}$"
    " [x](javascript:alert(1)) \\(\\text{</math><script>alert(1)</script>}\\)"
)
SUBJECTS = ("Algebra", "Geometry", "Number Theory")
SCORES = {Outcome.CORRECT: 1.0, Outcome.INCORRECT: 0.0, Outcome.NO_ANSWER: 0.0}


def make_run(
    folder: Path, solutions: Sequence[Solution], rows: int, *, kind: str = "eval", attack: int = 0
) -> Run:
    """A run of that many rows over these solutions; row number `attack` says nothing else."""
    folder.mkdir(parents=True)
    chance = random.Random(1)
    name = ATTACK if attack else "sample"
    model = {"name": ATTACK if attack else "mini"}
    manifest = Manifest(kind, name, "engine", "2026-01-02T03:04:05+00:00", model=model)
    manifest.write(folder)
    with Store(folder, every=5.0) as store:
        store.begin()
        store.planned(rows)
        for number in range(1, rows + 1):
            solution = solutions[number % len(solutions)]
            result = _result(number, solution, chance, attack=number == attack)
            if kind == "grade":
                result = replace(result, student=f"student-{number % 7}", status=None)
                store.put(result)
            else:
                solution = replace(solution, problem=result.problem)
                if number == attack:
                    solution = replace(solution, answer=ATTACK, model=ATTACK)
                store.put(result, work=str(number), solution=solution)
    return Run.open(folder)


def _result(number: int, solution: Solution, chance: random.Random, *, attack: bool) -> Result:
    (outcome,) = chance.choices(list(Outcome)[:6], [70, 15, 1, 3, 5, 1])
    said = solution.answer if outcome is Outcome.CORRECT else "17"
    problem = replace(
        solution.problem,
        id=f"problem-{number}",
        gold=solution.answer,
        subject=SUBJECTS[number % 3],
        level=str(1 + number % 5),
    )
    if attack:
        outcome, said = Outcome.UNDECIDED, ATTACK
        problem = Problem(
            ATTACK, ATTACK, ATTACK, ATTACK, ATTACK, ATTACK, choices=(ATTACK, "2"), points={"": 1.0}
        )
    agreeing = chance.randint(1, 4)
    return Result(
        key=str(number),
        position=number,
        problem=problem,
        outcome=outcome,
        score=SCORES.get(outcome),
        points=1.0,
        rule=ATTACK if attack else "number",
        detail=ATTACK if attack else "",
        answer=None if outcome is Outcome.NO_ANSWER else said,
        needs_person=outcome is Outcome.UNDECIDED,
        status=SolutionStatus.VERIFIED if agreeing == 4 else SolutionStatus.UNVERIFIED,
        agreement=(agreeing, 4),
        samples=((agreeing, 1.0),),
        usage=Usage(100, int(chance.lognormvariate(6.5, 0.8)), 50, 900),
        calls=chance.randint(0, 6),
        seconds=chance.lognormvariate(2, 1),
    )
