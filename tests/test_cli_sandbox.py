"""Which walls a solve uses, who may do without, and where that is said."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from executors import Gap, Isolation, Tier, Wall
from problems import Problem
from tir.record import solution_record
from tir.render.summary import rows
from tir.solution import Solution, SolutionStatus
from tir.trajectory import Usage

ROOT = Path(__file__).parent.parent
QUESTION = "Compute the greatest common divisor of 84 and 36."


def solution(isolation: Isolation | None) -> Solution:
    """A verified one whose programs were held by this."""
    status = SolutionStatus.VERIFIED
    return Solution(Problem("?"), "42", status, (), (), Usage(), "mini", isolation=isolation)


def tir(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "TIR_THROWAWAY_CONTAINER"}
    return subprocess.run(
        [sys.executable, "-m", "tir", *arguments],
        cwd=ROOT,
        env={**environment, **more},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_solve_says_in_its_record_what_held_its_programs() -> None:
    done = tir("solve", "--json", "-m", "mini", QUESTION)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["isolation"]
    assert told["tier"] in {"namespaces", "bubblewrap", "landlock", "seatbelt"}


@pytest.mark.skipif(os.geteuid() != 0, reason="others than root may choose to go without")
def test_root_is_refused_to_go_without_walls() -> None:
    done = tir("solve", "--unsafe-no-sandbox", "-m", "mini", QUESTION)
    assert done.returncode == 3
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()[-3:]
    assert lines[0].startswith("Error: programs are not run as root without a sandbox")
    assert "TIR_THROWAWAY_CONTAINER=1" in lines[2]


def test_to_go_without_walls_is_said_and_recorded() -> None:
    """The program is the built-in model's own, `math.gcd` of two numbers."""
    allowed = {"TIR_THROWAWAY_CONTAINER": "1"}
    done = tir("solve", "--unsafe-no-sandbox", "-m", "mini", QUESTION, **allowed)
    assert (done.returncode, done.stdout) == (0, "12\n"), done.stderr
    assert "Sandbox   none: the programs ran as you, with your files and network" in done.stderr


def test_a_wall_that_is_missing_is_said_once_and_a_whole_sandbox_not_at_all() -> None:
    gap = Gap(Wall.DISK, "watched only", "")
    partly = Isolation(Tier.LANDLOCK, (gap, gap), ((Tier.NAMESPACES, "denied"),))
    for isolation, said in (
        (Isolation(Tier.NAMESPACES), []),
        (None, []),
        (partly, ["landlock, which does not wholly hold: disk (see tir doctor)"]),
    ):
        assert [r.text for r in rows(solution(isolation)) if r.label == "Sandbox"] == said


def test_the_record_names_gaps_and_what_was_refused() -> None:
    isolation = Isolation(
        Tier.LANDLOCK, (Gap(Wall.DISK, "watched", "more"),), ((Tier.NAMESPACES, "denied"),)
    )
    assert solution_record(solution(isolation))["isolation"] == {
        "tier": "landlock",
        "gaps": [{"wall": "disk", "why": "watched", "remedy": "more"}],
        "refused": [{"tier": "namespaces", "why": "denied"}],
    }
