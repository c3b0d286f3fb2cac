"""Hints from a solution, and the history they are taken from."""

import os
import stat
from pathlib import Path

import pytest

from problems import Outcome, Problem, grade
from tir.errors import BadInput, EnvironmentFailed
from tir.models.scripted import ScriptedModel
from tir.policy import Policy
from tir.students.hints import Hint, Kind, NoHints, hints, hints_of
from tir.students.history import FILE, History, key_of
from tir.students.secret import COVER, expressions
from tir.students.silent import Desk

SOLVES = [
    "Think of the product. Then compute $6 \\cdot 7$.\n"
    "```python\nfrom math import prod\nfactors = [6, 7]\nprint(prod(factors))\n```\n```output",
    "That is forty-two. The answer is $\\boxed{42}$.",
]
PROBLEM = Problem("What is 6 * 7?")
ONE = Policy(samples=1, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def given(folder: Path) -> tuple[Hint, ...]:
    return hints(PROBLEM, model=ScriptedModel(SOLVES), policy=ONE, history=History(folder))


def test_hints_tell_more_and_more(given: tuple[Hint, ...]) -> None:
    assert [each.kind for each in given] == [
        Kind.IDEA,
        Kind.STEP,
        Kind.METHOD,
        Kind.SET_UP,
        Kind.PROGRAM,
        Kind.STEP,
    ]
    assert given[0].text == "Think of the product."
    assert given[2].text == "A program helps here; it uses prod."
    assert given[3].text == "from math import prod\nfactors = [6, 7]"


def test_no_hint_equals_the_answer(given: tuple[Hint, ...]) -> None:
    for each in given:
        for expression in expressions(each.text):
            assert grade(expression, "42").outcome is not Outcome.CORRECT
    assert [each.covered for each in given] == [False, True, False, False, False, True]
    assert given[1].text == f"Then compute ${COVER}$."
    assert given[5].text == f"That is {COVER}."


def test_a_kept_solution_is_not_solved_again(folder: Path, given: tuple[Hint, ...]) -> None:
    desk = Desk(ScriptedModel([]), policy=ONE, history=History(folder))
    kept, entry = desk.solution(PROBLEM)
    assert entry is not None
    assert (kept.answer, entry.answer, entry.problem) == ("42", "42", PROBLEM.id)
    assert hints_of(kept) == given


def test_hints_given_are_counted(folder: Path, given: tuple[Hint, ...]) -> None:
    history = History(folder)
    entry = history.entry("last")
    history.show(entry, 2)
    assert history.entry(str(entry.number)).shown == 2
    assert history.entry(PROBLEM.id[:5]).number == entry.number


def test_only_its_user_may_read_the_history(folder: Path, given: tuple[Hint, ...]) -> None:
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600


def test_a_key_is_of_content_and_model() -> None:
    keys = {
        key_of(Problem("a"), "mini"),
        key_of(Problem("a"), "auto"),
        key_of(Problem("b"), "mini"),
        key_of(Problem("a", choices=("x", "y")), "mini"),
    }
    assert len(keys) == 4
    assert key_of(Problem(" a\n"), "mini") in keys


def test_unknown_and_damaged_are_told_apart(tmp_path: Path) -> None:
    history = History(tmp_path)
    for name in ("1", "abc", "", "last", "'; DROP TABLE solved; --"):
        with pytest.raises(BadInput, match="no solved problem"):
            history.entry(name)
    (tmp_path / FILE).write_bytes(b"no database at all" * 100)
    with pytest.raises(EnvironmentFailed, match="history"):
        history.latest(5)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(EnvironmentFailed):
        History(tmp_path).latest(1)


def test_without_an_answer_there_are_no_hints() -> None:
    with pytest.raises(NoHints, match="no hints"):
        hints(PROBLEM, model=ScriptedModel(["I give up."] * 2), policy=ONE)
