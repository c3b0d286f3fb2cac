"""Whether an answer is written in the form that was asked for.

Numbers are judged here, on the tree of the answer as written; what is asked of polynomials
(irreducible? a common factor?) is asked of the comparing process.
"""

import json
import math
from collections.abc import Callable, Iterator

from .exact import exact
from .policy import FormName
from .worker import Opinion
from .written import Node, written

Inspect = Callable[[str, str, str], Opinion]
"""`problems.inspection` in the comparing process: its name and two texts to an opinion."""

MOST = 10**12
"""Integers under a root up to here are checked; trial division takes a millisecond."""
_PRIMES_TO = 10_000


class CannotTell(Exception):
    """The form of the answer was not decided."""


def fault(form: FormName, text: str, inspect: Inspect) -> str:
    """What keeps the normal form `text` from being in `form`, as a sentence; "" if nothing.

    Raises CannotTell.
    """
    node = written(text)
    if node is None:
        raise CannotTell("its form cannot be read")
    match form:
        case "lowest_terms":
            return _lowest_terms(node, inspect)
        case "single_fraction":
            return _single_fraction(node)
        case "expanded":
            return _expanded(node)
        case "simplified_radical":
            return _radicals(node)
        case "factored":
            factors = [_bare(factor.text) for factor in _factors(node) if not _constant(factor)]
            return _asked("irreducible", factors, inspect) if factors else ""
        case "partial_fractions":
            terms = [term.text for term in _terms(node) if not _constant(term)]
            return _asked("partial", terms, inspect) if terms else ""


def _asked(inspection: str, texts: list[str], inspect: Inspect) -> str:
    """The process's complaint about `texts`, "" where it has none."""
    opinion = inspect(inspection, json.dumps(texts), "")
    if opinion.says == "equal":
        return ""
    if opinion.says == "unequal":
        return opinion.detail
    raise CannotTell(opinion.rule or "not decided in time")


def _lowest_terms(node: Node, inspect: Inspect) -> str:
    for each in _walk(node):
        if each.kind != "quotient":
            continue
        above, below = each.parts
        if any(part.kind == "quotient" for part in (*_walk(above), *_walk(below))):
            return f"There is a fraction inside the fraction {each.text}."
        if "." in each.text:
            return f"There is a decimal inside the fraction {each.text}."
        if _integer(below) == 1:
            return f"The fraction {each.text} is a whole number."
        if math.gcd(_content(above), _content(below)) > 1:
            return f"The fraction {each.text} is not in lowest terms."
        if not _constant(above) and not _constant(below):
            common = _asked("coprime", [above.text, below.text], inspect)
            if common:
                return f"The fraction {each.text} is not in lowest terms: {common}"
    return ""


def _single_fraction(node: Node) -> str:
    while node.kind == "minus":
        (node,) = node.parts
    inside = node.parts if node.kind == "quotient" else (node,)
    for part in inside:
        for each in _walk(part):
            if each.kind == "quotient" or (each.kind == "power" and each.parts[1].kind == "minus"):
                return f"It is not one fraction: {each.text} is a fraction inside it."
    return ""


def _expanded(node: Node) -> str:
    for each in _walk(node):
        if each.kind == "product" and any(part.kind == "sum" for part in each.parts):
            return f"The product {each.text} is not multiplied out."
        if (
            each.kind == "power"
            and each.parts[0].kind == "sum"
            and (_integer(each.parts[1]) or 0) > 1
        ):
            return f"The power {each.text} is not multiplied out."
    kinds = [_unknowns(term) for term in _terms(node)]
    for at, kind in enumerate(kinds):
        if kind in kinds[:at]:
            return f"Like terms are not collected: {_terms(node)[at].text} is one of several."
    return ""


