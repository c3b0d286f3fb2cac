"""The numbers of a problem that may be others: where they stand, and what may stand there.

A number is free if it is plain which one it is everywhere: it stands once in the question, once
in the check and, in programs that use it, once. An exponent, an index and an ordinal are part of
the structure; so are 0 and 1. In `2x^2 - 7x + 3 = 0`, whose check counts 2 roots, 7 and 3 are free.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from random import Random

_NUMBER = re.compile(r"(?<![\w.^_\[\\])(\d+(?:,\d{3})+|\d+)(?![\d.]*\d|\.\d|,\d|(?:st|nd|rd|th)\b)")
_RAISED = re.compile(r"(?:\^|_|\*\*)\s*\{?\s*[-+]?\s*\Z")
LEAST = 2
"""Smaller numbers are structure: 0 and 1."""
_TRIES = 1000

Place = tuple[int, int, int]
"""Where it begins and ends in the text, and its value."""


def in_question(question: str) -> list[Place]:
    """The numbers of a question that are amounts or coefficients."""
    return [
        (found.start(1), found.end(1), int(found[1].replace(",", "")))
        for found in _NUMBER.finditer(question)
        if not _RAISED.search(question[max(0, found.start() - 8) : found.start()])
    ]


def in_program(source: str) -> list[Place]:
    """The integers of a program, exponents and indices left out; none if it does not parse."""
    try:
        # Parsed, never run: what the model wrote is only looked at.
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    structure = {id(node) for parent in ast.walk(tree) for node in _structure(parent)}
    begins = [0]
    for line in source.encode().splitlines(keepends=True):
        begins.append(begins[-1] + len(line))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) is int and id(node) not in structure:
            begin = begins[node.lineno - 1] + node.col_offset
            end = begins[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
            found.append((begin, end, node.value))
    return sorted(found)


def free(question: str, programs: Sequence[str], check: str) -> tuple[int, ...]:
    """The numbers that may be others, in the order of the question."""
    asked = Counter(value for _, _, value in in_question(question))
    tested = Counter(value for _, _, value in in_program(check))
    used = [Counter(value for _, _, value in in_program(program)) for program in programs]
    return tuple(
        value
        for _, _, value in in_question(question)
        if value >= LEAST
        and asked[value] == tested[value] == 1
        and max((each[value] for each in used), default=0) == 1
    )


def other(values: Sequence[int], taken: Sequence[int], rng: Random) -> dict[int, int]:
    """New numbers of about the same size and roundness, in the same order of size.

    `taken` are numbers that stay; none of the new ones is among them. Empty if chance finds none.
    """
    for _ in range(_TRIES):
        drawn = {value: _near(value, rng) for value in values}
        before, after = sorted(values), [drawn[value] for value in sorted(values)]
        in_order = all(a < b for a, b in pairwise(after))
        if in_order and before != after and not set(after) & set(taken):
            return drawn
    return {}


def replaced(text: str, places: Sequence[Place], new: Mapping[int, int]) -> str:
    """The text with new numbers in their places. Places are counted in bytes of UTF-8."""
    data = text.encode()
    for begin, end, value in sorted(places, reverse=True):
        if value in new:
            data = data[:begin] + str(new[value]).encode() + data[end:]
    return data.decode()


def asked_with(question: str, new: Mapping[int, int]) -> str:
    """The question with new numbers; thousands are grouped where they were."""
    for begin, end, value in sorted(in_question(question), reverse=True):
        if value in new:
            grouped = "," in question[begin:end]
            text = f"{new[value]:,}" if grouped else str(new[value])
            question = question[:begin] + text + question[end:]
    return question


def programmed_with(source: str, new: Mapping[int, int]) -> str:
    """The program with new numbers."""
    return replaced(source, in_program(source), new)


def _structure(parent: ast.AST) -> Iterator[ast.AST]:
    if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow):
        yield from ast.walk(parent.right)
    elif isinstance(parent, ast.Subscript):
        yield from ast.walk(parent.slice)


def _near(value: int, rng: Random) -> int:
    step = next(int(10**k) for k in range(len(str(value)) - 1, -1, -1) if value % 10**k == 0)
    amount = value // step
    if amount < 10:
        return step * rng.randint(2 if step == 1 else 1, 12)
    return step * rng.randint(max(2, amount // 2), amount + amount // 2)
