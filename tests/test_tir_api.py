"""`tir.solve`: the call for people. Real kernels; the model is scripted."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

import tir
from tir.errors import BadInput, KernelFailed
from tir.events import Event, RationaleDelta, Solved, Started
from tir.models.scripted import ScriptedModel
from tir.solution import SolutionStatus
from tir.trajectory import Stop

ROOT = Path(__file__).parent.parent
CHECK = "```python\ndef check(answer):\n    return answer / 2 == 21\n```"
MODEL = ScriptedModel(["```python\nprint(42)\n```\n```output", "It is \\boxed{42}."], check=[CHECK])


def kernels() -> list[psutil.Process]:
    """Our children but for the grader's worker, which stays for the next comparison."""
    return [p for p in psutil.Process().children() if "problems.symbolic" not in p.cmdline()]


def test_one_call_one_solution() -> None:
    events: list[Event] = []
    threads = set()

    def listen(event: Event) -> None:
        events.append(event)
        threads.add(threading.current_thread())

    solution = tir.solve("What is 6*7?", model=MODEL, on_event=listen)
    assert solution.answer == "42"
    assert solution.status is SolutionStatus.VERIFIED
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Solved)
    assert threads == {threading.current_thread()}
    assert not kernels()


async def test_it_works_where_a_loop_already_runs() -> None:
    """As in a notebook cell."""
    assert asyncio.get_running_loop().is_running()
    assert tir.solve("What is 6*7?", model=MODEL).answer == "42"


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("  \n", "nothing to solve"),
        ("\0", "nothing to solve"),
        ("\ud800 2+2", "surrogate"),
        ("1 + " * 250_000, "20,000"),
    ],
)
def test_unusable_questions_are_refused_at_once(question: str, why: str) -> None:
    started = time.monotonic()
    with pytest.raises(BadInput) as caught:
        tir.solve(question, model=MODEL)
    assert why in str(caught.value)
    assert caught.value.exit_code == 2
    assert time.monotonic() - started < 1


def test_a_front_end_that_fails_at_the_very_end_is_heard() -> None:
    def broken(event: Event) -> None:
        if isinstance(event, Solved):
            time.sleep(0.5)  # the work has ended by now, and its loop is closed
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        tir.solve("What is 6*7?", model=MODEL, on_event=broken)


def test_a_front_end_that_fails_leaves_nothing_behind() -> None:
    def broken(event: Event) -> None:
        if isinstance(event, RationaleDelta):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        tir.solve("What is 6*7?", model=MODEL, on_event=broken)
    assert not kernels()
    assert "tir-solve" not in {thread.name for thread in threading.enumerate()}


def test_no_kernel_is_an_error_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(KernelFailed) as caught:
        tir.solve("What is 6*7?", model=MODEL)
    assert caught.value.exit_code == 3
    assert len(str(caught.value).split("\n")) == 3


INTERRUPTED = """
import sys, psutil, tir
from tir.events import Executing, RationaleDelta
from tir.models.scripted import ScriptedModel

WHERE = sys.argv[1]
FENCE = "```"
program = "import time, subprocess\\nsubprocess.Popen(['sleep', '300'])\\ntime.sleep(300)"
block = f"{FENCE}python\\n{program}\\n{FENCE}\\n{FENCE}output"
turn = block if WHERE == "program" else "word " * 999
model = ScriptedModel(["Some words first.\\n" + turn], seconds_per_delta=0.01)

def listen(event):
    if isinstance(event, Executing if WHERE == "program" else RationaleDelta):
        print("ready", flush=True)

solution = tir.solve("q", model=model, on_event=listen)
print(repr((solution.interrupted, solution.trajectories[0].stop.value,
            "Some words" in solution.trajectories[0].steps[0].rationale, solution.status.value)))
print(len(psutil.Process().children(recursive=True)))
"""


def children(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def asleep(processes: list[psutil.Process]) -> bool:
    """Whether the program that is to be interrupted runs."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if "sleep" in process.name():
                return True
    return False


@pytest.mark.parametrize("where", ["program", "tokens"])
def test_an_interrupt_keeps_the_work_and_leaves_no_process(where: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, where], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.7)
    below = children(process.pid)
    deadline = time.monotonic() + 30
    while where == "program" and not asleep(below) and time.monotonic() < deadline:
        time.sleep(0.05)
        below = children(process.pid)
    assert asleep(below) == (where == "program")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    lines = [line for line in out.splitlines() if line != "ready"]
    assert lines == [repr((True, Stop.INTERRUPTED.value, True, "no_answer")), "0"]
    assert process.returncode == 0
    time.sleep(0.2)
    assert not [p for p in below if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
