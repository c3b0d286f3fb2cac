"""A worksheet as a notebook (nbformat 4.5), without a cell that would run a model's program."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tir.notebook.markdown import answer, escaped, fence, leader, prose, step_markdown
from tir.notebook.table import in_row
from tir.teaching.item import Ground, Item

_ABOUT = (
    "Write each answer between the quotation marks. Any form will do: `1/2`, `0.5`, `\\frac12`."
)

RIGHT_WAYS = "Another right way than that of the solution earns the same."
WORKING = {
    Ground.VERIFIED: "Working",
    Ground.GIVEN: "Working",
    Ground.DISPUTED: "Working that comes to another answer",
    Ground.NONE: "Working, not verified",
}
"""Headings of what the model did."""


def notebook(title: str, items: Sequence[Item], *, with_key: bool) -> str:
    """The notebook's file. The same worksheet gives the same bytes."""
    cells = [_words("title", f"# {escaped(title)}\n\n{_ABOUT}")]
    if not with_key:
        cells.append(_code("name", 'name = ""'))
    for item in items:
        cells += _of_class(item) if not with_key else _of_teacher(item)
    about: dict[str, Any] = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(about, indent=1) + "\n"


def _of_class(item: Item) -> Iterator[dict[str, Any]]:
    yield _words(f"problem-{item.number}", _asked(item))
    if item.hints:
        yield _words(f"hints-{item.number}", hints_markdown(item))
    yield _code(f"answer-{item.number}", f'answer_{item.number} = ""')


def _of_teacher(item: Item) -> Iterator[dict[str, Any]]:
    key = "(none)" if item.key is None else answer(item.key)
    yield _words(f"problem-{item.number}", _asked(item))
    yield _words(f"key-{item.number}", f"**Key** {key}\n\n{escaped(item.why)}")
    if item.hints:
        yield _words(f"hints-{item.number}", hints_markdown(item))
    trajectory = leader(item.solution)
    steps = trajectory.steps if trajectory is not None else ()
    if steps:
        worked = "\n\n".join(step_markdown(at, step) for at, step in enumerate(steps, 1))
        yield _words(f"working-{item.number}", f"### {WORKING[item.ground]}\n\n{worked}")
    if item.solution.check:
        shown = fence(item.solution.check.strip("\n"), "python")
        yield _words(f"check-{item.number}", f"### Check that accepted the key\n\n{shown}")
    yield _words(f"rubric-{item.number}", _rubric(item))
    yield _words(f"wrong-{item.number}", _wrong(item))


def hints_markdown(item: Item) -> str:
    """The hints, each folded."""
    return "\n\n".join(
        f"<details><summary>Hint {at}</summary>\n\n{_hint(text)}\n\n</details>"
        for at, text in enumerate(item.hints, 1)
    )


def is_program(text: str) -> bool:
    """Whether a hint shows part of a program rather than words."""
    return "\n" in text or " = " in text or text.startswith(("import ", "from ", "print("))


def _hint(text: str) -> str:
    return fence(text, "python") if is_program(text) else prose(text)


def _asked(item: Item) -> str:
    points = f"{item.points} points" if item.points != 1 else "1 point"
    return f"## Problem {item.number} ({points})\n\n{prose(item.question)}"


def _rubric(item: Item) -> str:
    rows = "\n".join(f"| {each.points} | {in_row(prose(each.text))} |" for each in item.rubric)
    return f"### Rubric\n\n| Points | For |\n|---:|---|\n{rows}\n\n{RIGHT_WAYS}"


def _wrong(item: Item) -> str:
    if not item.wrong:
        return "### Wrong answers\n\nNo sample of the model gave one."
    rows = "\n".join(
        f"- {answer(each.answer)} ({each.samples} {'sample' if each.samples == 1 else 'samples'})"
        for each in item.wrong
    )
    return f"### Wrong answers that samples of the model gave\n\n{rows}"


def _words(id: str, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": id, "metadata": {}, "source": text}


def _code(id: str, source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": id,
        "metadata": {},
        "outputs": [],
        "source": source,
    }
