"""How many trajectories are drawn, and what their answers come to. Scripted model, real kernels."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
import pytest_asyncio

from executors import JupyterExecutor
from problems import Problem
from tir.dialects import Sampling
from tir.errors import BadInput
from tir.events import AnswerRejected, Event, EvidenceFound, Solved, Started, TrajectoryStarted
from tir.inquiry import Inquiry
from tir.models.scripted import ScriptedModel
from tir.policy import Policy
from tir.solution import EvidenceKind, Solution, SolutionStatus
from tir.trajectory import Stop

pytestmark = pytest.mark.asyncio(loop_scope="module")

FENCE = "```"
GOOD = f"{FENCE}python\ndef check(answer):\n    return answer - 2 == 40\n{FENCE}"
VACUOUS = f"{FENCE}python\ndef check(answer):\n    return True\n{FENCE}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def executor() -> AsyncIterator[JupyterExecutor]:
    async with JupyterExecutor() as executor:
        yield executor


def answers(*texts: str, printed: bool = True) -> Callable[[str, int], str]:
    """A script whose trajectory with seed i answers texts[i], from a program if `printed`."""

    def script(text: str, seed: int) -> str:
        answer = texts[min(seed, len(texts) - 1)]
        if "rejected the answer" in text:
            return "Then it is \\boxed{42}."
        if printed and "output" not in text.split("assistant\n", 1)[1]:
            return f"{FENCE}python\nprint({answer!r})\n{FENCE}\n{FENCE}output"
        return f"So \\boxed{{{answer}}}." if answer else "I do not know."

    return script


async def solve(
    model: ScriptedModel, executor: JupyterExecutor, policy: Policy | None = None, **more: str
) -> tuple[Solution, list[Event]]:
    problem = Problem("What is it?", **more)  # type: ignore[arg-type]
    inquiry = Inquiry(problem, model=model, executor=executor, policy=policy or Policy())
    events = [event async for event in inquiry.run()]
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Solved)
    return events[-1].solution, events


def kinds(solution: Solution) -> dict[EvidenceKind, bool | None]:
    return {evidence.kind: evidence.holds for evidence in solution.evidence}


async def test_a_good_check_verifies_one_trajectory(executor: JupyterExecutor) -> None:
    solution, events = await solve(ScriptedModel(answers("42"), check=[GOOD]), executor)
    assert solution.status is SolutionStatus.VERIFIED
    assert solution.answer == "42"
    assert solution.agreement == (1, 1)
    assert kinds(solution) == {
        EvidenceKind.COMPUTED: True,
        EvidenceKind.CHECKED: True,
    }
    assert solution.check is not None
    assert sum(isinstance(event, TrajectoryStarted) for event in events) == 1


async def test_a_vacuous_check_counts_for_nothing(executor: JupyterExecutor) -> None:
    model = ScriptedModel(answers("42", "41", "40", "39"), check=[VACUOUS])
    solution, _ = await solve(model, executor)
    assert solution.status is SolutionStatus.UNVERIFIED
    assert kinds(solution)[EvidenceKind.CHECKED] is None
    assert solution.agreement == (1, 4)


async def test_computed_and_agreed_is_enough_and_stops_early(executor: JupyterExecutor) -> None:
    model = ScriptedModel(answers("42", "\\frac{84}{2}", "42.0", "1"), check=["no"])
    solution, events = await solve(model, executor, Policy(samples=8))
    assert solution.status is SolutionStatus.VERIFIED
    assert solution.agreement == (3, 3)
    assert sum(isinstance(event, TrajectoryStarted) for event in events) == 3


async def test_agreed_without_a_computation_is_not_verified(executor: JupyterExecutor) -> None:
    model = ScriptedModel(answers("42", printed=False), check=["no"])
    solution, _ = await solve(model, executor)
    assert solution.status is SolutionStatus.UNVERIFIED
    assert solution.agreement[0] >= 3


async def test_sampling_stops_when_nothing_can_change(executor: JupyterExecutor) -> None:
    model = ScriptedModel(answers("42", printed=False), check=["no"])
    solution, _ = await solve(model, executor, Policy(samples=9, agree=9, share=1.0, check=False))
    assert solution.agreement == (9, 9)
    solution, _ = await solve(model, executor, Policy(samples=9, agree=99, check=False))
    assert solution.agreement == (5, 5)


async def test_a_refuted_answer_goes_back_to_the_model(executor: JupyterExecutor) -> None:
    solution, events = await solve(ScriptedModel(answers("41"), check=[GOOD]), executor)
    assert [e.answer for e in events if isinstance(e, AnswerRejected)] == ["41"]
    assert solution.answer == "42"
    assert solution.status is SolutionStatus.VERIFIED
    assert solution.trajectories[0].rejected == ("41",)


async def test_one_check_that_rejects_everything_does_not_reach_the_model(
    executor: JupyterExecutor,
) -> None:
    """It may be broken; a second check then says that the answer is right."""
    no = f"{FENCE}python\ndef check(answer):\n    return False\n{FENCE}"
    checks = iter([no, GOOD])
    model = ScriptedModel(answers("42"), check=lambda text, seed: next(checks))
    solution, events = await solve(model, executor)
    assert not [event for event in events if isinstance(event, AnswerRejected)]
    assert solution.status is SolutionStatus.VERIFIED
    assert solution.check is not None
    assert "answer - 2" in solution.check


async def test_a_check_that_copies_the_shown_answer_refutes_nothing(
    executor: JupyterExecutor,
) -> None:
    def copy(text: str, seed: int) -> str:
        shown = text.split("Proposed answer: ")[1].split("<|im_end|>")[0]
        return f"{FENCE}python\ndef check(answer):\n    return answer == {shown}\n{FENCE}"

    def drift(text: str, seed: int) -> str:
        return "\\boxed{42}" if seed == 0 else "\\boxed{43}"

    solution, events = await solve(ScriptedModel(drift, check=copy), executor)
    assert not [event for event in events if isinstance(event, AnswerRejected)]
    assert solution.status is SolutionStatus.UNVERIFIED


@pytest.mark.parametrize("temperature", [0.0, 1e-5])
async def test_greedy_samples_do_not_agree_with_themselves(
    executor: JupyterExecutor, temperature: float
) -> None:
    policy = Policy(sampling=Sampling(temperature=temperature), check=False)
    solution, _ = await solve(ScriptedModel(answers("41")), executor, policy)
    assert solution.agreement == (1, 1)
    assert solution.status is SolutionStatus.UNVERIFIED


async def test_a_problem_longer_than_the_context_is_refused(executor: JupyterExecutor) -> None:
    model = ScriptedModel(answers("1"), context=300)
    with pytest.raises(BadInput, match="too long"):
        await solve(model, executor)


async def test_an_answer_that_a_sound_check_rejects_is_refuted(executor: JupyterExecutor) -> None:
    def stubborn(text: str, seed: int) -> str:
        return "\\boxed{42}" if seed == 3 else "\\boxed{41}"

    solution, _ = await solve(ScriptedModel(stubborn, check=[GOOD]), executor)
    assert solution.answer == "41"
    assert solution.status is SolutionStatus.REFUTED


async def test_outside_its_scope_a_model_verifies_nothing(executor: JupyterExecutor) -> None:
    model = ScriptedModel(answers("42"), check=[GOOD], scope="never seen such a thing")
    solution, _ = await solve(model, executor)
    assert solution.status is SolutionStatus.UNVERIFIED
    assert kinds(solution)[EvidenceKind.SCOPE] is False


async def test_no_answer_is_an_outcome(executor: JupyterExecutor) -> None:
    solution, _ = await solve(ScriptedModel(answers("", printed=False)), executor)
    assert solution.status is SolutionStatus.NO_ANSWER
    assert solution.answer is None
    assert {t.stop for t in solution.trajectories} == {Stop.NO_ANSWER}


async def test_silence_outvotes_a_lone_answer(executor: JupyterExecutor) -> None:
    model = ScriptedModel(answers("", "5", "", "", printed=False), check=["no"])
    solution, _ = await solve(model, executor)
    assert solution.status is SolutionStatus.NO_ANSWER


async def test_the_reference_measures_and_never_chooses(executor: JupyterExecutor) -> None:
    solution, events = await solve(ScriptedModel(answers("42"), check=[GOOD]), executor, gold="43")
    assert solution.answer == "42"
    assert solution.status is SolutionStatus.VERIFIED
    assert kinds(solution)[EvidenceKind.REFERENCE] is False
    told = [e.evidence.kind for e in events if isinstance(e, EvidenceFound)]
    assert EvidenceKind.REFERENCE not in told


async def test_time_runs_out_with_what_there_is(executor: JupyterExecutor) -> None:
    def slow(text: str, seed: int) -> str:
        if "output" in text.split("assistant\n", 1)[1]:
            return "\\boxed{1}"
        return f"{FENCE}python\nimport time\ntime.sleep(60)\n{FENCE}\n{FENCE}output"

    solution, _ = await solve(ScriptedModel(slow), executor, Policy(timeout=1.5))
    assert solution.status is SolutionStatus.NO_ANSWER
    assert [t.stop for t in solution.trajectories] == [Stop.TIMEOUT]
    assert solution.seconds < 20


COPIES = f"""{FENCE}python
import sympy
x = sympy.Symbol('x')
def check(answer):
    return sympy.simplify(answer - sympy.diff(2 * x**3, x)) == 0
{FENCE}"""


def miscopies(text: str, seed: int) -> str:
    """Prints the right answer and boxes another, as models do."""
    if "output" not in text.split("assistant\n", 1)[1]:
        return f"{FENCE}python\nprint('6*x**2')\n{FENCE}\n{FENCE}output"
    return "So it is \\boxed{6 x}."


async def test_what_its_program_printed_replaces_what_a_model_miscopied(
    executor: JupyterExecutor,
) -> None:
    solution, events = await solve(ScriptedModel(miscopies, check=[COPIES]), executor)
    assert solution.answer == "6*x**2"
    assert solution.status is SolutionStatus.VERIFIED
    assert solution.agreement == (1, 1)
    assert kinds(solution)[EvidenceKind.CHECKED] is True
    assert solution.trajectories[0].answer is not None
    assert solution.trajectories[0].answer.how == "printed"
    assert not [event for event in events if isinstance(event, AnswerRejected)]


async def test_without_a_sound_check_the_boxed_answer_stays(executor: JupyterExecutor) -> None:
    model = ScriptedModel(miscopies, check=[VACUOUS])
    solution, _ = await solve(model, executor, Policy(samples=2))
    assert solution.answer == "6 x"
    assert solution.status is SolutionStatus.UNVERIFIED


async def test_all_samples_are_drawn_where_all_are_to_be_measured(
    executor: JupyterExecutor,
) -> None:
    model = ScriptedModel(answers("42"), check=[GOOD])
    solution, _ = await solve(model, executor, Policy(samples=5, stop_early=False))
    assert solution.agreement == (5, 5)
    assert solution.status is SolutionStatus.VERIFIED


async def test_a_stated_risk_stops_sooner(executor: JupyterExecutor) -> None:
    model = ScriptedModel(answers("42", printed=False), check=["no"])
    certain = Policy(samples=8, agree=99, check=False)
    solution, _ = await solve(model, executor, certain)
    assert solution.agreement == (5, 5)
    solution, _ = await solve(model, executor, replace(certain, risk=0.05))
    assert solution.agreement == (3, 3)


async def test_pruning_takes_the_vote_of_those_whose_code_never_ran(
    executor: JupyterExecutor,
) -> None:
    def script(text: str, seed: int) -> str:
        if seed == 2 and "output" not in text.split("assistant\n", 1)[1]:
            return f"{FENCE}python\nprint(7)\n{FENCE}\n{FENCE}output"
        if seed == 1 and "output" not in text.split("assistant\n", 1)[1]:
            return f"{FENCE}python\n1/0\n{FENCE}\n{FENCE}output"
        return "\\boxed{7}" if seed == 2 else "\\boxed{8}"

    policy = Policy(samples=3, check=False, stop_early=False)
    solution, _ = await solve(ScriptedModel(script), executor, policy)
    assert (solution.answer, solution.agreement) == ("8", (2, 3))
    solution, _ = await solve(ScriptedModel(script), executor, replace(policy, prune=True))
    assert (solution.answer, solution.agreement) == ("7", (1, 3))
    assert [t.answer.text for t in solution.trajectories if t.answer] == ["8", "8", "7"]
