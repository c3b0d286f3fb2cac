"""Rows of a problem file, one at a time: JSONL, JSON, CSV, TSV, Markdown, Parquet.

Reading holds one row in memory, whatever the size of the file. A row that cannot be read comes
out as a `BadRow` in its place, and reading goes on behind it where that is possible.
"""

import csv
import json
import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

Row = dict[str, object]

ROW_BYTES = 4 * 2**20
"""The longest row read. The longest published problem has some 20 kB."""
_CHUNK = 2**16
_SPACE = re.compile(r"[ \t\r\n]*")


class Number(str):
    """A number of JSON as written: 0.10 keeps its digits, 1e400 does not become infinite."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class BadRow:
    """Why the row that begins at `line` cannot be used."""

    line: int
    reason: str


def rows(path: Path) -> Iterator[tuple[int, Row | BadRow]]:
    """(line, row) for each row of the file; the line is the one that it begins at, from 1.

    In Parquet, which has no lines, it is the row's number. Raises OSError where the file cannot
    be read, ValueError for a suffix that is none of `READERS`, and ImportError for Parquet
    without pyarrow.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise ValueError(f"{path.suffix or 'no suffix'} is none of {', '.join(READERS)}")
    with path.open("rb") as file:
        if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
            yield 1, BadRow(1, "the file is UTF-16; save it as UTF-8")
            return
        file.seek(0)
        yield from reader(path, file)


def _lines(file: BinaryIO) -> Iterator[tuple[int, str | BadRow]]:
    number = 0
    while raw := file.readline(ROW_BYTES + 1):
        number += 1
        if len(raw) > ROW_BYTES:
            while raw and not raw.endswith(b"\n"):
                raw = file.readline(_CHUNK)
            yield number, BadRow(number, f"longer than {ROW_BYTES // 2**20} MiB")
            continue
        try:
            yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            wrong = f"byte 0x{raw[error.start]:02x} at column {error.start + 1}"
            yield number, BadRow(number, f"not UTF-8: {wrong}")


def _jsonl(_: Path, file: BinaryIO) -> Iterator[tuple[int, Row | BadRow]]:
    for number, line in _lines(file):
        if isinstance(line, BadRow):
            yield number, line
        elif line.strip():
            yield number, _object(number, line)


def _object(line: int, text: str) -> Row | BadRow:
    try:
        return _row(line, _DECODER.decode(text.strip()))
    except RecursionError:
        return BadRow(line, "nested too deeply")
    except json.JSONDecodeError as error:
        return BadRow(line, f"not JSON: {error.msg} at column {error.colno}")
    except ValueError as error:
        return BadRow(line, f"not JSON: {error}")


def _row(line: int, value: object) -> Row | BadRow:
    return value if isinstance(value, dict) else BadRow(line, "not an object with named fields")


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no number")


_DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_no_constant)


def _json(_: Path, file: BinaryIO) -> Iterator[tuple[int, Row | BadRow]]:
    """The objects of one array, or objects one after another.

    Where an element goes wrong there is no telling where the next one begins: that is the end.
    """
    text = _Window(file)
    try:
        array = text.peek() == "["
        if array:
            text.take(1)
        while (char := text.peek()) not in ("", "]"):
            line = text.line
            if array and char == ",":
                text.take(1)
                continue
            found = text.value()
            yield line, found if isinstance(found, BadRow) else _row(line, found)
            if isinstance(found, BadRow):
                return
        if array and not char:
            yield text.line, BadRow(text.line, "the array does not end: the file is cut off")
            return
        text.take(len(char))
        if text.peek():
            yield text.line, BadRow(text.line, "not JSON: text behind the end")
    except UnicodeDecodeError as error:
        bad = BadRow(text.line, f"not UTF-8: byte 0x{error.object[error.start]:02x} in or behind")
        yield bad.line, bad


