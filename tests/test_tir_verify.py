"""What counts as verified."""

import pytest

from executors import CellError, Execution, Status
from problems import Answer, Problem, equal
from tir.checks import CheckResult, Finding
from tir.policy import Policy
from tir.select.stopping import can_be_overtaken
from tir.solution import Evidence, EvidenceKind, SolutionStatus
from tir.trajectory import Step, Stop, Trajectory, Usage
from tir.verify import agreed, checked, computed, reference, scope, status
from tir.vote import Group, vote


def plain(a: str, b: str) -> bool | None:
    return equal(a, b, find=False)


def trajectory(answer: str | None, *executions: Execution) -> Trajectory:
    steps = tuple(Step("", "code", execution, 1, 0.1) for execution in executions)
    boxed = Answer(answer, "boxed") if answer else None
    return Trajectory(steps, boxed, Stop.ANSWERED, 0, Usage())


def ok(stdout: str = "", result: str | None = None) -> Execution:
    return Execution(Status.OK, stdout=stdout, result=result)


@pytest.mark.parametrize(
    ("answer", "execution", "holds"),
    [
        ("\\frac{1}{2}", ok("0.5\n"), True),
        ("12", ok("working: 3\n12\n"), True),
        ("12", ok(result="12"), True),
        ("3, 4", ok("[3, 4]\n"), True),
        ("13", ok("12\n"), None),
        ("12", Execution(Status.ERROR, stdout="12\n", error=CellError("E", "")), None),
        ("12", ok(), None),
        ("12", Execution(Status.TIMEOUT, stdout="12\n"), None),
        ("41", ok("answer = 41\nbut it fails: 42\n"), None),
        ("7", ok("\\boxed{7} is no solution\n"), None),
    ],
)
def test_computed_is_what_its_own_program_printed(
    answer: str, execution: Execution, holds: bool | None
) -> None:
    assert computed(trajectory(answer, execution), plain).holds is holds


def test_a_group_agrees_with_all_its_wordings() -> None:
    """25 % is 25 and is 0.25, but 25 is not 0.25."""
    groups = vote([trajectory(a) for a in ("25\\%", "25", "0.25")], equal)
    assert [g.members for g in groups] == [(0, 1), (2,)]


def test_equal_answers_vote_together() -> None:
    groups = vote([trajectory(a) for a in ("0.5", None, "2", "\\frac{1}{2}", "1/2")], equal)
    assert [(g.answer, g.members) for g in groups] == [("0.5", (0, 3, 4)), ("2", (2,))]


@pytest.mark.parametrize(
    ("sizes", "remaining", "can"),
    [([3], 2, False), ([3], 3, True), ([3, 1], 1, False), ([3, 1], 2, True), ([], 1, True)],
)
def test_sampling_goes_on_while_the_leader_can_be_overtaken(
    sizes: list[int], remaining: int, can: bool
) -> None:
    groups = [Group(str(i), tuple(range(size))) for i, size in enumerate(sizes)]
    assert can_be_overtaken(groups, remaining) is can


ACCEPTED, REFUTED, REJECTED, VACUOUS = (
    CheckResult(finding, 3, "")
    for finding in (Finding.ACCEPTS, Finding.REFUTES, Finding.REJECTS, Finding.VACUOUS)
)


@pytest.mark.parametrize(
    ("computed_", "k", "answered", "check", "in_scope", "expected"),
    [
        (True, 1, 1, ACCEPTED, True, SolutionStatus.VERIFIED),
        (False, 1, 4, ACCEPTED, True, SolutionStatus.VERIFIED),
        (True, 3, 4, None, True, SolutionStatus.VERIFIED),
        (True, 3, 5, None, True, SolutionStatus.UNVERIFIED),
        (True, 2, 2, None, True, SolutionStatus.UNVERIFIED),
        (False, 4, 4, None, True, SolutionStatus.UNVERIFIED),
        (True, 3, 3, VACUOUS, True, SolutionStatus.VERIFIED),
        (True, 4, 4, REJECTED, True, SolutionStatus.UNVERIFIED),
        (True, 4, 4, REFUTED, True, SolutionStatus.REFUTED),
        (True, 4, 4, ACCEPTED, False, SolutionStatus.UNVERIFIED),
        (True, 4, 4, REFUTED, False, SolutionStatus.REFUTED),
    ],
)
def test_the_rule(
    computed_: bool,
    k: int,
    answered: int,
    check: CheckResult | None,
    in_scope: bool,
    expected: SolutionStatus,
) -> None:
    group = Group("42", tuple(range(k)))
    evidence = [Evidence(EvidenceKind.COMPUTED, computed_ or None, ""), agreed(group, answered)]
    evidence += [checked(check)] if check else []
    evidence += [] if in_scope else [scope("new to it")]
    finding = check.finding if check else None
    assert status(evidence, finding, group, answered, Policy()) is expected


def test_the_reference_is_evidence_only_where_there_is_one() -> None:
    assert reference(Problem("q"), "1") is None
    found = reference(Problem("q", gold="\\frac{1}{2}"), "0.5")
    assert found is not None
    assert found.holds is True
    wrong = reference(Problem("q", gold="2"), "3")
    assert wrong is not None
    assert wrong.holds is False
