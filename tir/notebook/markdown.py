r"""Solutions, trajectories, verdicts and prose as Markdown for the cells of a notebook.

Mathematics is `$..$`, which GitHub, nbviewer, VS Code and Colab all typeset; programs are fences.
What a model or a question wrote is escaped: it can bring no HTML, no link, no image and no
heading. A formula with commands that do more than draw (`\href`, `\def`) is shown as code, for
MathJax would obey it.
"""

import re
from collections.abc import Iterator, Sequence

from executors.execution import cut_middle
from problems import Verdict
from tir.render.html import LINE_LIMIT, OUTCOME, TEXT_LIMIT, output_label
from tir.render.math.document import without_drawings
from tir.render.safe import one_line, visible
from tir.render.spans import Kind, Span, spans
from tir.render.summary import STOPPED, Row, evidence_line, rows
from tir.solution import Evidence, Solution
from tir.trajectory import Step, Stop, Trajectory

_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]+(.*?)[ \t#]*$", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*(?:-{2,}|={2,}|\*{3,}|_{3,})[ \t]*$", re.MULTILINE)
_MARGIN = re.compile(r"^(?:\t| {4})[ \t]*", re.MULTILINE)
_ALONE = re.compile(r"(?<!\*)\*(?!\*)")
_POWERFUL = re.compile(
    r"\\(?:href|url|class|cssId|style|require|html[A-Za-z]*|[egx]?def|let|global|newcommand|"
    r"renewcommand|newenvironment|includegraphics|data|texttip|tooltip|toggle|mmlToken|bbox|"
    r"unicode|label|tag|ref|eqref|input|include)(?![A-Za-z])"
)
_OUTER = re.compile(r"\\(begin|end)\{(align|gather)\*?\}")
_FRAME = re.compile(r"\\(?:begin|end)\{(?:equation|displaymath|math)\*?\}")
_WORD = re.compile(r"[^\W\d_]{3,}|\b(?:or|no|if|is|of)\b", re.IGNORECASE)
_COMMAND = re.compile(r"\\[a-zA-Z]+\*?(?:\s*\{[^{}]*\})?")
_NAMES = frozenset("sin cos tan log exp lim max min gcd lcm mod deg".split())
_CODE = re.compile(r"\*\*|[A-Za-z]{3,}\(")


def solution_markdown(solution: Solution) -> str:
    """The question, the answer with its evidence, and the steps of the sample that gave it.

    Of the other samples it says how they ended.
    """
    parts = [prose(solution.problem.question), _facts(solution)]
    leading = leader(solution)
    for at, each in enumerate(solution.trajectories, 1):
        if each is leading:
            parts.append(trajectory_markdown(each))
        else:
            parts.append(f"Sample {at} of {len(solution.trajectories)}: {ending(each)}")
    return "\n\n".join(parts)


def leader(solution: Solution) -> Trajectory | None:
    """The first trajectory that wrote the answer put forward, else the first of all."""
    own = (t for t in solution.trajectories if t.answer and t.answer.text == solution.answer)
    return next(own, solution.trajectories[0] if solution.trajectories else None)


def trajectory_markdown(trajectory: Trajectory) -> str:
    """Its steps, with programs and outputs as fences, and how it ended."""
    steps = [step_markdown(at, each) for at, each in enumerate(trajectory.steps, 1)]
    return "\n\n".join([*steps, f"Ended: {ending(trajectory)}"])


def step_markdown(at: int, step: Step) -> str:
    """The rationale, the program and what came of it."""
    parts = [f"**Step {at}**", prose(_cut(step.rationale))]
    if step.program is not None:
        parts.append(fence(_cut(step.program.strip("\n")), "python"))
    if step.execution is not None:
        output = step.execution.observation(TEXT_LIMIT)
        parts += [f"*{output_label(step.execution)}*", fence(output, "text")]
    return "\n\n".join(part for part in parts if part)


def verdict_markdown(verdict: Verdict) -> str:
    """A grade: the outcome, why, by which rule, and what was compared."""
    word, _ = OUTCOME[verdict.outcome]
    given, reference = verdict.normal_forms
    found = [("Outcome", f"**{word}**")]
    if verdict.score is not None:
        found.append(("Score", f"{verdict.score:.2f} of 1"))
    found.append(("Why", escaped(one_line(verdict.detail)) or "(the rule says it)"))
    found.append(("Rule", f"{escaped(one_line(verdict.rule))} ({verdict.certainty.value})"))
    found.append(("Compared", f"{_quoted(given)} with {_quoted(reference)}"))
    if verdict.needs_review:
        found.append(("Person", "somebody should look at the question"))
    return "\n".join(f"- {label}: {text}" for label, text in found)


def evidence_markdown(evidence: Evidence) -> str:
    """The finding in words."""
    return f"**{evidence.kind.value}**: {escaped(evidence_line(evidence))}"


def ending(trajectory: Trajectory) -> str:
    """Its answer and, where it did not end with one, why it ended."""
    parts = []
    if trajectory.answer is not None:
        parts.append(f"answer {answer(trajectory.answer.text)}")
    if trajectory.stop is not Stop.ANSWERED or not parts:
        parts.append(STOPPED[trajectory.stop])
    return "; ".join(parts)


def prose(text: str) -> str:
    """Text of a model or a question: paragraphs, mathematics, code, bold, lists; nothing else."""
    return "".join(_span(span) for span in spans(without_drawings(text))).strip()


def answer(text: str) -> str:
    """A final answer within a line: LaTeX or plain words, mostly without delimiters."""
    text = " ".join(text.split())
    if len(text) > LINE_LIMIT:
        return _quoted(text)
    if "$" in text or r"\(" in text:
        return prose(text)
    if _CODE.search(text):
        return _quoted(text)
    words = [word for word in _WORD.findall(_COMMAND.sub(" ", text)) if word not in _NAMES]
    return prose(text) if words else _formula(text, text, display=False)


def fence(text: str, language: str = "") -> str:
    """A program or an output, character by character, in a fence that nothing in it can close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    marks = "`" * max(3, longest + 1)
    return f"{marks}{language}\n{visible(text)}\n{marks}"


def escaped(text: str) -> str:
    """Prose that means nothing to Markdown but `**bold**` and lists."""
    text = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = text.replace("[", "&#91;").replace("]", "&#93;").replace("\\", "&#92;")
    for mark in "`$_~|":
        text = text.replace(mark, f"\\{mark}")
    return _ALONE.sub(r"\*", text)


def _facts(solution: Solution) -> str:
    """The lines that end a solve on a terminal, as a list."""
    return "\n".join(_listed(rows(solution), solution.answer))


def _listed(found: Sequence[Row], text: str | None) -> Iterator[str]:
    for row in found:
        shown = answer(text) if row.label == "Answer" and text is not None else escaped(row.text)
        yield f"- **{row.label}** {shown}" if row.label else f"  - {shown}"


def _span(span: Span) -> str:
    if span.kind is Kind.PROSE:
        return escaped(_MARGIN.sub("  ", _RULE.sub("", _HEADING.sub(r"**\1**", span.text))))
    if span.kind is Kind.CODE:
        if not span.source.startswith("```"):
            return _quoted(span.text)
        first, _, rest = span.text.partition("\n")
        # The word after the backquotes names a language.
        is_named = first.strip().isalnum() and bool(rest)
        text, language = (rest, first.strip()) if is_named else (span.text, "")
        return f"\n\n{fence(text.strip(chr(10)), language)}\n\n"
    return _formula(span.text, span.source, display=span.kind is Kind.DISPLAY)


def _formula(latex: str, source: str, *, display: bool) -> str:
    latex = visible(" ".join(latex.split()))
    if not latex or "$" in latex.replace(r"\$", "") or _POWERFUL.search(latex):
        return _quoted(source)
    # Signs that HTML and Markdown know too; within `$..$` not every front end escapes them.
    latex = latex.replace("<", r"\lt ").replace(">", r"\gt ").replace("`", "'")
    if not display:
        return f"${latex}$"
    # In `$$` stands what KaTeX takes as well: `aligned`, not `align`.
    latex = _FRAME.sub("", _OUTER.sub(r"\\\1{\2ed}", latex)).strip()
    return f"\n\n$$\n{latex}\n$$\n\n"


def _quoted(text: str) -> str:
    """A line of code."""
    text = one_line(text)[:LINE_LIMIT].replace("`", "'")
    return f"`{text}`" if text else "(nothing)"


def _cut(text: str) -> str:
    return cut_middle(text, TEXT_LIMIT)
