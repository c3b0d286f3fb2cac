"""Is my answer right? A ruling with its reasons, which never show the right answer.

The problem is solved out of sight. The answer is compared with what was found, if that is
verified, and the check programs that a right answer passes are run on it. Each sentence of the
reasons is itself checked (`tir.students.secret`) before it is given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from executors import JupyterExecutor, Tier
from problems import AnswerTest, Certainty, Outcome, Problem, Verdict, decoys, equal, grade
from problems.claims import compared
from problems.normal import normal_form
from problems.policy import EQUIVALENT
from problems.shape import Kind, shape
from problems.tree import tree
from tir.checks import CheckProgram, CheckResult, Finding, run_check
from tir.errors import BadInput
from tir.models.base import Model
from tir.models.options import CHOSEN, LoadOptions
from tir.policy import Policy
from tir.solution import EvidenceKind, Solution, SolutionStatus
from tir.students.aside import aside
from tir.students.conditions import violated
from tir.students.history import History
from tir.students.secret import Secret
from tir.students.silent import Desk
from tir.trajectory import Usage

_LISTS = (Kind.LIST, Kind.SET)
_EQUALS = {
    Certainty.PROVED: "It equals the answer that is verified here.",
    Certainty.NUMERIC: "It agrees with the answer that is verified here at every point tried.",
    Certainty.CONVENTION: "It equals the answer that is verified here, by a usual convention.",
    Certainty.HEURISTIC: "It was not told apart from the answer that is verified here.",
}
_ANOTHER = "It is not the answer that is verified here."
_KINDS = {
    "unit": "The value or its unit is another.",
    "interval": "The ends of the interval are others.",
    "ranges": "The range is another.",
    "matrix": "An entry or the size is another.",
    "order": "The order or a value is another.",
}


class Ruling(StrEnum):
    """What is said of an answer."""

    RIGHT = "right"
    WRONG = "wrong"
    UNSURE = "can't tell"


@dataclass(frozen=True, slots=True)
class Assessment:
    """The ruling on one answer."""

    ruling: Ruling
    answer: str
    """As it was given."""
    reasons: tuple[str, ...]
    """Sentences for the one who answered; none holds an expression equal to the right answer."""
    checked: bool = False
    """Whether a program that tells right from wrong was run on the answer."""


def check(
    problem: str | Problem,
    answer: str,
    *,
    model: str | Model = "auto",
    policy: Policy | None = None,
    options: LoadOptions = CHOSEN,
    history: History | None = None,
    unsafe_no_sandbox: bool = False,
) -> Assessment:
    """Whether `answer` is right, wrong, or neither can be told.

    A problem with a reference answer (`Problem.gold`) is compared with that; any other is solved
    first. Its solution is kept in `history`, if there is one, and taken from there.

    Raises:
        BadInput: the answer is empty or cannot be used.
        TirError: see `tir.solve`.
    """
    problem = problem if isinstance(problem, Problem) else Problem(problem)
    if not answer.strip():
        raise BadInput(
            "the answer is empty.", why="There is nothing to check.", hint='tir check "2+2" 4'
        )
    desk = Desk(model, options, policy or Policy(), history, unsafe_no_sandbox)
    if problem.gold is not None:
        return assess(problem, answer, problem.gold, is_sure=True)
    solution = desk.solution(problem)[0]
    return assess_against(solution, answer, unsafe_no_sandbox=unsafe_no_sandbox)


def assess_against(
    solution: Solution, answer: str, *, unsafe_no_sandbox: bool = False
) -> Assessment:
    """The ruling by a solution that is at hand."""
    problem, found = solution.problem, solution.answer
    if found is None or solution.status is SolutionStatus.REFUTED:
        why = "No answer was found" if found is None else "What was found is refuted by a check"
        return Assessment(Ruling.UNSURE, answer, (f"{why}, so there is nothing to compare with.",))
    is_sure = solution.status is SolutionStatus.VERIFIED
    verdict = _graded(problem, answer, found)
    result = None
    sound = any(e.kind is EvidenceKind.CHECKED and e.holds for e in solution.evidence)
    if solution.check is not None and sound and verdict.outcome is not Outcome.CORRECT:
        result = _put_to_check(solution.check, answer, found, unsafe_no_sandbox)
    return assess(problem, answer, found, is_sure=is_sure, verdict=verdict, result=result)


def assess(
    problem: Problem,
    answer: str,
    reference: str,
    *,
    is_sure: bool,
    verdict: Verdict | None = None,
    result: CheckResult | None = None,
) -> Assessment:
    """The ruling from the comparison with a reference and what a check program says."""
    verdict = verdict or _graded(problem, answer, reference)
    said = None if result is None else result.finding
    checked = said in (Finding.ACCEPTS, Finding.REFUTES)

    def ruled(ruling: Ruling, *reasons: str) -> Assessment:
        return Assessment(ruling, answer, _safe(problem, answer, reference, reasons), checked)

    if verdict.outcome is Outcome.CORRECT:
        if is_sure:
            return Assessment(Ruling.RIGHT, answer, (_EQUALS[verdict.certainty],), checked)
        return Assessment(
            Ruling.UNSURE, answer, ("The same was found here, but nothing verifies it.",), checked
        )
    if not is_sure:
        return ruled(Ruling.UNSURE, "It differs from what was found here, which is not verified.")
    if said is Finding.ACCEPTS:
        told = f"A check program accepts it and rejects {result.rejected if result else 0} others"
        if verdict.outcome is Outcome.UNDECIDED:
            return ruled(Ruling.RIGHT, f"{told}.")
        return ruled(
            Ruling.UNSURE,
            f"{told}, yet it is not what was found here: there may be more than one right answer.",
        )
    reasons = _faults(problem, answer, reference, verdict)
    if said is Finding.REFUTES:
        reasons.append("A check program rejects it that accepts the verified answer.")
    if verdict.outcome is Outcome.UNDECIDED and said is not Finding.REFUTES:
        return ruled(Ruling.UNSURE, "It could not be compared with the verified answer.")
    if verdict.needs_review and said is not Finding.REFUTES and len(reasons) < 2:
        return ruled(
            Ruling.UNSURE, "It looks different from the verified answer, but a person should look."
        )
    return ruled(Ruling.WRONG, *reasons)


def _graded(problem: Problem, answer: str, reference: str) -> Verdict:
    test = AnswerTest.of(problem.test) if problem.test else EQUIVALENT
    return grade(answer, reference, test=test)


def _put_to_check(source: str, answer: str, reference: str, unsafe: bool) -> CheckResult | None:
    """What a check program that accepts the reference says of the answer."""
    near = [text for text in decoys(reference) if equal(text, answer) is False]
    if not near:
        return None
    program = CheckProgram(source, near[0], Usage())

    async def run() -> CheckResult:
        async with JupyterExecutor(spares=0, tier=Tier.NONE if unsafe else None) as executor:
            return await run_check(program, answer, [reference], executor=executor, seconds=10.0)

    result = aside(run())
    # A check that takes the student's answer and the reference says that both are right.
    if result.finding is Finding.VACUOUS and result.rejected >= 2:
        return CheckResult(Finding.ACCEPTS, result.rejected, result.detail)
    return result


def _faults(problem: Problem, answer: str, reference: str, verdict: Verdict) -> list[str]:
    """What is wrong with it, most telling first, before it is seen to that nothing is told."""
    found = [violated(problem, answer, reference), *_members(answer, reference)]
    if verdict.rule == "differs at a point":
        found.append(_at_a_point(answer, reference))
    if verdict.outcome is Outcome.PARTIAL:
        found.append("A part of it is right.")
    found.append(_KINDS.get(verdict.rule))
    told = [sentence for sentence in found if sentence]
    return [*told, _ANOTHER]


def _members(answer: str, reference: str) -> list[str]:
    """Of several values, which are too many and how many are missing."""
    outer = [shape(normal_form(text)) for text in (answer, reference)]
    if outer[1].kind not in _LISTS and outer[0].kind not in _LISTS:
        return []
    own, right = outer[0].parts, outer[1].parts
    extra = [part for part in own if not any(equal(part, other) for other in right)]
    missing = sum(not any(equal(part, other) for other in own) for part in right)
    told = [f"Not among the right values: {', '.join(extra)}."] if extra else []
    if missing and len(own) - len(extra) + missing > 1:
        told.append("A value is missing." if missing == 1 else f"{missing} values are missing.")
    return told


def _at_a_point(answer: str, reference: str) -> str | None:
    """A point at which the answer has another value, with its own value there."""
    own, right = tree(normal_form(answer)), tree(normal_form(reference))
    if own is None or right is None:
        return None
    outcome, told = compared(own, right)
    if outcome is not Outcome.INCORRECT or not told.startswith("at "):
        return None
    where, _, rest = told.partition(" {one} is ")
    figure = rest.partition(", {other} ")[0]
    return f"A{where[1:]} it is {figure}, which is not the right value there."


def _safe(problem: Problem, answer: str, reference: str, reasons: Sequence[str]) -> tuple[str, ...]:
    """The sentences in which nothing equals the right answer. The last, in words alone, stays."""
    secret = Secret(problem, reference)
    safe = [
        sentence
        for at, sentence in enumerate(reasons)
        if (at == len(reasons) - 1 and not any(map(str.isdigit, sentence)))
        or secret.covered(sentence) == sentence
    ]
    # That it is another answer goes without saying where it is said what is wrong with it.
    return tuple(safe if len(safe) == 1 else (each for each in safe if each != _ANOTHER))
