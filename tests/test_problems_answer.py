"""Extraction of final answers, and their cheap normal forms."""

import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest

import problems
from problems import extract, normal_form
from problems.exact import exact

ROOT = Path(__file__).resolve().parent.parent

BOXED = [
    (r"so \boxed{5}.", "5"),
    (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
    (r"first \boxed{1}, no: \boxed{2}", "2"),
    (r"\boxed{1} and later \boxed{2", "1"),
    (r"\fbox{7}", "7"),
    (r"\boxed 5", "5"),
    (r"\boxed {x + 1}", "x + 1"),
    (r"\boxed{$12$}", "12"),
    (r"\boxed{\text{Yes}}", "Yes"),
    (r"\boxed{12.}", "12"),
    (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
    (r"\boxed{2} and \boxed{3}", "2, 3"),
    (r"$\boxed{2}$, $\boxed{3}$ and $\boxed{4}$.", "2, 3, 4"),
    (r"\boxed{\boxed{9}}", "9"),
    (r"\boxed{9^{9^{9}}}", "9^{9^{9}}"),
]
SENTENCES = [
    ("The answer is 5.", "5"),
    ("The final answer is $\\frac{1}{2}$.", r"\frac{1}{2}"),
    ("Hence the answer is: 3.5. I hope this helps.", "3.5"),
    ("答案是 12。", "12"),
    ("最终答案为：$x+1$", "x+1"),
    ("The answer is 4. No, the answer is 6.", "6"),
    ("Answer: 8", "8"),
]
NOTHING = [
    "",
    "we get 5, then 7",
    "x = 3",
    r"\boxed{",
    r"\boxed{1",
    r"\boxed{}",
    r"\boxedness{3}",
    "the",
]

NUMBERS = [
    ("42", 42),
    ("-7", -7),
    ("3/4", Fraction(3, 4)),
    (r"\frac{3}{4}", Fraction(3, 4)),
    (r"-\dfrac{3}{4}", Fraction(-3, 4)),
    (r"\frac34", Fraction(3, 4)),
    (r"1\frac12", Fraction(3, 2)),
    ("2 3/4", Fraction(11, 4)),
    ("0.125", Fraction(1, 8)),
    (".5", Fraction(1, 2)),
    ("10{,}000", 10000),
    ("1,234,567", 1234567),
    (r"2\,021", 2021),
    (r"1.2\times10^3", 1200),
    ("7.5e7", 75_000_000),
    (r"0.\overline{3}", Fraction(1, 3)),
    ("2^{100}", 2**100),
    ("2**10", 1024),
    ("-2^2", -4),
    ("5!", 120),
    (r"\sqrt{1225}", 35),
    (r"\sqrt[3]{-8}", -2),
    ("43+7", 50),
    ("Rational(1, 3)", Fraction(1, 3)),
    ("x = 5", 5),
    ("9**9**9", None),
    ("100000!", None),
    ("1/0", None),
    ("1/2(3)", None),
    ("9" * 2000, None),
    ("1e999999999", None),
    ("pi", None),
    ("2x", None),
]

FORMS = [
    (r"\dfrac{1}{2}", r"\frac12"),
    (r"\left(1, 2\right)", "(1,2)"),
    ("x = 5", "5"),
    (r"\ln (3) = x", r"\ln(3)"),
    ("3*x**2", r"3\cdot x^2"),
    ("x^(k-1)", "x^{k-1}"),
    ("sqrt(2)/2", r"\sqrt2/2"),
    (r"x \leq 3", "x≤3"),
    ("50\\%", "50%"),
    (r"75^{\circ}", "75°"),
    ("Matrix([[1, 2], [3, 4]])", r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}"),
    ("Interval.Lopen(1, oo)", r"(1,\infty)"),
    ("{x: 2, y: 3}", "x=2, y=3"),
    ("[{x: 1, y: 2}]", "(1,2)"),
    ("(2 < x) & (x <= 3)", r"2<x\le 3"),
    ("x1 + 2", "x_1+2"),
    ("−3", "-3"),
    ("\\text{4 km}", "4 km"),
]


@pytest.mark.parametrize(("text", "answer"), BOXED)
def test_boxes(text: str, answer: str) -> None:
    found = extract(text)
    assert found is not None
    assert (found.text, found.how) == (answer, "boxed")


@pytest.mark.parametrize(("text", "answer"), SENTENCES)
def test_sentences(text: str, answer: str) -> None:
    found = extract(text)
    assert found is not None
    assert (found.text, found.how) == (answer, "sentence")


@pytest.mark.parametrize("text", NOTHING)
def test_no_number_is_fished_out(text: str) -> None:
    assert extract(text) is None


@pytest.mark.parametrize(
    "text",
    [
        r"\boxed{" * 150_000,
        r"\boxed{}" * 120_000,
        "{" * 1_000_000,
        r"\boxed{1}" + " " * 1_000_000 + r"\boxed{2}",
        "the answer is " * 70_000,
        "\\" * 1_000_000,
        r"\boxed{" + "a . " * 250_000 + "}",
        "\\boxed{" + "$" * 1_000_000 + "}",
    ],
    ids=range(8),
)
def test_extraction_is_linear_on_hostile_text(text: str) -> None:
    began = time.process_time()
    extract(text)
    assert time.process_time() - began < 3


@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_exact_numbers(text: str, value: Fraction | int | None) -> None:
    assert exact(normal_form(text)) == value


@pytest.mark.parametrize(("text", "same"), FORMS)
def test_normal_forms(text: str, same: str) -> None:
    assert normal_form(text) == normal_form(same) != ""


@pytest.mark.parametrize("text", [r"\dfrac{1}{2}", "x**2", "[1, 2)", "2 h", "x^{10} y", r"\pi r^2"])
def test_a_normal_form_is_its_own(text: str) -> None:
    assert normal_form(normal_form(text)) == normal_form(text)


@pytest.mark.parametrize("text", ["(" * 60 + ")" * 60, "x" * 5000])
def test_oversized_text_has_no_normal_form(text: str) -> None:
    assert normal_form(text) == ""


def test_public_names_are_sorted_and_there() -> None:
    assert list(problems.__all__) == sorted(problems.__all__)
    assert all(hasattr(problems, name) for name in problems.__all__)


def test_cheap_grades_import_no_sympy() -> None:
    code = """
import sys
import problems
assert problems.equal("1/2", "0.5") and problems.equal("[1, 2]", "2, 1")
assert problems.grade("4", "3").outcome is problems.Outcome.INCORRECT
assert len(problems.decoys("x + 1")) >= 4
assert not [name for name in sys.modules if name.startswith(("sympy", "math_verify", "latex2"))]
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, check=True)
