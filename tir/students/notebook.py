"""A solution as a Jupyter notebook, whose programs are run once more before it is written.

A notebook that claims outputs it does not give is worse than none: where a program ends otherwise
than it did in the solution, nothing is written, and the cell is named.
"""

from collections.abc import Sequence

from executors import Execution, JupyterExecutor, Status, Tier
from tir.api import PRELUDE
from tir.errors import TirError
from tir.render.markdown import answer_markdown, leading, prose, text_markdown
from tir.render.safe import one_line, visible
from tir.render.summary import STATUS, evidence_line
from tir.solution import Solution
from tir.students.aside import aside
from tir.trajectory import Step

SECONDS = 60.0
"""For one program; it took ten at most when it was solved."""
_SHOWN = 200

Cell = dict[str, object]


class OutputChanged(TirError):
    """A program of the solution gives another output now than it did then."""


def solution_notebook(solution: Solution, *, unsafe_no_sandbox: bool = False) -> dict[str, object]:
    """The notebook as nbformat 4.5 describes it, executed in the sandbox just now.

    Raises:
        OutputChanged: a program ends, prints or returns otherwise than in the solution.
        KernelFailed: no kernel could be started.
    """
    steps = leading(solution)
    ran = [step for step in steps if step.program and step.execution is not None]
    outcomes = aside(_run([step.program or "" for step in ran], unsafe_no_sandbox)) if ran else []
    for number, (step, now) in enumerate(zip(ran, outcomes, strict=True), start=1):
        assert step.execution is not None
        if _told(step.execution) != _told(now):
            raise _changed(number, step.execution, now)
    cells = [_markdown(f"# Problem\n\n{text_markdown(solution.problem.question.strip())}")]
    executed = iter(zip(range(1, len(outcomes) + 1), outcomes, strict=True))
    for step in steps:
        cells += _cells(step, executed)
    cells.append(_markdown(_answer(solution)))
    for number, cell in enumerate(cells):
        cell["id"] = f"tir-{number}"
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "cells": cells,
    }


async def _run(programs: Sequence[str], unsafe: bool) -> list[Execution]:
    tier = Tier.NONE if unsafe else None
    async with JupyterExecutor(spares=0, prelude=PRELUDE, tier=tier) as executor:
        session = await executor.session()
        try:
            return [await session.execute(program, timeout=SECONDS) for program in programs]
        finally:
            await session.close()


def _told(outcome: Execution) -> tuple[object, ...]:
    """What must be the same: how it ended and what it gave. Warnings name temporary places."""
    return outcome.status, outcome.stdout, outcome.result, outcome.error


def _changed(number: int, then: Execution, now: Execution) -> OutputChanged:
    before, after = (one_line(each.observation())[:_SHOWN] for each in (then, now))
    return OutputChanged(
        f"program {number} gives another output now.",
        why=f"It was: {before}. It is: {after}.",
        hint="tir export ... -o solution.md   (the outputs as they were), or solve it again",
    )


def _cells(step: Step, executed: "object") -> list[Cell]:
    found: list[Cell] = []
    if step.rationale.strip():
        found.append(_markdown(text_markdown(step.rationale)))
    if step.program and step.execution is None:
        found.append(_markdown(f"```python\n{visible(step.program)}\n```"))
    elif step.program:
        number, outcome = next(executed)  # type: ignore[call-overload]
        found.append(_code(step.program, number, outcome))
    return found


def _markdown(source: str) -> Cell:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _code(program: str, number: int, outcome: Execution) -> Cell:
    outputs: list[dict[str, object]] = []
    for name, text in (("stdout", outcome.stdout), ("stderr", outcome.stderr)):
        if text:
            outputs.append({"output_type": "stream", "name": name, "text": visible(text)})
    if outcome.result is not None:
        outputs.append(
            {
                "output_type": "execute_result",
                "execution_count": number,
                "metadata": {},
                "data": {"text/plain": visible(outcome.result)},
            }
        )
    if outcome.error is not None or outcome.status is not Status.OK:
        name = outcome.error.name if outcome.error else outcome.status.value
        outputs.append(
            {
                "output_type": "error",
                "ename": visible(name),
                "evalue": visible(outcome.error.message if outcome.error else ""),
                "traceback": [visible(outcome.observation())],
            }
        )
    return {
        "cell_type": "code",
        "execution_count": number,
        "metadata": {},
        "source": program,
        "outputs": outputs,
    }


def _answer(solution: Solution) -> str:
    answer = "(none)" if solution.answer is None else answer_markdown(solution.answer)
    lines = [f"# Answer\n\n**{answer}**", f"Status: {STATUS[solution.status][0]}"]
    lines += [f"- {prose(evidence_line(each))}" for each in solution.evidence]
    return "\n\n".join(lines[:2]) + "\n\n" + "\n".join(lines[2:])
