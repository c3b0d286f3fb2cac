"""Exports, comparisons, totals: what is made of results."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from runs_doubles import POLICY, adder, executor, sums

import tir
from tir.errors import BadInput
from tir.record import solution_from_record
from tir.runs.comparison import Counts, compare
from tir.runs.export import COLUMNS, export, harmless, unharmed
from tir.runs.result import Outcome
from tir.runs.run import Run
from tir.runs.summary import Share, confidence, summarize
from tir.solution import SolutionStatus


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    folder = tmp_path_factory.mktemp("runs")
    first = tir.evaluate(
        sums(12), model=adder(lambda n, _: n < 5), policy=POLICY, out=folder / "a",
        executor=executor(),
    )  # fmt: skip
    second = tir.evaluate(
        list(reversed(sums(11, start=2))), model=adder(lambda n, _: n in (4, 9)), policy=POLICY,
        out=folder / "b", executor=executor(),
    )  # fmt: skip
    return first, second


def test_problems_gained_and_lost(runs: tuple[Run, Run]) -> None:
    found = compare(runs[0].folder, runs[1].folder)
    assert found.counts == Counts(
        both=6, neither=1, gained=2, lost=1, only_first=2, only_second=1, undecided=0
    )
    assert found.counts.difference == pytest.approx(0.1)
    assert found.counts.p == 1.0
    changes = [(each.id, each.before, each.after, each.answers) for each in found.changes()]
    right, wrong = Outcome.CORRECT, Outcome.INCORRECT
    assert changes == [
        ("p3", wrong, right, ("8", "7")),
        ("p2", wrong, right, ("6", "5")),
        ("p9", right, wrong, ("19", "20")),
    ]


def test_the_interval_of_a_paired_difference() -> None:
    """Agresti and Min 2005: (c - b) / N* with b, c, N* = b + 1/2, c + 1/2, n + 2."""
    counts = Counts(50, 20, 20, 10, 0, 0, 0)
    assert counts.interval is not None
    assert counts.interval.low == pytest.approx(0.098039 - 0.105281, abs=1e-5)
    assert counts.interval.high == pytest.approx(0.098039 + 0.105281, abs=1e-5)


def test_a_run_against_itself_has_no_change(runs: tuple[Run, Run]) -> None:
    found = compare(runs[0].folder, runs[0].folder)
    assert (found.counts.gained, found.counts.lost, found.counts.difference) == (0, 0, 0.0)
    assert list(found.changes()) == []


def test_runs_with_nothing_in_common_are_refused(runs: tuple[Run, Run], tmp_path: Path) -> None:
    other = tir.evaluate(
        sums(2, start=50), model=adder(), policy=POLICY, out=tmp_path, executor=executor()
    )
    with pytest.raises(BadInput, match="no problem in common"):
        compare(runs[0].folder, other.folder)


FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "＝1+1", " =1", "\r=1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_text_for_a_spreadsheet(text: str) -> None:
    made = harmless(text)
    assert isinstance(made, str)
    assert made.startswith("'")
    assert unharmed(made) == text


@pytest.mark.parametrize("text", ["-5", "+3.5", "-1e-9", "-12%", "x = 1", "'tis", "", "1/2"])
def test_numbers_and_words_stay(text: str) -> None:
    assert harmless(text) == text
    assert unharmed(text) == text


def test_csv_parquet_and_json_hold_the_same_rows(runs: tuple[Run, Run], tmp_path: Path) -> None:
    run = runs[0]
    for kind in ("csv", "parquet", "jsonl"):
        export(run, tmp_path / f"r.{kind}")
    with (tmp_path / "r.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    parquet = pytest.importorskip("pyarrow.parquet").read_table(tmp_path / "r.parquet").to_pylist()
    lines = [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]
    assert list(table[0]) == list(parquet[0]) == list(COLUMNS)
    assert [r["outcome"] for r in table] == [r["outcome"] for r in parquet]
    assert [r["outcome"] for r in table] == [r["outcome"] for r in lines]
    assert [r["problem"]["id"] for r in lines] == [r["problem"] for r in parquet]
    assert parquet[0]["score"] == 0.0
    assert solution_from_record(lines[0]["solution"]) == next(iter(run.results())).solution()


def test_an_unknown_format_is_told(runs: tuple[Run, Run], tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be exported as 'doc'"):
        export(runs[0], tmp_path / "r.doc")


def test_totals_by_group_and_with_intervals(runs: tuple[Run, Run]) -> None:
    summary = runs[0].summary()
    assert summary.total.accuracy == Share(7, 12)
    assert (summary.by_subject["even"].accuracy, summary.by_subject["odd"].accuracy) == (
        Share(3, 6), Share(4, 6),
    )  # fmt: skip
    interval = summary.total.accuracy.interval
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((0.3195, 0.8067), abs=1e-3)
    assert summary.total.calls == 12
    assert summary.risk_coverage[-1].coverage == 1.0
    assert summary.risk_coverage[-1].risk == pytest.approx(5 / 12)


def test_trust_is_ordered(runs: tuple[Run, Run]) -> None:
    row = next(iter(runs[0].results()))
    verified = replace(row, status=SolutionStatus.VERIFIED, agreement=(1, 4))
    agreed = replace(row, status=SolutionStatus.UNVERIFIED, agreement=(4, 4))
    split = replace(row, status=SolutionStatus.UNVERIFIED, agreement=(1, 4))
    refuted = replace(row, status=SolutionStatus.REFUTED, agreement=(4, 4))
    ordered = [verified, agreed, split, refuted]
    assert sorted(ordered, key=confidence, reverse=True) == ordered


def test_undecided_rows_are_on_neither_side(runs: tuple[Run, Run]) -> None:
    rows = list(runs[0].results())
    rows[0] = replace(rows[0], outcome=Outcome.UNDECIDED, score=None)
    summary = summarize(rows)
    assert summary.total.accuracy == Share(7, 11)
    assert summary.total.open == 1


def test_a_set_with_an_id_for_a_subject_costs_no_memory(runs: tuple[Run, Run]) -> None:
    row = next(iter(runs[0].results()))
    rows = (replace(row, problem=replace(row.problem, subject=str(n))) for n in range(3000))
    assert len(summarize(rows).by_subject) <= 1001
