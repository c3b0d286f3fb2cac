"""The JSON that others read: names, round trip, and nothing a terminal would obey."""

import json
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executors import CellError, Execution, Status
from problems import Answer, Problem
from tir import __version__
from tir.errors import BadInput, ExitCode
from tir.events import (
    AnswerRejected,
    Event,
    EvidenceFound,
    Executing,
    ProgramDelta,
    RationaleDelta,
    Solved,
    Started,
    StepDone,
    TrajectoryDone,
    TrajectoryStarted,
)
from tir.record import event_record, solution_from_record, solution_record, to_json
from tir.solution import Evidence, EvidenceKind, Solution, SolutionStatus
from tir.trajectory import Step, Stop, Trajectory, Usage

NASTY = "\x1b[2J \x7f \x9b \u202e \u2028 \udc80 \x00 ² 求 😀"
PROBLEM = Problem("What is 6 * 7?")
FAILED = Execution(
    Status.ERROR,
    stdout=NASTY,
    stderr="warning",
    error=CellError("NameError", "x", ((2, "print(x)"),)),
    seconds=0.5,
    truncated=True,
)
STEP = Step("Multiply.", "print(x)", FAILED, 9, 1.5)
LAST = Step("It is $\\boxed{42}$.", None, None, 7, 0.5)
TRAJECTORY = Trajectory(
    (STEP, LAST), Answer("42", "boxed"), Stop.ANSWERED, 3, Usage(5, 16, 8, 20), 2.0, ("41",)
)
EVIDENCE = Evidence(EvidenceKind.CHECKED, True, "a check accepts it")
SOLUTION = Solution(
    PROBLEM,
    "42",
    SolutionStatus.VERIFIED,
    (EVIDENCE,),
    (TRAJECTORY,),
    Usage(5, 16, 8, 20),
    "mini",
    2.5,
    (1, 1),
    "def check(answer): ...",
    rewards=(3.25,),
)
EVENTS: dict[str, Event] = {
    "started": Started(PROBLEM, "mini", "a notice"),
    "trajectory_started": TrajectoryStarted(0, 3),
    "rationale_delta": RationaleDelta(0, NASTY),
    "program_delta": ProgramDelta(0, "print(x)"),
    "executing": Executing(0, "print(x)"),
    "step_done": StepDone(0, STEP),
    "answer_rejected": AnswerRejected(0, "41"),
    "trajectory_done": TrajectoryDone(0, TRAJECTORY),
    "evidence_found": EvidenceFound("42", EVIDENCE),
    "solved": Solved(SOLUTION),
}


def read_back(text: str) -> dict[str, object]:
    record = json.loads(text)
    assert isinstance(record, dict)
    return record


def test_a_solution_says_all_there_is() -> None:
    assert solution_record(SOLUTION) == {
        "schema": "tir.solution/1",
        "tir": __version__,
        "problem": {
            "id": PROBLEM.id,
            "question": "What is 6 * 7?",
            "gold": None,
            "subject": None,
            "level": None,
            "source": None,
            "choices": [],
            "test": None,
            "points": None,
        },
        "answer": "42",
        "status": "verified",
        "interrupted": False,
        "agreement": {"k": 1, "n": 1},
        "evidence": [{"kind": "checked", "holds": True, "detail": "a check accepts it"}],
        "isolation": None,
        "check": "def check(answer): ...",
        "trajectories": [
            {
                "seed": 3,
                "stop": "answered",
                "answer": "42",
                "answer_from": "boxed",
                "rejected": ["41"],
                "seconds": 2.0,
                "steps": [
                    {
                        "rationale": "Multiply.",
                        "program": "print(x)",
                        "execution": {
                            "status": "error",
                            "stdout": NASTY,
                            "stderr": "warning",
                            "result": None,
                            "error": {
                                "name": "NameError",
                                "message": "x",
                                "frames": [{"line": 2, "source": "print(x)"}],
                            },
                            "seconds": 0.5,
                            "truncated": True,
                            "observation": FAILED.observation(),
                        },
                        "tokens": 9,
                        "seconds": 1.5,
                    },
                    {
                        "rationale": "It is $\\boxed{42}$.",
                        "program": None,
                        "execution": None,
                        "tokens": 7,
                        "seconds": 0.5,
                    },
                ],
                "usage": {
                    "prompt": 5,
                    "generated": 16,
                    "observed": 8,
                    "forwarded": 20,
                    "cached": 0,
                },
            }
        ],
        "rewards": [3.25],
        "usage": {"prompt": 5, "generated": 16, "observed": 8, "forwarded": 20, "cached": 0},
        "model": "mini",
        "seconds": 2.5,
    }


def test_a_solution_reads_back_to_the_same_text() -> None:
    record = solution_record(SOLUTION)
    assert read_back(to_json(record, indent=2)) == record


@pytest.mark.parametrize(("name", "event"), EVENTS.items())
def test_an_event_is_one_line_that_reads_back(name: str, event: Event) -> None:
    record = event_record(event)
    line = to_json(record)
    assert read_back(line) == record
    assert "\n" not in line
    assert (record["schema"], record["event"]) == ("tir.event/1", name)


def test_json_is_plain_printable_ascii() -> None:
    text = to_json(solution_record(SOLUTION))
    assert text.isascii()
    assert text.isprintable()


def test_without_an_answer_it_is_null() -> None:
    empty = Solution(PROBLEM, None, SolutionStatus.NO_ANSWER, (), (), Usage(), "mini")
    record = read_back(to_json(solution_record(empty)))
    assert (record["answer"], record["status"], record["check"]) == (None, "no_answer", None)


# Every field of every class, those that are added later as well: `from_type` reads the types.
ANY = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(str, st.text(max_size=12))
TESTS = st.none() | st.dictionaries(st.text(max_size=5), ANY | st.lists(ANY, max_size=2))
PROBLEMS = st.builds(Problem, test=TESTS)
st.register_type_strategy(Problem, PROBLEMS)


@settings(max_examples=200, deadline=None)
@given(st.from_type(Solution))
def test_a_solution_comes_back_equal_in_every_field(solution: Solution) -> None:
    text = to_json(solution_record(solution))
    again = solution_from_record(read_back(text))
    assert again == solution
    assert to_json(solution_record(again)) == text


@pytest.mark.parametrize("text", [NASTY, "\udc80\ud800", "\r\n\x85", "\ufeff"])
def test_text_that_is_no_text_comes_back(text: str) -> None:
    solution = Solution(
        Problem(text), text, SolutionStatus.UNVERIFIED, (), (), Usage(), text, check=text
    )
    assert solution_from_record(read_back(to_json(solution_record(solution)))) == solution


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "tir.solution/2"},
        {"schema": None},
        {"status": "sure"},
        {"trajectories": None},
        {"trajectories": [{}]},
        {"usage": []},
        {"problem": {}},
    ],
)
def test_what_is_no_solution_is_refused(change: dict[str, object]) -> None:
    record = deepcopy(solution_record(SOLUTION)) | change
    with pytest.raises(BadInput) as caught:
        solution_from_record(record)
    assert caught.value.exit_code == ExitCode.USAGE
