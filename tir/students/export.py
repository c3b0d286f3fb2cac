"""A solution as a file to hand in, to run, to typeset or to look at."""

import json
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path

from tir.errors import BadInput, EnvironmentFailed
from tir.record import solution_from_record, solution_record, to_json
from tir.render.html import solution_html
from tir.render.markdown import solution_markdown
from tir.render.safe import one_line
from tir.render.tex import solution_tex
from tir.solution import Solution
from tir.students.notebook import solution_notebook

LARGEST = 64 << 20
"""Bytes of a saved solution that is read."""


def page(solution: Solution) -> str:
    """A whole HTML page, without a script."""
    title = escape(one_line(solution.problem.question)[:80])
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title></head>\n<body>\n{solution_html(solution)}\n</body>\n</html>\n"
    )


def notebook(solution: Solution) -> str:
    """A notebook, run once more in the sandbox; see `solution_notebook`."""
    return json.dumps(solution_notebook(solution), indent=1, ensure_ascii=False) + "\n"


def document(solution: Solution) -> str:
    """The record that `--json` prints and `tir export` reads."""
    return to_json(solution_record(solution), indent=2) + "\n"


FORMATS: Mapping[str, Callable[[Solution], str]] = {
    "md": solution_markdown,
    "ipynb": notebook,
    "tex": solution_tex,
    "html": page,
    "json": document,
}
"""What a solution can be exported as, by the suffix of the file."""


def load_solution(file: Path) -> Solution:
    """The solution that a file written by `--json` holds.

    Raises:
        BadInput: it cannot be read, or is no solution.
    """
    try:
        if file.stat().st_size > LARGEST:
            raise ValueError(f"it has more than {LARGEST >> 20} MB")
        record = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadInput(
            f"{str(file)!r} is no saved solution.",
            why=f"{error}.",
            hint=f'tir solve --json "..." > {file.name}',
        ) from error
    if not isinstance(record, dict):
        raise BadInput(
            f"{str(file)!r} is no saved solution.",
            why="It holds no JSON object.",
            hint=f'tir solve --json "..." > {file.name}',
        )
    return solution_from_record(record)


def export(solution: Solution, target: Path | None, kind: str | None) -> str:
    """Writes the solution to `target`, or only returns the text where there is none.

    Raises:
        BadInput: the format is unknown.
        OutputChanged, KernelFailed: see `solution_notebook`.
        EnvironmentFailed: the file cannot be written.
    """
    name = kind or (target.suffix.lstrip(".").lower() if target else "md")
    name = {"markdown": "md", "latex": "tex", "htm": "html"}.get(name, name)
    if name not in FORMATS:
        raise BadInput(
            f"a solution cannot be written as {name!r}.",
            why=f"The formats are {', '.join(FORMATS)}.",
            hint="tir export last -o solution.md",
        )
    text = FORMATS[name](solution)
    if target is not None:
        try:
            target.write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise EnvironmentFailed(
                f"{str(target)!r} cannot be written.",
                why=f"{error.strerror or error}.",
                hint=f"ls -ld {target.parent}",
            ) from error
    return text
