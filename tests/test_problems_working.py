"""Which line of a student's working does not follow: right ones pass, wrong ones are named."""

import random
import re

import pytest

from problems.lines import statements
from problems.roots import roots, value
from problems.tree import tree
from problems.working import Standing, examine

RIGHT = [
    "2x + 3 = 9\n2x = 6\nx = 3",
    "1. 2x + 3 = 9\n2. So 2x = 6 (subtract 3)\n3. Therefore x = 3.",
    "x^2 - 5x + 6 = 0\n(x-2)(x-3) = 0\nx = 2 or x = 3",
    "x^2 - 5x + 6 = 0\n(x-2)(x-3) = 0\nx = 2, 3",
    "x^2 - 5x + 6 = 0\n(x-2)(x-3) = 0\nx - 2 = 0\nx = 2\nx - 3 = 0\nx = 3",
    "x^2 = 9\nx = \\pm 3",
    "x^2 = 9\nx \\in \\{3, -3\\}",
    "x^2-6x+5=0\nx = (6 \\pm \\sqrt{36-20})/2\nx = (6 \\pm 4)/2\nx = 5 or x = 1",
    "sqrt(x) = x - 2\nx = x^2 - 4x + 4\nx^2 - 5x + 4 = 0\nx = 1 or x = 4\nx = 4",
    "x^2 = 9\nx = 3 or x = -3\nx > 0\nx = 3",
    "x > 0\nx^2 = 9\nx = 3",
    "(x+1)^2 - x^2\n= x^2 + 2x + 1 - x^2\n= 2x + 1",
    "\\frac{x^2-1}{x-1} = \\frac{(x-1)(x+1)}{x-1} = x + 1",
    "1/2 + 1/3 = 3/6 + 2/6 = 5/6",
    "r = 3\nA = \\pi r^2 = 9\\pi",
    "A = lw\nl = 3\nw = 4\nA = 3*4 = 12",
    "-2x < 6\nx > -3",
    "2x + 1 >= 7\n2x >= 6\nx >= 3",
    "x^2 - 2 = 0\nx = \\sqrt{2} or x = -\\sqrt{2}",
    "2^x = 8\nx = 3",
    "e^x = 5\nx = \\ln 5",
    "log_2(x) = 3\nx = 8",
    "|x - 1| = 2\nx = 3 or x = -1",
    "\\begin{align*}\n2x &= 6 \\\\\nx &= 3\n\\end{align*}",
    "$2x = 6 \\Rightarrow x = 3$",
    "x = 2\nx^2 = 4",
    "x^2 - 4 = 0\nx = 2 or x = -2\nCheck: 2^2 - 4 = 0",
    "sin(x)^2 + cos(x)^2\n= 1",
    "\\frac{1}{x} = \\frac{1}{3} + \\frac{1}{6}\n\\frac{1}{x} = \\frac{1}{2}\nx = 2",
]
WRONG = [
    ("2x + 3 = 9\n2x = 12\nx = 6", 2, "x = 3 solves line 1, but in line 2 the left side is 6"),
    ("x^2 = 2x\nx = 2", 2, "x = 0 solves line 1"),
    ("x^2 = 9\nx = 3", 2, "x = -3 solves line 1"),
    ("x^2 - 5x + 6 = 0\n(x-2)(x-3) = 0\nx - 2 = 0\nx = 2", 3, "x = 3 solves line 2"),
    ("x^2 - 5x + 6 = 0\n(x+2)(x+3) = 0\nx = -2, -3", 2, "a solution is lost"),
    ("sqrt(x) = x - 2\nx = x^2 - 4x + 4\nx = 1 or x = 4", 2, "x = 1 solves line 2"),
    ("(x+1)^2 - x^2\n= x^2 + 1 - x^2\n= 1", 2, "at x = 2 line 1 is 5, line 2 1"),
    ("3(x + 2) = 3x + 6 = 3x + 5", 1, "at x = 2 the left side is 12, the right side 11"),
    ("(a+b)^2\n= a^2 + b^2", 2, "at a = 2, b = 3 line 1 is 25, line 2 13"),
    ("1/2 + 1/3 = 2/5", 1, "the left side is 5/6, the right side 2/5"),
    ("r = 3\nA = \\pi r^2\nA = 6\\pi", 3, "line 2 is 28.27"),
    ("-2x < 6\nx < -3", 2, "x = 0 solves line 1"),
    ("x^2 > 4\nx > 2", 2, "it is left out"),
    ("x < 3\nx < 5", 2, "it is let in"),
    ("x + y = 5\nx - y = 1\nx = 3\ny = 1", 4, "does not fit line 1"),
    ("2(x-3) = 4 => 2x - 3 = 4 => x = 7/2", 1, "x = 5 solves"),
    ("\\frac{1}{x} = \\frac{1}{3} + \\frac{1}{6}\n\\frac{1}{x} = \\frac{2}{9}", 2, "x = 2 solves"),
    ("log_2(x) = 3\nx = 6", 2, "x = 8 solves line 1"),
    ("x = 2 or x = -2\nCheck:\n(-2)^2 - 4 = -8", 3, "the left side is 0, the right side -8"),
    ("sqrt(x^2 + 9)\n= x + 3", 2, "line 2"),
    ("\\sqrt{12} = 4\\sqrt{3}", 1, "the left side is 3.46410162"),
    ("x^3 = x\nx^2 = 1\nx = 1 or x = -1", 2, "x = 0 solves line 1"),
    ("\\ln(x) + \\ln(2) = \\ln(8)\nx + 2 = 8\nx = 6", 2, "x = 4 solves line 1"),
]
OPEN = [
    "f(x) = x^2\nf'(x) = 2x",
    "sin(x) = 1/2\nx = \\pi/6",
    "a^2 + b^2 = c^2\na = 3, b = 4\nc^2 = 25\nc = 5",
    "y = 2x + 1\ny = 2*3 + 1",
    "a/bc = 2",
    "= 3",
    "x" * 600 + " = 2",
    "x = " + "(" * 200 + "1" + ")" * 200,
]


