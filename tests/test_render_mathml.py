"""LaTeX as MathML: what browsers draw, and nothing that a page would obey."""

import time
from xml.etree import ElementTree

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pages import MATHEMATICS, harmless

from tir.render.math.tree import MOST_CHARACTERS
from tir.render.mathml import formula, mathml

HOSTILE = (
    r"\href{javascript:alert(1)}{x}",
    r"\text{<script>alert(1)</script>}",
    r"\mbox{<img src=x onerror=alert(1)>}",
    r'\class{a" onload="alert(1)}{y}',
    r"\style{position:fixed;inset:0}{y}",
    r'\color{"><script>}x',
    r"\colorbox{red}{a}",
    r"\verb|</math><script>|",
    r"\tag{</math>}",
    r"\unicode{x3c}script\unicode{x3e}",
    r"\text{&#x3c;script&#x3e;}",
    r"\hspace{99999em}x\raise{99em}y\rule{9999em}{9999em}",
    r"\Huge\Huge\Huge x",
    r"\def\a{\a\a}\a",
    r"\newcommand{\a}{bb}\a",
    "\x1b]0;title\x07",
    "a\u202eb",
    "\ud800",
)
BROKEN = ("", " ", "{", r"\frac", "x^", "_", r"\left(", r"\begin{matrix}", "^^")


def words(latex: str) -> str:
    markup = mathml(latex)
    assert markup is not None
    return harmless(markup, MATHEMATICS).text


@pytest.mark.parametrize("latex", HOSTILE)
def test_hostile_source_gives_listed_elements_or_none(latex: str) -> None:
    if (markup := mathml(latex)) is not None:
        harmless(markup, MATHEMATICS)


@pytest.mark.parametrize("latex", BROKEN)
def test_what_does_not_parse_is_none(latex: str) -> None:
    assert mathml(latex) is None


def test_text_within_a_formula_stays_text() -> None:
    assert words(r"\text{<b>a & b</b>}") == "<b>a\u00a0&\u00a0b</b>"


@given(
    st.lists(
        st.sampled_from([*HOSTILE, *BROKEN, *"{}^_&\\'$%x1+ ", r"\frac", r"\sqrt", r"\over", "]]>"])
        | st.text(max_size=6),
        max_size=12,
    ).map("".join),
    st.booleans(),
)
@example(r"\text{&lt;img src=x onerror=alert(1)&gt;}", False)
@settings(deadline=None, max_examples=300)
def test_whatever_the_text_the_markup_is_of_the_list(latex: str, block: bool) -> None:
    if (markup := mathml(latex, block=block)) is not None:
        harmless(markup, MATHEMATICS)
        if "\\u" not in markup:
            ElementTree.fromstring(markup)


@pytest.mark.parametrize(
    "unit",
    ["{", "x_{", r"\sqrt", r"\left(", r"\frac", "'", r"\begin{matrix}", r"\verb|", r"\hbox{$", "9",
     r"\xrightarrow[", r"\mathchoice", "x^", r"\color{red}", r"\not", r"\over"],
)  # fmt: skip
def test_long_and_deep_source_ends_soon(unit: str) -> None:
    source = (unit * MOST_CHARACTERS)[:MOST_CHARACTERS]
    started = time.perf_counter()
    if (markup := mathml(source)) is not None:
        harmless(markup, MATHEMATICS)
    assert time.perf_counter() - started < 5


def test_longer_than_the_limit_is_not_parsed() -> None:
    assert mathml("x" * (MOST_CHARACTERS + 1)) is None


@pytest.mark.parametrize(
    ("latex", "markup"),
    [
        (r"\frac12", "<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>"),
        (r"-x", "<math><mo>−</mo><mi>x</mi></math>"),
        (r"50\%", "<math><mn>50</mn><mi>%</mi></math>"),
        (r"50%", "<math><mn>50</mn><mi>%</mi></math>"),
        (r"\mathbb{R}", "<math><mi>ℝ</mi></math>"),
        (r"\mathbf{v}", "<math><mi>𝐯</mi></math>"),
        (r"\boxed{42}", '<math><mrow class="tir-boxed"><mn>42</mn></mrow></math>'),
        (r"a\perp b", "<math><mi>a</mi><mo>⟂</mo><mi>b</mi></math>"),
        (r"\infty", "<math><mi>∞</mi></math>"),
        (r"\arg z", '<math><mi>arg</mi><mspace width="0.167em"></mspace><mi>z</mi></math>'),
        (r"\pm 1", "<math><mo>±</mo><mn>1</mn></math>"),
    ],
)
def test_markup(latex: str, markup: str) -> None:
    assert mathml(latex) == markup


def test_names_of_functions_keep_their_distance() -> None:
    assert mathml(r"2\sin x") == (
        '<math><mn>2</mn><mspace width="0.167em"></mspace><mi>sin</mi>'
        '<mspace width="0.167em"></mspace><mi>x</mi></math>'
    )
    assert "mspace" not in (mathml(r"\sin(x)+\cos(x)") or "")


@pytest.mark.parametrize(
    ("latex", "prefixed"),
    [("3-(-4)", 1), ("a=-b", 1), ("a-b", 0), (")-b", 0), ("|-3|-2", 1), ("x!-1", 0), ("1,-1", 1)],
)
def test_a_sign_before_a_number_stands_close_to_it(latex: str, prefixed: int) -> None:
    assert (mathml(latex) or "").count('form="prefix"') == prefixed


@pytest.mark.parametrize("environment", ["aligned", "align*", "gathered", "eqnarray", "split"])
def test_lines_of_an_environment_are_rows(environment: str) -> None:
    tree = formula(rf"\begin{{{environment}}}a&=b\\c&=d\end{{{environment}}}")
    assert tree is not None
    assert len(tree.findall(".//mtr")) == 2


def test_a_line_break_outside_of_an_environment_breaks_the_line() -> None:
    tree = formula(r"a=b \\ c=d")
    assert tree is not None
    assert ["".join(row.itertext()) for row in tree.findall(".//mtr")] == ["a=b", "c=d"]


def test_limits_go_below_where_there_is_room() -> None:
    markup = mathml(r"\lim_{x\to0}\sum_{i=1}^n i", block=True) or ""
    assert markup.startswith('<math display="block"><munder><mo movablelimits="true">lim</mo>')
    assert "<munderover><mo>∑</mo>" in markup


def test_a_power_of_a_matrix_has_two_children() -> None:
    tree = formula(r"\begin{pmatrix}1&2\\3&4\end{pmatrix}^2")
    assert tree is not None
    assert [child.tag for child in tree[0]] == ["mrow", "mn"]


def test_a_bar_over_digits_is_there_with_and_without_a_style_sheet() -> None:
    markup = mathml(r"0.\overline{12}") or ""
    assert '<mover class="tir-over"><mn>12</mn><mo accent="true">\N{MACRON}</mo></mover>' in markup
    assert "tir-over" not in (mathml(r"\bar{x}") or "")


def test_columns_keep_their_rules() -> None:
    markup = mathml(r"\begin{array}{c|c}1&2\\\hline 3&4\end{array}") or ""
    assert '<mtd class="tir-ruled tir-under"><mn>4</mn></mtd>' in markup
    framed = mathml(r"\begin{array}{|c|}\hline 1\\2\\\hline\end{array}") or ""
    assert '<mtd class="tir-ruled tir-edged tir-under"><mn>1</mn></mtd>' in framed
    assert '<mtd class="tir-ruled tir-edged tir-closed"><mn>2</mn></mtd>' in framed
