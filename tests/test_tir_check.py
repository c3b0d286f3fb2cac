"""Checks by code: the harness that gives them values, and which of them count."""

import json
from collections.abc import AsyncIterator

import pytest
import sympy

from executors import JupyterExecutor
from problems import Problem, typed
from tir.checks import CheckProgram, Finding, judge, run_check, write_check
from tir.dialects import Sampling
from tir.harness import _judge, _value
from tir.models.scripted import ScriptedModel
from tir.trajectory import Usage

x = sympy.Symbol("x")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42", sympy.Integer(42)),
        ("- 3", sympy.Integer(-3)),
        ("-0.25", sympy.Rational(-1, 4)),
        ("\\frac{3}{4}", sympy.Rational(3, 4)),
        ("- \\frac{3}{4}", sympy.Rational(-3, 4)),
        ("\\frac{-3}{4}", sympy.Rational(-3, 4)),
        ("3/4", sympy.Rational(3, 4)),
        ("2 1/2", sympy.Rational(5, 2)),
        ("1,234", sympy.Integer(1234)),
        ("\\frac12", sympy.Rational(1, 2)),
        ("\\sqrt2", sympy.sqrt(2)),
        ("0.\\overline{3}", sympy.Rational(1, 3)),
        ("\\$18", sympy.Integer(18)),
        ("25\\%", sympy.Integer(25)),
        ("12\\text{ cm}", sympy.Integer(12)),
        ("1.5 \\times 10^6", sympy.Integer(1500000)),
        ("3+4i", 3 + 4 * sympy.I),
        ("e^2", sympy.E**2),
        ("\\text{(A)}", "A"),
        ("x = 5", sympy.Integer(5)),
        ("$12$", sympy.Integer(12)),
        ("1, \\frac{1}{2}", [sympy.Integer(1), sympy.Rational(1, 2)]),
        ("(3, -4)", [sympy.Integer(3), sympy.Integer(-4)]),
        ("\\left(3, -4\\right)", [sympy.Integer(3), sympy.Integer(-4)]),
        ("\\{1, 2\\}", [sympy.Integer(1), sympy.Integer(2)]),
        ("\\{7\\}", [sympy.Integer(7)]),
        ("2 \\sqrt{13}", 2 * sympy.sqrt(13)),
        ("25 \\pi", 25 * sympy.pi),
        ("6 x^{2} - 4 x + 1", 6 * x**2 - 4 * x + 1),
        ("(-\\infty, 5]", sympy.Interval(-sympy.oo, 5)),
        ("[1, 2)", sympy.Interval.Ropen(1, 2)),
        ("2^{2} \\cdot 3", sympy.Integer(12)),
        ("3*x**2 + 1", 3 * x**2 + 1),
        ("2x + 1", 2 * x + 1),
        ("x < 5", sympy.Lt(x, 5)),
        ("x \\ge 5", sympy.Ge(x, 5)),
        ("\\begin{pmatrix}1 & 2\\\\3 & \\frac{1}{2}\\end{pmatrix}",
         sympy.Matrix([[1, 2], [3, sympy.Rational(1, 2)]])),
        ("no number at all", "no number at all"),
    ],
)  # fmt: skip
def test_a_text_becomes_a_value(text: str, value: object) -> None:
    assert _value(typed(text)) == value


def test_what_cannot_be_read_is_no_no() -> None:
    """A check is not asked about a text that is no value: its "no" would mean nothing."""
    verdicts = json.loads(_judge(lambda answer: answer == 1, [typed("\\weird{x}{"), typed("1")]))
    assert verdicts[0].startswith("unread")
    assert verdicts[1] is True


@pytest.mark.parametrize("said", [None, "False", "", 1, [], ()])
def test_only_truth_values_are_verdicts(said: object) -> None:
    assert json.loads(_judge(lambda answer: said, [typed("1")])) == ["TypeError"]


def test_decimals_in_a_check_meet_exact_answers() -> None:
    verdicts = json.loads(_judge(lambda answer: answer == 0.5, [typed("\\frac12"), typed("1/3")]))
    assert verdicts == [True, False]


