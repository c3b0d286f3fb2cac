"""`tir solve` from end to end: the real command, loop and kernel; only the model is scripted."""

import errno
import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from problems import Problem
from tir.cli import cli
from tir.cli.solve import exit_code
from tir.errors import ExitCode
from tir.solution import Solution, SolutionStatus
from tir.trajectory import Usage

# The seam is where a model is loaded; what is loaded is the double that the package ships.
PROGRAM = """
import os
import tir.api
from tir.models.load import Loaded
from tir.models.scripted import ScriptedModel

turns = os.environ["SPOKEN"].split("|")
pause = float(os.environ.get("PAUSE", "0"))
model = ScriptedModel(solution=turns, seconds_per_delta=pause)
tir.api.load_model = lambda *_: Loaded(model)
FAULT

from tir.cli import main

main()
"""
COMPUTES = "Multiply.\n```python\nprint(6 * 7)\n```\n```output\n|\nIt is $\\boxed{42}$."
RAMBLES = "No idea. " * 500
ATTACKS = "```python\nprint('\\x1b[2J')\n```\n```output\n|\n\x1b]0;t\x07 \\boxed{\x1b[31m4}"
QUESTION = "What is 6 * 7?"


def environment(spoken: str, **more: str) -> dict[str, str]:
    kept = {
        k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "TIR_MODEL")
    }
    return {**kept, "TERM": "xterm", "SPOKEN": spoken, **more}


def command(*arguments: str, fault: str = "") -> list[str]:
    return [sys.executable, "-c", PROGRAM.replace("FAULT", fault), *arguments]


def tir(
    *arguments: str, spoken: str = COMPUTES, stdin: str = "", fault: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments, fault=fault),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(spoken, **more),
    )


