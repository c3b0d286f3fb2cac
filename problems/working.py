"""Which line of written working is the first that does not follow, shown by numbers.

Equalities are compared at points, exactly where they are rational. An equation or inequality in
one unknown is looked at through its solutions: a value that solves what was given and the line
before, but not this line, is a solution lost; one that comes in and stays to the end is gained.
Every fault comes with numbers that anyone can put in. What cannot be read, or follows from more
than one line, is left open, never called wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from .algebra import _expressions
from .claims import (
    compared,
    difference,
    holds_at,
    is_condition,
    is_constant,
    is_equation,
    is_explicit,
    is_multiple,
    is_name,
    is_periodic,
    put,
    satisfied,
    told_gained,
    told_lost,
    told_sides,
)
from .lines import Comparison, Statement, names, statements
from .roots import Roots, roots
from .tree import Node
from .verdict import Outcome

LINES = 200
"""Statements looked at. Nobody writes more for one problem."""
_GRID = (Fraction(-100), *(Fraction(n, 2) for n in range(-41, 42)), Fraction(100))


class Standing(StrEnum):
    """How a statement stands to those before it."""

    GIVEN = "given"
    """Taken as it is: the first of its kind."""
    FOLLOWS = "follows"
    """Nothing was found against it, at any point tried."""
    FAULT = "fault"
    OPEN = "open"
    """It is read, but not from the line before alone."""
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Judged:
    """One statement of the working, and what is to be said of it."""

    number: int
    """Of its line, from 1."""
    text: str
    standing: Standing
    detail: str = ""
    """A sentence; of a fault, with the numbers that show it."""


@dataclass(frozen=True, slots=True)
class Working:
    """All statements in order."""

    judged: tuple[Judged, ...]

    @property
    def fault(self) -> Judged | None:
        """The first statement that does not follow."""
        return next((each for each in self.judged if each.standing is Standing.FAULT), None)

    @property
    def unclear(self) -> tuple[Judged, ...]:
        """The statements about which nothing can be said."""
        return tuple(e for e in self.judged if e.standing in (Standing.OPEN, Standing.UNREAD))


def examine(text: str) -> Working:
    """Every statement of the working, up to and with the first that does not follow.

    Never raises: a text that holds no mathematics is a working without statements.
    """
    said = []
    for statement in statements(text):
        said.append(statement)
        if len(said) == LINES:
            break
    reader = _Reader(said)
    judged: list[Judged] = []
    for at, statement in enumerate(said):
        try:
            standing, detail = reader.judge(at)
        except RecursionError:
            standing, detail = Standing.UNREAD, "It is nested too deep."
        judged.append(Judged(statement.number, statement.text, standing, detail))
        if standing is Standing.FAULT:
            break
    return Working(tuple(judged))


class _Reader:
    """What is known while the statements are gone through in order."""

    def __init__(self, said: Sequence[Statement]) -> None:
        self._said = said
        self._last: tuple[int, Node] | None = None
        """The expression that a line beginning with "=" goes on from, and its line."""
        self._claims: dict[str, list[int]] = {}
        """Equations and inequalities in each single unknown, by their index."""
        self._cases: dict[str, list[int]] = {}
        """Of those, what holds in one of several cases only."""
        self._bounds: dict[str, list[Statement]] = {}
        """Inequalities that stand beside equations: where the unknown may lie."""
        self._loose: set[str] = set()
        """Unknowns about which more may be known than their equations say, such as "a length"."""
        self._values: dict[str, Node] = {}
        self._roots: dict[Comparison, Roots] = {}

    def judge(self, at: int) -> tuple[Standing, str]:
        statement = self._said[at]
        if not statement.is_read:
            self._last = None
            return Standing.UNREAD, "It cannot be read as a formula."
        if not statement.options:
            return self._chain(statement)
        standing, detail = self._relation(at)
        self._learn(statement)
        if standing in (Standing.GIVEN, Standing.OPEN) and at == len(self._said) - 1:
            return self._put_in() or (standing, detail)
        return standing, detail

    def _chain(self, statement: Statement) -> tuple[Standing, str]:
        """Expressions set equal: a lone one rewrites that of the line before."""
        chain = list(statement.chain)
        before = self._last
        self._last = statement.number, chain[-1]
        if before is not None:
            found = self._equal(before[1], chain[0], before[0], statement.number)
            if found[0] is not Standing.FOLLOWS:
                return found
        elif statement.goes_on:
            return Standing.OPEN, 'There is nothing before the "=".'
        within = self._within(chain, statement.number)
        if within[0] is Standing.FOLLOWS and before is None and len(chain) == 1:
            return Standing.GIVEN, ""
        return within

    def _within(self, chain: Sequence[Node], number: int) -> tuple[Standing, str]:
        for left, right in pairwise(chain):
            found = self._equal(left, right, number, number)
            if found[0] is not Standing.FOLLOWS:
                return found
        return Standing.FOLLOWS, ""

    def _equal(self, left: Node, right: Node, first: int, second: int) -> tuple[Standing, str]:
        """Whether two expressions are one, with the values put in that names are known to have."""
        if names(left) != names(right) and not is_constant(left, right):
            left, right = self._filled(left, right), self._filled(right, left)
            if names(left) != names(right) and not is_constant(left, right):
                return Standing.OPEN, "A value may have been put in that is not in the working."
        outcome, sentence = compared(left, right)
        if outcome is Outcome.CORRECT:
            return Standing.FOLLOWS, ""
        if outcome is not Outcome.INCORRECT:
            return Standing.OPEN, "The two sides could not be compared."
        if first == second:
            where, one, other = "", "the left side", "the right side"
        else:
            where = f" from line {first}"
            one, other = f"line {first}", f"line {second}"
        told = sentence.format(one=one, other=other)
        return Standing.FAULT, f"Line {second} does not follow{where}: {told}."

    def _filled(self, node: Node, other: Node) -> Node:
        missing = names(node) - names(other)
        return put(node, {n: self._values[n] for n in missing if n in self._values})

    def _relation(self, at: int) -> tuple[Standing, str]:
        statement = self._said[at]
        known = statement.names
        if not known:
            return self._numbers(statement)
        chain = statement.chain
        if len(chain) > 1 and self._goes_on_from(chain):
            return self._continued(statement)
        if (meant := self._meant(at)) is not None:
            return self._equal(meant.chain[1], chain[1], meant.number, statement.number)
        if len(known) == 1 and is_condition(statement):
            (name,) = known
            return self._condition(at, name)
        return self._several(at)

    def _meant(self, at: int) -> Statement | None:
        """The line above that says what the same name is in terms of others: "A = lw"."""
        chain = self._said[at].chain
        if len(chain) != 2 or not is_name(chain[0]):
            return None
        for before in reversed(self._said[:at]):
            if len(before.chain) == 2 and before.chain[0] == chain[0]:
                others = names(before.chain[1]) - {chain[0].name}
                return before if others and not self._claims.get(chain[0].name) else None
        return None

    def _numbers(self, statement: Statement) -> tuple[Standing, str]:
        """A relation without unknowns: it holds or it does not."""
        self._last = (statement.number, statement.chain[-1]) if statement.chain else None
        for option in statement.options:
            wrong = next((c for c in option if holds_at(c, "", Fraction(0)) is False), None)
            if wrong is None:
                clear = all(holds_at(c, "", Fraction(0)) for c in option)
                return (Standing.FOLLOWS if clear else Standing.OPEN), ""
        sides = told_sides(wrong, "", Fraction(0)) if wrong else ""
        return Standing.FAULT, f"Line {statement.number} is not true: {sides}."

    def _goes_on_from(self, chain: Sequence[Node]) -> bool:
        """Whether "a = b" rewrites something rather than sets an equation."""
        if len(chain) > 2 or compared(chain[0], chain[1])[0] is Outcome.CORRECT:
            return True
        before = self._last
        if before is None or is_name(chain[0]):
            return False
        return compared(before[1], chain[0])[0] is Outcome.CORRECT

    def _continued(self, statement: Statement) -> tuple[Standing, str]:
        chain = list(statement.chain)
        before, self._last = self._last, (statement.number, chain[-1])
        if is_name(chain[0]) and chain[0].name not in names(*chain[1:]):
            # "A = \pi r^2 = 9\pi" says what A is; the rest is a rewriting.
            chain = chain[1:]
        found = self._within(chain, statement.number)
        if found[0] is Standing.FOLLOWS and before is None and len(chain) == 1:
            return Standing.GIVEN, ""
        return found

    def _condition(self, at: int, name: str) -> tuple[Standing, str]:
        """An equation or inequality in one unknown, against those before it."""
        statement = self._said[at]
        earlier = self._claims.setdefault(name, [])
        self._last = None
        if earlier and is_equation(statement) is not is_equation(self._said[earlier[0]]):
            bounds = self._bounds.setdefault(name, [])
            if not is_equation(statement):
                bounds.append(statement)
                return Standing.GIVEN, ""
            bounds += [self._said[index] for index in earlier]
            earlier.clear()
        if not earlier:
            earlier.append(at)
            if any(name in other.names and len(other.names) > 1 for other in self._said[:at]):
                if is_explicit(self._said[at], name):
                    return Standing.GIVEN, "A value put in."
                self._loose.add(name)
                return Standing.OPEN, "It may follow from several lines together."
            return Standing.GIVEN, ""
        first, before = self._said[earlier[0]], self._said[earlier[-1]]
        later = [
            other
            for other in self._said[at + 1 :]
            if other.names == {name} and other.options and is_condition(other)
        ]
        points = self._points([first, before, statement, *later], name)
        bounds = self._bounds.get(name, [])
        cases = [self._said[case] for case in self._cases.get(name, ())]
        lost, kept, unsure = [], 0, False
        for point in points:
            holds = satisfied(statement, name, point)
            if not all(satisfied(s, name, point) for s in (first, before, *bounds)):
                continue
            unsure = unsure or holds is None
            kept += holds is True
            if holds is False and not any(satisfied(case, name, point) for case in cases):
                lost.append(point)
        branches = [p for p in lost if any(satisfied(other, name, p) for other in later)]
        if (
            lost
            and len(branches) == len(lost)
            and any(satisfied(statement, name, p) for p in points if satisfied(before, name, p))
        ):
            # One case of several: the others come below. What follows, follows from the whole.
            self._cases.setdefault(name, []).append(at)
            return Standing.FOLLOWS, "One case of those above."
        if cases and not lost:
            self._cases[name].append(at)
            return Standing.FOLLOWS, "One case of those above."
        if lost:
            if name in self._loose or is_periodic(first, before):
                return Standing.OPEN, "Solutions may be ruled out by what is not in the working."
            return Standing.FAULT, told_lost(statement, before, name, lost[0])
        last = later[-1] if later else statement
        for point in points if not is_explicit(before, name) else ():
            if (
                satisfied(statement, name, point)
                and satisfied(before, name, point) is False
                and satisfied(first, name, point) is False
                and satisfied(last, name, point)
            ):
                return Standing.FAULT, told_gained(statement, before, name, point)
        earlier.append(at)
        if unsure or not (kept or self._is_known(before, statement)):
            return Standing.OPEN, "Its solutions could not be found."
        return Standing.FOLLOWS, ""

    def _points(self, about: Sequence[Statement], name: str) -> list[Fraction]:
        """Where something may change: solutions, bounds, and for inequalities the points between.

        Small whole numbers come first: they are the ones to show."""
        found: set[Fraction] = set()
        ordered = False
        for statement in about:
            for option in statement.options:
                for each in option:
                    if each not in self._roots:
                        self._roots[each] = roots(each.left, each.right, name)
                    found.update(self._roots[each].values)
                    ordered = ordered or each.sign != "="
        if ordered:
            found.update(_GRID)
            at = sorted(found)
            found.update((a + b) / 2 for a, b in pairwise(at))
        return sorted(found, key=lambda p: (p.denominator > 1, p.denominator > 10**6, abs(p), p))

    def _is_known(self, before: Statement, statement: Statement) -> bool:
        """Whether agreement at the points found is agreement."""
        if all(s.chain and len(s.chain) == 2 for s in (before, statement)):
            gaps = [difference(s.chain[0], s.chain[1]) for s in (before, statement)]
            if _expressions(gaps[0], gaps[1]).correct:
                return True
        return all(
            self._roots[c].complete for s in (before, statement) for o in s.options for c in o
        )

    def _several(self, at: int) -> tuple[Standing, str]:
        """More than one unknown: the same up to a factor as a line before, or nothing is known."""
        statement = self._said[at]
        self._last = None
        earlier = [s for s in self._said[:at] if s.names & statement.names]
        alike = [s for s in earlier if len(s.chain) == 2]
        label = statement.chain[0] if len(statement.chain) == 2 else None
        is_new = label is not None and not any(names(label) & s.names for s in earlier)
        if not earlier or (label is not None and is_name(label) and is_new):
            return Standing.GIVEN, ""
        if len(statement.chain) == 2:
            gap = difference(statement.chain[0], statement.chain[1])
            for before in reversed(alike):
                if is_multiple(difference(before.chain[0], before.chain[1]), gap):
                    return Standing.FOLLOWS, ""
        return Standing.OPEN, "It may follow from several lines together."

    def _put_in(self) -> tuple[Standing, str] | None:
        """At the end: whether the values found satisfy the equations in several unknowns."""
        for statement in self._said:
            known = {name: self._values[name] for name in statement.names & self._values.keys()}
            if len(statement.chain) != 2 or len(known) < max(2, len(statement.names)):
                continue
            sides = [put(side, known) for side in statement.chain]
            outcome, told = compared(sides[0], sides[1])
            if outcome is Outcome.INCORRECT:
                last = self._said[-1].number
                told = told.format(one="the left side", other="the right side")
                return Standing.FAULT, (
                    f"Line {last} does not fit line {statement.number}: with these values, {told}."
                )
        return None

    def _learn(self, statement: Statement) -> None:
        for option in statement.options if len(statement.options) == 1 else ():
            for each in option:
                if each.sign == "=" and is_name(each.left) and not names(each.right):
                    self._values[each.left.name] = each.right
        chain = statement.chain
        if len(chain) > 2 and is_name(chain[0]) and not names(chain[-1]):
            self._values[chain[0].name] = chain[-1]
