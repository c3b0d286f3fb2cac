"""The comparisons, cheapest first: text, exact number, quantity, words, structure, the worker."""

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from .algebra import compare_trees
from .exact import exact
from .intervals import same, written
from .labels import is_name, is_single
from .normal import split_label
from .plain import split_top
from .quantity import (
    DEGREE,
    PERCENT,
    Quantity,
    apart,
    based,
    clock,
    quantity,
    ratio,
    reckons_in,
    subscripted_digits,
    temperature,
)
from .reals import reals
from .shape import Kind, Shape, shape
from .verdict import Certainty, Finding, Outcome, found, undecided, weakest
from .words import choices, number_word, texts, wordy

Ask = Callable[[str, str], Finding]
"""The last tier: two normal forms to a finding."""

_LEFT = 12
"""Elements of a list left after exact matching that are still worth comparing pair by pair."""
_INFINITE = (r"\infty", r"-\infty")
_NOT_ONE_VALUE = ("<", ">", r"\le", r"\ge", r"\mathbb", r"\cap", r"\setminus", r"\pm", r"\begin")
_COMMA = re.compile(r"-?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+\Z")
"""A decimal comma, where the other side has the point; by itself it is a list of two."""
_UNORDERED = (Kind.LIST, Kind.SET)


def compare(gold: str, answer: str, ask: Ask) -> Finding:
    """Compare two spellings (`normal.spelling`), asking `ask` only when nothing cheaper decides."""
    if gold == answer:
        return found(True, Certainty.PROVED, "identical")
    gold_name, gold_value = split_label(gold)
    answer_name, answer_value = split_label(answer)
    both = bool(gold_name and answer_name)
    if both and gold_name != answer_name:
        return _differently_named(gold, answer, gold_value, answer_value, ask)
    if not (gold_name or answer_name) or both:
        return _values(gold_value, answer_value, ask)
    unnamed = gold_value if answer_name else answer_value
    if "=" in unnamed and shape(unnamed).kind is Kind.ATOM:
        # "y=2x+1" against "2x-y+1=0": keep both sides of each.
        return _values(gold, answer, ask)
    finding = _values(gold_value, answer_value, ask)
    return finding.at_most(Certainty.CONVENTION, finding.rule) if finding.correct else finding


def _differently_named(gold: str, answer: str, first: str, second: str, ask: Ask) -> Finding:
    if "(" in gold.split("=")[0] + answer.split("=")[0] or len(shape(first).parts) > 1:
        # "(x,y)=(1,2)" against "(a,b)=(1,2)", "f(x)=" against "y=": names of the same thing.
        return _values(first, second, ask)
    if exact(first) is not None and exact(second) is not None:
        return found(False, Certainty.HEURISTIC, "names", "values of different names")
    return _algebra(gold, answer, ask)


def _values(gold: str, answer: str, ask: Ask) -> Finding:
    if gold == answer:
        return found(True, Certainty.PROVED, "normal form")
    for tier in (_numbers, choices, _quantities, _words):
        finding = tier(gold, answer)
        if finding is not None:
            return finding
    measured = _measured(gold, answer, ask)
    if measured is not None:
        return measured
    return _structure(gold, answer, ask)


def _numbers(gold: str, answer: str) -> Finding | None:
    first, second = exact(gold), exact(answer)
    if first is not None and second is not None:
        return found(first == second, Certainty.PROVED, "number", f"{answer} against {gold}")
    commas = _decimal_comma(gold, second) or _decimal_comma(answer, first)
    if commas:
        return found(True, Certainty.CONVENTION, "number", "a comma for the decimal point")
    if gold in _INFINITE and (answer in _INFINITE or second is not None):
        return found(False, Certainty.PROVED, "number", "infinite")
    if answer in _INFINITE and first is not None:
        return found(False, Certainty.PROVED, "number", "infinite")
    return None


def _decimal_comma(text: str, other: Fraction | None) -> bool:
    if other is None or not _COMMA.match(text):
        return False
    return exact(text.replace(".", "").replace(",", ".")) == other


