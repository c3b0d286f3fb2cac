"""A worksheet from problems: notebooks and printable pages, for the class and for the teacher.

Both come from the same solutions, so that they cannot differ. What the class gets holds no key:
hints go through `tir.hints`, which covers whatever equals the answer.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from problems import Problem, equal
from problems.families import Exercise
from problems.shown import Shown
from tir.api import solve
from tir.errors import BadInput, EnvironmentFailed
from tir.models.base import Model
from tir.policy import Policy
from tir.solution import Solution, SolutionStatus
from tir.students.hints import NoHints, hints_of
from tir.teaching.item import Ground, Item
from tir.teaching.paper import page
from tir.teaching.rubric import rubric
from tir.teaching.sheet import notebook
from tir.teaching.variants import Variant, solution_of
from tir.teaching.wrong import wrong_answers

HINTS = 3
"""Hints of a problem at most, the first ones: the later ones tell most of the way."""

Source = str | Problem | Solution | Variant | Exercise


@dataclass(frozen=True, slots=True)
class Worksheet(Shown):
    """The four files."""

    student: Path
    """A notebook with the problems, hints folded, and a cell for each answer."""
    teacher: Path
    """The same with keys, their evidence, the working, a rubric and real wrong answers."""
    page: Path
    """The problems as a page to print."""
    key: Path
    """The teacher's page."""
    unverified: tuple[str, ...]
    """Questions whose key nobody has verified, or the model disputes: look at them first."""


def worksheet(
    problems: Sequence[Source],
    folder: str | os.PathLike[str] = "worksheet",
    *,
    title: str = "Worksheet",
    hints: bool = True,
    model: str | Model = "auto",
    policy: Policy | None = None,
    unsafe_no_sandbox: bool = False,
) -> Worksheet:
    """Writes the worksheet into `folder`, over one that is there.

    A text or a problem is solved first; solutions, variants and exercises are taken as they are.
    A problem's own gold answer is its key, whatever the engine says.

    Raises:
        BadInput: there is no problem.
        EnvironmentFailed: the folder cannot be written.
        TirError: see `tir.solve`.
    """
    if not problems:
        raise BadInput(
            "a worksheet needs problems.",
            why="None was given.",
            hint='tir.worksheet(["2 + 3 = ?"])',
        )
    items = [
        _item(at, each, hints, model, policy, unsafe_no_sandbox)
        for at, each in enumerate(problems, 1)
    ]
    where = Path(folder)
    made = Worksheet(
        where / "worksheet.ipynb",
        where / "worksheet-teacher.ipynb",
        where / "worksheet.html",
        where / "worksheet-key.html",
        tuple(item.question for item in items if item.needs_person),
    )
    try:
        where.mkdir(parents=True, exist_ok=True)
        made.student.write_text(notebook(title, items, with_key=False), encoding="utf-8")
        made.teacher.write_text(notebook(title, items, with_key=True), encoding="utf-8")
        made.page.write_text(page(title, items, with_key=False), encoding="utf-8")
        made.key.write_text(page(title, items, with_key=True), encoding="utf-8")
    except OSError as error:
        raise EnvironmentFailed(
            f"the worksheet cannot be written to {where}.",
            why=f"{error.strerror or error}.",
            hint="tir.worksheet(problems, 'another/folder')",
        ) from error
    return made


def _item(
    number: int,
    source: Source,
    with_hints: bool,
    model: str | Model,
    policy: Policy | None,
    unsafe_no_sandbox: bool,
) -> Item:
    wrong = None
    if isinstance(source, Variant):
        solution, wrong = source.solution, source.wrong
    elif isinstance(source, Exercise):
        solution = solution_of(source)
    elif isinstance(source, Solution):
        solution = source
    else:
        solution = solve(source, model=model, policy=policy, unsafe_no_sandbox=unsafe_no_sandbox)
    gold = solution.problem.gold
    ground = _ground(solution)
    is_disputed = ground is Ground.DISPUTED
    return Item(
        number=number,
        solution=solution,
        key=gold if gold is not None else solution.answer,
        ground=ground,
        # They would lead to the other answer.
        hints=_hints(solution) if with_hints and not is_disputed else (),
        rubric=rubric(replace(solution, trajectories=()) if is_disputed else solution),
        wrong=wrong_answers(solution) if wrong is None else wrong,
    )


def _ground(solution: Solution) -> Ground:
    gold, answer = solution.problem.gold, solution.answer
    if gold is not None and answer is not None and equal(answer, gold) is False:
        return Ground.DISPUTED
    if solution.status is SolutionStatus.VERIFIED and any(e.holds for e in solution.evidence):
        return Ground.VERIFIED
    return Ground.GIVEN if gold is not None else Ground.NONE


def _hints(solution: Solution) -> tuple[str, ...]:
    try:
        return tuple(hint.text for hint in hints_of(solution)[:HINTS])
    except NoHints:
        return ()
