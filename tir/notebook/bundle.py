"""Values in all the forms that a front end may choose from, by media type.

JupyterLab, VS Code and nbviewer take HTML where there is one, a terminal takes the plain text;
Markdown is for who copies it. The HTML can be read where the tags of mathematics are stripped
(`tir.notebook.linear`). Nothing in any form is a script.
"""

import re
from collections.abc import Callable, Collection
from typing import Any

from problems import Verdict
from tir.errors import TirError
from tir.notebook.linear import linear
from tir.notebook.markdown import (
    evidence_markdown,
    solution_markdown,
    trajectory_markdown,
    verdict_markdown,
)
from tir.notebook.plain import solution_text, trajectory_text, verdict_text
from tir.notebook.runs import comparison_table, run_table
from tir.notebook.sheets import variants_table, worksheet_table
from tir.notebook.table import Table, table_html, table_markdown, table_text
from tir.render.html import definitions, framed, solution_html, trajectory_html, verdict_html
from tir.render.safe import visible
from tir.render.style import STYLE
from tir.render.summary import Row, evidence_line
from tir.runs.comparison import Comparison
from tir.runs.run import Run
from tir.solution import Evidence, Solution
from tir.teaching.variants import Variants
from tir.teaching.worksheet import Worksheet
from tir.trajectory import Trajectory

PLAIN, MARKDOWN, HTML = "text/plain", "text/markdown", "text/html"

_RESET = """
.tir-facts{box-sizing:border-box;width:auto}
.tir-facts dt,.tir-facts dd{float:none;width:auto;max-width:none}
"""
_STRONG = re.sub(r"\.(tir[\w-]*)", r".\1.\1", STYLE + _RESET.rstrip())
"""Each class named twice: JupyterLab has rules of its own for lists and programs in outputs."""

_FORMS: dict[type, dict[str, Callable[[Any], str]]] = {
    Solution: {PLAIN: solution_text, MARKDOWN: solution_markdown, HTML: solution_html},
    Trajectory: {PLAIN: trajectory_text, MARKDOWN: trajectory_markdown, HTML: trajectory_html},
    Verdict: {PLAIN: verdict_text, MARKDOWN: verdict_markdown, HTML: verdict_html},
    Evidence: {
        PLAIN: lambda evidence: f"{evidence.kind.value}: {evidence_line(evidence)}",
        MARKDOWN: evidence_markdown,
        HTML: lambda evidence: framed(
            definitions([(Row(evidence.kind.value.capitalize(), evidence_line(evidence)), None)])
        ),
    },
}
_OF_TABLE: dict[str, Callable[[Any], str]] = {
    PLAIN: table_text,
    MARKDOWN: table_markdown,
    HTML: table_html,
}
_TABLES: dict[type, Callable[[Any], Table]] = {
    Run: run_table,
    Comparison: comparison_table,
    Variants: variants_table,
    Worksheet: worksheet_table,
}


def bundle(
    value: object,
    include: Collection[str] | None = None,
    exclude: Collection[str] | None = None,
) -> dict[str, str]:
    """The forms of a value that are wanted, as `_repr_mimebundle_` gives them."""
    tabular = next((table for kind, table in _TABLES.items() if isinstance(value, kind)), None)
    if tabular is not None:
        value, forms = tabular(value), _OF_TABLE
    else:
        forms = next(forms for kind, forms in _FORMS.items() if isinstance(value, kind))
    found = {
        media: form(value)
        for media, form in forms.items()
        if (not include or media in include) and media not in (exclude or ())
    }
    if HTML in found:
        found[HTML] = fitted(found[HTML])
    return found


def fitted(html: str) -> str:
    """HTML for an output cell: its style goes before the front end's, its formulas can be read."""
    return linear(html).replace(STYLE, _STRONG)


def card(error: TirError) -> list[str]:
    """An error as the lines that a notebook shows instead of a traceback."""
    return visible(f"{type(error).__name__}: {error}").splitlines()