@pytest.mark.parametrize("text", RIGHT)
def test_right_working_follows_to_its_end(text: str) -> None:
    working = examine(text)
    assert working.fault is None, working.fault
    assert not working.unclear, working.unclear
    assert working.judged


@pytest.mark.parametrize(("text", "line", "told"), WRONG)
def test_the_first_wrong_line_is_named_with_numbers(text: str, line: int, told: str) -> None:
    fault = examine(text).fault
    assert fault is not None
    assert fault.number == line
    assert told in fault.detail
    assert re.search(r"\d", fault.detail.partition(":")[2])


@pytest.mark.parametrize("text", OPEN)
def test_what_cannot_be_told_is_not_called_wrong(text: str) -> None:
    working = examine(text)
    assert working.fault is None
    assert working.unclear


def test_prose_alone_is_no_statement() -> None:
    assert examine("Let us think.\n\nThere are 3 lazy dogs.\n").judged == ()


def test_nothing_after_the_fault_is_judged() -> None:
    assert [e.standing for e in examine("1 = 2\n3 = 4").judged] == [Standing.FAULT]


@pytest.mark.parametrize("seed", range(40))
def test_a_linear_equation_solved_step_by_step(seed: int) -> None:
    """Drawn at random: the right steps pass; one number changed in a step is found there."""
    draw = random.Random(seed)
    a, x, b = draw.randint(2, 9), draw.choice([-7, -2, 1, 4, 9]), draw.choice([-5, 3, 8])
    lines = [f"{a}x + ({b}) = {a * x + b}", f"{a}x = {a * x}", f"x = {x}"]
    assert examine("\n".join(lines)).fault is None
    assert not examine("\n".join(lines)).unclear
    lines[1] = f"{a}x = {a * x + draw.choice([-2, -1, 1, 3])}"
    fault = examine("\n".join(lines)).fault
    assert fault is not None
    assert fault.number == 2


@pytest.mark.parametrize("seed", range(25))
def test_a_product_expanded(seed: int) -> None:
    draw = random.Random(seed)
    p, q = draw.randint(-9, 9), draw.randint(1, 9)
    head = f"(x + ({p}))(x + {q})"
    assert examine(f"{head}\n= x^2 + ({p + q})x + ({p * q})").fault is None
    wrong = examine(f"{head}\n= x^2 + ({p + q})x + ({p + q + 100})").fault
    assert wrong is not None
    point = re.search(r"at x = (-?\d+) line 1 is (-?\d+), line 2 (-?\d+)", wrong.detail)
    assert point is not None
    at, one, other = map(int, point.groups())
    # The counterexample is one: put in by hand.
    assert one == (at + p) * (at + q)
    assert other == at * at + (p + q) * at + p + q + 100


@pytest.mark.parametrize(
    ("left", "right", "expected", "complete"),
    [
        ("x^{2}", "2", [-(2**0.5), 2**0.5], True),
        ("x^{3}-x", "0", [-1, 0, 1], True),
        ("(x-1)^{2}(x-4)", "0", [1, 4], True),
        ("\\frac{(x-1)(x-2)}{x-1}", "0", [2], True),
        ("x^{4}+1", "0", [], True),
        ("x^{5}-x-1", "0", [1.1673039782614187], True),
        ("|x|", "3", [-3, 3], False),
        ("\\frac{1}{x}", "0", [], True),
        ("e^{x}", "2", [0.6931471805599453], False),
        ("\\tan x", "10^{9}", [], False),
    ],
)
def test_real_roots(left: str, right: str, expected: list[float], complete: bool) -> None:
    sides = tree(left), tree(right)
    assert sides[0] is not None
    assert sides[1] is not None
    found = roots(sides[0], sides[1], "x")
    assert [float(root) for root in found.values] == pytest.approx(expected)
    assert found.complete is complete
    for root in found.values:
        one, other = value(sides[0], "x", root), value(sides[1], "x", root)
        assert one is not None
        assert other is not None
        assert abs(one - other) < 10**-20


@pytest.mark.parametrize(
    ("line", "bare"),
    [
        ("3) Thus, 2x = 6", "2x = 6"),
        ("so x = 2 (by the zero product rule)", "x = 2"),
        ("2x = 6  # divide", "2x = 6"),
        ("Hence \\(x = 3\\).", "x = 3"),
        ("(x-2)(x-3) = 0", "(x-2)(x-3) = 0"),
        ("x = 6 subtracting", "x = 6"),
        ("sin(x) = 1", "sin(x) = 1"),
    ],
)
def test_words_around_the_mathematics_are_passed_over(line: str, bare: str) -> None:
    (statement,) = statements(line)
    assert statement.text == bare
    assert statement.is_read
