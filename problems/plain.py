"""Plain and Python text as LaTeX: what a program prints, in the notation answers are boxed in.

`x**2/2`, `sqrt(2)/2`, `Matrix([[1, 2]])`, `Interval.Lopen(1, oo)`, `{x: 2}`. A pure string
transformation over a small tokenizer: nothing here evaluates, parses to objects or imports SymPy.
"""

import re

_TOKEN = re.compile(
    r"\\[A-Za-z]+|\\.|[A-Za-z]+(?:\.[A-Za-z]+)?(?:_?\d+)?|\d+\.?\d*|\.\d+|\*\*|\s+|.", re.DOTALL
)
_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau "
    "phi chi psi omega Gamma Delta Theta Lambda Sigma Phi Psi Omega pi"
)
_NAMES = {name: "\\" + name for name in _GREEK.split()} | {
    "oo": r"\infty",
    "inf": r"\infty",
    "infinity": r"\infty",
    "Infinity": r"\infty",
    "EmptySet": r"\emptyset",
    "Reals": r"\mathbb{R}",
    "Integers": r"\mathbb{Z}",
    "lcm": r"\operatorname{lcm}",
    "U": r"\cup",
}
_SAME = "sin cos tan cot sec csc sinh cosh tanh ln max min gcd arcsin arccos arctan"
_FUNCTIONS = {name: "\\" + name for name in _SAME.split()} | {
    "log": r"\ln",
    "asin": r"\arcsin",
    "acos": r"\arccos",
    "atan": r"\arctan",
}
# The base of a "log x" is anyone's guess, and "2 min" is a time.
_ONLY_CALLED = {"log", "max", "min", "gcd"}
_INTERVALS = {
    "Interval": "[]",
    "Interval.open": "()",
    "Interval.Lopen": "(]",
    "Interval.Ropen": "[)",
}
_MATRICES = {"Matrix", "ImmutableMatrix", "MutableDenseMatrix", "ImmutableDenseMatrix", "array"}
_CALLS = (
    {"sqrt", "exp", "Eq", "Abs", "abs", "factorial", "log", "binomial", "Rational", "Fraction"}
    | {"cbrt", "root", "real_root", "Integer", "Float", "Decimal", "FiniteSet", "Union"}
    | _INTERVALS.keys()
    | _MATRICES
    | _FUNCTIONS.keys()
)
_OPENING, _CLOSING = "([{", ")]}"

# SymPy's "(2 < x) & (x <= 3)".
_BETWEEN = re.compile(r"\(([^()&<>]+) (<=?|\\le) ([A-Za-z])\) & \(\3 (<=?|\\le) ([^()&<>]+)\)")
_INDEXED = re.compile(r"([a-z])(\d+)\Z")

KNOWN = frozenset(_NAMES) | frozenset(_FUNCTIONS) | {"sqrt", "exp", "mod", "arg", "det", "lim"}
"""Names of three letters or more that are mathematics and not words."""

# Python spells the constants I and E; in LaTeX they are more often a point and a current.
_PYTHON = re.compile(r"\*|\b(?:sqrt|cbrt|root|exp|log|sin|cos|tan|Matrix|Rational)\(")


def to_latex(text: str) -> str:
    """`text` with Python and plain spellings replaced; LaTeX passes through unchanged."""
    text = _BETWEEN.sub(r"\1 \2 \3 \4 \5", text)
    tokens = _TOKEN.findall(text)
    constants = {"I": "i", "E": "e"} if "\\" not in text and _PYTHON.search(text) else {}
    return "".join(_convert(tokens, constants))


def split_top(text: str, mark: str = ",") -> list[str]:
    """`text` cut at each `mark` (one character) that stands outside every bracket."""
    parts: list[str] = []
    depth = start = 0
    for at, char in enumerate(text):
        if char in _OPENING:
            depth += 1
        elif char in _CLOSING:
            depth -= 1
        elif char == mark and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    return parts


def _convert(tokens: list[str], constants: dict[str, str]) -> list[str]:
    out: list[str] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        called = at + 1 < len(tokens) and tokens[at + 1] == "("
        if token in ("**", "^"):
            out.append("^")
            at = _exponent(tokens, at + 1, constants, out)
            continue
        # Only names we know: converting what is in any "x(...)" twice doubles at each level.
        if called and token in _CALLS and (end := _close(tokens, at + 1)) is not None:
            inner = "".join(_convert(tokens[at + 2 : end], constants)).strip()
            written = _call(token, inner)
            if written is not None:
                out.append(written)
                at = end + 1
                continue
        if token == "*":
            out.append(r"\cdot ")
        elif token in _NAMES:
            out.append(_NAMES[token] + " ")
        elif token in _FUNCTIONS and token not in _ONLY_CALLED:
            out.append(_FUNCTIONS[token] + " ")
        elif (index := _INDEXED.match(token)) and not (at and tokens[at - 1][-1].isdigit()):
            out.append(f"{index.group(1)}_{{{index.group(2)}}}")
        elif token == "sqrt":
            out.append(r"\sqrt ")
        else:
            out.append(constants.get(token, token))
        at += 1
    return out


