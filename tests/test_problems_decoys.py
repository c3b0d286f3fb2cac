"""Decoys: wrong, near, and the same every time."""

import pytest

from problems import decoys, equal
from problems.grade import cheaply_equal

NUMBERS = [
    "0",
    "1",
    "-1",
    "7",
    "-12",
    r"\frac{3}{4}",
    "0.5",
    "1000000",
    "5\\%",
    "12 cm",
    "60^\\circ",
]
STRUCTURES = [
    "1, 2",
    "(1, 2)",
    r"\{1, 2, 3\}",
    "[0, 1)",
    r"\begin{pmatrix}1&2\\3&4\end{pmatrix}",
    "x=1, y=2",
    r"(-\sqrt{3}, \sqrt{3})",
    r"(-\infty, 2) \cup (3, \infty)",
    r"\$16,\!386.16",
]
EXPRESSIONS = [
    "x + 1",
    "3*x**2 + 1",
    r"\sqrt{2}",
    r"\frac{\pi}{2}",
    "sin(x)**2 + cos(x)**2 - 1",
    "n!",
    "x^2+y^2=1",
]


@pytest.mark.parametrize("answer", NUMBERS + STRUCTURES + EXPRESSIONS)
def test_decoys_are_several_wrong_and_distinct(answer: str) -> None:
    found = decoys(answer)
    assert 3 <= len(found) <= 10
    assert len(set(found)) == len(found)
    assert found == decoys(answer)
    assert all(cheaply_equal(decoy, answer) is not True for decoy in found)


@pytest.mark.parametrize("answer", EXPRESSIONS)
def test_shifted_expressions_differ_in_value(answer: str) -> None:
    assert {equal(decoy, answer) for decoy in decoys(answer)[:2]} == {False}


@pytest.mark.parametrize(
    ("answer", "decoy"), [("A", "B"), ("yes", "no"), ("False", "true"), ("odd", "even")]
)
def test_choices_and_opposites(answer: str, decoy: str) -> None:
    assert decoy in decoys(answer)


def test_others_come_first_unless_they_are_the_answer() -> None:
    assert decoys("1/2", ["0.5", "3", "3.0", "", "17"])[:2] == ("3", "17")


@pytest.mark.parametrize("answer", ["", "east", r"\infty", "(" * 60, "9" * 5000])
def test_no_decoy_rather_than_an_unsure_one(answer: str) -> None:
    assert decoys(answer) == ()
