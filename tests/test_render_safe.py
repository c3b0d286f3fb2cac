"""Nothing that a terminal would obey gets through, wherever a stream is cut."""

import io

import pytest

from tir.render.flow import Flow, Manner, cells
from tir.render.safe import one_line, visible

ATTACKS = {
    "\x1b[2J": "\\x1b[2J",
    "\x1b]0;title\x07": "\\x1b]0;title\\x07",
    "\x9b31m": "\\x9b31m",
    "12\r21": "12\\x0d21",
    "a\x08b": "a\\x08b",
    "\x7f": "\\x7f",
    "\x00": "\\x00",
    "\u202e21\u202c": "\\u202e21\\u202c",
    "\u2066x\u2069": "\\u2066x\\u2069",
    "\u2028": "\\u2028",
    "\udc80": "\\udc80",
}
PROSE = Manner("  ", str, prose=True)
CODE = Manner("  | ", str, prose=False)


def flowed(*chunks: str, manner: Manner = PROSE, width: int | None = None) -> str:
    stream = io.StringIO()
    flow = Flow(stream, width)
    for chunk in chunks:
        flow.write(chunk, manner)
    flow.end()
    return stream.getvalue()


@pytest.mark.parametrize(("attack", "shown"), ATTACKS.items())
def test_what_a_terminal_would_obey_is_spelt_out(attack: str, shown: str) -> None:
    assert visible(attack) == shown


def test_every_control_character_but_tab_and_newline_is_spelt_out() -> None:
    controls = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
    kept = [char for char in controls if visible(char) == char]
    assert kept == ["\t", "\n"]


def test_mathematics_in_any_script_is_left_alone() -> None:
    text = "x² − 5x + 6 = 0\n\t√2 ≤ π, 求解方程, ‘naïve’, é, \\frac{1}{2}"
    assert visible(text) == text


def test_one_line_is_one_line() -> None:
    assert one_line(" a\r\n\tb\x1b\n") == "a b\\x1b"


@pytest.mark.parametrize("attack", [*ATTACKS, "\x1b[31mred\x1b[0m plain"])
def test_chunk_boundaries_make_no_difference(attack: str) -> None:
    whole = flowed(attack)
    for cut in range(len(attack) + 1):
        assert flowed(attack[:cut], attack[cut:]) == whole
    assert flowed(*attack) == whole


@pytest.mark.parametrize("manner", [PROSE, CODE])
@pytest.mark.parametrize("width", [None, 24, 40])
def test_one_character_at_a_time_lays_out_the_same(manner: Manner, width: int | None) -> None:
    text = (
        "\n\nFirst a line that is long enough to wrap.\n\n\n\nx = 1  # 求解方程\n\ty = 2\n"
        + "9" * 70
    )
    assert flowed(*text, manner=manner, width=width) == flowed(text, manner=manner, width=width)


@pytest.mark.parametrize("manner", [PROSE, CODE])
def test_no_line_begins_at_the_margin_or_leaves_the_screen(manner: Manner) -> None:
    text = "word " * 30 + "9" * 200 + "\n" + " " * 90 + "Answer    13\n" + "求解方程" * 20
    lines = flowed(text, manner=manner, width=40).splitlines()
    assert all(line.startswith(manner.prefix) or line == manner.prefix.rstrip() for line in lines)
    assert max(cells(line) for line in lines) <= 40


def test_prose_breaks_between_words() -> None:
    assert flowed("aaa bbb ccc ddd eee fff ggg", width=22) == "  aaa bbb ccc ddd eee\n  fff ggg\n"


def test_prose_keeps_one_blank_line_and_code_keeps_all() -> None:
    assert flowed("\na\n\n\n\nb\n\n") == "  a\n\n  b\n"
    assert flowed("a\n\n\nb\n", manner=CODE) == "  | a\n  |\n  |\n  | b\n"


def test_code_keeps_its_indentation() -> None:
    program = "def f(x):\n    return x\n"
    assert flowed(program, manner=CODE) == "  | def f(x):\n  |     return x\n"


def test_a_terminal_of_no_width_gets_text_all_the_same() -> None:
    assert "".join(flowed("abcdef", width=0).split()) == "abcdef"
