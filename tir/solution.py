"""What a solve came to: the answer, how far it is verified, and by what."""

from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Any

from executors import Isolation
from problems import Problem
from problems.shown import Shown
from tir.trajectory import Trajectory, Usage

ATTACHER = "tir.notebook.attach"
"""The module whose `session_of` takes a session up again. It lies above this one."""


class SolutionStatus(StrEnum):
    """How far the answer is verified."""

    VERIFIED = "verified"
    """A check accepted it that rejects wrong answers, or it was computed and agreed upon."""
    REFUTED = "refuted"
    """A check rejects it that accepts another value."""
    UNVERIFIED = "unverified"
    NO_ANSWER = "no_answer"


class EvidenceKind(StrEnum):
    """Where evidence comes from."""

    COMPUTED = "computed"
    """A program of the same trajectory printed the value."""
    AGREED = "agreed"
    """Independent trajectories reach equal answers."""
    CHECKED = "checked"
    """A separately written `check(answer)` accepts it and rejects decoys."""
    REWARD = "reward"
    """A reward model puts it before the other answers. It verifies nothing."""
    SCOPE = "scope"
    """The model knows this kind of problem. Only models with a declared scope give it."""
    REFERENCE = "reference"
    """Equal to the gold answer. Never used to choose an answer."""


@dataclass(frozen=True, slots=True)
class Evidence(Shown):
    """One finding for (`holds` true), against (false) or without weight (None) an answer."""

    kind: EvidenceKind
    holds: bool | None
    detail: str
    """A sentence for people."""


@dataclass(frozen=True, slots=True)
class Solution(Shown):
    """The outcome of solving one problem."""

    problem: Problem
    answer: str | None
    """The answer's text as the model boxed it, LaTeX or plain."""
    status: SolutionStatus
    evidence: tuple[Evidence, ...]
    trajectories: tuple[Trajectory, ...]
    usage: Usage
    model: str
    """The model's name and, where known, its revision."""
    seconds: float = 0.0
    agreement: tuple[int, int] = (0, 0)
    """k of n: trajectories with this answer, and trajectories drawn."""
    check: str | None = None
    """Source of the check that decided, if one did."""
    isolation: Isolation | None = None
    """What the programs were held by; None if none was run."""
    interrupted: bool = False
    """Cut short by the user: partial, and never verified."""
    rewards: tuple[float | None, ...] = ()
    """Of each trajectory, as log odds; None without an answer. Empty without a reward model."""

    @property
    def session(self) -> Any:
        """The session of its programs, in which variables can be seen and programs changed.

        A `tir.notebook.attach.Attached`, made by running the programs again when it is first
        asked for; the same one until it is closed. See `tir.attach`.

        Raises:
            NotRepeatable: a program comes out otherwise than it did.
            KernelFailed: no session can be started.
        """
        return import_module(ATTACHER).session_of(self)
