"""`tir grade`, `view`, `compare` and `export`: what they print, write and return."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from runs_doubles import POLICY, adder, executor, sums

import tir as api
from tir.cli import cli
from tir.cli.finish import again
from tir.cli.progress import Line
from tir.errors import ExitCode
from tir.runs.progress import Progress
from tir.runs.result import Outcome


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("key.csv").write_text("id,answer\nq1,1/2\nq2,42\n")
    Path("class.csv").write_text("student,q1,q2\nann,0.5,42\n\x1b[2Jbob,1/3,\n")
    return tmp_path


def tir(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, prog_name="tir")


def test_a_class_is_marked(work: Path) -> None:
    done = tir("grade", "class.csv", "--key", "key.csv", "-o", "run")
    assert done.exit_code == 0, done.output
    assert "accuracy   50.0 %" in done.stdout
    assert "2 correct, 1 incorrect, 1 no_answer" in done.stdout
    names = {path.name for path in Path("run").iterdir()}
    assert names >= {
        "manifest.json", "results.csv", "students.csv", "review.csv", "report.html",
    }  # fmt: skip
    assert (
        tir("grade", "class.csv", "--key", "key.csv", "-o", "run", "--fail-under", "0.6").exit_code
        == 1
    )


def test_bad_rows_end_with_2_and_file_and_line(work: Path) -> None:
    Path("class.csv").write_text("student,problem,answer\nann,q7,1\n")
    done = tir("grade", "class.csv", "--key", "key.csv")
    assert isinstance(done.exception, api.TirError | SystemExit)
    text = str(done.exception) + done.stderr
    assert "class.csv:2: problem 'q7' is not in the key" in text


@pytest.fixture
def runs(work: Path) -> Path:
    for name, start, wrong in (("a", 0, 2), ("b", 0, 1)):
        api.evaluate(
            sums(6, start), model=adder(lambda n, _, wrong=wrong: n < wrong), policy=POLICY,
            out=name, executor=executor(),
        )  # fmt: skip
    return work


def test_two_runs_are_compared(runs: Path) -> None:
    done = tir("compare", "a", "b")
    assert done.exit_code == 0, done.output
    assert "B minus A  +16.7 points" in done.stdout
    assert "gained     1" in done.stdout
    assert "+ p1: 4 -> 3" in done.stdout
    record = json.loads(tir("compare", "a", "b", "--json").stdout)
    assert (record["gained"], record["lost"], record["pairs"]) == (1, 0, 6)


def test_the_report_is_written_and_its_path_printed(runs: Path) -> None:
    done = tir("view", "a", "--no-open")
    assert done.exit_code == 0, done.output
    path = Path(done.stdout.strip())
    assert path.is_file()
    assert "What is 3 + 4?" in path.read_text()


def test_the_report_is_exported_as_a_page_and_the_rows_as_tables(runs: Path) -> None:
    for name, begin in (("r.html", b"<!doctype html>"), ("r.csv", b"position,")):
        done = tir("export", "a", "-o", name)
        assert done.exit_code == 0, done.output
        assert Path(name).read_bytes().startswith(begin)
    done = tir("export", "a", "-o", "r.xlsx")
    assert done.exit_code == 2
    assert "csv, parquet, jsonl, and html" in done.stderr


@pytest.mark.parametrize("name", ["absent", "."])
def test_what_is_no_run_is_told(work: Path, name: str) -> None:
    done = tir("view", name)
    assert done.exit_code == 2
    assert f"Error: {name} is not the folder of a run." in done.stderr
    assert ("There is no such folder." in done.stderr) is (name == "absent")


def test_view_takes_the_latest_run(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIR_RUNS", str(runs))
    os.utime(runs / "a" / "results.sqlite")
    assert Path(tir("view", "--no-open").stdout.strip()).parent == runs / "a"


class Screen:
    """A stream that may be a terminal."""

    def __init__(self, terminal: bool) -> None:
        self.text = ""
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""


def play(terminal: bool, rows: int) -> str:
    screen = Screen(terminal)
    line = Line(screen)  # type: ignore[arg-type]
    progress = Progress(planned=rows)
    for _ in range(rows):
        progress.totals.rows += 1
        progress.totals.outcomes[Outcome.CORRECT] += 1
        progress.fresh += 1
        line(progress)
    line.close()
    return screen.text


def test_progress_on_a_terminal_is_one_line() -> None:
    text = play(True, 500)
    assert "\n" not in text[:-1]
    assert text.endswith("\n")
    assert text.split("\r\x1b[K")[-1].startswith("500/500 · 100.0 % (99 to 100) · 0 undecided")


def test_progress_without_a_terminal_is_few_plain_lines() -> None:
    lines = play(False, 500).splitlines()
    assert 2 <= len(lines) <= 5
    assert lines[-1].startswith("500/500")
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("terminal", [True, False])
def test_rows_that_are_there_from_before_are_told_once(terminal: bool) -> None:
    screen = Screen(terminal)
    line = Line(screen)  # type: ignore[arg-type]
    progress = Progress(planned=3)
    progress.found(Outcome.CORRECT)
    line(progress)
    progress.found(Outcome.CORRECT)
    line(progress)
    for _ in range(2):
        line.close()
    assert screen.text.count("from before") == 1
    assert screen.text.endswith("\n2 of 3 were there from before; --fresh does them again.\n")


def test_the_command_that_goes_on_does_not_start_over() -> None:
    typed = ["/usr/bin/tir", "eval", "my set.csv", "--fresh", "-n", "4"]
    assert again(typed) == "tir eval 'my set.csv' -n 4"


def test_exit_codes_are_those_of_the_table() -> None:
    assert (ExitCode.NO_ANSWER, ExitCode.USAGE, ExitCode.ENVIRONMENT) == (1, 2, 3)
    assert (ExitCode.UNDECIDED, ExitCode.INTERRUPTED) == (4, 130)
