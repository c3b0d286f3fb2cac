"""Marking a class: tables wide and long, keys, tests, points, decisions, and every bad input."""

import csv
import json
import re
from pathlib import Path

import pytest
from runs_doubles import executor

import tir
from tir.errors import BadInput
from tir.models.scripted import ScriptedModel
from tir.policy import Policy
from tir.runs.evaluation import Resume
from tir.runs.overrides import Overrides
from tir.runs.result import Outcome
from tir.runs.roster import standings, write_review
from tir.runs.run import Run

KEY = """id,answer,test,points
q1,1/2,,2
q2,"{1, 2}","{""test"": ""set"", ""partial"": true}",4
q3,3.14159,"{""test"": ""numeric"", ""tolerance"": 0.01}",1
"""
WIDE = """student,q1,q2,q3,remark
ann,0.5,"{2, 1}",3.14,fine
bob,1/3,{1},,late
"""
LONG = """student,problem,answer
ann,q1,0.5
ann,q2,"{2, 1}"
ann,q3,3.14
bob,q1,1/3
bob,q2,{1}
bob,q3,
"""


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("key.csv").write_text(KEY)
    Path("wide.csv").write_text(WIDE)
    Path("long.csv").write_text(LONG)
    return tmp_path


def marks(run: Run) -> dict[tuple[str | None, str], tuple[str, float | None]]:
    return {(r.student, r.problem.id): (r.outcome.value, r.earned) for r in run.results()}


EXPECTED = {
    ("ann", "q1"): ("correct", 2.0),
    ("ann", "q2"): ("correct", 4.0),
    ("ann", "q3"): ("correct", 1.0),
    ("bob", "q1"): ("incorrect", 0.0),
    ("bob", "q2"): ("partial", 2.0),
    ("bob", "q3"): ("no_answer", 0.0),
}


@pytest.mark.parametrize("name", ["wide.csv", "long.csv"])
def test_a_class_is_marked_by_each_problem_s_test_and_points(work: Path, name: str) -> None:
    run = tir.grade(name, key="key.csv")
    assert marks(run) == EXPECTED
    totals = {each.student: (each.earned, each.points) for each in standings(run)}
    assert totals == {"ann": (7.0, 7.0), "bob": (2.0, 7.0)}
    for result in run.results():
        assert result.rule
        assert result.detail.endswith(".")


