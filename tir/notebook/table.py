"""A table in all three forms: what a run came to, how two differ, which variants were found."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tir.notebook.markdown import answer, escaped, prose
from tir.render.markup import answer as answer_markup
from tir.render.markup import inline, plain
from tir.render.math.document import flat_answer, flat_text
from tir.render.math.glyphs import Charset
from tir.render.safe import one_line
from tir.render.style import STYLE

_STYLE = ".tir.tir.tir th,.tir.tir.tir td{text-align:left}"
_BAR = re.compile(r"(?<!\\)\|")


class Formula(str):
    """A cell with an answer: LaTeX or words, mostly without delimiters."""

    __slots__ = ()


class Question(str):
    """A cell with a text in which mathematics stands between delimiters."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a title; the first cell of a row names it."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """Plain words, but for `Formula` and `Question`."""
    below: tuple[str, ...] = ()
    """Sentences under the table."""


def table_html(table: Table) -> str:
    """As one element, with its style."""
    head = "".join(f'<th scope="col">{plain(name)}</th>' for name in table.head)
    body = "".join(
        f'<tr><th scope="row">{_markup(first)}</th>'
        + "".join(f"<td>{_markup(cell)}</td>" for cell in cells)
        + "</tr>"
        for first, *cells in table.rows
    )
    below = "".join(f"<p>{plain(line)}</p>" for line in table.below)
    rows = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return (
        f'<article class="tir"><style>{STYLE}\n{_STYLE}</style><p>{plain(table.title)}</p>'
        f"{rows if table.rows else ''}{below}</article>"
    )


def table_markdown(table: Table) -> str:
    """As GitHub's Markdown has tables."""
    lines = [table.head, ("---",) * len(table.head), *table.rows] if table.rows else []
    rows = "\n".join(
        f"| {' | '.join(cell if cell == '---' else in_row(_marked(cell)) for cell in line)} |"
        for line in lines
    )
    parts = [escaped(table.title), rows, *map(escaped, table.below)]
    return "\n\n".join(part for part in parts if part)


def table_text(table: Table) -> str:
    """In columns."""
    lines = [[_flat(cell) for cell in line] for line in (table.head, *table.rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join([one_line(table.title), *_lines(table, lines, widths), *table.below])


def in_row(markdown: str) -> str:
    """Markdown within a cell: a bar, also that of an absolute value, would end the cell."""
    return _BAR.sub(r"\\|", " ".join(markdown.split()))


def _lines(table: Table, lines: list[list[str]], widths: list[int]) -> Iterator[str]:
    for line in lines if table.rows else []:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _markup(cell: str) -> str:
    if isinstance(cell, Formula):
        return answer_markup(cell)
    return inline(cell) if isinstance(cell, Question) else plain(cell)


def _marked(cell: str) -> str:
    if isinstance(cell, Formula):
        return answer(cell)
    return prose(cell) if isinstance(cell, Question) else escaped(cell)


def _flat(cell: str) -> str:
    if isinstance(cell, Formula):
        return one_line(flat_answer(cell, Charset.UNICODE))
    if isinstance(cell, Question):
        return one_line(flat_text(cell, Charset.UNICODE))
    return one_line(cell)
