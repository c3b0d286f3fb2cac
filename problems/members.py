"""Several values: sets, lists, tuples, matrices; which one is missing, extra or wrong."""

from collections.abc import Callable

from .exact import exact
from .normal import normal_form, split_label
from .plain import split_top
from .policy import EQUIVALENT, Grid, Members
from .shape import Kind, Shape, shape
from .verdict import (
    BadReference,
    Certainty,
    Finding,
    Outcome,
    found,
    partly,
    undecided,
    weakest,
)

Compare = Callable[[str, str], Finding]
"""An answer and a reference, both single values."""

MOST = 400
"""Values of a list that are looked at."""
_LEFT = 12
"""Values left after matching equal numbers that are still compared each with each."""
_REROUTED = 40
"""Values up to which pairs are taken apart again."""
_BRACKETS = {
    "set": {r"\{", "[", ""},
    "unordered": {r"\{", "[", ""},
    "ordered": {"(", "[", ""},
}
_NAMES = {r"\{": "set braces", "(": "round brackets", "[": "square brackets"}
_WANTED = {
    "set": "a set",
    "unordered": "a list without order",
    "ordered": "a list in order",
}


def members(test: Members, answer: str, gold: str, compare: Compare) -> Finding:
    """The values of `answer` against those of `gold`, as the test's kind takes them."""
    bracket, given = _values(answer)
    wanted = _values(gold)[1]
    if wanted is None:
        raise BadReference("the reference cannot be read as a list of values")
    if given is None:
        return undecided(test.kind, "the answer cannot be read as a list of values")
    if bracket not in _BRACKETS[test.kind] and len(given) > 1:
        said = f"The values stand in {_NAMES[bracket]}: that is not {_WANTED[test.kind]}."
        return found(False, Certainty.CONVENTION, "structure", said)
    if test.kind == "ordered":
        return _in_order(given, wanted, compare, test.partial, _place)
    if test.kind == "set":
        given, wanted = _once(given, compare), _once(wanted, compare)
    return _in_any_order(test, given, wanted, compare)


def grid(test: Grid, answer: str, gold: str, compare: Compare) -> Finding:
    """A matrix or vector, entry by entry."""
    wanted, given = _grid(test, gold), _grid(test, answer)
    if wanted is None:
        raise BadReference(f"the reference cannot be read as a {test.kind}")
    if given is None:
        return found(False, Certainty.HEURISTIC, "structure", f"The answer is no {test.kind}.")
    sizes = [f"{len(side.parts) // side.columns} x {side.columns}" for side in (given, wanted)]
    if sizes[0] != sizes[1]:
        detail = f"It is {sizes[0]}, and should be {sizes[1]}."
        return found(False, Certainty.PROVED, test.kind, detail)

    def place(at: int) -> str:
        if test.kind == "vector":
            return _place(at)
        return f"in row {at // wanted.columns + 1}, column {at % wanted.columns + 1}"

    return _in_order(list(given.parts), list(wanted.parts), compare, test.partial, place)


def _in_order(
    given: list[str],
    wanted: list[str],
    compare: Compare,
    partial: bool,
    place: Callable[[int], str],
) -> Finding:
    findings = [compare(one, other) for one, other in zip(given, wanted, strict=False)]
    doubtful = [at for at, f in enumerate(findings) if f.outcome is Outcome.UNDECIDED]
    wrong = [at for at, f in enumerate(findings) if f.outcome is Outcome.INCORRECT]
    ground = weakest(*(finding.certainty for finding in findings))
    if len(given) != len(wanted):
        said = f"There are {len(given)} values, and should be {len(wanted)}."
    elif wrong:
        said = f"The value {place(wrong[0])}, {given[wrong[0]]}, is wrong."
    else:
        said = ""
    if not said or partial:
        if doubtful:
            return undecided("ordered", f"the value {place(doubtful[0])} was not decided")
        if not said:
            return found(True, ground, "ordered", "Every value is right.")
    if not partial:
        sure = Certainty.PROVED if len(given) != len(wanted) else findings[wrong[0]].certainty
        return found(False, sure, "ordered", said)
    right = len(findings) - len(wrong) - max(0, len(given) - len(wanted))
    return partly(max(0, right) / len(wanted) if wanted else 0.0, ground, "ordered", said)


def _in_any_order(test: Members, given: list[str], wanted: list[str], compare: Compare) -> Finding:
    pairs = _Pairs(given, wanted, compare, reroutes=test.each != EQUIVALENT)
    if len(pairs.missing) > _LEFT and len(pairs.extra) > _LEFT:
        return undecided(test.kind, f"{len(pairs.missing)} values are left to compare")
    pairs.match()
    missing = [wanted[at] for at in pairs.missing]
    extra = [given[at] for at in pairs.extra]
    if not missing and not extra:
        return found(True, pairs.ground, test.kind, "Every value is there.")
    if pairs.doubtful and (test.partial or len(missing) == len(extra)):
        return undecided(test.kind, f"{missing[0]} may be missing" if missing else "an extra value")
    said = [f"{_some(missing)} missing" if missing else "", f"{_some(extra)} not among them"]
    detail = ", and ".join(part for part in (said if extra else said[:1]) if part) + "."
    detail = detail[0].upper() + detail[1:]
    sure = all(exact(normal_form(value)) is not None for value in missing + extra)
    ground = Certainty.PROVED if sure else Certainty.NUMERIC
    if not test.partial or not wanted:
        return found(False, ground, test.kind, detail)
    right = len(wanted) - len(missing) - max(0, len(given) - len(wanted))
    return partly(max(0, right) / len(wanted), ground, test.kind, detail)


