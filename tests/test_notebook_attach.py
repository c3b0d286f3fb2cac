"""A session taken up again: inspected, edited, and gone on with by the model."""

import os
import signal
import threading
from dataclasses import replace

import pytest

import tir
from executors import Execution, Status
from tir import Policy, ScriptedModel, Solution, Stop
from tir.errors import BadInput
from tir.notebook.attach import NotRepeatable, attach

TURNS = (
    "First a number.\n```python\nseven = 3 + 4\nprint(seven)\n```\n",
    "Then its square.\n```python\nsquare = seven ** 2\nprint(square)\n```\n",
    "It is $\\boxed{49}$.",
)


def behind(text: str, seed: int) -> str:
    """What a model writes that reads the last output."""
    del seed
    return f"So it is $\\boxed{{{text.rpartition('```output')[2].strip().split()[0]}}}$."


ALONE = Policy(samples=1, check=False)


@pytest.fixture(scope="module")
def solution() -> Solution:
    return tir.solve("Square 3 + 4.", model=ScriptedModel(TURNS), policy=ALONE)


def test_the_variables_are_those_that_the_programs_left(solution: Solution) -> None:
    with attach(solution) as session:
        assert session.variables() == {"seven": "7", "square": "49"}
        assert session.run("print(seven + 1)").stdout == "8\n"
        # Only what the model's programs did counts when it is edited.
        session.run("seven = 1000")
        ran = session.edit(2, "print(seven ** 3)")
        assert (ran.status, ran.stdout) == (Status.OK, "343\n")
        assert session.variables() == {"seven": "7"}
        told = session.go_on(ScriptedModel(behind), ALONE)
        assert told.answer == "343"
        assert [step.program for step in told.trajectories[0].steps][:2] == [
            "seven = 3 + 4\nprint(seven)", "print(seven ** 3)"
        ]  # fmt: skip
        assert told.trajectories[0].stop is Stop.ANSWERED
        assert session.run("print(seven)").stdout == "7\n", "still open"
        with pytest.raises(BadInput, match="no step 3"):
            session.edit(3, "1")
    with pytest.raises(BadInput, match="closed"):
        session.run("1")
    session.close()


def test_the_model_goes_on_from_an_earlier_step(solution: Solution) -> None:
    with attach(solution) as session:
        session.rewind(1)
        assert session.go_on(ScriptedModel(behind), ALONE).answer == "7"


def test_the_walls_stand_around_what_a_teacher_runs(solution: Solution) -> None:
    with attach(solution) as session:
        ran = session.run("import socket; socket.create_connection(('1.1.1.1', 53), 2)")
        assert ran.status is Status.ERROR


def test_what_cannot_be_repeated_is_said(solution: Solution) -> None:
    first = solution.trajectories[0]
    other = replace(first.steps[0], execution=Execution(Status.OK, stdout="8\n"))
    changed = replace(solution, trajectories=(replace(first, steps=(other,)),))
    with pytest.raises(NotRepeatable, match="cannot be taken up"):
        attach(changed)
    with pytest.raises(BadInput, match="no sample 2"):
        attach(solution, sample=2)


def test_a_solution_has_its_session(solution: Solution) -> None:
    session = solution.session
    assert session is solution.session
    assert session.variables() == {"seven": "7", "square": "49"}
    assert repr(session) == "<session of 'Square 3 + 4.', 2 programs have run, open>"
    session.close()
    assert "closed" in repr(session)
    with solution.session as again:
        assert again is not session
        assert again.variables()["square"] == "49"


def test_an_interrupt_returns_what_the_model_had(solution: Solution) -> None:
    slow = ScriptedModel(
        ("Let me count to ten, and then to a hundred. " * 20,), seconds_per_delta=0.05
    )
    with attach(solution) as session:
        timer = threading.Timer(1.0, os.kill, [os.getpid(), signal.SIGINT])
        timer.start()
        told = session.go_on(slow, ALONE)
        timer.join()
        assert told.interrupted
        assert told.trajectories[0].steps[-1].rationale.startswith("Let me count")
        assert session.variables() == {"seven": "7", "square": "49"}
        timer = threading.Timer(1.0, os.kill, [os.getpid(), signal.SIGINT])
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            session.run("import time; time.sleep(60)")
        timer.join()
        assert session.run("print(square)").stdout == "49\n", "the state is kept"
