"""A worksheet as a page to print: a browser's print dialogue makes a PDF of it.

No script, nothing loaded from elsewhere. On paper a problem is not broken over two pages where
that can be avoided, and there is room to write.
"""

from collections.abc import Sequence

from tir.notebook.markdown import leader
from tir.render.html import answer_block, step_body
from tir.render.markup import answer, code, inline, markup, plain
from tir.render.style import STYLE
from tir.teaching.item import Item
from tir.teaching.sheet import RIGHT_WAYS, WORKING, is_program

_STYLE = """
:root{color-scheme:light}
body{margin:2rem auto;max-width:46rem;padding:0 1rem;font:1rem/1.5 system-ui,sans-serif}
h1{font-size:1.5rem}
h2{font-size:1.1rem;margin:1.6rem 0 .3rem}
h3{font-size:1rem;margin:1rem 0 .2rem}
h4{font-size:.9rem;margin:.6rem 0 .1rem;font-weight:500}
.tir{max-width:none}
.tir-name{display:flex;gap:2rem}
.tir-name span{flex:1;border-bottom:1px solid}
.tir-room{height:7rem}
.tir-answer{border-bottom:1px solid;width:60%;padding-top:.5rem}
table{border-collapse:collapse;width:100%}
td,th{border:1px solid;padding:.2rem .5rem;text-align:left;vertical-align:top}
.tir-unverified{font-weight:600}
@media print{
body{margin:0;max-width:none;padding:0;font-size:11pt}
section{break-inside:avoid}
h2,h3,h4{break-after:avoid}
.tir-hints{break-before:page}
.tir pre{max-height:none}
@page{margin:2cm}
}
""".strip()
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def page(title: str, items: Sequence[Item], *, with_key: bool) -> str:
    """The page's file."""
    body = "".join(_keyed(item) if with_key else _asked(item) for item in items)
    name = "" if with_key else '<p class="tir-name"><span>Name</span><span>Date</span></p>'
    of = " (key)" if with_key else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{plain(title)}{of}</title><style>{STYLE}\n{_STYLE}</style></head>"
        f'<body class="tir"><h1>{plain(title)}{of}</h1>{name}{body}'
        f"{'' if with_key else _hints(items)}</body></html>\n"
    )


def _asked(item: Item) -> str:
    space = '<div class="tir-room"></div><p class="tir-answer">Answer</p>'
    return f"<section>{_head(item)}{space}</section>"


def _head(item: Item) -> str:
    points = f"{item.points} points" if item.points != 1 else "1 point"
    return f"<h2>Problem {item.number} ({points})</h2>{markup(item.question)}"


def _hints(items: Sequence[Item]) -> str:
    """All hints, on a page of their own that may be handed out or not."""
    found = [
        f"<h3>Problem {item.number}</h3><ol>"
        + "".join(f"<li>{_hint(text)}</li>" for text in item.hints)
        + "</ol>"
        for item in items
        if item.hints
    ]
    return f'<div class="tir-hints"><h2>Hints</h2>{"".join(found)}</div>' if found else ""


def _hint(text: str) -> str:
    return code(text) if is_program(text) else inline(text)


def _keyed(item: Item) -> str:
    key = "(none)" if item.key is None else answer(item.key)
    kind = "" if not item.needs_person else ' class="tir-unverified"'
    trajectory = leader(item.solution)
    steps = trajectory.steps if trajectory is not None else ()
    worked = "".join(f"<h4>Step {at}</h4>{step_body(step)}" for at, step in enumerate(steps, 1))
    check = item.solution.check
    parts = [
        _head(item),
        f"<p>Key: {key}</p><p{kind}>{plain(item.why)}</p>",
        answer_block(item.solution) if item.solution.evidence else "",
        f"<h3>{WORKING[item.ground]}</h3>{worked}" if worked else "",
        f"<h3>Check that accepted the key</h3>{code(check.strip(chr(10)))}" if check else "",
        _rubric(item),
        _wrong(item),
    ]
    return f"<section>{''.join(parts)}</section>"


def _rubric(item: Item) -> str:
    rows = "".join(f"<tr><td>{c.points}</td><td>{inline(c.text)}</td></tr>" for c in item.rubric)
    return (
        f"<h3>Rubric</h3><table><tr><th>Points</th><th>For</th></tr>{rows}</table>"
        f"<p>{RIGHT_WAYS}</p>"
    )


def _wrong(item: Item) -> str:
    if not item.wrong:
        return "<p>No sample of the model gave a wrong answer.</p>"
    rows = "".join(
        f"<li>{answer(w.answer)} ({w.samples} {'sample' if w.samples == 1 else 'samples'})</li>"
        for w in item.wrong
    )
    return f"<h3>Wrong answers that samples of the model gave</h3><ul>{rows}</ul>"
