"""`tir eval` from end to end: the real command, loop, store and kernels; the model is scripted."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from runs_doubles import essence

from tir.runs.run import Run

# The seam is where a model is loaded; what is loaded is the double that the package ships.
PROGRAM = """
import os, sys
sys.path.insert(0, TESTS)
import tir.api
from runs_doubles import adder
from tir.models.load import Loaded

pause = float(os.environ.get("PAUSE", "0"))
model = adder(lambda n, seed: n % 5 == 4, seconds=pause)
tir.api.load_model = lambda *_: Loaded(model)
FAULT

from tir.cli import main

main()
"""
TESTS = str(Path(__file__).parent)
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}


def command(*arguments: str, fault: str = "") -> list[str]:
    program = PROGRAM.replace("TESTS", repr(TESTS)).replace("FAULT", fault)
    return [sys.executable, "-c", program, *arguments]


def tir(
    *arguments: str, cwd: Path, fault: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments, fault=fault),
        capture_output=True,
        text=True,
        timeout=120,
        cwd=cwd,
        env={**ENVIRONMENT, **more},
    )


def write_set(path: Path, count: int) -> Path:
    lines = [
        json.dumps({"id": f"p{n}", "question": f"What is {n} + {n + 1}?", "answer": 2 * n + 1})
        for n in range(count)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def evaluation(*more: str) -> tuple[str, ...]:
    return ("eval", "set.jsonl", "-m", "mini", "-n", "1", "--no-check", "-o", "run", *more)


def test_it_solves_scores_and_leaves_a_folder(tmp_path: Path) -> None:
    write_set(tmp_path / "set.jsonl", 10)
    done = tir(*evaluation(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "accuracy   80.0 % (49.0 to 94.3), 8 of 10" in done.stdout
    assert "tir view run" in done.stderr
    assert "10/10 · 80.0 % (49 to 94) · 0 undecided" in done.stderr
    folder = tmp_path / "run"
    names = {path.name for path in folder.iterdir()}
    assert names >= {"manifest.json", "results.sqlite", "results.csv", "report.html"}
    with (folder / "results.csv").open() as table:
        rows = list(csv.DictReader(table))
    assert [row["outcome"] for row in rows].count("correct") == 8
    assert json.loads((folder / "manifest.json").read_text())["isolation"]["tier"]
    again = tir(*evaluation("--json", "--fail-under", "0.9"), cwd=tmp_path, fault="model = None")
    assert again.returncode == 1
    assert "10 of 10 were there from before" in again.stderr
    assert json.loads(again.stdout)["total"]["accuracy"]["value"] == 0.8


def test_loader_errors_come_all_at_once_before_any_model(tmp_path: Path) -> None:
    (tmp_path / "set.jsonl").write_text('{"question": "q"}\nnonsense\n{"question": ""}\n')
    fault = "def no(*_): raise AssertionError('loaded')\ntir.api.load_model = no"
    done = tir(*evaluation(), cwd=tmp_path, fault=fault)
    assert done.returncode == 2
    assert "set.jsonl:2: not JSON" in done.stderr
    assert "set.jsonl:3: " in done.stderr
    assert not (tmp_path / "run").exists()


def test_killed_at_any_moment_it_goes_on_to_the_same_results(tmp_path: Path) -> None:
    """kill -9 three times; then each problem is there once, as in a run that nothing disturbed."""
    write_set(tmp_path / "set.jsonl", 60)
    draw = random.Random(6)
    for _ in range(3):
        process = subprocess.Popen(
            command(*evaluation("--in-flight", "8")),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env={**ENVIRONMENT, "PAUSE": "0.02"},
        )
        assert process.stderr is not None
        process.stderr.readline()
        time.sleep(draw.uniform(0.05, 0.9))
        process.kill()
        process.communicate()
        found = [row.key for row in Run.open(tmp_path / "run").results()]
        assert len(found) == len(set(found))
    done = tir(*evaluation(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    resumed = list(Run.open(tmp_path / "run").results())
    assert [row.problem.id for row in resumed] == [f"p{n}" for n in range(60)]
    assert tir(*evaluation("-o", "whole"), cwd=tmp_path).returncode == 0
    whole = list(Run.open(tmp_path / "whole").results())
    assert essence(resumed) == essence(whole)


@pytest.mark.parametrize("times", [1, 2])
def test_interrupts(tmp_path: Path, times: int) -> None:
    """Once: what runs is finished. Twice: it stops at once. Both say how to go on."""
    write_set(tmp_path / "set.jsonl", 40)
    pause = "0.05" if times == 1 else "2"
    with subprocess.Popen(
        command(*evaluation("--in-flight", "4")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**ENVIRONMENT, "PAUSE": pause},
    ) as process:
        assert process.stderr is not None
        process.stderr.readline()
        time.sleep(0.5)
        began = time.monotonic()
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "finishing what runs; Ctrl-C again stops at once" in said
    assert "Interrupted. To go on: tir eval set.jsonl" in said
    assert "Traceback" not in said
    rows = list(Run.open(tmp_path / "run").results())
    if times == 1:
        assert 4 <= len(rows) < 40
        assert {row.outcome.value for row in rows} <= {"correct", "incorrect"}
    else:
        assert not rows
        assert time.monotonic() - began < 10


def test_undecided_problems_give_exit_code_4_and_are_retried(tmp_path: Path) -> None:
    write_set(tmp_path / "set.jsonl", 2)
    done = tir(*evaluation("--timeout", "0.2"), cwd=tmp_path, PAUSE="0.2")
    assert done.returncode == 4
    assert "2 undecided" in done.stdout
    done = tir(*evaluation("--retry", "undecided"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_two_processes_do_not_write_one_run(tmp_path: Path) -> None:
    write_set(tmp_path / "set.jsonl", 5)
    with subprocess.Popen(
        command(*evaluation()),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env={**ENVIRONMENT, "PAUSE": "0.3"},
    ) as process:
        assert process.stderr is not None
        process.stderr.readline()
        second = tir(*evaluation(), cwd=tmp_path)
        process.kill()
        process.stderr.read()
    assert second.returncode == 2
    assert f"Process {process.pid} holds run.lock" in second.stderr


def test_options_that_exclude_each_other(tmp_path: Path) -> None:
    done = tir("eval", "school", "--fresh", "--regrade", cwd=tmp_path)
    assert done.returncode == 2
    assert "exclude each other" in done.stderr


def test_an_unknown_set_is_told_with_the_known_ones(tmp_path: Path) -> None:
    done = tir("eval", "skool", "-m", "mini", cwd=tmp_path)
    assert done.returncode == 2
    assert "school" in done.stderr
