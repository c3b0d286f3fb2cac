"""An answer as it is written: a small tree, without doing any of the arithmetic.

The form of an answer (factored, in lowest terms, ...) is a property of this tree, not of its
value: `2(x+1)` and `2x+2` are one value. Pure string work on a normal form (`problems.normal`),
bounded by its length and depth, and no SymPy.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Kind = Literal[
    "number", "name", "sum", "product", "quotient", "power", "root", "minus", "call", "factorial"
]

_TOKEN = re.compile(
    r"\\operatorname\{[A-Za-z]+\}|\\[A-Za-z]+ ?|\d+\.?\d*|\.\d+|[A-Za-z]|[-+*/^_!(){}\[\]|]| +"
)
_FUNCTIONS = frozenset(
    r"\sin \cos \tan \cot \sec \csc \arcsin \arccos \arctan \sinh \cosh \tanh \ln \log \exp".split()
)
_JOIN = re.compile(r"(?<!\\)(?<!\\[A-Za-z])(?<![A-Za-z]{2}) | (?![A-Za-z])")
_MIXED = re.compile(r"(\d+) (\d+)/(\d+)")
_TIMES = (r"\cdot", r"\times", "*")
_CLOSING = {"(": ")", "{": "}", "[": "]", "|": "|"}
MOST_NODES = 2000


@dataclass(frozen=True, slots=True)
class Node:
    """One operation. Of a quotient `parts` are above and below, of a power base and exponent, of
    a root what is under it and, unless it is 2, the degree; brackets leave no trace."""

    kind: Kind
    text: str
    """As written, in LaTeX."""
    parts: tuple["Node", ...] = ()


class _Unreadable(Exception):
    """No formula of the kinds that have a form."""


@lru_cache(maxsize=1024)
def written(text: str) -> Node | None:
    """The tree of the normal form `text`, or None where it is no plain formula."""
    text = _MIXED.sub(r"\1\\frac{\2}{\3}", text)
    tokens: list[str] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or len(tokens) > MOST_NODES:
            return None
        at = match.end()
        if match.group().strip():
            tokens.append(match.group().strip())
    reader = _Reader(tokens)
    try:
        node = reader.sum()
    except (_Unreadable, RecursionError):
        return None
    return node if reader.at == len(tokens) else None


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0
        self.bars = 0

    @property
    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *marks: str) -> bool:
        if self.next and self.next in marks:
            self.at += 1
            return True
        return False

    def since(self, start: int) -> str:
        # A space between a command and a letter, or "\\pi x" would become "\\pix".
        return _JOIN.sub("", " ".join(self.tokens[start : self.at]))

    def sum(self) -> Node:
        start = self.at
        terms = [self.signed()]
        while self.next in ("+", "-"):
            terms.append(self.signed())
        return terms[0] if len(terms) == 1 else Node("sum", self.since(start), tuple(terms))

    def signed(self) -> Node:
        start = self.at
        if self.take("-"):
            body = self.signed()
            return Node("minus", self.since(start), (body,))
        if self.take("+"):
            return self.signed()
        return self.product()

    def product(self) -> Node:
        start = self.at
        factors = [self.power()]
        while True:
            if self.take("/"):
                above = _product(factors, self.since(start).removesuffix("/"))
                below = self.signed() if self.next == "-" else self.power()
                factors = [Node("quotient", self.since(start), (above, below))]
            elif self.take(*_TIMES):
                factors.append(self.signed() if self.next == "-" else self.power())
            elif self.begins():
                factors.append(self.power())
            else:
                return _product(factors, self.since(start))

    def begins(self) -> bool:
        """Whether another factor stands here, with no sign between."""
        mark = self.next
        if mark == "|":
            return not self.bars
        # No number: "2 3" is no product.
        return bool(mark) and (mark[0].isalpha() or mark[0] in r"\({")

    def power(self) -> Node:
        start = self.at
        base = self.atom()
        while self.take("!"):
            base = Node("factorial", self.since(start), (base,))
        if self.take("^"):
            exponent = self.group() if self.next == "{" else self.atom()
            base = Node("power", self.since(start), (base, exponent))
        return base

    def group(self) -> Node:
        closing = _CLOSING.get(self.next)
        if closing is None:
            raise _Unreadable
        self.at += 1
        inner = self.sum()
        if not self.take(closing):
            raise _Unreadable
        return inner

    def atom(self) -> Node:
        start = self.at
        mark = self.next
        if mark in (r"\frac", r"\binom"):
            self.at += 1
            parts = (self.group(), self.group())
            kind: Kind = "quotient" if mark == r"\frac" else "call"
            return Node(kind, self.since(start), parts)
        if mark == r"\sqrt":
            self.at += 1
            degree = (self.group(),) if self.next == "[" else ()
            under = self.group()
            return Node("root", self.since(start), (under, *degree))
        if mark in _FUNCTIONS or mark.startswith(r"\operatorname"):
            return self.call()
        if mark == "|":
            self.bars += 1
            inner = self.group()
            self.bars -= 1
            return Node("call", self.since(start), (inner,))
        if mark in ("(", "{"):
            bars, self.bars = self.bars, 0
            inner = self.group()
            self.bars = bars
            return Node(inner.kind, self.since(start), inner.parts) if inner.parts else inner
        if not mark or not (mark[0].isalnum() or mark[0] in "\\."):
            raise _Unreadable
        self.at += 1
        if mark[0].isdigit() or mark[0] == ".":
            return Node("number", mark)
        if self.take("_"):
            self.group() if self.next == "{" else self.atom()
        return Node("name", self.since(start))

    def call(self) -> Node:
        start = self.at
        self.at += 1
        if self.take("_"):
            self.group() if self.next == "{" else self.atom()
        if self.take("^"):
            self.group() if self.next == "{" else self.atom()
        if self.next in ("(", "{"):
            inner = self.group()
            return Node("call", self.since(start), (inner,))
        factors = [self.power()]
        while self.begins() and self.next not in _FUNCTIONS and self.next != "(":
            factors.append(self.power())
        inner = factors[0] if len(factors) == 1 else Node("product", "", tuple(factors))
        return Node("call", self.since(start), (inner,))


def _product(factors: list[Node], text: str) -> Node:
    if len(factors) == 1:
        return factors[0]
    flat: list[Node] = []
    for factor in factors:
        flat += factor.parts if factor.kind == "product" else (factor,)
    return Node("product", text, tuple(flat))
