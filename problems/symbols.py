"""Tests on formulas: form, equations, antiderivatives, names of variables."""

import re
from itertools import permutations

from .asking import Asker
from .forms import CannotTell, fault
from .normal import normal_form, spelling
from .plain import split_top
from .policy import Form, UpToConstant
from .verdict import BadReference, Certainty, Finding, Outcome, found, partly, undecided

_HEAD = re.compile(r"(?:[A-Za-z]\(([A-Za-z](?:,[A-Za-z])*)\)|[A-Za-z])=(?!=)")
_WORD = re.compile(r"\\[A-Za-z]+|[A-Za-z]+")
_CONSTANTS = {"e", "i"}
_MOST_NAMES = 3
"""All ways to pair so many names are tried: six."""
_NAMES = {
    "factored": "factored",
    "expanded": "multiplied out",
    "lowest_terms": "in lowest terms",
    "single_fraction": "one fraction",
    "partial_fractions": "in partial fractions",
    "simplified_radical": "simplified",
}


def form(test: Form, answer: str, gold: str, asker: Asker) -> Finding:
    """The right value, and written in the form that was asked for."""
    finding = asker.compare(answer, gold)
    if not finding.correct:
        return finding
    try:
        complaint = fault(test.form, normal_form(answer), asker.inspect)
    except CannotTell as reason:
        return undecided("form", f"the value is right; of the form: {reason}")
    if not complaint:
        detail = f"The value is right, and it is {_NAMES[test.form]}."
        return Finding(Outcome.CORRECT, finding.certainty, test.form, detail)
    detail = f"The value is right, but the form is not. {complaint}"
    return partly(test.credit, finding.certainty, test.form, detail)


def equation(answer: str, gold: str, asker: Asker) -> Finding:
    """An equation with the same solutions, that is the same up to a nonzero factor."""
    if len(split_top(spelling(gold), "=")) != 2:
        raise BadReference(f"the reference {gold!r} is no equation")
    if len(split_top(spelling(answer), "=")) != 2:
        return found(False, Certainty.PROVED, "equation", "An equation was asked for.")
    return asker.compare(answer, gold)


def function(answer: str, gold: str, asker: Asker) -> Finding:
    """The same function, its variables renamed."""
    given, wanted = _headed(answer), _headed(gold)
    names = _names(given[1]), _names(wanted[1])
    if given[0] and wanted[0] and len(given[0]) == len(wanted[0]):
        return asker.compare(_renamed(given[1], given[0], wanted[0]), wanted[1])
    if names[0] == names[1] or len(names[0]) != len(names[1]) or len(names[0]) > _MOST_NAMES:
        return asker.compare(given[1], wanted[1])
    doubtful, last = None, undecided("function")
    for order in permutations(names[1]):
        last = asker.compare(_renamed(given[1], names[0], list(order)), wanted[1])
        if last.correct:
            pairs = ", ".join(f"{a} for {b}" for a, b in zip(names[0], order, strict=True))
            return Finding(last.outcome, last.certainty, "function", f"The same, with {pairs}.")
        doubtful = last if last.outcome is Outcome.UNDECIDED else doubtful
    return doubtful or last


def up_to_constant(test: UpToConstant, answer: str, gold: str, asker: Asker) -> Finding:
    """The same derivative, and a constant of integration if the test requires one."""
    first, second = normal_form(gold), normal_form(answer)
    if not first or not second:
        return undecided("size", "too long or too deep")
    opinion = asker.inspect(f"antiderivative:{test.variable}", first, second)
    if opinion.says == "unequal":
        at = f", for example at {opinion.detail}" if opinion.detail else ""
        said = f"Its derivative is not the right one{at}."
        return found(False, Certainty(opinion.how), "up to a constant", said)
    if opinion.says != "equal":
        return undecided("up to a constant", opinion.rule or opinion.says)
    ground = Certainty(opinion.how)
    if opinion.detail != "constant" and test.constant_required:
        said = "It is an antiderivative, but the constant of integration is missing."
        return partly(test.credit, ground, "up to a constant", said)
    return found(True, ground, "up to a constant", "Its derivative is the right one.")


def _headed(text: str) -> tuple[list[str], str]:
    """The arguments and the body of "f(x, y) = ...", or no arguments and the whole."""
    spelled = spelling(text)
    head = _HEAD.match(spelled)
    if not head:
        return [], spelled
    return (head.group(1) or "").split(",") if head.group(1) else [], spelled[head.end() :]


def _names(text: str) -> list[str]:
    """The single letters of a formula, in order of the alphabet."""
    return sorted(
        {
            letter
            for word in _WORD.findall(text)
            if not word.startswith("\\")
            for letter in word
            if letter not in _CONSTANTS
        }
    )


def _renamed(text: str, names: list[str], to: list[str]) -> str:
    """`text` with each letter of `names` replaced, all at once, and commands left alone."""
    table = str.maketrans(dict(zip(names, to, strict=True)))
    return _WORD.sub(
        lambda word: (
            word.group() if word.group().startswith("\\") else word.group().translate(table)
        ),
        text,
    )
