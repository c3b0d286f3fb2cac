"""Grading an answer against its reference, and equality of two answers.

Most answers are settled here in well under a millisecond, by text and exact arithmetic. What
needs algebra goes to a process that is killed at the deadline (`problems.worker`). Nothing on
this side evaluates text or imports SymPy.

Conventions, those of mathematics benchmarks: exact unless asked otherwise; a unit or percent
sign may be left out, never mismatched; `25\\%` is also 0.25; lists have no order, `(..)` has;
`x = 3` is 3.
"""

from .answer import extract
from .ladder import compare
from .normal import spelling, split_label
from .verdict import Certainty, Finding, Outcome, Verdict, undecided
from .worker import Opinion, shared

BUDGET = 5.0
"""Seconds of the worker per grade. The study's slowest honest pair took 2.1 s."""
_SCORES = {Outcome.CORRECT: 1.0, Outcome.INCORRECT: 0.0, Outcome.NO_ANSWER: 0.0}


def grade(answer: str | None, gold: str, *, budget: float = BUDGET) -> Verdict:
    """The verdict on `answer`, which may be a whole text with its answer boxed.

    Raises ValueError if `gold` is blank, WorkerUnavailable if no comparing process starts.
    """
    if not gold.strip():
        raise ValueError("a reference answer must not be blank")
    given = _answer_in(answer or "")
    forms = split_label(spelling(given))[1], split_label(spelling(gold))[1]
    if not given.strip():
        finding = Finding(Outcome.NO_ANSWER, Certainty.PROVED, "blank")
    else:
        finding = _find(given, _answer_in(gold), budget)
    return Verdict(
        finding.outcome,
        _SCORES.get(finding.outcome),
        finding.rule,
        finding.detail,
        forms,
        finding.certainty,
    )


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
    outcome = _find(a, b, budget).outcome
    return None if outcome is Outcome.UNDECIDED else outcome is Outcome.CORRECT


def cheaply_equal(a: str, b: str) -> bool | None:
    """`equal` without the worker: None also where only algebra could tell."""
    outcome = _find(a, b, 0.0).outcome
    return None if outcome is Outcome.UNDECIDED else outcome is Outcome.CORRECT


def _answer_in(text: str) -> str:
    found = extract(text)
    return found.text if found else text


def _find(answer: str, gold: str, budget: float) -> Finding:
    if answer.strip() == gold.strip():
        return Finding(Outcome.CORRECT, Certainty.PROVED, "identical")
    forms = spelling(gold), spelling(answer)
    if not all(forms):
        return undecided("size", "too long, too deep or empty once typesetting is taken off")
    left = budget

    def ask(first: str, second: str) -> Finding:
        nonlocal left
        if left <= 0:
            return undecided("worker", "no time left")
        opinion = shared.ask(first, second, budget=left)
        left -= opinion.seconds
        return _finding(opinion)

    return compare(*forms, ask)


def _finding(opinion: Opinion) -> Finding:
    if opinion.says == "equal":
        return Finding(Outcome.CORRECT, Certainty(opinion.how), opinion.rule)
    if opinion.says == "unequal":
        return Finding(Outcome.INCORRECT, Certainty(opinion.how), opinion.rule)
    return undecided("worker", f"{opinion.says}: {opinion.rule}")
