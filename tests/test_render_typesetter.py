"""Text with formulas as it streams: the same wherever it is cut, and no formula broken."""

import io

import pytest

from tir.render.flow import Flow, Manner, cells
from tir.render.live import Live
from tir.render.math.glyphs import Charset
from tir.render.typesetter import Typesetter

MANNER = Manner("     ", str, prose=True, first="  1  ")
TEXT = (
    "We know $x^2 + 1 = 5$ costs $5 and \\$7, that\n\n\n\nis \\(\\frac{1}{2}\\) of "
    "\\[x = \\frac{a}{b}\\], 求解方程 with $\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}$. Then `a $b` "
    "and $\\unknown{x}$ and 3 \\times 4 gives \\boxed{\\sqrt{2}}, "
    "$a_1+a_2+a_3+a_4+a_5+a_6+a_7+a_8+a_9+a_1+a_2$ at the end $ of $it"
)


def typeset(text: str, *, size: int | None = None, width: int | None = 60) -> str:
    stream = io.StringIO()
    flow = Flow(stream, width)
    typesetter = Typesetter(flow, MANNER, Charset.UNICODE)
    step = size or len(text)
    for at in range(0, len(text), step):
        typesetter.write(text[at : at + step])
    typesetter.end()
    flow.end()
    return stream.getvalue()


def test_a_text_with_formulas() -> None:
    assert typeset(TEXT) == (
        "  1  We know x² + 1 = 5 costs $5 and $7, that\n"
        "\n"
        "     is 1/2 of\n"
        "           a\n"
        "       x = ─,\n"
        "           b\n"
        "     求解方程 with\n"
        "       ⎛1  2⎞.\n"
        "       ⎝3  4⎠\n"
        "     Then `a $b` and $\\unknown{x}$ and 3 × 4 gives √2,\n"
        "     a₁ + a₂ + a₃ + a₄ + a₅ + a₆ + a₇ + a₈ + a₉ + a₁ + a₂ at\n"
        "     the end $ of $it\n"
    )


@pytest.mark.parametrize("width", [None, 30, 60, 120])
def test_it_does_not_matter_where_a_stream_is_cut(width: int | None) -> None:
    whole = typeset(TEXT, width=width)
    for size in (1, 2, 5, 17):
        assert typeset(TEXT, size=size, width=width) == whole


@pytest.mark.parametrize("width", [26, 40, 80])
def test_no_line_leaves_the_screen(width: int) -> None:
    lines = typeset(TEXT, width=width).splitlines()
    assert max(map(cells, lines)) <= width
    assert all(not line or line.startswith("  ") for line in lines)


def test_a_formula_moves_to_the_next_line_as_a_whole() -> None:
    assert typeset("aaaa bbbb cccc $x + y = z$.", width=28) == (
        "  1  aaaa bbbb cccc\n     x + y = z.\n"
    )


def test_a_formula_longer_than_a_line_breaks_between_its_signs() -> None:
    lines = typeset("$111111 + 222222 + 333333$", width=25).splitlines()
    assert lines == ["  1  111111 + 222222 +", "     333333"]


def test_the_last_good_layout_stands_while_a_formula_is_written() -> None:
    typesetter = Typesetter(Flow(io.StringIO(), 60), MANNER, Charset.UNICODE)
    seen = []
    for piece in ("so \\[x = ", "\\frac", "{a}{b}", " + \\unfini", "shed\\] done"):
        typesetter.write(piece)
        seen.append([row.rstrip() for row in typesetter.preview()])
    fraction = ["      a", "  x = ─", "      b"]
    assert seen == [["  x ="], ["  x ="], fraction, fraction, []]


def test_a_price_holds_nothing_back() -> None:
    stream = io.StringIO()
    typesetter = Typesetter(Flow(stream, 60), MANNER, Charset.UNICODE)
    typesetter.write("It costs $5 a piece and ")
    assert "piece" in stream.getvalue()


def test_the_live_region_erases_itself_and_nothing_else() -> None:
    stream = io.StringIO()
    live = Live(stream, colour=False)
    live.draw(["one", "two"])
    live.draw(["one", "two"])
    live.draw(["three"])
    live.clear()
    live.clear()
    assert stream.getvalue() == "one\ntwo\n\r\x1b[2A\x1b[Jthree\n\r\x1b[1A\x1b[J"


def test_the_live_region_is_never_wider_or_longer_than_the_screen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("LINES", "6")
    stream = io.StringIO()
    Live(stream, colour=False).draw([*map(str, range(50)), "求" * 30])
    assert stream.getvalue() == "48\n49\n" + "求" * 9 + "\n"
