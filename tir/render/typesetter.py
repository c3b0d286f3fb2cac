"""Streams text with mathematics in it: prose as it comes, a formula as soon as it is whole."""

import re

from tir.render.flow import Flow, Manner, cells
from tir.render.math.box import Box
from tir.render.math.document import with_signs
from tir.render.math.formula import laid_out, one_line
from tir.render.math.glyphs import Charset
from tir.render.spans import Kind, Span, Splitter

_DISPLAYS = ("$$", r"\[", r"\begin")
_INDENT = "  "
_STOP = re.compile(r"[.,;:!?]+(?=\s|\Z)")
_PIPE_WIDTH = 100
"""Columns for a formula where lines have no width of their own."""


class Typesetter:
    """Writes one block of text to `flow`.

    Args:
        flow: Where to.
        manner: How the block is set.
        charset: What formulas are written with.
    """

    def __init__(self, flow: Flow, manner: Manner, charset: Charset) -> None:
        self._flow = flow
        self._manner = manner
        self._charset = charset
        self._splitter = Splitter()
        self._good: tuple[str, ...] = ()
        self._pending: Box | None = None
        """A formula that stands alone, until it is known whether a full stop belongs to it."""
        self._after_rows = False

    def write(self, text: str) -> None:
        """Adds a chunk, which may begin and end anywhere."""
        for span in self._splitter.feed(text):
            self._set(span)

    def end(self) -> None:
        """Adds what was held back."""
        for span in self._splitter.end():
            self._set(span)
        self._place("")

    def preview(self) -> tuple[str, ...]:
        """The last good layout of the formula that is being written, if it stands alone."""
        if self._pending is not None:
            return tuple(f"{_INDENT}{row}" for row in self._pending.rows)
        held = self._splitter.held
        opening = next((each for each in _DISPLAYS if held.startswith(each)), None)
        if opening is None:
            self._good = ()
            return ()
        latex = held if opening == r"\begin" else held[len(opening) :]
        box = laid_out(latex.rstrip("\\"), self._charset, self._room()) if latex.strip() else None
        if box is not None:
            self._good = tuple(f"{_INDENT}{row}" for row in box.rows)
        return self._good

    def _room(self) -> int:
        width = self._flow.width
        if width is None:
            return _PIPE_WIDTH
        return max(width - cells(self._manner.prefix) - len(_INDENT), 1)

    def _set(self, span: Span) -> None:
        text = span.text
        if self._pending is not None:
            stop = _STOP.match(text) if span.kind is Kind.PROSE else None
            self._place("" if stop is None else stop.group())
            text = text if stop is None else text[stop.end() :]
        if span.kind is Kind.PROSE:
            if self._after_rows:
                text = text.lstrip(" ")
            self._after_rows = self._after_rows and not text
            self._flow.write(with_signs(text, self._charset), self._manner)
            return
        self._after_rows = False
        if span.kind is Kind.CODE:
            self._flow.write(span.source, self._manner)
        elif span.kind is Kind.INLINE and not _is_table(span.text):
            line = one_line(span.text, self._charset)
            if line is None:
                self._flow.write(span.source, self._manner)
            else:
                self._flow.keep_together(line, self._manner)
        else:
            self._display(span)

    def _display(self, span: Span) -> None:
        """A formula on lines of its own, as it was written if it cannot be shown."""
        box = laid_out(span.text, self._charset, self._room())
        if box is not None:
            self._pending = box
            return
        line = one_line(span.text, self._charset)
        self._flow.finish_line()
        if line is None:
            self._flow.write(span.source, self._manner)
        else:
            self._flow.keep_together(line, self._manner)
        self._flow.finish_line()
        self._after_rows = True

    def _place(self, stop: str) -> None:
        """Writes the formula that was kept, with the stop that ends its sentence."""
        if self._pending is None:
            return
        rows = [f"{_INDENT}{row}" for row in self._pending.rows]
        rows[self._pending.base] = rows[self._pending.base].rstrip() + stop
        self._flow.rows(rows, self._manner)
        self._pending = None
        self._after_rows = True


def _is_table(latex: str) -> bool:
    r"""Whether one line would do it no justice, also where it is written between words."""
    return r"\begin" in latex
