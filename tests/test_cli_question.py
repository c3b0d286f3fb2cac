"""Where a problem comes from, and every way in which it can be unusable."""

import io
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tir.cli.question import QUESTION_LIMIT, read_question
from tir.errors import BadInput, ExitCode


class Endless(io.RawIOBase):
    """A stream without end that counts what was taken from it."""

    taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        buffer[:] = b"a" * len(buffer)
        self.taken += len(buffer)
        return len(buffer)


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    """Piped standard input, empty until a test fills it."""
    data = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(data))
    return data


def pipe(stdin: io.BytesIO, data: bytes) -> None:
    stdin.write(data)
    stdin.seek(0)


@pytest.mark.parametrize(
    "text",
    [
        "What is 6 * 7?",
        "1/2+1/3",
        "x/2=3",
        "d/dx",
        "17^4",
        "求解方程x^2=4",
        "and/or what?",
        "(a+b)/c",
    ],
)
def test_a_text_is_the_problem(text: str) -> None:
    assert read_question(text) == text


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "problem"
    path.write_bytes("\ufeffLine one.\r\nx²\r\n".encode())
    assert read_question(str(path)) == "Line one.\nx²"


def test_a_file_may_have_blanks_in_its_name(tmp_path: Path) -> None:
    path = tmp_path / "my problem"
    path.write_text("2 + 2")
    assert read_question(str(path)) == "2 + 2"


@pytest.mark.parametrize("argument", ["-", None])
def test_standard_input_is_read(stdin: io.BytesIO, argument: str | None) -> None:
    pipe(stdin, b"2 + 2\n")
    assert read_question(argument) == "2 + 2"


def test_a_text_wins_over_standard_input(stdin: io.BytesIO) -> None:
    pipe(stdin, b"piped")
    assert read_question("2 + 2") == "2 + 2"


def test_nothing_on_a_terminal_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(BadInput, match="no problem was given"):
        read_question(None)
    with pytest.raises(BadInput, match="closed"):
        read_question("-")


@pytest.mark.parametrize("text", ["", "   ", "\n\t\n", "\u200b", "\x1b"])
def test_nothing_to_solve_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is empty"):
        read_question(text)


@pytest.mark.parametrize(
    "argument", ["no-such.txt", "a.tex", "x/y.JSON", "./missing", "notes/first"]
)
def test_a_missing_file_is_refused(argument: str) -> None:
    with pytest.raises(BadInput, match="there is no file"):
        read_question(argument)


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is a directory"):
        read_question(str(tmp_path))


@pytest.mark.parametrize("data", [b"a\0b", b"caf\xe9", "x".encode("utf-16"), b"\xff" * 10])
def test_what_is_not_text_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "data"
    path.write_bytes(data)
    with pytest.raises(BadInput, match="is not text"):
        read_question(str(path))


def test_an_argument_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(BadInput, match="is not text"):
        read_question("what is \udcff")


def test_the_limit_is_what_it_says(stdin: io.BytesIO) -> None:
    assert len(read_question("é" * QUESTION_LIMIT)) == QUESTION_LIMIT
    with pytest.raises(BadInput, match="too long"):
        read_question("x" * (QUESTION_LIMIT + 1))
    pipe(stdin, ("x" * (QUESTION_LIMIT + 1)).encode())
    with pytest.raises(BadInput, match="too long"):
        read_question("-")


def test_only_a_little_of_an_endless_stream_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = Endless()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(endless)))
    with pytest.raises(BadInput, match="too long"):
        read_question("-")
    assert endless.taken <= 5 * QUESTION_LIMIT


@pytest.mark.parametrize("data", [b"a" * 1_000_000, b"\0" * 1_000_000])
def test_a_megabyte_is_refused_at_once(data: bytes) -> None:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "tir", "solve"], input=data, capture_output=True, timeout=30
    )
    assert time.monotonic() - began < 5
    assert (done.returncode, done.stdout) == (ExitCode.USAGE, b"")
    assert len(done.stderr.splitlines()) == 3
