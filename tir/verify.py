"""Weighs evidence about an answer. What counts as *verified* is decided here and only here."""

from collections.abc import Sequence

from problems import Outcome, Problem, grade
from tir.checks import CheckResult, Finding
from tir.policy import Policy
from tir.solution import Evidence, EvidenceKind, SolutionStatus
from tir.trajectory import Trajectory
from tir.vote import Equality, Group

_HOLDS = {Finding.ACCEPTS: True, Finding.REFUTES: False, Finding.REJECTS: False}


def printed(trajectory: Trajectory) -> tuple[str, ...]:
    """The values that its programs ended with, newest first: whole outputs and last lines."""
    outputs = [output.strip() for output in reversed(trajectory.outputs)]
    return tuple(dict.fromkeys(text for o in outputs for text in (o, o.rpartition("\n")[2])))


def computed(trajectory: Trajectory, equal: Equality) -> Evidence:
    """Whether the trajectory's answer equals a value that one of its own programs printed."""
    if trajectory.answer is not None:
        for text in printed(trajectory):
            if equal(trajectory.answer.text, text):
                return Evidence(EvidenceKind.COMPUTED, True, "its own program printed this value")
    return Evidence(EvidenceKind.COMPUTED, None, "none of its programs printed this value")


def agreed(group: Group, drawn: int) -> Evidence:
    """How many of the trajectories drawn reach this answer."""
    k = len(group.members)
    detail = f"{k} of {drawn} trajectories agree"
    return Evidence(EvidenceKind.AGREED, True if k > 1 else None, detail)


def checked(result: CheckResult) -> Evidence:
    """A check's finding as evidence; without weight if it accepts a decoy too or does not run."""
    return Evidence(EvidenceKind.CHECKED, _HOLDS.get(result.finding), result.detail)


def rewarded(own: float, best: float, answers: int, judge: str) -> Evidence:
    """Where a reward model ranks this answer. Neither rank counts against verification.

    It holds for the answer that it ranks first of several; to be first of one says nothing.
    """
    if answers == 1:
        return Evidence(EvidenceKind.REWARD, None, f"{judge} gives it {own:.2f}")
    if own >= best:
        detail = f"{judge} gives it {own:.2f}, the highest of {answers} answers"
        return Evidence(EvidenceKind.REWARD, True, detail)
    return Evidence(EvidenceKind.REWARD, None, f"{judge} gives it {own:.2f}, another {best:.2f}")


def scope(reason: str) -> Evidence:
    """Against verification: the model's word proves nothing on this problem."""
    return Evidence(EvidenceKind.SCOPE, False, reason)


def reference(problem: Problem, answer: str) -> Evidence | None:
    """The comparison with the gold answer, if there is one. It never chooses an answer."""
    if problem.gold is None:
        return None
    verdict = grade(answer, problem.gold)
    holds = {Outcome.CORRECT: True, Outcome.INCORRECT: False}.get(verdict.outcome)
    word = {True: "equal to", False: "different from", None: "not decidable against"}[holds]
    return Evidence(EvidenceKind.REFERENCE, holds, f"{word} the reference {problem.gold}")


def status(
    evidence: Sequence[Evidence],
    finding: Finding | None,
    group: Group,
    answered: int,
    policy: Policy,
) -> SolutionStatus:
    """Verified: checked, or computed and agreed past the policy's threshold; nothing against it.

    Only a check that accepts another value refutes: one that rejects whatever it is given may
    reject everything, and stands in the way of *verified*, no more. The reference is not asked:
    it is there to measure what is called verified.
    """
    if finding is Finding.REFUTES:
        return SolutionStatus.REFUTED
    if any(e.holds is False for e in evidence):
        return SolutionStatus.UNVERIFIED
    holding = {e.kind for e in evidence if e.holds}
    k = len(group.members)
    by_vote = k >= policy.agree and k >= policy.share * answered
    if EvidenceKind.CHECKED in holding or (EvidenceKind.COMPUTED in holding and by_vote):
        return SolutionStatus.VERIFIED
    return SolutionStatus.UNVERIFIED
