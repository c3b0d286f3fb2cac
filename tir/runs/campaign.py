"""A model put to a set of problems, as far as that is still to be done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from problems import Problem
from tir.errors import BadInput, TirError
from tir.inquiry import Checkpoint
from tir.runs.key import result_key, work_key
from tir.runs.marking import Marker
from tir.runs.progress import Progress
from tir.runs.result import Outcome, Result
from tir.runs.scheduler import Scheduler
from tir.runs.scoring import SPENT, failed, scored
from tir.runs.selection import Problems, Selection
from tir.runs.solver import Solver, SolverLost
from tir.runs.store import Store
from tir.runs.unfinished import checkpoint_from_record, checkpoint_record
from tir.solution import Solution

RETRIED = (Outcome.UNDECIDED, Outcome.FAILED)
"""Outcomes that `--retry undecided` does again."""


@dataclass(frozen=True, slots=True)
class Row:
    """One problem to do, with its keys."""

    problem: Problem
    position: int
    key: str
    work: str


class Campaign:
    """Plans what is to be done, does it with a solver, and keeps each result as it comes.

    Args:
        engine: key of model, sampling and policy.
        timeout: seconds of one problem, as the policy has it.
        retry: whether rows that are undecided or failed are done again.
        on_progress: called in the thread of the event loop after each row.
    """

    def __init__(
        self,
        problems: Problems,
        store: Store,
        *,
        engine: str,
        timeout: float,
        selection: Selection | None = None,
        retry: bool = False,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self.progress = Progress()
        self._problems = problems
        self._store = store
        self._engine = engine
        self._timeout = timeout
        self._width = 1
        self._selection = selection or Selection()
        self._retry = retry
        self._on_progress = on_progress
        self._scheduler = Scheduler(self._do)
        self._solver: Solver | None = None
        self._losses = 0

    def plan(self) -> int:
        """Finds what is done already and how much is to do; the latter.

        Raises:
            BadInput: an id is not in the set, or the file changed meanwhile.
        """
        with self._store.at_once():
            self._store.begin()
            distinct = 0
            for row in self._rows():
                if not self._store.select(row.key):
                    continue
                distinct += 1
                outcome = self._store.place(row.key, row.position)
                if outcome is not None and not self._is_to_do(outcome):
                    self.progress.found(outcome)
            self.progress.planned = distinct
            self._store.planned(distinct)
        if self.progress.resumed:
            self._on_progress(self.progress)
        return distinct - self.progress.resumed

    async def run(self, solver: Solver, width: int) -> None:
        """Does what is to do, `width` problems at a time, until the end or a `drain`.

        Raises:
            EnvironmentFailed: nothing can be written any more, or every problem fails by the
                machine's fault; what is done is kept.
        """
        self._solver, self._width = solver, width
        self.progress.start()
        self._on_progress(self.progress)
        await self._scheduler.run(self._to_do(), width)

    def drain(self) -> None:
        """Begins no other problem. For the thread of the event loop."""
        self._scheduler.drain()
        self.progress.draining = True
        self._on_progress(self.progress)

    async def regrade(self) -> None:
        """Scores every solution that there is anew, without a model."""
        self.progress = Progress(planned=self.progress.planned)
        for row in self._rows():
            solution = self._store.solved(row.work)
            if solution is not None:
                await self._keep(row, Marker(row.problem), solution)

    def _rows(self) -> Iterator[Row]:
        for position, problem in enumerate(self._selection.of(self._problems), 1):
            yield Row(
                problem,
                position,
                result_key(problem, self._engine),
                work_key(problem, self._engine),
            )

    def _to_do(self) -> Iterator[Row]:
        for row in self._rows():
            # The first of several equal rows takes it; for the others it is taken.
            if self._store.take(row.key):
                outcome = self._store.outcome(row.key)
                if outcome is None or self._is_to_do(outcome):
                    yield row

    def _is_to_do(self, outcome: Outcome) -> bool:
        return self._retry and outcome in RETRIED

    async def _do(self, row: Row) -> None:
        assert self._solver is not None, "`run` sets it before anything is scheduled"
        marker = Marker(row.problem)
        if not self._retry and (known := self._store.solved(row.work)) is not None:
            await self._keep(row, marker, known)
            return
        past = self._store.resumed(row.work)

        def keep(checkpoint: Checkpoint) -> None:
            self._store.checkpoint(row.work, checkpoint_record(checkpoint))

        try:
            solution = await self._solver.solve(
                row.problem, checkpoint_from_record(past) if past else None, keep
            )
        except SolverLost:
            raise
        except Exception as error:  # noqa: BLE001 - one bad problem never stops the run
            self._count_loss(error)
            self._finish(failed(marker, error, key=row.key, position=row.position), row.work)
        else:
            self._losses = 0
            await self._keep(row, marker, solution)

    async def _keep(self, row: Row, marker: Marker, solution: Solution) -> None:
        result, whole = await scored(
            marker, solution, key=row.key, position=row.position, timeout=self._timeout
        )
        if result.rule == SPENT:
            self._scheduler.drain()
        self._store.put(result, work=row.work, solution=whole)
        self._tell(result)

    def _finish(self, result: Result, work: str) -> None:
        self._store.put(result, work=work)
        self._tell(result)

    def _tell(self, result: Result) -> None:
        self.progress.done(result)
        self._on_progress(self.progress)

    def _count_loss(self, error: Exception) -> None:
        """Gives up where the machine fails one problem after another: no other will do better."""
        if not isinstance(error, TirError) or isinstance(error, BadInput):
            return
        self._losses += 1
        if self._losses > 2 * self._width:
            raise error