def _radicals(node: Node) -> str:
    for each in _walk(node):
        if each.kind == "quotient" and any(part.kind == "root" for part in _walk(each.parts[1])):
            return f"There is a root below the fraction line of {each.text}."
        if each.kind == "root" and (said := _root(each)):
            return said
        if each.kind == "product":
            degrees = [_degree(part) for part in each.parts if part.kind == "root"]
            if len(set(degrees)) < len(degrees):
                return f"The roots in {each.text} can be drawn together."
        if each.kind == "sum":
            under = [
                part.text for term in each.parts for part in _walk(term) if part.kind == "root"
            ]
            if len(set(under)) < len(under):
                return f"Equal roots in {each.text} are not collected."
    return ""


def _root(root: Node) -> str:
    under, degree = root.parts[0], _degree(root)
    if any(part.kind == "quotient" for part in _walk(under)):
        return f"There is a fraction under the root {root.text}."
    value = exact(under.text)
    if value is None:
        return ""
    if value.denominator != 1 or degree is None:
        return f"There is a fraction under the root {root.text}."
    number = abs(value.numerator)
    if number > MOST:
        raise CannotTell("the number under a root is too large")
    outside = _perfect(number, degree)
    if outside == 1 and number not in (0, 1):
        return ""
    return f"The root {root.text} can be simplified: {max(outside, number and 1)} can be taken out."


def _perfect(number: int, degree: int) -> int:
    """The largest number whose power `degree` divides `number`."""
    outside, prime = 1, 2
    while prime <= _PRIMES_TO and prime**degree <= number:
        while number % prime**degree == 0:
            number //= prime**degree
            outside *= prime
        while number % prime == 0:
            number //= prime
        prime += 1
    # What is left has at most two prime factors, for the third power of the bound is above MOST.
    if degree == 2 and number > 1 and math.isqrt(number) ** 2 == number:
        outside *= math.isqrt(number)
    return outside


def _degree(root: Node) -> int | None:
    return _integer(root.parts[1]) if len(root.parts) == 2 else 2


def _factors(node: Node) -> list[Node]:
    """What is multiplied or divided, whatever its power."""
    match node.kind:
        case "minus" | "product" | "quotient":
            return [factor for part in node.parts for factor in _factors(part)]
        case "power" if not _constant(node.parts[0]) and (_integer(node.parts[1]) or 0) > 0:
            return _factors(node.parts[0])
    return [node]


def _terms(node: Node) -> list[Node]:
    if node.kind == "sum":
        return [term for part in node.parts for term in _terms(part)]
    if node.kind == "minus" and node.parts[0].kind == "sum":
        return [term for part in node.parts[0].parts for term in _terms(part)]
    return [node]


def _unknowns(term: Node) -> tuple[str, ...]:
    """What makes terms alike: everything in them but rational numbers."""
    if term.kind == "minus":
        return _unknowns(term.parts[0])
    if term.kind == "product":
        return tuple(sorted(name for part in term.parts for name in _unknowns(part)))
    if term.kind == "quotient" and exact(term.parts[1].text) is not None:
        return _unknowns(term.parts[0])
    return () if exact(term.text) is not None else (term.text,)


def _content(node: Node) -> int:
    """An integer that can be taken out of `node`; 1 where none is seen."""
    match node.kind:
        case "number":
            return _integer(node) or 1
        case "minus":
            return _content(node.parts[0])
        case "product":
            return math.prod(_content(part) for part in node.parts)
        case "sum":
            return math.gcd(*(_content(part) for part in node.parts))
        case "power":
            value = exact(node.text)
            return abs(value.numerator) if value and value.denominator == 1 else 1
    return 1


def _bare(text: str) -> str:
    """Without the brackets around a factor."""
    inner = text[1:-1]
    outer = text.startswith("(") and text.endswith(")") and ")" not in inner
    return inner if outer else text


def _integer(node: Node) -> int | None:
    return int(node.text) if node.kind == "number" and node.text.isdecimal() else None


def _constant(node: Node) -> bool:
    return not any(part.kind in ("name", "call") for part in _walk(node))


def _walk(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        each = stack.pop()
        yield each
        stack.extend(reversed(each.parts))