def _quantities(gold: str, answer: str) -> Finding | None:
    """The kinds of number with a notation of their own."""
    bases = based(gold), based(answer)
    if bases[0] and bases[1]:
        if bases[0][0] == bases[1][0] and bases[0] != bases[1]:
            if gold.split("_")[0] == answer.split("_")[0]:
                return found(False, Certainty.HEURISTIC, "base", "the same digits in another base")
            return undecided("base", "the same number in another base")
        return found(bases[0] == bases[1], Certainty.PROVED, "base")
    if any(bases):
        if all(map(subscripted_digits, (gold, answer))):
            return found(False, Certainty.PROVED, "base", "a digit that its base does not have")
        bare, marked = (answer, gold) if bases[0] else (gold, answer)
        if exact(bare) is not None and marked.split("_")[0] == bare:
            return undecided("base", "one side names no base")
    times = clock(gold), clock(answer)
    if times[0] and times[1]:
        same = times[0][:2] == times[1][:2]
        halves = {time[2] for time in times if time and time[2]}
        if same and len(halves) == 1 and times[0] != times[1]:
            return found(True, Certainty.CONVENTION, "time", "am or pm left out")
        return found(same and len(halves) < 2, Certainty.PROVED, "time")
    ratios = ratio(gold), ratio(answer)
    if ratios[0] and ratios[1]:
        first, second = ([exact(term) for term in terms] for terms in ratios if terms)
        if first == second:
            return found(True, Certainty.PROVED, "ratio")
        if len(first) == len(second) and all((*first, *second)):
            scales = {one / other for one, other in zip(first, second, strict=True)}  # type: ignore[operator]
            if len(scales) == 1:
                return found(True, Certainty.CONVENTION, "ratio", "equal in other terms")
        return found(False, Certainty.PROVED, "ratio")
    return None


def _words(gold: str, answer: str) -> Finding | None:
    named = number_word(gold), number_word(answer)
    if named != (gold, answer):
        finding = _numbers(*named)
        if finding is not None:
            return finding
    if not (wordy(gold) or wordy(answer)) or quantity(gold) or quantity(answer):
        meaning = texts(gold, answer)
        return meaning if meaning is not None and meaning.correct else None
    return texts(gold, answer)


def _measured(gold: str, answer: str, ask: Ask) -> Finding | None:
    """Numbers with a unit or a percent sign on at least one side."""
    first, second = quantity(gold), quantity(answer)
    if gold.replace(" ", "") == answer.replace(" ", ""):
        # "3 m" and "3m": metres or a variable, the same in both.
        return found(True, Certainty.CONVENTION, "spacing")
    if first is None and second is None:
        return None
    # "(37/4)m" is metres if the other is.
    first, second = first or quantity(apart(gold)), second or quantity(apart(answer))
    if first is None or second is None:
        one = first or second
        assert one is not None
        return _unit_left_out(one, answer if first else gold, ask)
    if first.unit.dimension != second.unit.dimension:
        if not first.unit.dimension or not second.unit.dimension:
            one, other = (first, second) if first.unit.dimension else (second, first)
            return _unit_left_out(one, other.body, ask)
        degrees = temperature(first), temperature(second)
        if degrees[0] is not None and degrees[1] is not None:
            return found(degrees[0] == degrees[1], Certainty.PROVED, "unit", "converted")
        return found(False, Certainty.HEURISTIC, "unit", "different units")
    if first.unit.factor == second.unit.factor:
        return _values(first.body, second.body, ask)
    values = exact(first.body), exact(second.body)
    if values[0] is None or values[1] is None:
        return undecided("unit", "different units of a value that is not exact")
    same = values[0] * first.unit.factor == values[1] * second.unit.factor
    return found(same, Certainty.PROVED, "unit", "converted")


def _unit_left_out(one: Quantity, bare: str, ask: Ask) -> Finding:
    finding = _values(one.body, bare, ask)
    if not finding.correct and one.unit == PERCENT and exact(one.body) is not None:
        hundredth = _values(rf"\frac{{{one.body}}}{{100}}", bare, ask)
        finding = hundredth if hundredth.correct else finding
    if not finding.correct and one.unit == DEGREE:
        finding = _values(rf"\frac{{({one.body})\cdot \pi}}{{180}}", bare, ask)
    if finding.correct:
        return finding.at_most(Certainty.CONVENTION, "unit left out")
    if reckons_in(bare, one.unit):
        return undecided("unit", "a calculation with units")
    return finding.at_most(Certainty.HEURISTIC, finding.rule)