def _exponent(tokens: list[str], at: int, constants: dict[str, str], out: list[str]) -> int:
    """Write the operand of a power as one group: Python's `x**-1`, `2**3**2`, `x^(k-1)`."""
    start = at
    while at < len(tokens) and (tokens[at].isspace() or tokens[at] in "+-"):
        at += 1
    if at >= len(tokens) or tokens[at] == "{" or tokens[at].startswith("\\"):
        out.extend(tokens[start:at])
        return at
    sign = "".join(tokens[start:at]).replace(" ", "")
    if tokens[at] == "(" and (end := _close(tokens, at)) is not None:
        body = "".join(_convert(tokens[at + 1 : end], constants))
        at = end + 1
    elif at + 1 < len(tokens) and tokens[at + 1] == "(" and tokens[at] in KNOWN:
        end = _close(tokens, at + 1) or at
        body = "".join(_convert(tokens[at : end + 1], constants))
        at = end + 1
    elif tokens[at].isalpha() and tokens[at] not in KNOWN and tokens[at - 1] == "^":
        # In "x^yz" LaTeX raises only the first letter.
        body, rest = tokens[at][0], tokens[at][1:]
        out.append("{" + sign + body + "}" + rest)
        return at + 1
    else:
        body = "".join(_convert([tokens[at]], constants)).strip()
        at += 1
    if at < len(tokens) and tokens[at] == "**":
        nested: list[str] = []
        at = _exponent(tokens, at + 1, constants, nested)
        body += "^" + "".join(nested)
    out.append("{" + sign + body + "}")
    return at


def _close(tokens: list[str], at: int) -> int | None:
    depth = 0
    for end in range(at, len(tokens)):
        token = tokens[end]
        if len(token) == 1 and token in _OPENING:
            depth += 1
        elif len(token) == 1 and token in _CLOSING:
            depth -= 1
            if depth == 0:
                return end
    return None


def _call(name: str, inner: str) -> str | None:
    """The LaTeX of the call `name(inner)`, or None when it is no call we know."""
    args = [part.strip() for part in split_top(inner)]
    match name, args:
        case "sqrt", [one]:
            return rf"\sqrt{{{one}}}"
        case "cbrt", [one]:
            return rf"\sqrt[3]{{{one}}}"
        case (("root" | "real_root"), [one, degree]):
            return rf"\sqrt[{degree}]{{{one}}}"
        case "exp", [one]:
            return f"e^{{{one}}}"
        case "Eq", [left, right]:
            return f"{left}={right}"
        case "Abs" | "abs", [one]:
            return f"|{one}|"
        case "factorial", [one]:
            return f"({one})!"
        case "log", [one, base]:
            return rf"\log_{{{base}}}({one})"
        case "binomial", [top, bottom]:
            return rf"\binom{{{top}}}{{{bottom}}}"
        case (("Rational" | "Fraction"), [top, bottom]):
            return rf"\frac{{{top}}}{{{bottom}}}"
        case (("Integer" | "Float" | "Decimal"), [one]):
            return one.strip("'\"")
        case "FiniteSet", _:
            return rf"\{{{inner}\}}"
        case "Union", _:
            return r"\cup ".join(args)
        case _, [low, high, *_] if name in _INTERVALS:
            # An end at infinity is always open, however SymPy was told.
            opening = "(" if r"\infty" in low else _INTERVALS[name][0]
            closing = ")" if r"\infty" in high else _INTERVALS[name][1]
            return f"{opening}{low},{high}{closing}"
        case _, [rows, *_] if name in _MATRICES and rows.startswith("["):
            lines = [row.strip().strip("[]") for row in split_top(rows.strip()[1:-1])]
            body = r"\\".join("&".join(split_top(line)) for line in lines)
            return rf"\begin{{pmatrix}}{body}\end{{pmatrix}}"
        case _ if name in _FUNCTIONS:
            return f"{_FUNCTIONS[name]}({inner})"
    return None