class _Window:
    """The part of a JSON file that is being decoded."""

    def __init__(self, file: BinaryIO) -> None:
        self.line = 1
        self._file = file
        self._decoder = getincrementaldecoder("utf-8-sig")()
        self._text = ""
        self._at = 0
        self._ended = False

    def peek(self) -> str:
        """The next character that is no space, or "" at the end."""
        while True:
            end = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            self.take(end - self._at)
            if self._at < len(self._text) or self._ended:
                return self._text[self._at : self._at + 1]
            self._fill()

    def take(self, count: int) -> None:
        self.line += self._text.count("\n", self._at, self._at + count)
        self._at += count

    def value(self) -> object:
        """The element that begins here, or a BadRow."""
        while True:
            line = self.line
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
            except RecursionError:
                return BadRow(line, "nested too deeply")
            except json.JSONDecodeError as error:
                if self._ended:
                    wrong = line + self._text.count("\n", self._at, error.pos)
                    return BadRow(wrong, f"not JSON: {error.msg} at column {error.colno}")
                if len(self._text) - self._at > ROW_BYTES:
                    return BadRow(line, f"not JSON, or longer than {ROW_BYTES // 2**20} MiB")
                self._fill()
            except ValueError as error:
                return BadRow(line, f"not JSON: {error}")
            else:
                self.take(end - self._at)
                return found

    def _fill(self) -> None:
        """Doubling what is held keeps the decoding of one long element linear."""
        rest = self._text[self._at :]
        more = self._file.read(max(_CHUNK, len(rest)))
        self._ended = not more
        self._text, self._at = rest + self._decoder.decode(more, final=self._ended), 0


def _csv(path: Path, file: BinaryIO) -> Iterator[tuple[int, Row | BadRow]]:
    broken: list[BadRow] = []

    def text() -> Iterator[str]:
        for _, line in _lines(file):
            if isinstance(line, BadRow):
                broken.append(line)
                return
            yield line

    lines = text()
    first = next(lines, None)
    if first is None:
        yield from ((bad.line, bad) for bad in broken)
        return
    delimiter = "\t" if path.suffix.lower() == ".tsv" else max(",;\t", key=first.count)

    def again() -> Iterator[str]:
        yield first
        yield from lines

    table = csv.reader(again(), delimiter=delimiter, strict=True)
    names: list[str] | None = None
    while True:
        line = table.line_num + 1
        try:
            cells = next(table)
        except StopIteration:
            break
        except csv.Error as error:
            yield line, BadRow(line, f"not CSV: {error}; rows behind it were not read")
            return
        if names is None:
            names = [cell.strip() for cell in cells]
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                yield line, BadRow(line, f"two columns are named {twice[0]!r}")
                return
        elif any(cell.strip() for cell in cells):
            if len(cells) == len(names):
                yield line, dict(zip(names, cells, strict=True))
            else:
                yield line, BadRow(line, f"{len(cells)} cells under {len(names)} columns")
    for bad in broken:
        yield bad.line, BadRow(bad.line, f"{bad.reason}; rows behind it were not read")


_HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*\s*\Z")
_ANSWER = re.compile(r"\s*[*_]{0,2}(?:answer|答案)[*_]{0,2}\s*[:：][*_]{0,2}\s*(.*)", re.IGNORECASE)


def _markdown(_: Path, file: BinaryIO) -> Iterator[tuple[int, Row | BadRow]]:
    """One problem under each heading, which names it; a line "Answer: ..." holds its answer.

    Headings with nothing below them before the next one only group.
    """
    title, begin, question, gold = "", 0, [""], ""

    def row() -> Iterator[tuple[int, Row | BadRow]]:
        text = "\n".join(question).strip()
        if begin and (text or gold):
            yield begin, {"id": title, "question": text, "answer": gold}

    for number, line in _lines(file):
        if isinstance(line, BadRow):
            yield number, line
        elif heading := _HEADING.match(line.rstrip()):
            yield from row()
            title, begin, question, gold = heading[1], number, [], ""
        elif answer := _ANSWER.fullmatch(line.rstrip()):
            gold = answer[1]
        elif begin:
            question.append(line.rstrip())
            if sum(map(len, question[-2:])) > ROW_BYTES or len(question) > _CHUNK:
                yield begin, BadRow(begin, "this problem is too long")
                return
    yield from row()


def _parquet(_: Path, file: BinaryIO) -> Iterator[tuple[int, Row | BadRow]]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise ImportError("Parquet files need pyarrow: pip install pyarrow") from error
    number = 0
    try:
        with ParquetFile(file) as table:
            for batch in table.iter_batches(batch_size=256):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except ArrowException as error:
        yield number + 1, BadRow(number + 1, f"not Parquet: {error}".splitlines()[0])


READERS: dict[str, Callable[[Path, BinaryIO], Iterator[tuple[int, Row | BadRow]]]] = {
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".json": _json,
    ".csv": _csv,
    ".tsv": _csv,
    ".md": _markdown,
    ".markdown": _markdown,
    ".parquet": _parquet,
}
"""By suffix: what reads the rows of an open file."""