def _structure(gold: str, answer: str, ask: Ask) -> Finding:
    sets = _sets(gold, answer)
    if sets is not None:
        return sets
    first, second = shape(gold), shape(answer)
    kinds = {first.kind, second.kind}
    if kinds == {Kind.ATOM}:
        return _atoms(gold, answer, first.parts[0], second.parts[0], ask)
    if Kind.ATOM in kinds or Kind.UNION in kinds:
        return _unlike(gold, answer, first, second, ask)
    if first.kind is second.kind:
        if first.kind in _UNORDERED:
            return _labelled(first, second, ask)
        if first.kind is Kind.HALF and first.opening != second.opening:
            return found(False, Certainty.PROVED, "interval", "different ends")
        if first.kind is Kind.MATRIX and first.columns != second.columns:
            return found(False, Certainty.PROVED, "matrix", "different sizes")
        return _ordered(first.parts, second.parts, ask, first.kind)
    return _mixed(first, second, ask)


def _sets(gold: str, answer: str) -> Finding | None:
    """Sets of reals of which one at least can be nothing else, in whatever notation."""
    first, second = reals(gold), reals(answer)
    if first is None or second is None or not (first[1] or second[1]):
        return None
    if same(first[0], second[0]):
        return found(True, Certainty.PROVED, "ranges")
    return found(
        False, Certainty.PROVED, "ranges", f"{written(second[0])}, not {written(first[0])}"
    )


def _mixed(first: Shape, second: Shape, ask: Ask) -> Finding:
    """Containers of different kinds, most of them habits of notation."""
    kinds = {first.kind, second.kind}
    if kinds == {Kind.LIST, Kind.SET}:
        return _labelled(first, second, ask)
    if Kind.MATRIX in kinds:
        matrix, other = (first, second) if first.kind is Kind.MATRIX else (second, first)
        if other.kind in (Kind.PAREN, Kind.BRACKET) and matrix.columns in (1, len(matrix.parts)):
            return _habit(_ordered(first.parts, second.parts, ask, Kind.MATRIX), "vector")
    if kinds == {Kind.LIST, Kind.BRACKET}:
        return _habit(_unordered(first.parts, second.parts, ask, Kind.LIST), "printed list")
    if kinds == {Kind.SET, Kind.BRACKET}:
        finding = _unordered(first.parts, second.parts, ask, Kind.SET)
        if finding.correct and len(first.parts) == 2:
            return undecided("set", "[a, b] may be an interval")
        return _habit(finding, "printed list")
    if kinds == {Kind.LIST, Kind.PAREN} or (
        kinds == {Kind.BRACKET, Kind.PAREN} and len(first.parts) > 2
    ):
        finding = _ordered(first.parts, second.parts, ask, Kind.PAREN)
        if not finding.correct and _unordered(first.parts, second.parts, ask, Kind.LIST).correct:
            return undecided("order", "the same values in another order")
        return _habit(finding, "brackets left out")
    if (
        kinds == {Kind.SET, Kind.PAREN}
        and _unordered(first.parts, second.parts, ask, Kind.SET).correct
    ):
        return undecided("brackets", "a set against a tuple")
    return found(False, Certainty.HEURISTIC, "structure", f"{second.kind} against {first.kind}")


def _unlike(gold: str, answer: str, first: Shape, second: Shape, ask: Ask) -> Finding:
    """One side has no parts, or is a union, whose parts can be cut in many ways."""
    if first.kind is second.kind is Kind.UNION and len(first.parts) == len(second.parts):
        finding = _unordered(first.parts, second.parts, ask, Kind.UNION)
        if finding.correct:
            return finding
    if Kind.UNION in (first.kind, second.kind):
        return ask(gold, answer)
    atom, other = (first, second) if first.kind is Kind.ATOM else (second, first)
    if other.parts == (r"\emptyset",):
        return found(False, Certainty.PROVED, "set", "the set of the empty set")
    if len(other.parts) == 1 and other.kind in (Kind.SET, Kind.BRACKET):
        return _habit(compare(first.parts[0], second.parts[0], ask), "a single value in brackets")
    if other.kind is Kind.MATRIX or any(mark in atom.parts[0] for mark in _NOT_ONE_VALUE):
        return ask(gold, answer)
    return found(False, Certainty.HEURISTIC, "structure", f"{second.kind} against {first.kind}")


