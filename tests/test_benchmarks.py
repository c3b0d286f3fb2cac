"""The benchmarks run; what they measure is not asserted here, but by people who read it."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_benchmark_of_the_built_in_model_counts_real_solves() -> None:
    small = ["--families", "gcd", "--count", "2", "--phrasings", "1", "--outside", "0"]
    done = subprocess.run(
        [sys.executable, "tests/benchmarks/mini.py", *small],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^gcd +\d+\.\d% \((\d)/(\d)\)", done.stdout, re.MULTILINE)
    assert [of for _, of in rows] == ["2", "1"]


def test_the_benchmark_of_the_sandbox_prints_figures_and_bars() -> None:
    small = "--count 2 --stock 1 --live 3 --programs 3 --soak 8".split()
    done = subprocess.run(
        [sys.executable, "tests/benchmarks/sandbox.py", *small],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    for figure in ("fresh session, first result", "3 sessions at once", "soak, processes"):
        assert figure in done.stdout


def test_the_benchmark_of_the_grader_prints_figures_and_bars() -> None:
    done = subprocess.run(
        [sys.executable, "tests/benchmarks/grading.py", "--quick", "--only", "injection"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^injections .* 0 +0$", done.stdout, re.MULTILINE)
    assert re.search(r"^SymPy's parsers .* none +none$", done.stdout, re.MULTILINE)
