"""Gives `check(answer)` its values. This file's text runs inside the sandbox, never in our process.

The engine sends the source of this module to the session in which a model's `check` has been
defined, then calls `_judge` with the texts of the candidate and its decoys. Text becomes a
SymPy value here, where parsing it can harm nobody.
"""

import json
import re


def _top(text: str) -> list[str]:
    """The parts of a text between commas that stand in no bracket."""
    parts, depth, part = [], 0, ""
    for c in text:
        depth += (c in "([{") - (c in ")]}")
        if c == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += c
    return [p.strip() for p in [*parts, part]]


def _value(text: str) -> object:
    """A SymPy value, a list of them, a Matrix, or the text itself if it is none of these."""
    import sympy

    text = re.sub(r"\\left|\\right|\\[,;!]|\$", "", text).strip().rstrip(".")
    matrix = re.fullmatch(r"\\begin\{[pbv]?matrix\}(.*)\\end\{[pbv]?matrix\}", text, re.S)
    if matrix:
        rows = re.split(r"\\\\", matrix[1])
        return sympy.Matrix([[_value(cell) for cell in row.split("&")] for row in rows])
    if re.fullmatch(r"[A-Za-z]\s*(=|\\in)\s*[^=]+", text):
        text = re.split(r"=|\\in", text, maxsplit=1)[1].strip()
    text = text.replace("\\{", "{").replace("\\}", "}") if text.startswith("\\{") else text
    parts = _top(text)
    ends = _top(text[1:-1])
    is_mixed = text[:1] + text[-1:] in ("[)", "(]")
    if len(ends) == 2 and (is_mixed or (text[0] in "([" and "\\infty" in text)):
        return sympy.Interval(
            *map(_value, ends), left_open=text[0] == "(", right_open=text[-1] == ")"
        )
    if len(parts) == 1 and text[:1] in "([{" and text[-1:] in ")]}":
        inner = _top(text[1:-1])
        if len(inner) > 1 or text[0] in "{[":
            return [_value(part) for part in inner]
    if len(parts) > 1:
        return [_value(part) for part in parts]
    number = re.fullmatch(r"-?\s*\d+(\.\d+)?", text)
    if number:
        return sympy.Rational(text.replace(" ", ""))
    fraction = re.fullmatch(
        r"(-?)\s*\\[dt]?frac\{(-?\d+)\}\{(\d+)\}|(-?)\s*(\d+)\s*/\s*(\d+)", text
    )
    if fraction:
        sign, top, bottom = [g for g in fraction.groups() if g is not None]
        return sympy.Rational(int(top), int(bottom)) * (-1 if sign else 1)
    return _expression(text)


def _expression(text: str) -> object:
    try:
        if "\\" in text or "{" in text:
            from latex2sympy2_extended import latex2sympy

            return latex2sympy(text).doit()
        from sympy.parsing import sympy_parser as parser

        rules = (
            *parser.standard_transformations,
            parser.implicit_multiplication,
            parser.convert_xor,
        )
        return parser.parse_expr(text, transformations=rules)
    except Exception:  # noqa: BLE001 - whatever a parser raises, the text is then just a text
        return text


def _judge(check: object, texts: list[str]) -> str:
    """JSON: for each text true, false, or the name of what the check raised."""
    verdicts: list[object] = []
    for text in texts:
        try:
            verdicts.append(bool(check(_value(text))))  # type: ignore[operator]
        except Exception as error:  # noqa: BLE001 - the check is a model's code
            verdicts.append(type(error).__name__)
    return json.dumps(verdicts)
