"""Hints from a solution: first the idea, then the method, then the steps, never the answer."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from problems import Problem
from tir.errors import TirError
from tir.models.base import Model
from tir.models.options import CHOSEN, LoadOptions
from tir.policy import Policy
from tir.solution import Solution, SolutionStatus
from tir.students.history import History
from tir.students.secret import COVER, Secret
from tir.students.silent import Desk
from tir.trajectory import Step, Trajectory

LONGEST = 1500
"""Characters of one hint."""
_BOX = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])")
_ANNOUNCED = re.compile(r"\b(?:answer|result|solution)s?\s+(?:is|are|:)|答案", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?。])\s+(?=[A-Z\\$一-鿿])|\n{2,}")
_ORDINARY = frozenset(
    "print range len str int float list tuple set dict sorted enumerate zip map latex symbols "
    "Symbol join format".split()
)


class Kind(StrEnum):
    """How much a hint tells."""

    IDEA = "idea"
    METHOD = "method"
    """Which tools the program uses."""
    SET_UP = "set-up"
    """How the program begins."""
    STEP = "step"
    PROGRAM = "program"


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing to be told. Nothing in it equals the answer."""

    kind: Kind
    text: str
    covered: bool = False
    """Something was in it that equals the answer; `[hidden]` stands there now."""


class NoHints(TirError):
    """There is no solution to take hints from."""


def hints(
    problem: str | Problem,
    *,
    model: str | Model = "auto",
    policy: Policy | None = None,
    options: LoadOptions = CHOSEN,
    history: History | None = None,
    unsafe_no_sandbox: bool = False,
) -> tuple[Hint, ...]:
    """All hints of a problem, which is solved for it, in the order in which they help.

    With a `history`, the solution is taken from there and kept there.

    Raises:
        NoHints: no answer was found that hints could lead to.
        TirError: see `tir.solve`.
    """
    problem = problem if isinstance(problem, Problem) else Problem(problem)
    desk = Desk(model, options, policy or Policy(), history, unsafe_no_sandbox)
    return hints_of(desk.solution(problem)[0])


def hints_of(solution: Solution) -> tuple[Hint, ...]:
    """The hints of a solution.

    Raises:
        NoHints: it has no answer, or a check refutes it.
    """
    if solution.answer is None or solution.status is SolutionStatus.REFUTED:
        refuted = "a check refutes the answer that was found"
        raise NoHints(
            "there are no hints for this problem.",
            why="No answer was found." if solution.answer is None else f"{refuted.capitalize()}.",
            hint="another model (tir models), or more samples: tir hint -n 16 ...",
        )
    secret = Secret(solution.problem, solution.answer)
    seen: set[str] = set()
    found: list[Hint] = []
    for kind, text in _told(_leading(solution)):
        text = text.strip()[:LONGEST]
        if not text or text in seen:
            continue
        seen.add(text)
        safe = secret.covered(text)
        if safe is not None and safe.strip() != COVER:
            found.append(Hint(kind, safe, covered=COVER in safe))
    return tuple(found)


def _leading(solution: Solution) -> Trajectory:
    """The first trajectory that came to the answer put forward, by the answer's own words."""
    own = [t for t in solution.trajectories if t.answer and t.answer.text == solution.answer]
    answered = [t for t in solution.trajectories if t.answer]
    return (own or answered or list(solution.trajectories))[0]


def _told(trajectory: Trajectory) -> Iterator[tuple[Kind, str]]:
    """What a trajectory says, from the least to the most, without what its programs printed."""
    is_first = True
    for step in trajectory.steps:
        for sentence in _sentences(step.rationale):
            yield (Kind.IDEA if is_first else Kind.STEP), sentence
            is_first = False
        if step.program is not None:
            yield from _of_program(step)


def _sentences(rationale: str) -> Iterator[str]:
    for sentence in _SENTENCE.split(rationale):
        if not _BOX.search(sentence) and not _ANNOUNCED.search(sentence):
            yield sentence


def _of_program(step: Step) -> Iterator[tuple[Kind, str]]:
    program = (step.program or "").strip()
    try:
        # Parsed, never run: what the model wrote is only looked at.
        body = ast.parse(program).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    tools = _tools(body)
    if tools:
        yield Kind.METHOD, f"A program helps here; it uses {', '.join(tools)}."
    lines = program.splitlines()
    plain = [node for node in body if not isinstance(node, ast.Import | ast.ImportFrom)]
    if len(plain) > 1:
        begin, end = plain[0].lineno, plain[-1].lineno - 1
        yield Kind.SET_UP, "\n".join(lines[:end] if begin <= end else lines)
    yield Kind.PROGRAM, program


def _tools(body: list[ast.stmt]) -> list[str]:
    """The functions called, by name, in order, those left out that every program calls."""
    names: list[str] = []
    for node in (node for statement in body for node in ast.walk(statement)):
        if isinstance(node, ast.Call):
            target = node.func
            name = (
                target.attr
                if isinstance(target, ast.Attribute)
                else target.id
                if isinstance(target, ast.Name)
                else ""
            )
            if name and name not in _ORDINARY:
                names.append(name)
    return list(dict.fromkeys(names))[:6]