def _atoms(gold: str, answer: str, first: str, second: str, ask: Ask) -> Finding:
    if (first, second) != (gold, answer):
        return compare(first, second, ask)
    sides = split_top(gold, "="), split_top(answer, "=")
    equations = len(sides[0]) > 1, len(sides[1]) > 1
    if (
        equations == (True, True)
        and sides[0][0] == sides[1][0]
        and len(sides[0]) == len(sides[1]) == 2
    ):
        # The same of both: "f^{-1}(x)=..". Of an equation that is one too.
        finding = _values(sides[0][1], sides[1][1], ask)
        if finding.correct or is_name(sides[0][0]):
            return finding
    if equations[0] is equations[1]:
        return _algebra(gold, answer, ask)
    equation, value = (sides[0], answer) if equations[0] else (sides[1], gold)
    if len(equation) == 2 and is_name(equation[0]):
        finding = _values(equation[1], value, ask)
        return _habit(finding, "name of the value left out")
    number = exact(value)
    if number is not None and (number not in map(exact, equation) or not is_single(equation[0])):
        return found(False, Certainty.HEURISTIC, "equation", "a value against an equation")
    return undecided("equation", "an equation against a value")


def _algebra(gold: str, answer: str, ask: Ask) -> Finding:
    finding = compare_trees(gold, answer)
    return ask(gold, answer) if finding is None else finding


def _labelled(first: Shape, second: Shape, ask: Ask) -> Finding:
    kind = Kind.SET if Kind.SET in (first.kind, second.kind) else Kind.LIST
    named = any(first.labels), any(second.labels)
    if named == (True, True):
        if sorted(first.labels) != sorted(second.labels):
            return found(False, Certainty.HEURISTIC, "names", "different names")
        if len(set(first.labels)) < len(first.labels):
            # "x=1, x=2, y=3": pairs, not a mapping.
            pairs = [
                [f"{n}={v}" for n, v in zip(s.labels, s.parts, strict=True)]
                for s in (first, second)
            ]
            return _unordered(pairs[0], pairs[1], ask, kind)
        order = dict(zip(second.labels, second.parts, strict=True))
        return _ordered(first.parts, [order[name] for name in first.labels], ask, kind)
    if any(named):
        return _habit(_ordered(first.parts, second.parts, ask, kind), "names left out")
    return _unordered(first.parts, second.parts, ask, kind)


def _habit(finding: Finding, rule: str) -> Finding:
    ground = Certainty.CONVENTION if finding.correct else Certainty.HEURISTIC
    return finding.at_most(ground, rule)


def _ordered(first: Sequence[str], second: Sequence[str], ask: Ask, kind: Kind) -> Finding:
    if len(first) != len(second):
        return found(False, Certainty.PROVED, kind.value, "different lengths")
    findings: list[Finding] = []
    for one, other in zip(first, second, strict=True):
        finding = compare(one, other, ask)
        if finding.outcome is Outcome.INCORRECT:
            return Finding(finding.outcome, finding.certainty, kind.value, f"{other} against {one}")
        findings.append(finding)
    return _all(findings, kind)


def _unordered(first: Sequence[str], second: Sequence[str], ask: Ask, kind: Kind) -> Finding:
    if len(first) != len(second):
        return found(False, Certainty.HEURISTIC, kind.value, "different lengths")
    wanted, given = list(first), list(second)
    keys: dict[object, list[str]] = {}
    for part in given:
        keys.setdefault(_key(part), []).append(part)
    left: list[str] = []
    for part in wanted:
        if keys.get(_key(part)):
            given.remove(keys[_key(part)].pop())
        else:
            left.append(part)
    if any(exact(part) is not None for part in left) and all(exact(p) is not None for p in given):
        return found(False, Certainty.PROVED, kind.value, f"{left[0]} is missing")
    if len(left) > _LEFT:
        return undecided(kind.value, f"{len(left)} values to match")
    findings: list[Finding] = []
    for part in left:
        tried = Finding(Outcome.INCORRECT, Certainty.PROVED, kind.value)
        for other in given:
            finding = compare(part, other, ask)
            if finding.correct:
                given.remove(other)
                tried = finding
                break
            if finding.outcome is Outcome.UNDECIDED or tried.outcome is not Outcome.UNDECIDED:
                tried = finding
        if tried.outcome is Outcome.INCORRECT:
            return Finding(tried.outcome, tried.certainty, kind.value, f"{part} is missing")
        findings.append(tried)
    return _all(findings, kind)


def _all(findings: list[Finding], kind: Kind) -> Finding:
    for finding in findings:
        if finding.outcome is Outcome.UNDECIDED:
            return undecided(kind.value, finding.detail)
    return found(True, weakest(*(finding.certainty for finding in findings)), kind.value)


def _key(part: str) -> object:
    value = exact(part)
    return part if value is None else value
