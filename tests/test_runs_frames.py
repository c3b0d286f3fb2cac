"""Marks in a DataFrame, by the rules for files, and decisions that are logged."""

from pathlib import Path
from typing import Any

import pytest

import tir
from problems import Problem
from tir.errors import BadInput

pandas: Any = pytest.importorskip("pandas", reason="needs pandas")


def frame(**columns: list[object]) -> Any:
    return pandas.DataFrame(columns)


@pytest.fixture
def graded(tmp_path: Path) -> Any:
    answers = frame(
        student=["Ann", "Bob", "Ann", "Bob"],
        problem=["p1", "p1", "p2", "p2"],
        answer=["0.5", r"\frac{1}{3}", None, 7],
    )
    answers.index = ["a", "b", "c", "d"]
    return tir.grade(answers, key={"p1": "1/2", "p2": "7"}, out=tmp_path / "run")


def test_marks_stand_beside_the_answers(graded: Any) -> None:
    assert list(graded.columns) == [
        "student", "problem", "answer", "outcome", "score", "rule", "reason"
    ]  # fmt: skip
    assert list(graded["outcome"]) == ["correct", "incorrect", "no_answer", "correct"]
    assert list(graded["score"]) == [1.0, 0.0, 0.0, 1.0]
    assert graded.loc["b", "reason"]
    assert list(graded.index) == ["a", "b", "c", "d"]


def test_the_frame_that_was_given_stays_as_it_was(tmp_path: Path) -> None:
    given = frame(answer=["2", "3"], gold=["2", "4"])
    marked = tir.grade(given, out=tmp_path)
    assert list(given.columns) == ["answer", "gold"]
    assert list(marked["outcome"]) == ["correct", "incorrect"]


def test_a_key_may_be_problems_with_tests_of_their_own(tmp_path: Path) -> None:
    near = {"test": "numeric", "tolerance": 0.01}
    key = [Problem("About pi?", gold="3.14159", id="p", test=near)]
    marked = tir.grade(frame(problem=["p", "p"], answer=["3.14", "3.2"]), key=key, out=tmp_path)
    assert list(marked["outcome"]) == ["correct", "incorrect"]


def test_a_decision_goes_before_the_grader_and_is_logged(graded: Any) -> None:
    after = tir.override(graded, "b", "partial", "half of it is there", score=0.5)
    assert graded.loc["b", "outcome"] == "incorrect", "the old frame is a record too"
    assert after.loc["b", ["outcome", "score", "rule", "reason"]].tolist() == [
        "partial", 0.5, "override", "half of it is there"
    ]  # fmt: skip
    run = tir.Run.open(after.attrs["tir_run"])
    ((_, decision),) = run.decisions()
    assert (decision.student, decision.problem, decision.note) == (
        "Bob", "p1", "half of it is there"
    )  # fmt: skip
    tir.override(run, "p2", "correct", "answered aloud", student="Ann")
    assert len(run.decisions()) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("x", "correct", "n"), "no answer of this run"),
        (("b", "excellent", "n"), "cannot be decided"),
        (("b", "partial", "n"), "needs a score"),
        (("b", "correct", " "), "needs a note"),
    ],
)
def test_a_decision_that_cannot_be_is_refused(graded: Any, arguments: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        tir.override(graded, *arguments)


def test_what_cannot_be_graded_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has no answers"):
        tir.grade(frame(x=[1]), out=tmp_path)
    with pytest.raises(BadInput, match="two keys"):
        tir.grade(frame(problem=["p", "p"], answer=["1", "2"], gold=["1", "2"]), out=tmp_path)
    with pytest.raises(BadInput, match="was not graded"):
        tir.override(frame(x=[1]), 0, "correct", "n")
