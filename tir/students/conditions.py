"""The equations and inequalities that a problem states, and which of them an answer violates."""

import re
from collections.abc import Iterator
from fractions import Fraction

from problems import Problem
from problems.claims import failing, satisfied, short
from problems.lines import Statement, names, statement
from problems.normal import normal_form
from problems.roots import value
from problems.shape import Kind as Shapes
from problems.shape import shape
from problems.tree import tree
from tir.render.spans import Kind, spans

_WORD = re.compile(r"[A-Za-z]{2,}|[:;,.](?=\s|\Z)|\n")
_RELATION = re.compile(r"[=<>≤≥]|\\(?:le|ge|leq|geq)(?![A-Za-z])")


def conditions(problem: Problem) -> Iterator[Statement]:
    """What the question says of its one unknown, in formulas."""
    for span in spans(problem.question):
        pieces = [span.text]
        if span.kind is Kind.PROSE:
            pieces = _WORD.split(span.text)
        elif span.kind is Kind.CODE:
            continue
        for piece in pieces:
            if _RELATION.search(piece):
                said = statement(piece.strip(), 1)
                if said.options and len(said.names) == 1:
                    yield said


def violated(problem: Problem, answer: str, reference: str) -> str | None:
    """A sentence on the first value of the answer that breaks a condition of the problem.

    Only a condition that all values of the reference keep is one on the answer: of "if x + 2 = 5,
    what is 3x?" the equation is about something else.
    """
    own, right = _values(answer), _values(reference)
    if not own or not right:
        return None
    for said in conditions(problem):
        (name,) = said.names
        if not all(satisfied(said, name, number) for number in right):
            continue
        for number in own:
            if satisfied(said, name, number) is False:
                return f"At {name} = {short(number)} in {said.text}, {failing(said, name, number)}."
    return None


def _values(answer: str) -> list[Fraction]:
    """The numbers that an answer consists of; none if it consists of anything else."""
    form = normal_form(answer)
    outer = shape(form)
    parts = outer.parts if outer.kind in (Shapes.LIST, Shapes.SET) else (form,)
    found: list[Fraction] = []
    for part in parts:
        node = tree(part)
        number = None if node is None or names(node) else value(node, "", Fraction(0))
        if number is None:
            return []
        found.append(number)
    return found
