"""Finished text within a terminal's width."""

import io

import pytest

from tir.render.flow import cells
from tir.render.prose import fitted, wrapped

ERROR = (
    "Error: there is no command 'frobnicate' among those that there are.\n"
    "  The commands are solve, hint, check, chat, eval, grade.\n"
    "  Try: tir solve 'a problem that is longer than the line'"
)


@pytest.mark.parametrize("width", [24, 40, 60])
def test_lines_fit_but_for_the_command_to_be_copied(width: int) -> None:
    *told, command = wrapped(ERROR, width).split("\n")
    assert max(map(cells, told)) <= width
    assert command == ERROR.split("\n")[-1]
    assert " ".join(" ".join(told).split()) == " ".join(ERROR.split("\n  Try")[0].split())


def test_what_goes_on_stands_deeper() -> None:
    assert wrapped("one two three\n  four five six", 10) == (
        "one two\n  three\n  four\n    five\n    six"
    )


def test_what_fits_is_left_as_it_is() -> None:
    text = "a  table   of cells\n\n    indented\n"
    assert wrapped(text, 80) == text


def test_a_pipe_gets_the_lines_unbroken() -> None:
    assert fitted(ERROR, io.StringIO()) == ERROR
