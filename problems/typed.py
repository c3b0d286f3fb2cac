"""An answer as plain data, for a program elsewhere to make values of.

    {"number": "5/2"}                      an exact number
    {"list": [...]}                        list, set, tuple: parts in the order written
    {"matrix": [[...], ...]}               rows of cells
    {"interval": [low, high], "ends": "[)"}
    {"expression": "2\\\\sqrt{13}"}          anything with letters or functions, in LaTeX
    {"text": "A"}                          words, choices

Nothing is evaluated here; whoever reads an expression must do so where it can do no harm.
"""

import re

from .exact import exact
from .normal import normal_form
from .quantity import quantity
from .shape import Kind, shape
from .words import wordy

Typed = dict[str, object]

_INEQUALITY = re.compile(r"<|>|\\le(?![A-Za-z])|\\ge(?![A-Za-z])")
_LISTS = (Kind.LIST, Kind.SET, Kind.PAREN, Kind.BRACKET)


def typed(text: str) -> Typed:
    """The data of one answer. Text too long or too deep to be read is `{"text": text}`."""
    return _typed(normal_form(text)) if normal_form(text) else {"text": text}


def _typed(form: str) -> Typed:
    number = exact(form)
    if number is not None:
        return {"number": str(number)}
    outer = shape(form)
    if outer.kind is Kind.MATRIX:
        cells = [_typed(part) for part in outer.parts]
        wide = outer.columns
        return {"matrix": [cells[at : at + wide] for at in range(0, len(cells), wide)]}
    if not _INEQUALITY.search(form):
        is_endless = any("\\infty" in part for part in outer.parts)
        if outer.kind is Kind.HALF or (outer.kind is Kind.PAREN and is_endless):
            return {"interval": [_typed(part) for part in outer.parts], "ends": form[0] + form[-1]}
        if outer.kind in _LISTS:
            return {"list": [_typed(part) for part in outer.parts]}
        measured = quantity(form)
        if measured and (amount := exact(measured.body)) is not None:
            return {"number": str(amount)}
        if wordy(form) or (len(outer.parts) == 1 and re.fullmatch("[A-Z]", outer.parts[0])):
            return {"text": outer.parts[0]}
    return {"expression": form}
