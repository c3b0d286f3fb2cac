"""What an answer is marked by: a point for each part of the work, drawn from the solution."""

import re
from dataclasses import dataclass

from tir.notebook.markdown import leader
from tir.solution import Solution

_SENTENCE = re.compile(r"(?<=[.!?])\s")
_BOX = re.compile(r"\\boxed|\bthe answer is\b", re.IGNORECASE)
LONGEST = 300
"""Characters of one criterion."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One line of a rubric."""

    points: int
    text: str
    """For a person; with mathematics between dollars, as the model wrote it."""


def rubric(solution: Solution) -> tuple[Criterion, ...]:
    """A point for each step of the way, one for the answer, one for showing that it is right.

    The steps are those of the solution: another right way earns the same, step for step.
    """
    found = [Criterion(1, f"Method: {text}") for text in _steps(solution)]
    found.append(Criterion(1, "Answer: equal to the key, in whatever form it is written."))
    found.append(Criterion(1, "Check: shows that the answer meets every condition of the problem."))
    return tuple(found)


def _steps(solution: Solution) -> list[str]:
    """The first sentence of each step that does something."""
    trajectory = leader(solution)
    steps = trajectory.steps if trajectory is not None else ()
    texts = [_SENTENCE.split(step.rationale.strip())[0][:LONGEST] for step in steps]
    said = [text for text in texts if text and not _BOX.search(text)]
    return list(dict.fromkeys(said)) or ["finds a way that leads to the answer."]
