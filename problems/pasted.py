"""Formulas as a screen shows them, pasted back: raised letters, roots with a degree, rows.

What `tir solve` shows on a terminal is among it. Each spelling becomes the LaTeX that it stands
for; nothing is guessed where a spelling has two readings.
"""

import re

from .plain import split_top

_RAISED = dict(
    zip(
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ",
        "0123456789+-=()abcdefghijklmnoprstuvwxyz",
        strict=True,
    )
)
_LOWERED = dict(
    zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "0123456789+-=()aehijklmnoprstuvx", strict=True)
)
_RAISED_RUN, _LOWERED_RUN = (
    re.compile(f"[{''.join(table)}]+(?: [{''.join(table)}]+)*") for table in (_RAISED, _LOWERED)
)
_SMALL_FRACTION = re.compile("([⁰¹²³⁴⁵⁶⁷⁸⁹]+)⁄([₀₁₂₃₄₅₆₇₈₉]+)")
_DEGREES = "⁰¹²³⁴⁵⁶⁷⁸⁹ⁿᵏᵐ"
# Close to a base it is a power: "3²√2".
_DEGREE = re.compile(rf"(?<![\w)\]}}{_DEGREES}])([{_DEGREES}]+)√|([∛∜])")
_SETS = re.compile(r"(?<=[\])}]) ?(union|intersect) ?(?=[\[({\\])|(?<=[A-Za-z]) (in) (?=[\[({])")
_SIGNS = {"union": r"\cup ", "intersect": r"\cap ", "in": r"\in "}


def small_letters(text: str) -> str:
    """Raised and lowered characters as LaTeX: a run of them is one exponent, index or degree."""
    text = _SMALL_FRACTION.sub(
        lambda m: rf"\frac{{{_full(m[1], _RAISED)}}}{{{_full(m[2], _LOWERED)}}}", text
    )
    text = _DEGREE.sub(
        lambda m: rf"\sqrt[{_full(m[1], _RAISED) if m[1] else 3 + '∛∜'.index(m[2])}]", text
    )
    text = _RAISED_RUN.sub(lambda m: f"^{{{_full(m[0], _RAISED)}}}", text)
    return _LOWERED_RUN.sub(lambda m: f"_{{{_full(m[0], _LOWERED)}}}", text)


def rows(text: str) -> str:
    """A bracket with semicolons: "(1, 2; 3, 4)" is a matrix, "(3; -2)" a vector or point.

    "(1,5; 2,5)" may be two decimals of a language that writes them so, and is left as it is.
    """
    if ";" not in text or text[0] not in "([" or text[-1] not in ")]":
        return text
    if not _is_one_bracket(text):
        return text
    lines = [[each.strip() for each in split_top(row)] for row in split_top(text[1:-1], ";")]
    widths = {len(line) for line in lines}
    if len(lines) < 2 or len(widths) > 1 or not all(all(line) for line in lines):
        return text
    if widths == {1}:
        return f"{text[0]}{', '.join(line[0] for line in lines)}{text[-1]}"
    if ", " not in text or text[0] + text[-1] not in ("()", "[]"):
        return text
    body = r"\\".join("&".join(line) for line in lines)
    return rf"\begin{{pmatrix}}{body}\end{{pmatrix}}"


def _is_one_bracket(text: str) -> bool:
    """Whether what opens it is closed at its end, not before: "(1)(2)" is two."""
    depth = 0
    for at, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if depth == 0:
            return at == len(text) - 1
    return False


def sets(text: str) -> str:
    """The signs of "x in [0, 1] union [2, 3]"."""
    return _SETS.sub(lambda m: _SIGNS[m[1] or m[2]], text)


def _full(small: str, table: dict[str, str]) -> str:
    return "".join(table.get(char, char) for char in small)
