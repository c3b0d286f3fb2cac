"""`tir doctor`: what it says of a sandbox, and its exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from executors.selfcheck import Finding, SandboxReport
from executors.walls import REQUIRED, Gap, Isolation, Tier, Wall
from tir.cli import doctor as command
from tir.cli.doctor import doctor
from tir.errors import ExitCode

ROOT = Path(__file__).parent.parent
HELD = tuple(Finding(f"at {wall}", wall, True) for wall in Wall)
OWNED = Finding("forge", Wall.OUTPUT, False, "said \x1b]0;owned\x07\nand went on")
GAP = Gap(Wall.DISK, "it is watched, not walled off", "mount a quota")


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "tir", "doctor", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_attacks_this_machine() -> None:
    done = run("--json")
    told = json.loads(done.stdout)
    assert told["schema"] == "tir.doctor/1"
    if told["tier"] == Tier.NONE:
        assert done.returncode == ExitCode.ENVIRONMENT
        pytest.skip(told["why"])
    assert told["required_hold"], told["findings"]
    assert done.returncode == 0
    assert done.stderr == ""
    walls = {each["wall"]: each for each in told["walls"]}
    assert set(walls) == set(Wall)
    assert {name for name, each in walls.items() if each["required"]} == set(REQUIRED)
    assert all(each["attacks"] for each in walls.values())
    assert told["facts"]["python"].startswith(".".join(map(str, sys.version_info[:3])))


def test_one_line_for_each_wall_and_no_orders_to_the_terminal() -> None:
    report = SandboxReport(Isolation(Tier.LANDLOCK, (GAP,)), (*HELD, OWNED))
    text = "\n".join(command.lines(report, 12.0))
    assert text.startswith("sandbox: landlock\n")
    for wall in Wall:
        verdict = "does not hold" if wall is Wall.OUTPUT else "holds"
        assert any(
            line.split()[: len(wall.split())] == wall.split() and verdict in line
            for line in text.splitlines()
        ), wall
    assert "1 of 2 attacks" in text
    assert "forge: said \\x1b]0;owned\\x07 and went on" in text
    assert "disk: it is watched, not walled off\n  Try: mount a quota" in text
    assert "\x1b" not in text


def test_a_wall_that_was_not_tried_is_said_to_be() -> None:
    text = "\n".join(command.lines(SandboxReport(Isolation(Tier.NAMESPACES), ()), 0.0))
    assert text.count("not tried") == len(Wall)


def test_document_is_whole() -> None:
    report = SandboxReport(
        Isolation(Tier.LANDLOCK, (GAP,), ((Tier.NAMESPACES, "denied"),)), (*HELD, OWNED)
    )
    told = json.loads(json.dumps(command.document(report, full=True, seconds=1.0)))
    assert told["required_hold"] is False
    assert told["gaps"] == [{"wall": "disk", "why": GAP.why, "remedy": GAP.remedy}]
    assert told["refused"] == [{"tier": "namespaces", "why": "denied"}]
    assert told["findings"][-1]["detail"] == OWNED.detail
    output = next(each for each in told["walls"] if each["wall"] == "output")
    assert (output["holds"], output["attacks"], output["broken"]) == (False, 2, ["forge"])


@pytest.mark.parametrize("extra", [[], ["--json"]])
def test_exit_code_when_a_required_wall_gives_way(
    monkeypatch: pytest.MonkeyPatch, extra: list[str]
) -> None:
    async def attacked(**_: object) -> SandboxReport:
        return SandboxReport(Isolation(Tier.NAMESPACES), (*HELD, OWNED))

    monkeypatch.setattr(command, "selfcheck", attacked)
    result = CliRunner().invoke(doctor, extra)
    error = result.exception
    assert getattr(error, "exit_code", None) == ExitCode.ENVIRONMENT
    assert str(error).splitlines()[0] == "the sandbox of this machine does not hold: output."
    assert len(str(error).splitlines()) == 3
    assert "forge" in str(error)
    assert ("output" in json.loads(result.stdout)["walls"][-1]["wall"]) if extra else result.stdout


def test_a_wall_that_is_not_required_is_reported_and_no_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def attacked(**_: object) -> SandboxReport:
        full = Finding("fill", Wall.DISK, False, "33 MB")
        return SandboxReport(Isolation(Tier.LANDLOCK, (GAP,)), (*HELD, full))

    monkeypatch.setattr(command, "selfcheck", attacked)
    result = CliRunner().invoke(doctor, [])
    assert result.exit_code == 0
    assert "fill: 33 MB" in result.stdout


def test_a_tier_that_cannot_be_had_ends_in_three_lines() -> None:
    done = run("--tier", "seatbelt")
    assert done.returncode == ExitCode.ENVIRONMENT
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 3
    assert done.stderr.startswith("Error: ")


def test_no_sandbox_at_all_cannot_be_asked_for() -> None:
    assert run("--tier", "none").returncode == ExitCode.USAGE


def test_importing_it_is_light() -> None:
    program = "import sys, tir.cli.doctor; print(sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert not {"'zmq'", "'sympy'", "'torch'", "'numpy'"} & set(
        done.stdout.strip("[]\n").split(", ")
    )