def on_a_terminal(*arguments: str, spoken: str = COMPUTES, **more: str) -> tuple[str, int]:
    """What a terminal shows, and the exit code."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command(*arguments),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(spoken, **more),
    ) as process:
        os.close(theirs)
        text = b"".join(_until_hangup(ours))
    os.close(ours)
    return text.decode().replace("\r\n", "\n"), process.returncode


def _until_hangup(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError as error:
            # Linux's way to say that the other side has closed a pty.
            if error.errno != errno.EIO:
                raise
            return
        if not data:
            return
        yield data


def started(*arguments: str, spoken: str, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(spoken, **more),
    )


def test_a_pipe_gets_the_answer_alone_and_the_work_goes_to_stderr() -> None:
    done = tir(QUESTION, "--no-check", "-n", "1")
    assert (done.stdout, done.returncode) == ("42\n", ExitCode.ANSWERED)
    assert "    │ print(6 * 7)\n" in done.stderr
    assert "Answer    42\n" in done.stderr
    assert "\x1b" not in done.stderr


def test_quiet_says_nothing_else_and_the_problem_may_come_from_a_pipe() -> None:
    done = tir("solve", "-q", "--no-check", "-n", "1", stdin=QUESTION)
    assert (done.stdout, done.stderr, done.returncode) == ("42\n", "", 0)


def test_json_is_the_only_thing_on_stdout() -> None:
    noise = "from tir.inquiry import Inquiry\nold = Inquiry.solution\n"
    noise += "Inquiry.solution = lambda *a, **k: [print('noise'), old(*a, **k)][1]"
    done = tir(QUESTION, "--json", "--no-check", "-n", "3", fault=noise)
    record = json.loads(done.stdout)
    assert (record["schema"], record["answer"], record["status"]) == (
        "tir.solution/1",
        "42",
        "verified",
    )
    assert record["problem"]["question"] == QUESTION
    assert record["agreement"] == {"k": 3, "n": 3}
    assert [t["seed"] for t in record["trajectories"]] == [0, 1, 2]
    assert record["trajectories"][0]["steps"][0]["execution"]["observation"] == "42"
    assert set(done.stderr.split()) == {"noise"}


def test_json_lines_are_events_and_end_with_the_solution() -> None:
    done = tir(QUESTION, "--jsonl", "--no-check", "-n", "1", "--seed", "7")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    names = [record["event"] for record in records]
    assert names[:2] == ["started", "trajectory_started"]
    assert names.count("solved") == 1
    assert {record["schema"] for record in records} == {"tir.event/1"}
    assert records[-1]["solution"]["answer"] == "42"
    assert records[1]["seed"] == 7000  # of the first trajectory; others count on from there
    assert done.stderr == ""


def test_a_terminal_gets_everything_with_the_answer_last() -> None:
    text, code = on_a_terminal(QUESTION, "--no-check", "-n", "1")
    assert code == 0
    assert "\x1b[" in text
    bare = re.sub("\x1b\\[[0-9;]*m", "", text)
    assert bare.startswith("Problem\n  What is 6 * 7?\n")
    assert "\nAnswer    42\nStatus    not verified\n" in bare
    assert bare.rstrip().splitlines()[-1] == "Model     scripted"


@pytest.mark.parametrize(
    ("arguments", "more"),
    [([], {"NO_COLOR": "1"}), ([], {"TERM": "dumb"}), (["--no-color"], {})],
)
def test_a_terminal_that_wants_no_colour_gets_none(
    arguments: list[str], more: dict[str, str]
) -> None:
    text, _ = on_a_terminal("solve", QUESTION, "--no-check", "-n", "1", *arguments, **more)
    assert "Answer    42" in text
    assert not re.search("\x1b\\[[0-9;]*m", text)
    assert ("\x1b" in text) is (more.get("TERM") != "dumb")


def test_forced_colour_colours_the_work_and_never_the_answer() -> None:
    done = tir(QUESTION, "--no-check", "-n", "1", FORCE_COLOR="1")
    assert "\x1b[" in done.stderr
    assert done.stdout == "42\n"


def test_escape_sequences_of_model_and_program_are_spelt_out() -> None:
    text, _ = on_a_terminal(f"{QUESTION} \x1b[5m", "--no-check", "-n", "1", spoken=ATTACKS)
    # Ours are colours, and "up so many lines, clear below".
    assert not re.search("\x1b(?!\\[[0-9;]*m|\\[\\d+A\x1b\\[J|\\[J)", text)
    assert "\x1b[5m" not in text
    assert "\x1b[31m4" not in text
    for spelt in ("\\x1b[5m", "\\x1b[2J", "\\x1b]0;t\\x07", "\\x1b[31m4"):
        assert spelt in text
    assert tir(QUESTION, "-q", "--no-check", "-n", "1", spoken=ATTACKS).stdout == "\\x1b[31m4\n"


def test_no_answer_leaves_stdout_empty_and_is_code_1() -> None:
    done = tir(QUESTION, "-n", "1", "--max-tokens", "200", spoken=RAMBLES)
    assert (done.stdout, done.returncode) == ("", ExitCode.NO_ANSWER)
    assert "--max-tokens" in done.stderr


def test_a_closed_pipe_ends_in_silence() -> None:
    with started(QUESTION, "--jsonl", "-n", "1", spoken=RAMBLES) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["event"] == "started"
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_an_interrupt_prints_what_was_done_and_is_code_130() -> None:
    fault = """
import signal

def speak(text, seed):
    if "```output" not in text:
        return turns[0]
    os.kill(os.getpid(), signal.SIGINT)
    return "Hm. " * 400

