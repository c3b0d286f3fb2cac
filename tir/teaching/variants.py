"""Problems like a given one, with other numbers and keys that were verified.

Of a problem whose answer was verified we have a program that computes it and a check that
recognises it. With other numbers in all three, the program is run in the sandbox and its answer
put to the check, together with wrong ones; what the check does not accept is dropped. A problem
of `problems.families` has a generator, whose keys go through the same check.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import overload

from executors import Execution, Executor, ExecutorError, JupyterExecutor, Status, Tier
from problems import Answer, Problem, equal, typed
from problems.families import FAMILIES, Exercise
from problems.shown import Shown
from tir.api import PRELUDE, solve
from tir.checks import CheckProgram, Finding, run_check
from tir.errors import BadInput, TirError, from_executor
from tir.models.base import Model
from tir.notebook.markdown import leader
from tir.policy import Policy
from tir.solution import Evidence, EvidenceKind, Solution, SolutionStatus
from tir.students.aside import aside
from tir.teaching.numbers import asked_with, free, in_question, other, programmed_with
from tir.teaching.wrong import Wrong, wrong_programs
from tir.trajectory import Step, Stop, Trajectory, Usage
from tir.verify import checked, printed

DRAWS = 12
"""Sets of numbers that are tried for each variant wanted: many give no answer of the same kind."""
SECONDS = 10.0
"""Wall time of one program."""
_DIGIT = re.compile(r"\d")


class NoVariants(TirError):
    """The problem cannot be varied."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A problem with other numbers. `solution.problem.gold` is its key."""

    solution: Solution
    """Verified; its programs ran with these numbers."""
    wrong: tuple[Wrong, ...]
    """What programs of wrong samples make of these numbers."""

    @property
    def problem(self) -> Problem:
        """The problem, with its key as `gold`."""
        return self.solution.problem


@dataclass(frozen=True, slots=True)
class Variants(Shown, Sequence[Variant]):
    """What was found, and how many were dropped for what reason."""

    found: tuple[Variant, ...]
    dropped: dict[str, int]

    @overload
    def __getitem__(self, at: int) -> Variant: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Variant, ...]: ...
    def __getitem__(self, at: int | slice) -> Variant | tuple[Variant, ...]:
        """A variant, or several."""
        return self.found[at]

    def __len__(self) -> int:
        return len(self.found)


def variants(
    problem: str | Problem | Solution | Exercise,
    n: int = 5,
    *,
    seed: int = 0,
    model: str | Model = "auto",
    policy: Policy | None = None,
    unsafe_no_sandbox: bool = False,
) -> Variants:
    """Up to `n` problems with other numbers and the same structure; fewer if fewer verify.

    A text is solved first. The answers keep the kind of the original one: a whole number stays
    whole, two roots stay two.

    Raises:
        NoVariants: its answer was not verified by a check, no program printed it, or it is not
            plain which number of the question is which in them.
        TirError: see `tir.solve`.
    """
    if isinstance(problem, str | Problem):
        problem = solve(problem, model=model, policy=policy, unsafe_no_sandbox=unsafe_no_sandbox)
    tier = Tier.NONE if unsafe_no_sandbox else None
    rng = Random(seed)
    if isinstance(problem, Exercise):
        original = solution_of(problem)
        drafts = _generated(problem, rng, DRAWS * n)
    else:
        original = problem
        drafts = _substituted(problem, rng, DRAWS * n)
    return aside(_verified(original, drafts, n, tier))


@dataclass(frozen=True, slots=True)
class _Draft:
    """A variant before anything of it was run."""

    question: str
    steps: tuple[Step, ...]
    check: str
    wrong: tuple[Wrong, ...] = ()
    """Programs of wrong samples; what they print is not known yet."""


async def _verified(
    original: Solution, drafts: Iterator[_Draft], n: int, tier: Tier | None
) -> Variants:
    found: list[Variant] = []
    dropped: Counter[str] = Counter()
    seen = {original.problem.question}
    try:
        async with JupyterExecutor(prelude=PRELUDE, spares=2, tier=tier) as executor:
            for draft in drafts:
                if len(found) >= n:
                    break
                if draft.question in seen:
                    continue
                seen.add(draft.question)
                made = await _made(draft, original, executor)
                if isinstance(made, str):
                    dropped[made] += 1
                else:
                    found.append(made)
    except ExecutorError as error:
        raise from_executor(error) from error
    return Variants(tuple(found), dict(dropped))


async def _made(draft: _Draft, original: Solution, executor: Executor) -> Variant | str:
    """The variant, or why it is dropped."""
    ran = await _run([step.program for step in draft.steps], executor)
    if any(e is not None and e.status is not Status.OK for e in ran):
        return "its program fails"
    steps = tuple(replace(s, execution=e) for s, e in zip(draft.steps, ran, strict=True))
    trajectory = Trajectory(steps, None, Stop.ANSWERED, 0, Usage())
    said = printed(trajectory)
    if not said or "\n" in said[0] or _kind(said[0]) != _kind(original.answer or ""):
        return "its answer is of another kind"
    key = said[0]
    if equal(key, original.answer or "", find=False) is not False:
        return "its answer is that of the original"
    check = CheckProgram(draft.check, original.answer or "", Usage())
    result = await run_check(check, key, (), executor=executor, seconds=SECONDS)
    if result.finding is not Finding.ACCEPTS:
        return "its check does not verify it"
    computed = Evidence(EvidenceKind.COMPUTED, True, "its own program printed this value")
    solution = Solution(
        problem=Problem(draft.question, gold=key, source=original.problem.source),
        answer=key,
        status=SolutionStatus.VERIFIED,
        evidence=(computed, checked(result)),
        trajectories=(replace(trajectory, answer=Answer(key, "printed")),),
        usage=Usage(),
        model=original.model,
        agreement=(1, 1),
        check=draft.check,
        isolation=executor.isolation,
    )
    return Variant(solution, await _mistaken(draft.wrong, key, executor))