def test_what_a_check_raises_is_named_and_not_taken_for_a_no() -> None:
    def check(answer: sympy.Integer) -> bool:
        if answer == 3:
            raise ValueError
        return bool(answer == 2)

    assert json.loads(_judge(check, [typed(t) for t in "123"])) == [False, True, "ValueError"]


@pytest.mark.parametrize(
    ("own", "rest", "finding"),
    [
        (True, [False, False, False], Finding.ACCEPTS),
        (True, [False, "TypeError", False], Finding.ACCEPTS),
        (True, [False, True, False], Finding.VACUOUS),
        (True, [True, True], Finding.VACUOUS),
        (True, ["TypeError", "TypeError", False], Finding.BROKEN),
        (True, [], Finding.BROKEN),
        (False, [False, True, False], Finding.REFUTES),
        (False, [False, False], Finding.REJECTS),
        ("TypeError", [False, False], Finding.BROKEN),
    ],
)
def test_a_check_counts_only_if_it_could_have_failed(
    own: object, rest: list[object], finding: Finding
) -> None:
    assert judge(own, rest, [str(n) for n in range(len(rest))]).finding is finding


@pytest.fixture
async def executor() -> AsyncIterator[JupyterExecutor]:
    async with JupyterExecutor(prelude="import sympy") as executor:
        yield executor


def program(body: str, shown: str = "99") -> CheckProgram:
    return CheckProgram(f"def check(answer):\n    {body}", shown, Usage())


@pytest.mark.parametrize(
    ("body", "candidate", "others", "finding"),
    [
        ("return answer**2 == 49 and answer > 0", "7", [], Finding.ACCEPTS),
        ("return answer**2 == 49", "7", [], Finding.VACUOUS),  # -7 is a decoy
        ("return True", "7", [], Finding.VACUOUS),
        ("return False", "7", [], Finding.REJECTS),
        ("return answer == 99", "7", [], Finding.VACUOUS),  # 99 is what its author was shown
        ("return answer == 99", "7", ["99"], Finding.VACUOUS),
        ("print(answer == 7)", "7", [], Finding.BROKEN),
        ("return 'False'", "7", [], Finding.BROKEN),
        ("from sympy import isprime; return bool(isprime(answer))", "23", [], Finding.VACUOUS),
        ("return answer**2 == 49 and answer > 0", "8", ["7"], Finding.REFUTES),
        ("return [].nothing", "7", [], Finding.BROKEN),
        ("return answer == undefined_name", "7", [], Finding.BROKEN),
        ("import os; os._exit(1)", "7", [], Finding.BROKEN),
        ("print('x'); return answer == 7", "7", [], Finding.ACCEPTS),
        ("return sorted(answer) == [1, 2]", "2, 1", [], Finding.ACCEPTS),
    ],
)
async def test_checks_in_a_kernel(
    executor: JupyterExecutor, body: str, candidate: str, others: list[str], finding: Finding
) -> None:
    result = await run_check(program(body), candidate, others, executor=executor, seconds=5)
    assert result.finding is finding, result.detail


async def test_a_check_that_copies_what_it_was_shown_gives_itself_away(
    executor: JupyterExecutor,
) -> None:
    """It is shown a decoy, so a check that just compares accepts that decoy."""

    def copy(text: str, seed: int) -> str:
        shown = text.split("Proposed answer: ")[1].split("<|im_end|>")[0]
        return f"```python\ndef check(answer):\n    return answer == {shown}\n```"

    model = ScriptedModel((), check=copy)
    written = await write_check(
        Problem("What is 6*7?"), "42", model=model, sampling=Sampling(), seed=0
    )
    assert written.shown != "42"
    result = await run_check(written, "42", [], executor=executor, seconds=5)
    assert result.finding is not Finding.ACCEPTS


async def test_a_reply_without_a_check_is_broken() -> None:
    model = ScriptedModel((), check=["I would rather not."])
    written = await write_check(Problem("q"), "42", model=model, sampling=Sampling(), seed=0)
    assert written.source is None
