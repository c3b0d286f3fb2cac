"""No expression equal to the answer gets through: numbers, words, formulas, parts of formulas."""

import pytest

from problems import Outcome, Problem, grade
from tir.students.secret import COVER, Secret, expressions

LEAKS = [
    ("156", "Multiply $12 \\cdot 13$, or print(12 * 13).", 2),
    ("7", "We add 3 + 4 and get seven, i.e. 14/2.", 3),
    ("3", "Subtract 3 from both sides of $2x + 3 = 9$. There are three steps.", 3),
    ("\\frac{1}{3}", "It is 0.333, or one third, or $\\frac{2}{6}$.", 3),
    ("\\sqrt{2}", "It is \\sqrt{8}/2 = sqrt(2), that is 2**(1/2), not 2.", 3),
    ("x^2+2x+1", "So $(x+1)^2$ is a square: $y = (1+x)^2$.", 2),
    ("6x", "print(diff(3*x**2, x))  # 6*x", 1),
    ("even", "Every such number is Even.", 1),
    ("25\\%", "a quarter is 0.25", 2),
    ("\\frac{1}{2}, 3", "The roots are Rational(1, 2) and 4.", 1),
    ("B", "So choice (B) is it.", 1),
    ("1,234", "That makes 1234 in all.", 1),
    ("x_7", "Take x_7 and go on.", 1),
]


@pytest.mark.parametrize(("answer", "text", "covers"), LEAKS)
def test_what_equals_the_answer_is_covered(answer: str, text: str, covers: int) -> None:
    covered = Secret(Problem("What is it?"), answer).covered(text)
    assert covered is not None
    assert covered.count(COVER) >= covers
    for expression in expressions(covered):
        assert grade(expression, answer).outcome is not Outcome.CORRECT


@pytest.mark.parametrize(
    ("question", "answer", "text"),
    [
        ("What is 12 * 13?", "156", "Multiply the two numbers; 12 has two digits."),
        ("?", "7", "Look at 3 + 4x and at 2*3 + 4."),
        ("Solve 2x^2 - 7x + 3 = 0", "\\frac{1}{2}, 3", "Factor 2x^2 - 7x + 3."),
        ("?", "no", "Now we know it: note the nodes."),
        ("?", "x^2", "Differentiate $x^3/3 + 1$."),
    ],
)
def test_everything_else_stays(question: str, answer: str, text: str) -> None:
    assert Secret(Problem(question), answer).covered(text) == text


def test_parts_of_an_answer_are_covered_unless_the_question_names_them() -> None:
    secret = Secret(Problem("Solve 2x^2 - 7x + 3 = 0"), "\\frac{1}{2}, 3")
    assert secret.covered("One is 0.5, the other 3.") == f"One is {COVER}, the other 3."


def test_the_words_of_the_choice_are_covered() -> None:
    secret = Secret(Problem("Which?", choices=("red", "deep blue")), "B")
    assert secret.covered("It is deep blue.") == f"It is {COVER}."


def test_a_text_too_long_to_be_looked_at_is_withheld() -> None:
    assert Secret(Problem("?"), "7").covered("1 + " * 4000 + "6") is None
