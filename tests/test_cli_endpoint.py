"""`tir solve --endpoint` from a shell: what a person sees, and the exit codes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from endpoint_wire import Wire, WireServer

from tir.models.load import load
from tir.render.summary import STOPPED
from tir.trajectory import Stop

QUESTION = "What is 12 * 13?"
KEY = "the-right-key"


@pytest.fixture(scope="module")
def server() -> Iterator[WireServer]:
    with WireServer(Wire(load("mini").model, key=KEY)) as running:
        yield running


def solve(
    server: WireServer, *arguments: str, key: str | None = KEY
) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if "API_KEY" not in name}
    options = ["--endpoint", server.url, "-m", "mini", "--no-history", "--timeout", "90"]
    return subprocess.run(
        [sys.executable, "-m", "tir", "solve", *options, *arguments, QUESTION],
        env=environment | ({"TIR_API_KEY": key} if key else {}),
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_problem_is_solved_there(server: WireServer) -> None:
    done = solve(server, "--no-check")
    assert (done.returncode, done.stdout) == (0, "156\n"), done.stderr
    assert f"Model     mini@127.0.0.1:{server.port}" in done.stderr
    assert KEY not in done.stderr


def test_a_spent_budget_ends_it_with_what_there_is(server: WireServer) -> None:
    done = solve(server, "--budget", "40")
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert "the budget is spent (--budget)" in done.stderr
    assert "no answer" in done.stderr


@pytest.mark.parametrize(("key", "said"), [(None, "wants a key"), ("wrong", "does not accept")])
def test_a_closed_door_is_three_lines(server: WireServer, key: str | None, said: str) -> None:
    done = solve(server, key=key)
    assert (done.returncode, done.stdout) == (3, "")
    lines = done.stderr.rstrip().split("\n")
    assert len(lines) == 3
    assert said in lines[0]
    assert "TIR_API_KEY" in lines[2]


def test_every_end_of_a_trajectory_has_words() -> None:
    assert set(STOPPED) == set(Stop)
