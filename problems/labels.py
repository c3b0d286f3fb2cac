"""Left sides of equations: names of what is asked for, or formulas of their own."""

import re

_SUBSCRIPT = re.compile(r"_(?:\{[^{}]*\}|\w)")
_BRACKETED = re.compile(r"\([^()]*\)|\|[^|]*\|")
_COMMAND = re.compile(
    r"\\(?:angle|triangle|vec|overrightarrow|overline|frac|cdot|Delta|odot)(?![A-Za-z]) ?"
)
_FUNCTION = re.compile(r"\\(?:sin|cos|tan|cot|sec|csc|arg|det|max|min|dim|deg) ?")
_OPERATOR = re.compile(r"[+\-*/^]|\d|\\")
_CHARS = 120


def is_name(text: str) -> bool:
    """Whether the left side names a thing: `|AB|`, `\\angle ABC`, `P(X=2)`, `f^{-1}(x)`, `\\sin A`,
    `S_{\\triangle ABC}`, `\\frac{NO}{BO}`; not `3x+4y`, not `x^2`, not `xy`."""
    if not text or len(text) > _CHARS:
        return False
    text = text.replace("^{-1}(", "(").replace("^{\\circ}", "")
    function = _FUNCTION.match(text) is not None
    bare = _SUBSCRIPT.sub("", _FUNCTION.sub("", text))
    called = re.match(r"[A-Za-z]'?\(", bare) is not None
    absolute = bare.startswith("|") and bare.endswith("|") and bare.count("|") == 2
    if absolute and re.search("[A-Z]", bare):
        return True
    vectors = r"\vec" in text or r"\overrightarrow" in text
    letters = _COMMAND.sub("", _BRACKETED.sub("", bare))
    if _OPERATOR.search(letters):
        return False
    letters = re.sub(r"[{}:\s']", "", letters)
    if called or function or vectors:
        return len(letters) <= 8
    # Points are capitals; a word ("area", "ans") has no place in a formula.
    return bool(re.fullmatch(r"[A-Z]+|[A-Za-z]|[A-Za-z]{3,}", letters))


def is_single(text: str) -> bool:
    """Whether it is one term: a value could be that of its other side."""
    return not re.search(r"[+\-^]|(?<![_{\d])\d", _BRACKETED.sub("", _SUBSCRIPT.sub("", text)))
