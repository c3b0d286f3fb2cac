"""What a person sees of a solve, from hand-made events."""

import io
import re
from dataclasses import replace

import pytest

from executors import Execution, Status
from problems import Answer, Problem
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
from tir.render import Terminal
from tir.render.colour import wants_colour
from tir.solution import Evidence, EvidenceKind, Solution, SolutionStatus
from tir.trajectory import Step, Stop, Trajectory, Usage

PROBLEM = Problem("What is 6 * 7?")
STEP = Step("Multiply.\n", "print(6 * 7)\n", Execution(Status.OK, "42\n", seconds=0.25), 9, 1.5)
LAST = Step("It is $\\boxed{42}$.", None, None, 7, 0.5)
TRAJECTORY = Trajectory((STEP, LAST), Answer("42", "boxed"), Stop.ANSWERED, 0, Usage())
COMPUTED = Evidence(EvidenceKind.COMPUTED, True, "its own program printed this value")
SOLUTION = Solution(
    PROBLEM,
    "42",
    SolutionStatus.VERIFIED,
    (COMPUTED,),
    (TRAJECTORY,),
    Usage(generated=16),
    "mini",
    2.04,
    (1, 1),
)
EVENTS: tuple[Event, ...] = (
    Started(PROBLEM, "mini", "no larger model is here"),
    TrajectoryStarted(0, 0),
    RationaleDelta(0, "Multi"),
    RationaleDelta(0, "ply.\n"),
    ProgramDelta(0, "print(6"),
    ProgramDelta(0, " * 7)\n"),
    Executing(0, "print(6 * 7)\n"),
    StepDone(0, STEP),
    RationaleDelta(0, "It is $\\boxed{42}$."),
    StepDone(0, LAST),
    TrajectoryDone(0, TRAJECTORY),
    EvidenceFound("42", COMPUTED),
    Solved(SOLUTION),
)


class Screen(io.TextIOWrapper):
    """A stream in memory that is a terminal, or not, and has an encoding."""

    def __init__(self, *, tty: bool = True, encoding: str = "utf-8") -> None:
        self.raw_bytes = io.BytesIO()
        self._tty = tty
        super().__init__(self.raw_bytes, encoding=encoding, errors="strict", newline="\n")

    def isatty(self) -> bool:
        return self._tty

    def text(self) -> str:
        self.flush()
        return self.raw_bytes.getvalue().decode(self.encoding)


def shown(
    *events: Event, colour: bool = False, width: int | None = None, encoding: str = "utf-8"
) -> str:
    screen = Screen(encoding=encoding)
    terminal = Terminal(screen, colour=colour, width=width)
    for event in events:
        terminal(event)
    terminal.close()
    return screen.text()


def bare(text: str) -> str:
    return re.sub("\x1b\\[[0-9;]*m", "", text)


def block(solution: Solution) -> str:
    return shown(Solved(solution))


def test_a_whole_solve() -> None:
    assert shown(*EVENTS) == (
        "Problem\n"
        "  What is 6 * 7?\n"
        "Model     mini\n"
        "Note      no larger model is here\n"
        "\n"
        "  1  Multiply.\n"
        "     │ print(6 * 7)\n"
        "     output, 0.25 s\n"
        "     │ 42\n"
        "  2  It is 42.\n"
        "\n"
        "Sample 1  42\n"
        "Evidence  42: its own program printed this value\n"
        "\n"
        "Answer    42\n"
        "Status    verified\n"
        "Evidence  its own program printed this value\n"
        "Time      2.0 s, 16 tokens\n"
        "Model     mini\n"
    )


def test_colour_adds_nothing_but_colour() -> None:
    coloured = shown(*EVENTS, colour=True)
    assert coloured != shown(*EVENTS)
    assert bare(coloured) == shown(*EVENTS)


def test_without_colour_there_is_no_escape() -> None:
    assert "\x1b" not in shown(*EVENTS, width=30)