model = ScriptedModel(solution=speak, seconds_per_delta=0.05)
"""
    done = tir(QUESTION, "--json", "--no-check", fault=fault)
    record = json.loads(done.stdout)
    assert (record["interrupted"], record["answer"]) == (True, None)
    assert record["trajectories"][0]["steps"][0]["execution"]["stdout"] == "42\n"
    assert record["trajectories"][0]["stop"] == "interrupted"
    assert (done.returncode, done.stderr) == (ExitCode.INTERRUPTED, "")


def test_json_lines_of_an_interrupted_solve_are_whole_and_end_with_the_solution() -> None:
    with started(QUESTION, "--jsonl", spoken=RAMBLES, PAUSE="0.03") as process:
        assert process.stdout is not None
        head = [process.stdout.readline() for _ in range(5)]
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
    records = [json.loads(line) for line in [*head, *rest.splitlines()]]
    assert records[-1]["solution"]["interrupted"] is True
    assert process.returncode == ExitCode.INTERRUPTED


def test_an_interrupt_before_there_is_a_solve_is_code_130_without_a_traceback() -> None:
    fault = "def stop(*_): raise KeyboardInterrupt\ntir.api.load_model = stop"
    done = tir(QUESTION, fault=fault)
    assert (done.stdout, done.stderr.strip(), done.returncode) == ("", "", ExitCode.INTERRUPTED)


def test_a_missing_model_is_three_lines_and_code_3() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tir", QUESTION, "-m", "no/such-model"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.returncode) == ("", ExitCode.ENVIRONMENT)
    what, why, hint = done.stderr.splitlines()
    assert what.startswith("Error: ")
    assert why.startswith("  ")
    assert hint.startswith("  Try: ")


def test_a_defect_is_one_line_with_the_place_of_the_traceback(tmp_path: Path) -> None:
    fault = "def fail(*_): raise ValueError('wrong \\x1b[2J')\ntir.api.load_model = fail"
    done = tir(QUESTION, fault=fault, TMPDIR=str(tmp_path))
    assert (done.stdout, done.returncode) == ("", 1)
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: unexpected ValueError: wrong \\x1b[2J (traceback: ")
    (saved,) = tmp_path.iterdir()
    assert str(saved) in line
    assert saved.read_text().rstrip().endswith("ValueError: wrong \x1b[2J")
    assert saved.stat().st_mode & 0o077 == 0


def test_debug_shows_the_traceback() -> None:
    fault = "def fail(*_): raise ValueError('wrong')\ntir.api.load_model = fail"
    done = tir(QUESTION, fault=fault, TIR_DEBUG="1")
    assert "Traceback (most recent call last):" in done.stderr
    assert done.returncode == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_three_lines_and_code_3() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command("solve", "-q", "--no-check", "-n", "1", QUESTION),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            env=environment(COMPUTES),
        )
    assert done.stderr.startswith("Error: the output could not be written.\n")
    assert done.returncode == ExitCode.ENVIRONMENT


def test_an_ascii_terminal_shows_what_it_lacks_as_escapes() -> None:
    done = tir("x² = 4, x > 0?", "--no-check", "-n", "1", PYTHONIOENCODING="ascii")
    assert "x\\xb2 = 4" in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("answer", "status", "interrupted", "code"),
    [
        ("4", SolutionStatus.VERIFIED, False, ExitCode.ANSWERED),
        ("4", SolutionStatus.UNVERIFIED, False, ExitCode.ANSWERED),
        ("4", SolutionStatus.REFUTED, False, ExitCode.UNDECIDED),
        (None, SolutionStatus.NO_ANSWER, False, ExitCode.NO_ANSWER),
        ("4", SolutionStatus.UNVERIFIED, True, ExitCode.INTERRUPTED),
        (None, SolutionStatus.NO_ANSWER, True, ExitCode.INTERRUPTED),
    ],
)
def test_exit_codes(
    answer: str | None, status: SolutionStatus, interrupted: bool, code: ExitCode
) -> None:
    solution = Solution(
        Problem(QUESTION), answer, status, (), (), Usage(), "mini", interrupted=interrupted
    )
    assert exit_code(solution) is code


@pytest.mark.parametrize(
    "arguments",
    [
        ["-n", "0"],
        ["-n", "65"],
        ["-n", "many"],
        ["--max-steps", "0"],
        ["--max-steps", "51"],
        ["--max-tokens", "15"],
        ["--max-tokens", "32769"],
        ["--timeout", "0"],
        ["--timeout", "-1"],
        ["--timeout", "nan"],
        ["--timeout", "inf"],
        ["-t", "nan"],
        ["-t", "2.5"],
        ["--seed", "-1"],
        ["--dtype", "int8"],
        ["--device", "toaster"],
        ["--json", "--jsonl"],
        ["--smaples", "3"],
        ["another problem"],
    ],
)
def test_options_out_of_range_are_three_lines_and_code_2(arguments: list[str]) -> None:
    result = CliRunner().invoke(cli, ["solve", QUESTION, *arguments])
    assert (result.exit_code, result.stdout) == (ExitCode.USAGE, "")
    what, _, hint = result.stderr.splitlines()
    assert what.startswith("Error: ")
    assert hint.startswith("  Try: tir solve ")


def test_a_problem_that_begins_with_a_dash_is_told_how() -> None:
    result = CliRunner().invoke(cli, ["solve", "-5 + 3"])
    assert 'tir solve -- "-5 + 3"' in result.stderr
