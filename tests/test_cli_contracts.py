"""What scripts rely on: exit codes, a pure stdout, colours where they are wanted, Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import tir.api
from tir.cli import cli
from tir.errors import ExitCode
from tir.models.load import Loaded
from tir.models.options import LoadOptions
from tir.models.scripted import ScriptedModel

ROOT = Path(__file__).parent.parent
QUESTION = "What is 6 * 7?"
SOLVES = ["Multiply.\n```python\nprint(6 * 7)\n```\n```output", "It is $\\boxed{42}$."]
CHECK = "```python\ndef check(answer):\n    return answer / 6 == 7\n```"
SLOW = r"\sum_{k=1}^{10^{12}}\frac{\sin k}{k}"
"""Which the grader works at until its time is up."""


class Machine:
    """Commands on a machine whose model says what it is told to say."""

    def __init__(self) -> None:
        self.turns: list[str] | Callable[[str, int], str] = SOLVES
        self.check = CHECK

    def load(self, name: str, options: LoadOptions) -> Loaded:
        print("a library that prints")
        return Loaded(ScriptedModel(self.turns, check=[self.check]))

    def __call__(self, *arguments: str, stdin: str = "", **environ: str) -> Result:
        return CliRunner(env=environ).invoke(cli, list(arguments), input=stdin)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """One for all: what is solved once is taken from the history afterwards."""
    made = Machine()
    folder = tmp_path_factory.mktemp("machine")
    (folder / "key.csv").write_text("id,answer\nq1,42\n")
    (folder / "class.csv").write_text("student,q1\nann,42\n")
    (folder / "odd.csv").write_text(f'student,q1\nann,"{SLOW}"\n')
    (folder / "odd-key.csv").write_text("id,answer\nq1,x + 1\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIR_STATE", str(folder / "state"))
        patch.chdir(folder)
        patch.setattr(tir.api, "load_model", made.load)
        patch.setattr("tir.students.silent.load_model", made.load)
        yield made


JSON = [
    ("solve", QUESTION, "-n", "1", "--json"),
    ("hint", QUESTION, "--json"),
    ("check", QUESTION, "41", "--json"),
    ("check", "--work", "-", "--json"),
    ("history", "list", "--json"),
    ("history", "show", "last", "--json"),
    ("export", "last", "-f", "json"),
    ("config", "show", "--json"),
    ("models", "list", "--json"),
    ("equal", "1/2", "0.5", "--json"),
    ("grade", "class.csv", "--key", "key.csv", "-o", "graded", "--json"),
]


@pytest.mark.parametrize("arguments", JSON, ids=lambda arguments: " ".join(arguments)[:24])
def test_with_json_stdout_is_one_object_and_nothing_else(
    machine: Machine, arguments: tuple[str, ...]
) -> None:
    done = machine(*arguments, stdin="2x = 6\nx = 3\n", FORCE_COLOR="1")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert isinstance(json.loads(done.stdout), dict)
    assert "\x1b" not in done.stdout


def test_json_lines_are_objects_each(machine: Machine) -> None:
    done = machine("solve", QUESTION, "-n", "1", "--jsonl", FORCE_COLOR="1")
    assert all(isinstance(json.loads(line), dict) for line in done.stdout.splitlines())
    assert "a library that prints" in done.stderr


def _mostly_41(text: str, seed: int) -> str:
    """Three samples of four, which a check refutes that accepts the fourth."""
    return "\\boxed{42}" if seed == 3 else "\\boxed{41}"


CODES = [
    (ExitCode.ANSWERED, ("solve", "-q", "-n", "1", QUESTION), {}),
    (ExitCode.ANSWERED, ("check", QUESTION, "42"), {}),
    (ExitCode.ANSWERED, ("check", "--work", "-"), {}),
    (ExitCode.ANSWERED, ("grade", "class.csv", "--key", "key.csv", "-o", "graded"), {}),
    (ExitCode.NO_ANSWER, ("solve", "-q", "-n", "1", "What?"), {"turns": ["I do not know."]}),
    (ExitCode.NO_ANSWER, ("check", QUESTION, "41"), {}),
    (ExitCode.NO_ANSWER, ("hint", "-n", "1", "Which?"), {"turns": ["I do not know."]}),
    (ExitCode.NO_ANSWER, ("equal", "1", "2"), {}),
    (ExitCode.USAGE, ("solve", "--nope", QUESTION), {}),
    (ExitCode.USAGE, ("solve", "no/such/file.txt"), {}),
    (ExitCode.USAGE, ("export", "no-such-thing"), {}),
    (ExitCode.ENVIRONMENT, ("solve", "-m", "nonesuch", QUESTION), {"load": tir.api.load_model}),
    (ExitCode.UNDECIDED, ("solve", "-q", "Refuted?"), {"turns": _mostly_41}),
    (ExitCode.UNDECIDED, ("check", "-n", "1", "Unsure?", "42"), {"turns": ["No idea."]}),
    (ExitCode.INTERRUPTED, ("solve", "-q", "Stopped?"), {"load": "interrupted"}),
    (ExitCode.INTERRUPTED, ("hint", "Stopped?"), {"load": "interrupted"}),
]


@pytest.mark.parametrize(("code", "arguments", "machinery"), CODES)
def test_the_table_of_exit_codes(
    machine: Machine,
    code: ExitCode,
    arguments: tuple[str, ...],
    machinery: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: object) -> Loaded:
        raise KeyboardInterrupt

    for name, value in machinery.items():
        if name == "load":
            load = interrupted if value == "interrupted" else value
            monkeypatch.setattr(tir.api, "load_model", load)
        else:
            monkeypatch.setattr(machine, name, value)
    done = machine(*arguments, stdin="2x = 6\nx = 3\n")
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output
    assert "unexpected" not in done.output


def test_the_table_is_complete() -> None:
    assert {code for code, _, _ in CODES} == set(ExitCode)


@pytest.mark.parametrize(
    "arguments",
    [("equal", SLOW, "x + 1"), ("grade", "odd.csv", "--key", "odd-key.csv", "-o", "odd")],
    ids=lambda arguments: arguments[0],
)
def test_an_interrupt_while_answers_are_compared(
    machine: Machine, arguments: tuple[str, ...]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "tir", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        ends = time.monotonic() + 30
        while not _children(process.pid) and time.monotonic() < ends:
            time.sleep(0.02)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == ExitCode.INTERRUPTED, said
    assert "Traceback" not in said


def _children(pid: int) -> str:
    """Of every thread: whichever of them started the worker."""
    try:
        return "".join(each.read_text() for each in Path(f"/proc/{pid}/task").glob("*/children"))
    except OSError:
        return ""


@pytest.mark.parametrize(
    ("environ", "options", "coloured"),
    [
        ({}, (), False),
        ({"FORCE_COLOR": "1"}, (), True),
        ({"FORCE_COLOR": "0"}, (), False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, (), False),
        ({"FORCE_COLOR": "1"}, ("--no-color",), False),
        ({"TERM": "dumb"}, (), False),
    ],
)
def test_colours_of_a_ruling(
    machine: Machine, environ: dict[str, str], options: tuple[str, ...], coloured: bool
) -> None:
    done = machine("check", QUESTION, "41", *options, **environ)
    assert ("\x1b[" in done.stdout) is coloured
    assert "wrong" in done.stdout
