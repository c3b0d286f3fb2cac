"""Formulas as trees: a bounded recursive descent over normal forms, to a fixed set of operations.

What is not in the grammar is None, never a guess: `a/bc`, `f(x)`, a logarithm without a base,
integrals and words are left to other tiers. Nothing here computes but literal fractions.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

CHARS = 2000
DEPTH = 60
NODES = 1500
_DIGITS = 1000
"""Of one literal: above every answer, and Python reads more only reluctantly."""


class Op(StrEnum):
    """The operations there are; `args` hold the operands."""

    NUMBER = "number"
    NAME = "name"
    CONSTANT = "constant"
    """`pi`, `e` or `i`, in `name`."""
    SUM = "sum"
    PRODUCT = "product"
    QUOTIENT = "quotient"
    POWER = "power"
    ROOT = "root"
    """Radicand and degree; an odd root of a negative number is real."""
    CALL = "call"
    """The function `name` of its operands; `log` takes the argument and the base."""
    ABS = "abs"
    FLOOR = "floor"
    CEILING = "ceiling"
    FACTORIAL = "factorial"
    BINOMIAL = "binomial"


@dataclass(frozen=True, slots=True)
class Node:
    """One operation. `value` is that of a NUMBER; `name` that of a NAME, CONSTANT or CALL."""

    op: Op
    args: tuple["Node", ...] = ()
    value: Fraction = Fraction(0)
    name: str = ""

    def walk(self) -> Iterator["Node"]:
        """This node and every one below it."""
        yield self
        for arg in self.args:
            yield from arg.walk()


class _Unread(Exception):
    """The text is not in the grammar."""


_TOKEN = re.compile(
    r"\s+|\\[A-Za-z]+|\\[{}|]|\d+\.?\d*|\.\d+|[A-Za-z]'*|[-+*/^_!()\[\]{}|,°]",
)
_FUNCTIONS = (
    "sin cos tan cot sec csc arcsin arccos arctan arccot sinh cosh tanh ln lg exp arsinh arcosh"
).split()
_INVERSE = {"sin": "arcsin", "cos": "arccos", "tan": "arctan", "cot": "arccot"}
_GREEK = frozenset(
    r"\alpha \beta \gamma \delta \epsilon \varepsilon \zeta \eta \theta \vartheta \iota \kappa "
    r"\lambda \mu \nu \xi \rho \sigma \tau \phi \varphi \chi \psi \omega \Gamma \Delta \Theta "
    r"\Lambda \Sigma \Phi \Psi \Omega".split()
)
_TIMES = {r"\cdot", r"\times", "*"}
_GROUPS = {"(": ")", "{": "}", "[": "]", r"\{": r"\}"}
_FENCES = {r"\lfloor": (r"\rfloor", Op.FLOOR), r"\lceil": (r"\rceil", Op.CEILING)}
_CALLED = frozenset("fghFGHP")
"""Letters that before a bracket are functions, not factors."""
_SUBSCRIPT = re.compile(r"[A-Za-z0-9]{1,8}\Z")
_TEN = Node(Op.NUMBER, value=Fraction(10))
_TWO = Node(Op.NUMBER, value=Fraction(2))
_MINUS_ONE = Node(Op.NUMBER, value=Fraction(-1))
_DEGREE = Node(Op.QUOTIENT, (Node(Op.CONSTANT, name="pi"), Node(Op.NUMBER, value=Fraction(180))))


@lru_cache(maxsize=2048)
def tree(text: str) -> Node | None:
    """The tree of the normal form `text`, or None where the grammar does not reach."""
    if not text or len(text) > CHARS:
        return None
    tokens: list[str] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            return None
        at = match.end()
        if not match.group().isspace():
            tokens.append(match.group())
    reader = _Reader(tokens)
    try:
        node = reader.sum()
    except _Unread:
        return None
    return node if reader.at == len(tokens) else None


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0
        self.count = 0
        self.bars = 0

    def peek(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.tokens[at] if at < len(self.tokens) else ""

    def take(self, token: str) -> bool:
        if self.peek() == token:
            self.at += 1
            return True
        return False

    def need(self, token: str) -> None:
        if not self.take(token):
            raise _Unread

    def node(self, op: Op, *args: Node, value: Fraction = Fraction(0), name: str = "") -> Node:
        self.count += 1
        if self.count > NODES:
            raise _Unread
        return Node(op, args, value, name)

    def sum(self) -> Node:
        self.depth += 1
        if self.depth > DEPTH:
            raise _Unread
        terms = [self.product()]
        while self.peek() in ("+", "-"):
            # The sign belongs to the term, so that "-x^2" is -(x^2).
            terms.append(self.product())
        self.depth -= 1
        return terms[0] if len(terms) == 1 else self.node(Op.SUM, *terms)

    def product(self) -> Node:
        negative = False
        while self.peek() in ("+", "-"):
            negative ^= self.peek() == "-"
            self.at += 1
        total = self.power()
        factors = [_MINUS_ONE, total] if negative else [total]
        divided = False
        while True:
            token = self.peek()
            if token in _TIMES:
                self.at += 1
                factors.append(self.signed())
            elif token == "/":
                self.at += 1
                divided = True
                top = factors[0] if len(factors) == 1 else self.node(Op.PRODUCT, *factors)
                factors = [self.node(Op.QUOTIENT, top, self.signed())]
            elif self.starts(token):
                if divided or token[0].isdigit():
                    # "a/bc" is read both ways and "x2" neither; we do not choose.
                    raise _Unread
                factors.append(self.power())
            else:
                break
        return factors[0] if len(factors) == 1 else self.node(Op.PRODUCT, *factors)

    def signed(self) -> Node:
        if self.take("-"):
            return self.node(Op.PRODUCT, _MINUS_ONE, self.power())
        self.take("+")
        return self.power()

    def starts(self, token: str) -> bool:
        """Whether `token` begins an operand that multiplies what stands before it."""
        if not token:
            return False
        if token == "|":
            return not self.bars
        if token in _GROUPS or token[0].isalnum() or token[0] == ".":
            return True
        name = token[1:]
        return token in _GREEK | {r"\pi", r"\frac", r"\sqrt", r"\binom", r"\log"} | set(
            _FENCES
        ) or (token[0] == "\\" and name in _FUNCTIONS)

    def power(self) -> Node:
        base = self.atom()
        while True:
            if self.take("!"):
                if self.peek() == "!":
                    raise _Unread
                base = self.node(Op.FACTORIAL, base)
            elif (self.peek() == "^" and self.degrees()) or self.take("°"):
                base = self.node(Op.PRODUCT, base, _DEGREE)
            elif self.take("^"):
                base = self.node(Op.POWER, base, self.exponent())
                if self.peek() == "^":
                    raise _Unread
            else:
                return base

    def degrees(self) -> bool:
        if self.peek(1) == r"\circ":
            self.at += 2
            return True
        if (self.peek(1), self.peek(2), self.peek(3)) == ("{", r"\circ", "}"):
            self.at += 4
            return True
        return False

    def exponent(self) -> Node:
        if self.take("{"):
            inner = self.sum()
            self.need("}")
            return inner
        token = self.peek()
        if token == "(" or token in _GREEK or token == r"\pi" or token[:1].isalnum():
            return self.atom()
        if token == r"\frac":
            return self.atom()
        raise _Unread

    def atom(self) -> Node:
        token = self.peek()
        if token == "":
            raise _Unread
        if token[0].isdigit() or token[0] == ".":
            return self.number()
        self.at += 1
        if token in _GROUPS:
            inner = self.sum()
            self.need(_GROUPS[token])
            return inner
        if token == "|":
            self.bars += 1
            inner = self.sum()
            self.bars -= 1
            self.need("|")
            return self.node(Op.ABS, inner)
        if token in _FENCES:
            closing, op = _FENCES[token]
            inner = self.sum()
            self.need(closing)
            return self.node(op, inner)
        if token == r"\pi":
            return self.node(Op.CONSTANT, name="pi")
        if token == r"\frac":
            return self.node(Op.QUOTIENT, self.braced(), self.braced())
        if token == r"\binom":
            return self.node(Op.BINOMIAL, self.braced(), self.braced())
        if token == r"\sqrt":
            degree = _TWO
            if self.take("["):
                degree = self.sum()
                self.need("]")
            return self.node(Op.ROOT, self.braced(), degree)
        if token == r"\log" or (token[0] == "\\" and token[1:] in _FUNCTIONS):
            return self.call(token[1:])
        if token in _GREEK or token[0].isalpha():
            return self.name(token)
        raise _Unread

    def braced(self) -> Node:
        self.need("{")
        inner = self.sum()
        self.need("}")
        return inner

    def number(self) -> Node:
        token = self.peek()
        self.at += 1
        if len(token) > _DIGITS or (self.peek() == "e" and self.peek(1)[:1].isdigit()):
            raise _Unread
        value = Fraction(token.rstrip(".") if token[0] != "." else "0" + token)
        if self.peek()[:1].isdigit():
            raise _Unread
        if (
            self.peek() == r"\frac"
            and value.denominator == 1
            and [self.peek(n) for n in (1, 3, 4, 6)] == ["{", "}", "{", "}"]
            and self.peek(2).isdigit()
            and self.peek(5).isdigit()
            and int(self.peek(5))
        ):
            # A mixed number, as long as both are numbers.
            value += Fraction(int(self.peek(2)), int(self.peek(5)))
            self.at += 7
        return self.node(Op.NUMBER, value=value)

    def name(self, token: str) -> Node:
        if token in ("e", "i") and self.peek() != "_":
            return self.node(Op.CONSTANT, name=token)
        if token in _CALLED and self.peek() == "(":
            raise _Unread
        if self.take("_"):
            self.need("{")
            start = self.at
            while self.peek() not in ("}", ""):
                self.at += 1
            index = "".join(self.tokens[start : self.at])
            self.need("}")
            if not _SUBSCRIPT.match(index):
                raise _Unread
            token += "_" + index
        return self.node(Op.NAME, name=token)

    def call(self, name: str) -> Node:
        base: Node | None = None
        power: Node | None = None
        while self.peek() in ("^", "_"):
            if self.take("^"):
                power = self.exponent()
            else:
                self.at += 1
                base = self.braced()
        if name == "log" and base is None:
            raise _Unread
        if power is not None and power.op is Op.PRODUCT and power.args == (_MINUS_ONE, _ONE):
            if name not in _INVERSE:
                raise _Unread
            name, power = _INVERSE[name], None
        if name == "lg":
            name, base = "log", _TEN
        argument = self.argument()
        result = self.node(Op.CALL, argument, *([base] if base else []), name=name)
        return result if power is None else self.node(Op.POWER, result, power)

    def argument(self) -> Node:
        """What a function is taken of: one group, or the factors up to the next sign or function:
        `\\sin 2x\\cos x` is sin(2x) cos(x)."""
        if self.peek() in _GROUPS or (self.peek() == "|" and not self.bars):
            return self.atom()
        factors: list[Node] = []
        while True:
            token = self.peek()
            if token in _GREEK | {r"\pi", r"\frac", r"\sqrt"} or token[:1].isalnum():
                if factors and token[0].isdigit():
                    raise _Unread
                factors.append(self.power())
            elif not factors and token[1:] in _FUNCTIONS:
                return self.power()
            else:
                break
        if not factors or (
            self.peek() in ("/", "(", "{", "[", "|") and not (self.peek() == "|" and self.bars)
        ):
            # "\ln x/2", "\sin x(x+1)": where the argument ends is anyone's guess.
            raise _Unread
        return factors[0] if len(factors) == 1 else self.node(Op.PRODUCT, *factors)


_ONE = Node(Op.NUMBER, value=Fraction(1))
