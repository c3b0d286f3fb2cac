"""A problem's solution without a word on the screen: from the history, or solved now."""

from collections.abc import Callable
from dataclasses import dataclass, field

from problems import Problem
from tir.api import load_model, solve
from tir.events import Event
from tir.models.base import Model
from tir.models.options import CHOSEN, LoadOptions
from tir.policy import Policy
from tir.solution import Solution
from tir.students.history import Entry, History, key_of


@dataclass(frozen=True, slots=True)
class Desk:
    """Who solves, with what, and where solutions are kept."""

    model: str | Model = "auto"
    options: LoadOptions = CHOSEN
    policy: Policy = field(default_factory=Policy)
    history: History | None = None
    """None: nothing is kept, and everything is solved again."""
    unsafe_no_sandbox: bool = False

    @property
    def name(self) -> str:
        """The model, as it was asked for."""
        return self.model if isinstance(self.model, str) else self.model.name

    def loaded(self) -> Model:
        """The model itself.

        Raises:
            TirError: it cannot be had.
        """
        if isinstance(self.model, str):
            return load_model(self.model, self.options).model
        return self.model

    def key(self, problem: Problem) -> str:
        """Under which the history keeps this problem."""
        return key_of(problem, self.name, self.options)

    def kept(self, problem: Problem) -> Entry | None:
        """What the history has of it."""
        return self.history.find(self.key(problem)) if self.history else None

    def solution(
        self,
        problem: Problem,
        *,
        again: bool = False,
        on_event: Callable[[Event], None] | None = None,
    ) -> tuple[Solution, Entry | None]:
        """The solution kept, or a new one, which is kept.

        Raises:
            TirError: see `tir.solve`.
            KeyboardInterrupt: the user had enough.
        """
        entry = None if again else self.kept(problem)
        if entry is not None and self.history is not None:
            return self.history.solution(entry), entry
        solution = solve(
            problem,
            model=self.model,
            options=self.options,
            policy=self.policy,
            on_event=on_event,
            unsafe_no_sandbox=self.unsafe_no_sandbox,
        )
        if solution.interrupted:
            # The interrupt was for us: half a solution is nothing to take hints from.
            raise KeyboardInterrupt
        if self.history is None:
            return solution, None
        number = self.history.add(self.key(problem), solution)
        return solution, self.history.entry(str(number))
