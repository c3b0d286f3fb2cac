"""The report of a run: what it says, and that nothing in it can load, run or escape."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pages import ATTRIBUTES, PIECE, Reader, harmless
from reports import ATTACK, make_run

from problems import Problem
from tir.api import solve
from tir.errors import EnvironmentFailed
from tir.models.scripted import ScriptedModel
from tir.policy import Policy
from tir.render.report import write_report
from tir.render.report.plots import histogram, risk_coverage
from tir.render.report.problem import details
from tir.render.report.spread import Spread
from tir.render.report.table import row
from tir.render.safe import visible
from tir.runs.result import Outcome, Result
from tir.runs.run import Run
from tir.runs.store import Store
from tir.solution import Solution

WHOLE = PIECE | frozenset(
    "html head meta title script body header main footer section h1 h2 h3 a table caption thead "
    "tbody tr th td small span figure figcaption svg path rect text form label input select option "
    "button output noscript".split()
)
ANYWHERE = ATTRIBUTES | frozenset(
    "id href lang charset content name http-equiv type scope data-label data-column data-first "
    "data-last tabindex role aria-label aria-hidden aria-live hidden viewbox preserveaspectratio d "
    "x y text-anchor vector-effect fill value autocomplete".split()
)

ROOT = Path(__file__).parent.parent
Made = Callable[..., Run]


class Page(Reader):
    """The same for a whole page, whose links must stay within it."""

    def handle_decl(self, decl: str) -> None:
        assert decl == "doctype html"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        assert (named.get("href") or "#").startswith("#")
        assert tag != "script" or named.get("type") in (None, "text/plain")
        super().handle_starttag(tag, [each for each in attrs if each[0] != "class"])


def read(path: Path) -> Page:
    """The page, which must hold listed elements only."""
    page = Page(WHOLE, ANYWHERE)
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    assert page.open == []
    return page


@pytest.fixture(scope="module")
def solutions() -> list[Solution]:
    """Of the built-in model, and of a script that says what harms."""
    policy = Policy(samples=2, max_tokens=400, check=False)
    scripted = ScriptedModel((f"{ATTACK}\n```python\nprint({ATTACK!r})\n```", "\\boxed{<b>}"))
    return [
        solve("What is the greatest common divisor of 84 and 36?", model="mini", policy=policy),
        solve(ATTACK, model=scripted, policy=policy),
    ]


@pytest.fixture
def make(tmp_path: Path, solutions: list[Solution]) -> Made:
    def made(rows: int, **how: object) -> Run:
        return make_run(tmp_path / "run", solutions, rows, **how)  # type: ignore[arg-type]

    return made


def test_it_says_what_the_run_came_to(make: Made, tmp_path: Path) -> None:
    run = make(60)
    write_report(run, tmp_path / "report.html")
    text = read(tmp_path / "report.html").text
    total = run.summary().total
    assert f"{total.accuracy.right} of {total.accuracy.of}" in text
    for said in ("Accuracy by subject", "Accuracy by level", "risk and coverage", "Tokens", "Time"):
        assert said in text
    for result in run.results():
        assert result.problem.id in text


def test_every_trajectory_is_in_it_with_programs_outputs_and_the_verdict(
    make: Made, tmp_path: Path, solutions: list[Solution]
) -> None:
    write_report(make(2), tmp_path / "report.html")
    text = read(tmp_path / "report.html").text
    steps = [
        step
        for solution in solutions
        for trajectory in solution.trajectories
        for step in trajectory.steps
        if step.program is not None and step.execution is not None
    ]
    assert len(steps) > 1
    for step in steps:
        assert visible(step.program or "").strip("\n") in text
        assert step.execution is None or visible(step.execution.observation()) in text
    for result in Run.open(tmp_path / "run").results():
        assert f"Rule{result.rule}" in text


def test_no_text_of_a_model_or_a_file_is_markup(make: Made, tmp_path: Path) -> None:
    write_report(make(12, attack=3), tmp_path / "report.html")
    page = read(tmp_path / "report.html")
    assert page.text.count("<script>alert(1)</script>") > 10
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", page.text)


def test_the_page_forbids_itself_all_but_its_own_scripts(make: Made, tmp_path: Path) -> None:
    write_report(make(3), tmp_path / "report.html")
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy[1]
    assert not re.search(r"https?://", html)


def test_the_same_run_gives_the_same_bytes(make: Made, tmp_path: Path) -> None:
    run = make(20)
    write_report(run, tmp_path / "one.html", static_limit=10_000)
    write_report(run, tmp_path / "two.html", static_limit=10_000)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_past_a_limit_details_are_packed_and_past_another_left_out(
    make: Made, tmp_path: Path
) -> None:
    write_report(make(40), tmp_path / "report.html", static_limit=1, packed_limit=30_000)
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    read(tmp_path / "report.html")
    assert html.count('<details class="problem') == 1
    packed = re.search(r'data-first="2" data-last="(\d+)"', html)
    assert packed is not None
    assert f"The details of {40 - int(packed[1])} rows are left out" in html


def test_a_class_has_students_and_a_queue_for_a_person(make: Made, tmp_path: Path) -> None:
    write_report(make(30, kind="grade"), tmp_path / "report.html")
    text = read(tmp_path / "report.html").text
    assert "student-3" in text
    assert "A person should look" in text
    assert "choose Person: needed" in text
    assert "Right among the verified" not in text


def test_a_column_in_which_nothing_stands_is_left_out(make: Made, tmp_path: Path) -> None:
    run = make(6)
    write_report(run, tmp_path / "full.html")
    assert '<table id="rows" class="tir">' in (tmp_path / "full.html").read_text()
    with Store(run.folder) as store:
        store.begin()
        store.put(Result("k", 1, Problem("q", "1"), Outcome.CORRECT, 1.0, 1.0, "r", "", "1", False))
    write_report(run, tmp_path / "bare.html")
    assert '<table id="rows" class="tir no-subject no-level">' in (
        (tmp_path / "bare.html").read_text()
    )


def test_a_run_of_nothing_has_a_report(make: Made, tmp_path: Path) -> None:
    write_report(make(0), tmp_path / "report.html")
    assert "0 rows" in read(tmp_path / "report.html").text


def test_where_it_cannot_be_written_is_said(make: Made, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailed, match="cannot be written"):
        write_report(make(1), tmp_path / "nowhere" / "report.html")


@given(
    st.lists(
        st.sampled_from([ATTACK, "<", '"', "$", "`", "\n", "\\", "{", "}", "**", "- "])
        | st.text(max_size=8),
        max_size=5,
    ).map("".join),
    st.sampled_from(list(Outcome)),
)
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_the_text_rows_and_details_hold_only_listed_elements(
    text: str, outcome: Outcome
) -> None:
    problem = Problem(text, text, text or "id", text, text, text, (text,))
    result = Result(
        "key", 7, problem, outcome, 0.5, 2.0, text, text, text, needs_person=True, student=text
    )
    for kind in ("eval", "grade"):
        assert harmless_page(row(result, kind))
    assert harmless_page(details(result))


def harmless_page(markup: str) -> bool:
    markup = re.sub(r' class="(?!tir)[a-z ]*(?:tir)?"', "", markup)
    return bool(harmless(markup, WHOLE, ANYWHERE).text)


def test_its_benchmark_prints_size_and_times() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "tests/benchmarks/report.py",
            "--sizes",
            "2",
            "--as-json",
            "--transcripts",
            ".",
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["standing"] == figures["problems"] == 2
    assert figures["size_mb"] > 0


def test_bins_are_of_one_two_and_five_and_hold_every_row() -> None:
    spread = Spread()
    for value in (0.01, 0.3, 1, 1.99, 2, 5, 9, 10, 49, 999, 0):
        spread.add(value, Outcome.CORRECT)
    found = {(each.low, each.high): each.right for each in spread.bins() if each.right}
    assert found == {
        (0.01, 0.02): 1, (0.2, 0.5): 1, (1, 2): 2, (2, 5): 1, (5, 10): 2, (10, 20): 1,
        (20, 50): 1, (500, 1000): 1,
    }  # fmt: skip


def test_plots_of_nothing_are_nothing() -> None:
    assert histogram("Time", "seconds", []) == ""
    assert risk_coverage([]) == ""
