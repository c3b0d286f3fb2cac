"""Grading an answer against its reference, and equality of two answers.

Most answers are settled here in well under a millisecond, by text and exact arithmetic. What
needs algebra goes to a process that is killed at the deadline (`problems.worker`). Nothing on
this side evaluates text or imports SymPy.

Conventions, those of mathematics benchmarks: exact unless asked otherwise; a unit or percent
sign may be left out, never mismatched; `25\\%` is also 0.25; lists have no order, `(..)` has;
`x = 3` is 3. An answer test (`problems.policy`) asks otherwise.
"""

from .answer import extract
from .asking import Asker
from .judge import mark
from .parts import grade_parts
from .policy import EQUIVALENT, AnswerTest, Parts
from .verdict import Finding, Outcome, Verdict

BUDGET = 2.0
"""Seconds of the worker per grade. Where it must be killed, a verdict is there within 3 s."""


def grade(
    answer: str | None, gold: str, *, test: AnswerTest = EQUIVALENT, budget: float = BUDGET
) -> Verdict:
    """The verdict on `answer`, which may be a whole text with its answer boxed.

    With a test of several parts, `answer` holds them in their order, separated by commas, or
    with their names; their references are the test's, and `gold` may be blank.

    Raises BadReference if `gold` is blank or not what the test needs, WorkerUnavailable if no
    comparing process starts.
    """
    given = _answer_in(answer or "")
    if isinstance(test, Parts):
        return grade_parts(given, test, budget=budget).verdict
    return mark(test, given, _answer_in(gold), Asker(budget))


def equal(a: str, b: str, *, budget: float = BUDGET, find: bool = True) -> bool | None:
    """Whether two answers are the same; None when undecided.

    With `find` each may be a whole text that boxes or announces its answer; without it the text
    itself is compared, as is right for what a program printed.

    Raises WorkerUnavailable if no comparing process starts.
    """
    if not a.strip() or not b.strip():
        return not a.strip() and not b.strip()
    if find:
        a, b = _answer_in(a), _answer_in(b)
    return _truth(Asker(budget).compare(a, b))


def cheaply_equal(a: str, b: str) -> bool | None:
    """`equal` without the worker: None also where only algebra could tell."""
    return _truth(Asker(0.0).compare(a, b))


def _truth(finding: Finding) -> bool | None:
    return None if finding.outcome is Outcome.UNDECIDED else finding.correct


def _answer_in(text: str) -> str:
    found = extract(text)
    return found.text if found else text