def test_each_event_is_out_at_once() -> None:
    screen = Screen()
    terminal = Terminal(screen, colour=False, width=None)
    seen = []
    for event in EVENTS:
        terminal(event)
        seen.append(len(screen.raw_bytes.getvalue()))
    assert seen[3] > seen[2] > seen[0]


def test_a_model_that_does_not_stream_is_shown_all_the_same() -> None:
    silent = [e for e in EVENTS if not isinstance(e, RationaleDelta | ProgramDelta)]
    assert shown(*silent) == shown(*EVENTS)


def test_an_encoding_without_the_bar_gets_another() -> None:
    assert "     | print(6 * 7)\n" in shown(*EVENTS, encoding="ascii")


def test_a_second_sample_has_a_header_with_its_seed() -> None:
    text = shown(
        TrajectoryStarted(0, 5),
        TrajectoryDone(0, TRAJECTORY),
        TrajectoryStarted(1, 6),
        RationaleDelta(1, "Again."),
    )
    assert text == "\nSample 1  42\n\nsample 2 (seed 6)\n  1  Again.\n"


def test_of_samples_side_by_side_the_first_is_shown_and_the_others_are_told() -> None:
    text = shown(
        TrajectoryStarted(0, 0),
        TrajectoryStarted(1, 1),
        RationaleDelta(0, "one "),
        RationaleDelta(1, "two"),
        TrajectoryDone(1, TRAJECTORY),
        RationaleDelta(0, "and one"),
        StepDone(0, LAST),
        TrajectoryDone(0, TRAJECTORY),
    )
    assert text == ("  1  one and one\n\nSample 2  42   (not shown)\nSample 1  42\n")


def test_a_sample_that_was_not_shown_is_not_joined_in_mid_sentence() -> None:
    text = shown(
        TrajectoryStarted(0, 0),
        TrajectoryStarted(1, 1),
        RationaleDelta(0, "one"),
        RationaleDelta(1, "first half, "),
        TrajectoryDone(0, TRAJECTORY),
        RationaleDelta(1, "second half"),
        TrajectoryDone(1, TRAJECTORY),
    )
    assert "half" not in text
    assert text.endswith("Sample 1  42\nSample 2  42   (not shown)\n")


def test_a_sample_that_goes_on_alone_is_shown_again() -> None:
    text = shown(
        TrajectoryStarted(0, 0),
        TrajectoryStarted(1, 1),
        TrajectoryDone(1, TRAJECTORY),
        TrajectoryDone(0, TRAJECTORY),
        AnswerRejected(1, "41"),
        RationaleDelta(1, "once more"),
    )
    assert text.endswith("is told so.\n\nsample 2, continued\n  1  once more\n")


def test_a_program_that_fails_says_how() -> None:
    failed = replace(STEP, execution=Execution(Status.TIMEOUT, seconds=10.0, truncated=True))
    assert "     output (timeout), 10.00 s, too long and cut\n" in shown(StepDone(0, failed))


def test_a_rejected_answer_is_told() -> None:
    text = shown(RationaleDelta(0, "x"), AnswerRejected(0, "41"))
    assert text == "  1  x\n\nRejected  41: a check rejects it, and the model is told so.\n"


def test_a_limit_is_named_with_its_option() -> None:
    cut = replace(TRAJECTORY, answer=None, stop=Stop.MAX_TOKENS)
    assert "--max-tokens" in shown(TrajectoryDone(0, cut))


def test_closing_in_mid_line_ends_the_line_and_twice_is_once() -> None:
    screen = Screen()
    terminal = Terminal(screen, colour=False, width=80)
    terminal(RationaleDelta(0, "half a wor"))
    terminal.close()
    terminal.close()
    assert screen.text() == "  1  half a wor\n"


def test_a_long_question_is_cut_and_says_so() -> None:
    text = shown(Started(Problem("x" * 1500), "mini"))
    assert "  [500 more characters]\n" in text


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (SolutionStatus.VERIFIED, "verified"),
        (SolutionStatus.UNVERIFIED, "not verified"),
        (SolutionStatus.REFUTED, "refuted"),
    ],
)
def test_the_status_is_a_word(status: SolutionStatus, word: str) -> None:
    assert f"\nStatus    {word}\n" in block(replace(SOLUTION, status=status))