class _Pairs:
    """Which given value stands for which wanted one: as many pairs as there can be.

    Equal numbers and equal texts are paired first, at no cost. Where "right" is equality that is
    final. Under a tolerance it is not, as 1.05 may stand for 1 and for 1.1: then a pair is taken
    apart again where that makes room for another (augmenting paths).
    """

    def __init__(
        self, given: list[str], wanted: list[str], compare: Compare, *, reroutes: bool
    ) -> None:
        self._given, self._wanted, self._compare = given, wanted, compare
        self._reroutes = reroutes and len(given) <= _REROUTED
        self._taken: dict[int, int] = {}
        self._findings: dict[tuple[int, int], Finding] = {}
        keys: dict[object, list[int]] = {}
        for at, value in enumerate(given):
            keys.setdefault(_key(value), []).append(at)
        for at, value in enumerate(wanted):
            if same := keys.get(_key(value)):
                self._taken[same.pop()] = at

    @property
    def missing(self) -> list[int]:
        """Places of wanted values that no given one stands for."""
        found_ones = set(self._taken.values())
        return [at for at in range(len(self._wanted)) if at not in found_ones]

    @property
    def extra(self) -> list[int]:
        """Places of given values that stand for none."""
        return [at for at in range(len(self._given)) if at not in self._taken]

    @property
    def doubtful(self) -> bool:
        """Whether a comparison was not decided."""
        return any(f.outcome is Outcome.UNDECIDED for f in self._findings.values())

    @property
    def ground(self) -> Certainty:
        """What the pairs rest on."""
        compared = [self._findings.get((w, g)) for g, w in self._taken.items()]
        return weakest(*(finding.certainty for finding in compared if finding))

    def match(self) -> None:
        """Pair what is left."""
        for at in self.missing:
            self._seek(at, set())

    def _seek(self, wanted: int, tried: set[int]) -> bool:
        places = self.extra
        if self._reroutes:
            places += [at for at in self._taken if self._taken[at] != wanted]
        for given in places:
            if given in tried or not self._right(wanted, given):
                continue
            tried.add(given)
            owner = self._taken.get(given)
            if owner is None or self._seek(owner, tried):
                self._taken[given] = wanted
                return True
        return False

    def _right(self, wanted: int, given: int) -> bool:
        pair = wanted, given
        if pair not in self._findings:
            self._findings[pair] = self._compare(self._given[given], self._wanted[wanted])
        return self._findings[pair].correct


def _once(values: list[str], compare: Compare) -> list[str]:
    """Without repetitions, as a set has none; comparing each with each where they are few."""
    distinct = list({_key(value): value for value in values}.values())
    if len(distinct) > _LEFT or all(exact(normal_form(value)) is not None for value in distinct):
        return distinct
    kept: list[str] = []
    for value in distinct:
        if not any(compare(value, other).correct for other in kept):
            kept.append(value)
    return kept


def _values(text: str) -> tuple[str, list[str] | None]:
    """The opening bracket and the values; None where the text cannot be read."""
    form = normal_form(text)
    if not form or form.count(",") > MOST:
        return "", None
    if form == r"\emptyset":
        return r"\{", []
    outer = shape(form)
    if outer.kind in (Kind.HALF, Kind.UNION):
        return "", None
    if outer.kind is Kind.MATRIX:
        return "(", list(outer.parts)
    if r"\pm" in form:
        return r"\{" if form.startswith(r"\{") else "", list(outer.parts)
    for opening, closing in ((r"\{", r"\}"), ("(", ")"), ("[", "]")):
        inner = form[len(opening) : -len(closing)]
        whole = form.startswith(opening) and form.endswith(closing)
        if whole and (outer.kind is not Kind.LIST and outer.kind is not Kind.ATOM):
            return opening, _split(inner)
    return "", _split(form)


def _split(text: str) -> list[str]:
    parts = [part.strip() for part in split_top(text.replace(";", ","))]
    labels = [split_label(part) for part in parts if part]
    return [value for _, value in labels]


def _grid(test: Grid, text: str) -> Shape | None:
    form = normal_form(text)
    if not form:
        return None
    outer = shape(form)
    if test.kind == "matrix":
        return outer if outer.kind is Kind.MATRIX else None
    if outer.kind is Kind.MATRIX and outer.columns not in (1, len(outer.parts)):
        return None
    if outer.kind in (Kind.MATRIX, Kind.PAREN, Kind.BRACKET, Kind.LIST):
        return Shape(Kind.MATRIX, outer.parts, columns=len(outer.parts))
    return None


def _key(value: str) -> object:
    form = normal_form(value)
    number = exact(form)
    return form if number is None else number


def _some(values: list[str]) -> str:
    shown = ", ".join(values[:3]) + (", ..." if len(values) > 3 else "")
    return f"{shown} {'is' if len(values) == 1 else 'are'}"


def _place(at: int) -> str:
    return f"in place {at + 1}"
