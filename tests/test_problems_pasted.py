"""What a screen shows of a formula reads as the formula."""

import random

import pytest

from problems import Outcome, grade
from problems.families import FAMILIES
from problems.grade import cheaply_equal
from problems.normal import normal_form
from tir.render.math.document import flat_answer
from tir.render.math.glyphs import Charset

PASTED = [
    ("x¹⁰", "x^{10}"),
    ("x⁻¹²", "x^{-12}"),
    ("2¹⁰", "1024"),
    ("x²ⁿ⁺¹", "x^{2n+1}"),
    ("x⁽ⁿ⁺¹⁾", "x^{n+1}"),
    ("x² y³", "x^2 y^3"),
    ("10 ¹⁰", "10^{10}"),
    ("eˣ", "e^x"),
    ("x₁²", "x_1^2"),
    ("a₁₀", "a_{10}"),
    ("1011₁₂", "1011_{12}"),
    ("log₂ 3", r"\log_2 3"),
    ("¹⁄₂", r"\frac{1}{2}"),
    ("∛5", r"\sqrt[3]{5}"),
    ("³√(x + 1)", r"\sqrt[3]{x+1}"),
    ("2·⁵√x", r"2\sqrt[5]{x}"),
    ("3²√2", r"9\sqrt{2}"),
    ("root(x, 3)", r"\sqrt[3]{x}"),
    ("2*root(3, 4)", r"2\sqrt[4]{3}"),
    ("cbrt(x)", "x^{1/3}"),
    ("(1, 2; 3, −4)", r"\begin{pmatrix}1&2\\3&-4\end{pmatrix}"),
    ("(3; −2)", r"\begin{pmatrix}3\\-2\end{pmatrix}"),
    ("(3; -2)", "(3,-2)"),
    ("[1; 2)", "[1,2)"),
    ("x in [0, 1] union [2, 3]", r"[0,1]\cup[2,3]"),
]


@pytest.mark.parametrize(("pasted", "written"), PASTED)
def test_it_is_what_was_written(pasted: str, written: str) -> None:
    assert grade(pasted, written).outcome is Outcome.CORRECT


@pytest.mark.parametrize(
    ("pasted", "other"),
    [
        ("x¹⁰", "x"),
        ("x¹⁰", "x^{1}"),
        ("(1, 2; 3, 4)", r"\begin{pmatrix}1&2\\3&5\end{pmatrix}"),
        ("(1, 2; 3, 4)", r"\begin{pmatrix}1&3\\2&4\end{pmatrix}"),
        ("2⁵√x", r"2\sqrt[5]{x}"),
        ("root(3, 4)", r"\sqrt[3]{4}"),
    ],
)
def test_and_not_something_else(pasted: str, other: str) -> None:
    assert grade(pasted, other).outcome is Outcome.INCORRECT


@pytest.mark.parametrize("text", ["(1,5; 2,5)", "(1, 2; 3)", "(;)", "(1; 2)(3; 4)", "1; 2"])
def test_what_has_two_readings_is_left_alone(text: str) -> None:
    assert ";" in normal_form(text)


@pytest.mark.parametrize("charset", Charset)
def test_answers_as_the_terminal_shows_them(charset: Charset) -> None:
    """Of every family; cheaply, for what the grader must compute is tested elsewhere."""
    for family in FAMILIES:
        gold = family.exercise(random.Random(1)).gold
        if gold:
            shown = flat_answer(gold, charset)
            assert cheaply_equal(shown, gold) is not False, (family.name, shown, gold)