async def _mistaken(programs: Sequence[Wrong], key: str, executor: Executor) -> tuple[Wrong, ...]:
    """What wrong samples' programs print with these numbers, if it is wrong again."""
    found: dict[str, Wrong] = {}
    for each in programs:
        ran = await _run(each.programs, executor)
        said = printed(Trajectory(_steps(each.programs, ran), None, Stop.ANSWERED, 0, Usage()))
        if said and "\n" not in said[0] and equal(said[0], key, find=False) is False:
            before = found.get(said[0])
            samples = each.samples + (before.samples if before else 0)
            found[said[0]] = replace(each, answer=said[0], samples=samples)
    return tuple(found.values())


def _steps(programs: Sequence[str | None], ran: Sequence[Execution | None]) -> tuple[Step, ...]:
    return tuple(Step("", p, e, 0, 0.0) for p, e in zip(programs, ran, strict=True))


async def _run(programs: Sequence[str | None], executor: Executor) -> list[Execution | None]:
    """What came of programs that share a session; None for a step without one."""
    session = await executor.session()
    try:
        return [
            None if program is None else await session.execute(program, timeout=SECONDS)
            for program in programs
        ]
    finally:
        await session.close()


def _substituted(solution: Solution, rng: Random, most: int) -> Iterator[_Draft]:
    """Drafts with other numbers in question, programs and check.

    Raises NoVariants.
    """
    if solution.status is not SolutionStatus.VERIFIED or not solution.check:
        raise NoVariants(
            "this problem cannot be varied.",
            why="Its answer was not verified by a check, so neither could those of variants be.",
            hint="another model (tir models), or more samples",
        )
    trajectory = leader(solution)
    assert trajectory is not None, "it was verified"
    steps = tuple(step for step in trajectory.steps if step.program is not None)
    programs = [step.program or "" for step in steps]
    said = printed(trajectory)
    if not said or equal(said[0], solution.answer or "", find=False) is not True:
        raise NoVariants(
            "this problem cannot be varied.",
            why="The answer was not printed by a program, so that it cannot be computed anew.",
            hint="more samples, of which one prints its answer",
        )
    question = solution.problem.question
    values = free(question, programs, solution.check)
    if not values:
        raise NoVariants(
            "this problem cannot be varied.",
            why="No number of the question is to be found once in its program and in its check.",
            hint="the same question with numbers that differ from one another",
        )
    stay = {value for _, _, value in in_question(question)} - set(values)
    wrong = wrong_programs(solution)
    for _ in range(most):
        new = other(values, sorted(stay), rng)
        yield _Draft(
            asked_with(question, new),
            tuple(
                Step(_timeless(s.rationale), programmed_with(p, new), None, 0, 0.0)
                for s, p in zip(steps, programs, strict=True)
            ),
            programmed_with(solution.check, new),
            tuple(
                replace(each, programs=tuple(programmed_with(p, new) for p in each.programs))
                for each in wrong
            ),
        )


def _generated(exercise: Exercise, rng: Random, most: int) -> Iterator[_Draft]:
    """Drafts from the family's generator, of the same kind of question."""
    family = next((family for family in FAMILIES if family.name == exercise.family), None)
    if family is None:
        names = ", ".join(family.name for family in FAMILIES[:6])
        raise BadInput(
            f"there is no family {exercise.family!r}.",
            why=f"Some are {names}.",
            hint="an exercise of one of them",
        )
    wanted, found = _skeleton(exercise.check), 0
    for _ in range(200 * most):
        drawn = family.exercise(rng)
        if found < most and _skeleton(drawn.check) == wanted:
            found += 1
            steps = tuple(Step(c.rationale, c.program, None, 0, 0.0) for c in drawn.calls)
            yield _Draft(drawn.question, steps, drawn.check)


def solution_of(exercise: Exercise) -> Solution:
    """An exercise as a solution: its own key, its worked steps, its check."""
    steps = tuple(
        Step(c.rationale, c.program, Execution(Status.OK, stdout=c.output), 0, 0.0)
        for c in exercise.calls
    )
    return Solution(
        Problem(exercise.question, gold=exercise.gold, source=exercise.family),
        exercise.gold,
        SolutionStatus.VERIFIED,
        (),
        (Trajectory(steps, Answer(exercise.gold, "printed"), Stop.ANSWERED, 0, Usage()),),
        Usage(),
        "problems.families",
        check=exercise.check,
    )


def _timeless(rationale: str) -> str:
    """A rationale that names no number: others were those of the other problem."""
    return "" if _DIGIT.search(rationale) else rationale


def _skeleton(check: str) -> str:
    """A check without its numbers, signs and names of variables."""
    return re.sub(r"\b[a-z]\b|[-+\d\s()*]", "", check)


def _kind(text: str) -> object:
    """What an answer is made of: a whole number, another number, so many of them, ..."""
    tree = typed(text)
    if "number" in tree:
        return "whole" if "/" not in str(tree["number"]) else "fraction"
    parts = tree.get("list")
    return ("list", len(parts)) if isinstance(parts, list) else next(iter(tree))
