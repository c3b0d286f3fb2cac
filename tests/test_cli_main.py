"""The command around the commands: help, version, names, light imports."""

import re
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from tir import __version__
from tir.cli import COMMANDS, cli
from tir.errors import ExitCode

HEAVY = {"torch", "transformers", "sympy", "jupyter_client", "numpy", "zmq", "tokenizers"}


def tir(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tir", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        stdin=subprocess.DEVNULL,
    )


def imported(*arguments: str) -> set[str]:
    """Modules that a run of the command has imported when it exits."""
    program = (
        "import sys, atexit\n"
        "atexit.register(lambda: sys.stderr.write(' '.join(sys.modules)))\n"
        "from tir.cli import main\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0
    return set(done.stderr.split())


def test_help_lists_commands_examples_and_exit_codes() -> None:
    done = tir("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for command in COMMANDS:
        assert re.search(rf"^  {command.name} +{re.escape(command.summary)}$", done.stdout, re.M)
    assert "Examples:\n" in done.stdout
    assert "Exit codes:\n" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_help_is_fast() -> None:
    tir("--help")
    times = []
    for _ in range(5):
        began = time.perf_counter()
        tir("--help")
        times.append(time.perf_counter() - began)
    assert min(times) < 0.3


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("solve", "--help")])
def test_help_imports_nothing_heavy(arguments: tuple[str, ...]) -> None:
    assert not imported(*arguments) & HEAVY


def test_the_help_of_the_group_imports_no_command() -> None:
    modules = imported("--help")
    assert "tir.cli.group" in modules
    assert not {"tir.cli.solve", "tir.cli.models", "tir.errors"} & modules


def test_solve_help_has_examples() -> None:
    done = tir("solve", "-h")
    assert done.returncode == 0
    assert "Examples:\n" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_listed_command_has_help(command: object) -> None:
    result = CliRunner().invoke(cli, [command.name, "--help"])  # type: ignore[attr-defined]
    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: ")


def test_version() -> None:
    assert tir("--version").stdout == f"tir {__version__}\n"


def test_nothing_at_all_shows_the_help_and_is_code_2() -> None:
    done = tir()
    assert (done.returncode, done.stdout) == (ExitCode.USAGE, "")
    assert done.stderr.startswith("Usage: tir ")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["sovle"], "tir solve --help"),
        (["modles", "list"], "tir models --help"),
        (["integrate", "x^2", "dx"], 'tir solve "integrate x^2 dx"'),
        (["banana"], "tir --help"),
        (["help"], "tir --help"),
    ],
)
def test_a_word_that_is_no_command_is_explained(arguments: list[str], hint: str) -> None:
    done = tir(*arguments)
    assert (done.returncode, done.stdout) == (ExitCode.USAGE, "")
    what, _, last = done.stderr.splitlines()
    assert what == f"Error: there is no command {arguments[0]!r}."
    assert last == f"  Try: {hint}"


@pytest.mark.parametrize("problem", ["what is 2 + 2", "2+2", "求解方程", "  ", "x^2=4"])
def test_a_bare_problem_goes_to_solve(problem: str) -> None:
    # The option belongs to `solve`, and is refused there before anything is loaded.
    result = CliRunner().invoke(cli, [problem, "-n", "0"])
    assert result.exit_code == ExitCode.USAGE
    assert "'--samples'" in result.stderr
    assert "Usage: tir solve " in result.stderr


def test_an_option_may_stand_before_a_bare_problem() -> None:
    result = CliRunner().invoke(cli, ["-n", "0", "what is 2 + 2"])
    assert result.exit_code == ExitCode.USAGE
    assert "'--samples'" in result.stderr


def test_an_unknown_option_is_three_lines() -> None:
    done = tir("--verison")
    assert done.returncode == ExitCode.USAGE
    assert len(done.stderr.splitlines()) == 3
    assert "--version" in done.stderr


def test_the_shell_can_ask_for_completion() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tir"],
        capture_output=True,
        text=True,
        timeout=30,
        env={"_TIR_COMPLETE": "bash_complete", "COMP_WORDS": "tir so", "COMP_CWORD": "1"},
    )
    assert done.stdout.split() == ["plain,solve"]