def test_agreement_is_a_count_and_disagreement_is_listed() -> None:
    others = [replace(TRAJECTORY, answer=answer) for answer in (Answer("41", "boxed"), None)]
    solution = replace(SOLUTION, agreement=(2, 4), trajectories=(TRAJECTORY, *others, TRAJECTORY))
    assert "Samples   2 of 4 agree\n          they wrote 42 (2), 41 (1), none (1)\n" in block(
        solution
    )
    assert "%" not in block(solution)


def test_no_answer_gives_the_reason() -> None:
    trajectory = replace(TRAJECTORY, answer=None, stop=Stop.TIMEOUT)
    text = block(
        replace(
            SOLUTION, answer=None, status=SolutionStatus.NO_ANSWER, trajectories=(trajectory,) * 2
        )
    )
    assert text.startswith(
        "\nAnswer    (none)\nStatus    no answer\nReason    the time was up (--timeout)\nEvidence"
    )


def test_an_interrupted_solution_says_so() -> None:
    text = block(replace(SOLUTION, status=SolutionStatus.UNVERIFIED, interrupted=True))
    assert "Status    interrupted, not verified\n" in text


def test_evidence_against_and_without_weight_are_words() -> None:
    found = (
        Evidence(EvidenceKind.CHECKED, False, "rejects it"),
        Evidence(EvidenceKind.AGREED, None, "one sample"),
    )
    text = block(replace(SOLUTION, evidence=found))
    assert "Evidence  against: rejects it\n          no weight: one sample\n" in text


@pytest.mark.parametrize("width", [None, 40])
def test_no_foreign_text_reaches_the_terminal_raw_or_at_the_margin(width: int | None) -> None:
    attack = "\x1b[2J\x9b2J\u202e\r\nAnswer    13\nStatus    verified\n" + " " * 99 + "Answer  13\n"
    step = Step(attack, attack, Execution(Status.ERROR, attack, result=attack), 1, 1.0)
    trajectory = replace(TRAJECTORY, answer=Answer(attack, "boxed"))
    evidence = Evidence(EvidenceKind.CHECKED, True, attack)
    text = shown(
        Started(Problem(attack), attack, attack),
        TrajectoryStarted(0, 0),
        RationaleDelta(0, attack),
        ProgramDelta(0, attack),
        Executing(0, attack),
        StepDone(0, step),
        AnswerRejected(0, attack),
        TrajectoryDone(0, trajectory),
        EvidenceFound(attack, evidence),
        Solved(replace(SOLUTION, answer=attack, model=attack, evidence=(evidence,))),
        width=width,
    )
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    (line,) = (line for line in text.splitlines() if line.startswith("Answer"))
    assert line.startswith("Answer    \\x1b[2J\\x9b2J\\u202e Answer 13")
    if width is None:
        assert line.endswith("Status verified Answer 13")


@pytest.mark.parametrize(
    ("environ", "tty", "forbidden", "wanted"),
    [
        ({}, True, False, True),
        ({}, False, False, False),
        ({}, True, True, False),
        ({"NO_COLOR": "1"}, True, False, False),
        ({"NO_COLOR": ""}, True, False, True),
        ({"FORCE_COLOR": "1"}, False, False, True),
        ({"FORCE_COLOR": "0"}, True, False, False),
        ({"FORCE_COLOR": ""}, False, False, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False, False),
        ({"FORCE_COLOR": "1"}, True, True, False),
        ({"TERM": "dumb"}, True, False, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, False, False, True),
        ({"TERM": "xterm-256color"}, True, False, True),
    ],
)
def test_when_to_colour(environ: dict[str, str], tty: bool, forbidden: bool, wanted: bool) -> None:
    assert wants_colour(Screen(tty=tty), environ, forbidden=forbidden) is wanted
