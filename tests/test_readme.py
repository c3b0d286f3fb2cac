"""Everything the README shows is run, and says what it says there."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
COMMANDS = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines()]
TIR = ".venv/bin/tir "


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the commands read, where they may write; they go on from one another."""
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "notebooks" / "class", folder / "notebooks" / "class")
    return folder


def run(line: str, clone: Path) -> subprocess.CompletedProcess[str]:
    arguments = shlex.split(line.removeprefix(TIR), comments=True)
    return subprocess.run(
        [sys.executable, "-m", "tir", *arguments],
        cwd=clone,
        env=os.environ | {"TIR_STATE": str(clone / "state")},
        capture_output=True,
        text=True,
        timeout=180,
    )


def test_the_first_commands_are_the_two_of_the_makefile() -> None:
    assert COMMANDS[:2] == ["make solve", "make test"]
    assert all(line.startswith((TIR, "make ")) for line in COMMANDS)


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("make ")])
def test_make_knows_the_command(line: str) -> None:
    done = subprocess.run([*shlex.split(line), "-n"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith(TIR)])
def test_a_command_shown_works(line: str, clone: Path) -> None:
    done = run(line, clone)
    said = re.search(r"# ends with (\d+)$", line)
    assert done.returncode == (int(said[1]) if said else 0), done.stderr
    written = re.search(r" -o (\S+)$", line)
    assert done.stdout.strip() or (written and (clone / written[1]).exists())


def settled(text: str) -> list[str]:
    """Lines of a run without what differs from run to run: times."""
    return [re.sub(r"\d+\.\d+ s", "0.0 s", line.rstrip()) for line in text.strip().splitlines()]


def test_the_work_shown_is_what_a_solve_prints(clone: Path) -> None:
    shown = next(text for kind, text in BLOCKS if kind == "text")
    done = run(COMMANDS[2], clone)
    assert settled(done.stderr) == settled(shown)


@pytest.mark.parametrize("code", [text for kind, text in BLOCKS if kind == "python"])
def test_python_shown_runs(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "verified" in done.stdout


def test_the_exit_codes_are_the_ones_in_the_code() -> None:
    from tir.errors import ExitCode

    table = re.findall(r"^[|] (\d+) [|]", README, re.MULTILINE)
    assert sorted(map(int, table)) == sorted(ExitCode)
