"""`tir check`: right, wrong or can't tell; and no reason gives the answer away."""

from dataclasses import replace

import pytest

import tir
from problems import Outcome, Problem, grade
from tir.errors import BadInput
from tir.models.scripted import ScriptedModel
from tir.policy import Policy
from tir.solution import Solution, SolutionStatus
from tir.students.assess import Ruling, assess_against, check
from tir.students.secret import expressions

QUADRATIC = "Find all real x with 2x^2 - 7x + 3 = 0"
CHECK = (
    "```python\nfrom sympy import Rational\ndef check(answer):\n"
    "    return sorted(answer) == [Rational(1, 2), 3]\n```"
)
SOLVES = ["```python\nprint('1/2, 3')\n```\n```output", "So \\boxed{\\frac{1}{2}, 3}."]
ROOTS = "\\frac{1}{2}, 3"


@pytest.fixture(scope="module")
def solution() -> Solution:
    found = tir.solve(
        QUADRATIC, model=ScriptedModel(SOLVES, check=[CHECK]), policy=Policy(samples=1)
    )
    assert found.status is SolutionStatus.VERIFIED
    return found


@pytest.mark.parametrize("answer", ["1/2, 3", "3 and 0.5", "x = 3 or x = \\frac12"])
def test_right_however_it_is_written(solution: Solution, answer: str) -> None:
    assert assess_against(solution, answer).ruling is Ruling.RIGHT


def test_wrong_with_the_condition_that_is_violated_and_a_check(solution: Solution) -> None:
    found = assess_against(solution, "2, 3")
    assert found.ruling is Ruling.WRONG
    assert found.checked
    assert found.reasons[0].startswith("At x = 2 in 2x^2 - 7x + 3 = 0, the left side is -3")
    assert "A value is missing." in found.reasons
    assert any("check program rejects it" in each for each in found.reasons)


GIVEN = [
    # question, reference, answer, what a reason says
    ("Differentiate 3x^2", "6x", "6x+1", "At x = 2 it is 13"),
    ("Differentiate 3x^2", "6x", "3x", "not the right value there"),
    ("Solve x^2 = 4", "-2, 2", "2", "A value is missing"),
    ("Solve x^2 = 4", "-2, 2", "2, 3", "At x = 3 in x^2 = 4, the left side is 9"),
    ("Solve $|x-1| < 3$", "(-2,4)", "x < 4", "range"),
    ("Solve $|x-1| < 3$", "(-2,4)", "[-2,4]", "not the answer"),
    ("If x + 2 = 5, what is 3x?", "9", "10", "not the answer"),
    ("Which one?", "A", "B", "not the answer"),
    ("What is it?", "\\frac{1}{3}", "0.33", "not the answer"),
    ("What is 12 * 13?", "156", "-156", "not the answer"),
    ("What is it?", "0.5", "5", "not the answer"),
    ("Find the roots of x^2 - 3x = 0", "0, 3", "3, 4", "Not among the right values: 4"),
    (
        "Find all x with x^2 = 2x + 8.",
        "4, -2",
        "4, 1",
        "At x = 1 in x^2 = 2x + 8",
    ),
    ("How long?", "5 \\text{ m}", "6 m", "not the answer"),
]


@pytest.mark.parametrize(("question", "gold", "answer", "told"), GIVEN)
def test_wrong_and_why_without_the_answer(question: str, gold: str, answer: str, told: str) -> None:
    found = check(Problem(question, gold=gold), answer)
    assert found.ruling is Ruling.WRONG
    assert any(told in each for each in found.reasons), found.reasons
    for each in found.reasons:
        for expression in expressions(each):
            assert grade(expression, gold).outcome is not Outcome.CORRECT, (each, expression)


def test_what_is_not_verified_settles_nothing(solution: Solution) -> None:
    open_one = replace(solution, status=SolutionStatus.UNVERIFIED)
    for answer in ("1/2, 3", "5"):
        assert assess_against(open_one, answer).ruling is Ruling.UNSURE
    refuted = replace(solution, status=SolutionStatus.REFUTED)
    assert assess_against(refuted, "1/2, 3").ruling is Ruling.UNSURE
    nothing = replace(solution, status=SolutionStatus.NO_ANSWER, answer=None)
    assert assess_against(nothing, "1/2, 3").ruling is Ruling.UNSURE


def test_another_answer_that_the_check_accepts_is_left_open() -> None:
    """Any multiple of 7 will do: what the model found is one of them."""
    some = "```python\ndef check(answer):\n    return answer in (49, 77)\n```"
    model = ScriptedModel(["```python\nprint(49)\n```\n```output", "\\boxed{49}"], check=[some])
    found = tir.solve("Name a multiple of 7 above 7.", model=model, policy=Policy(samples=1))
    assert found.status is SolutionStatus.VERIFIED
    assert assess_against(found, "77").ruling is Ruling.UNSURE
    assert assess_against(found, "78").ruling is Ruling.WRONG


def test_an_empty_answer_is_refused() -> None:
    with pytest.raises(BadInput, match="empty"):
        check(Problem("2 + 2", gold="4"), "  ")
