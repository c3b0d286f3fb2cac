"""The sentence with a verdict: why, for the one who gave the answer."""

import re
from fractions import Fraction

from .exact import exact
from .normal import normal_form
from .quantity import quantity
from .shape import Kind, shape
from .verdict import Certainty, Finding, Outcome

_SHORT = 60
_LISTS = (Kind.LIST, Kind.SET, Kind.PAREN, Kind.BRACKET)
_GROUNDS = {
    Certainty.PROVED: "It equals the reference.",
    Certainty.NUMERIC: "It agrees with the reference at every point tried.",
    Certainty.CONVENTION: "It equals the reference, by a usual convention",
    Certainty.HEURISTIC: "It was not told apart from the reference.",
}
_SETTLED = {"structure", "list", "set", "unit", "number", "paren", "bracket"}
"""Rules that can only say "not found equal", and yet agreed with the label on each of the labelled
pairs where they decided: asking a person about these would be noise."""
_WORD = re.compile(r"[^\W\d_]{4,}")
_NUMBER = re.compile(r"\d+")
_POWERS = {Fraction(10) ** n: n for n in range(-12, 13) if n}


def sentence(finding: Finding, answer: str, gold: str) -> str:
    """Why `answer` stands to `gold` as `finding` has it."""
    if finding.detail.endswith("."):
        return finding.detail
    match finding.outcome:
        case Outcome.NO_ANSWER:
            return "There is no answer."
        case Outcome.CORRECT:
            return _right(finding)
        case Outcome.UNDECIDED:
            why = finding.detail or finding.rule
            return f"It is not decided whether this equals the reference: {why}."
    return _wrong(finding, normal_form(answer), normal_form(gold))


def asks_for_a_person(finding: Finding, answer: str, gold: str) -> bool:
    """Whether only the question, or a reader, could settle it."""
    if finding.outcome is Outcome.UNDECIDED:
        return True
    if finding.outcome is not Outcome.INCORRECT:
        return False
    forms = normal_form(answer), normal_form(gold)
    if finding.rule == "text":
        # A formula taken for words may be a fault of ours, not of the answer.
        doubtful = _akin(*forms) or any("\\" in form for form in forms)
        return finding.certainty is Certainty.HEURISTIC and doubtful
    if finding.certainty is Certainty.HEURISTIC and finding.rule not in _SETTLED:
        return True
    return _hundredfold(exact(forms[0]), exact(forms[1]))


def _right(finding: Finding) -> str:
    if finding.rule in ("identical", "normal form"):
        return "It is the reference in the same words."
    said = _GROUNDS[finding.certainty]
    return said if said.endswith(".") else f"{said}: {finding.rule}."


def _wrong(finding: Finding, answer: str, gold: str) -> str:
    first, second = exact(answer), exact(gold)
    if first is not None and second is not None:
        return _numbers(first, second, answer, gold)
    if finding.rule == "differs at a point" and finding.detail:
        return f"The two differ at {finding.detail}."
    if finding.detail.startswith("no multiple"):
        return f"One equation is {finding.detail}."
    measured = quantity(answer), quantity(gold)
    if measured[0] and measured[1] and measured[0].unit.dimension != measured[1].unit.dimension:
        return f"The units of {_cut(answer)} and {_cut(gold)} do not match."
    if finding.rule == "unit" and finding.detail == "converted":
        return f"In the same units, {_cut(answer)} and {_cut(gold)} differ."
    shapes = shape(answer), shape(gold)
    if all(each.kind in _LISTS for each in shapes):
        if said := _values(shapes[0].parts, shapes[1].parts):
            return said
        if shapes[0].kind is shapes[1].kind is Kind.PAREN or finding.rule == "order":
            return f"The order or a value is wrong in {_cut(answer)}."
    if finding.rule == "interval" or {each.kind for each in shapes} & {Kind.HALF}:
        return f"The ends of the interval differ: {_cut(answer)} is not {_cut(gold)}."
    if finding.detail:
        return f"{_cut(answer)} is not {_cut(gold)}: {finding.detail}."
    return f"{_cut(answer)} is not {_cut(gold)}."


def _numbers(first: Fraction, second: Fraction, answer: str, gold: str) -> str:
    if first == -second:
        return f"The sign is wrong: {_cut(answer)}."
    if second and (ratio := first / second) in _POWERS:
        times = f"10^{abs(_POWERS[ratio])}" if abs(_POWERS[ratio]) > 3 else f"{_scale(ratio)}"
        too = "large" if ratio > 1 else "small"
        hint = " It would be right as a percentage." if _hundredfold(first, second) else ""
        return f"{_cut(answer)} is {times} times too {too}.{hint}"
    if "." in answer and second.denominator > 1 and _is_rounding(first, second, answer):
        return f"{_cut(answer)} is {_cut(gold)} rounded; the exact value was asked for."
    return f"{_cut(answer)} is not {_cut(gold)}."


def _scale(ratio: Fraction) -> int:
    return int(max(ratio, 1 / ratio))


def _hundredfold(first: Fraction | None, second: Fraction | None) -> bool:
    """0.05 where 5 was expected: right if a percentage was asked for, which only that says."""
    return first is not None and second not in (None, 0) and first * 100 == second


def _akin(answer: str, gold: str) -> bool:
    """Words in common and the same numbers: it may be the same thing said in another way."""
    words, numbers = (
        [set(pattern.findall(text.casefold())) for text in (answer, gold)]
        for pattern in (_WORD, _NUMBER)
    )
    return bool(words[0] & words[1]) and numbers[0] == numbers[1]


def _is_rounding(first: Fraction, second: Fraction, answer: str) -> bool:
    decimals = len(answer.partition(".")[2])
    return answer.rstrip("0123456789").endswith(".") and abs(first - second) < Fraction(
        1, 10**decimals
    )


def _values(given: tuple[str, ...], wanted: tuple[str, ...]) -> str:
    """What is missing and what is extra, where all is plain numbers or equal texts."""
    first, second = ([_key(part) for part in side] for side in (given, wanted))
    missing = [part for part, key in zip(wanted, second, strict=True) if key not in first]
    extra = [part for part, key in zip(given, first, strict=True) if key not in second]
    said = [
        f"missing: {_cut(', '.join(missing))}" if missing else "",
        f"not among them: {_cut(', '.join(extra))}" if extra else "",
    ]
    told = "; ".join(filter(None, said))
    return f"{told[0].upper()}{told[1:]}." if told else ""


def _key(part: str) -> object:
    value = exact(part)
    return part if value is None else value


def _cut(text: str) -> str:
    return text if len(text) <= _SHORT else text[:_SHORT] + "..."