def test_lines_of_json_are_read_as_well(work: Path) -> None:
    rows = list(csv.DictReader(LONG.splitlines()))
    rows[-1]["answer"] = None
    Path("a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert marks(tir.grade("a.jsonl", key="key.csv")) == EXPECTED


def test_the_same_call_marks_only_what_is_new(work: Path) -> None:
    tir.grade("wide.csv", key="key.csv")
    fresh: list[int] = []
    Path("wide.csv").write_text(WIDE.replace("1/3", "1/2"))
    run = tir.grade("wide.csv", key="key.csv", on_progress=lambda p: fresh.append(p.fresh))
    assert fresh[-1] == 1
    assert marks(run) == EXPECTED | {("bob", "q1"): ("correct", 2.0)}


def test_a_mended_key_marks_what_it_changes(work: Path) -> None:
    tir.grade("wide.csv", key="key.csv")
    Path("key.csv").write_text(KEY.replace("q1,1/2", "q1,1/3"))
    fresh: list[int] = []
    run = tir.grade("wide.csv", key="key.csv", on_progress=lambda p: fresh.append(p.fresh))
    assert fresh[-1] == 2
    assert marks(run)["bob", "q1"] == ("correct", 2.0)


def test_decisions_go_before_the_grader_and_are_logged(work: Path) -> None:
    tir.grade("wide.csv", key="key.csv")
    Path("o.csv").write_text(
        "student,problem,outcome,score,note\nbob,q1,correct,,meant the half\nann,q3,,0.25,rounded\n"
    )
    run = tir.grade("wide.csv", key="key.csv", override="o.csv")
    decided = {("bob", "q1"): ("correct", 2.0), ("ann", "q3"): ("partial", 0.25)}
    assert marks(run) == EXPECTED | decided
    log = [(each.student, each.problem, each.note, each.source) for _, each in run.decisions()]
    assert log == [
        ("ann", "q3", "rounded", "o.csv:3"),
        ("bob", "q1", "meant the half", "o.csv:2"),
    ]
    # They stay without the file, and when all is marked again; not when the answer changes.
    assert marks(tir.grade("wide.csv", key="key.csv")) == EXPECTED | decided
    again = tir.grade("wide.csv", key="key.csv", resume=Resume.REGRADE)
    assert marks(again) == EXPECTED | decided
    Path("wide.csv").write_text(WIDE.replace("1/3", "1/4"))
    changed = marks(tir.grade("wide.csv", key="key.csv"))
    assert changed["bob", "q1"] == ("incorrect", 0.0)


def test_what_needs_a_person_comes_back_as_decisions(work: Path) -> None:
    """The review file, formula-proof as it is, is filled in and given back."""
    Path("key.csv").write_text("id,answer\nq1,\nq2,4\n")
    Path("a.csv").write_text('student,q1,q2\n"=cmd|x",7,4\n')
    model = ScriptedModel(["I do not know."])
    policy = Policy(samples=1, check=False)
    run = tir.grade("a.csv", key="key.csv", model=model, policy=policy, executor=executor())
    assert marks(run)["=cmd|x", "q1"] == ("ungraded", None)
    write_review(run, Path("review.csv"))
    (row,) = csv.DictReader(Path("review.csv").read_text().splitlines())
    assert row["student"] == "'=cmd|x"
    assert row["question"] == "q1"
    with pytest.raises(BadInput, match=r"review\.csv decides nothing"):
        Overrides(Path("review.csv"))
    row["outcome"] = "correct"
    with Path("review.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, row)
        table.writeheader()
        table.writerow(row)
    run = tir.grade(
        "a.csv", key="key.csv", model=model, policy=policy, override="review.csv",
        executor=executor(),
    )  # fmt: skip
    assert marks(run)["=cmd|x", "q1"] == ("correct", 1.0)
    assert not any(each.needs_person for each in run.results())


def test_without_a_key_the_engine_s_verified_answers_are_the_key(
    work: Path,
) -> None:
    Path("a.csv").write_text(
        "student,question,answer\nann,What is 1 + 2?,3\nbob,What is 1 + 2?,4\n"
        "bob,What is 5 + 6?,11\n"
    )

    def script(text: str, seed: int) -> str:
        n = 1 if "What is 1" in text else 5
        if "output" not in text.split("assistant\n", 1)[1]:
            return f"```python\nprint({n} + {n + 1})\n```\n```output"
        # Nothing is printed that it boxes for the second one: that is never verified.
        return f"So \\boxed{{{3 if n == 1 else 12 + seed}}}."

    model, policy = ScriptedModel(script), Policy(samples=3, check=False, stop_early=False)
    run = tir.grade("a.csv", model=model, policy=policy, executor=executor())
    rows = {(r.student, r.problem.question): r for r in run.results()}
    assert rows["ann", "What is 1 + 2?"].outcome is Outcome.CORRECT
    assert rows["bob", "What is 1 + 2?"].outcome is Outcome.INCORRECT
    left = rows["bob", "What is 5 + 6?"]
    assert (left.outcome, left.needs_person, left.rule) == (
        Outcome.UNGRADED, True, "no verified key",
    )  # fmt: skip
    assert left.detail.startswith("The key has no answer; the engine found 12 (1 of 3 samples)")


BAD = {
    "empty": ("", r"holds no answers"),
    "header only": ("student,q1\n", r"holds no answers"),
    "no student column": ("pupil,q1\nann,1\n", r"bad\.csv:2: there is no column `student`"),
    "no known problem": ("student,x1\nann,1\n", r"bad\.csv:2: there is no column `problem`"),
    "unknown problem": (
        "student,problem,answer\nann,q9,1\nann,q1,1\n", r"bad\.csv:2: problem 'q9' is not in",
    ),
    "blank student": ("student,q1\nann,1\n ,2\n", r"bad\.csv:3: student is blank"),
    "twice": (
        "student,problem,answer\nann,q1,1\nbob,q1,1\nann,q1,2\n",
        r"bad\.csv:4: 'ann' answered 'q1' in line 2",
    ),
    "cells missing": ("student,q1,q2\nann,1\n", r"bad\.csv:2: 2 cells under 3 columns"),
    "a huge field": (
        f"student,q1\nann,{'x' * 10_000_000}\n", r"bad\.csv:2: longer than 4 MiB",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_answers_are_told_with_file_and_line(work: Path, name: str) -> None:
    content, expected = BAD[name]
    Path("bad.csv").write_text(content)
    with pytest.raises(BadInput) as caught:
        tir.grade("bad.csv", key="key.csv")
    assert re.search(expected, str(caught.value))
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"student,q1\nj\xfcrgen,1\n", "bad.csv:2: not UTF-8: byte 0xfc at column 2"),
        ("student,q1\nann,1\n".encode("utf-16"), "bad.csv:1: the file is UTF-16; save it as UTF-8"),
    ],
)
def test_another_encoding_is_told(work: Path, content: bytes, expected: str) -> None:
    Path("bad.csv").write_bytes(content)
    with pytest.raises(BadInput) as caught:
        tir.grade("bad.csv", key="key.csv")
    assert expected in str(caught.value)


def test_nan_is_no_number(work: Path) -> None:
    Path("bad.jsonl").write_text('{"student": "ann", "problem": "q1", "answer": NaN}\n')
    with pytest.raises(BadInput, match=r"bad\.jsonl:1: not JSON: NaN is no number"):
        tir.grade("bad.jsonl", key="key.csv")


def test_every_bad_row_is_counted(work: Path) -> None:
    Path("bad.csv").write_text("student,problem,answer\n" + "ann,zz,1\n" * 25 + "ann,q1,1\n")
    with pytest.raises(BadInput, match=r"25 rows cannot be used, 1 can") as caught:
        tir.grade("bad.csv", key="key.csv")
    assert "bad.csv:11: " in caught.value.why
    assert "and 15 more" in caught.value.why


BAD_KEYS = {
    "twice": ("id,answer\nq1,1\nq1,2\n", "key.csv:3: id 'q1' is that of line 2"),
    "unreadable gold": ("id,answer\nq1,}{\n", "key.csv:2: answer has a }"),
    "no columns": ("a,b\n1,2\n", "key.csv:2: there is no column `id` or `question`"),
    "bad points": ("id,answer,points\nq1,1,-3\n", "key.csv:2: points are -3"),
    "bad test": ("id,answer,test\nq1,1,guess\n", "key.csv:2: test: there is no test 'guess'"),
    "nan points": ("id,answer,points\nq1,1,nan\n", "key.csv:2: points are nan"),
}


@pytest.mark.parametrize("name", BAD_KEYS)
def test_bad_keys_are_told_with_file_and_line(work: Path, name: str) -> None:
    content, expected = BAD_KEYS[name]
    Path("key.csv").write_text(content)
    with pytest.raises(BadInput) as caught:
        tir.grade("wide.csv", key="key.csv")
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("zoe,q1,correct,", "o.csv:2: student 'zoe' has no answer to 'q1'"),
        ("ann,q1,splendid,", "o.csv:2: outcome 'splendid' is none of"),
        ("ann,q1,partial,", "o.csv:2: a partial outcome needs a score"),
        ("ann,q1,,1.5", "o.csv:2: score 1.5 is not between 0 and 1"),
        ("ann,q1,,nan", "o.csv:2: score nan is not between 0 and 1"),
        ("ann,q1,,high", "o.csv:2: score 'high' is no number"),
    ],
)
def test_bad_decisions_are_told_before_anything_is_marked(
    work: Path, row: str, expected: str
) -> None:
    Path("o.csv").write_text(f"student,problem,outcome,score\n{row}\n")
    with pytest.raises(BadInput) as caught:
        tir.grade("wide.csv", key="key.csv", override="o.csv")
    assert expected in str(caught.value)
    assert not Path("runs").exists()
