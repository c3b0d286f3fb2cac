"""A solution as Markdown: read as it stands, shown on GitHub, in editors, by Pandoc.

Formulas are between dollars. What a model wrote is text: no tag, no link and no picture of its
own gets through, and a program cannot end its own fence.
"""

import re

from executors import Status
from tir.render.safe import one_line, visible
from tir.render.spans import Kind, Span, spans
from tir.render.summary import STATUS, evidence_line
from tir.solution import Solution
from tir.trajectory import Step

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_LINK = re.compile(r"(?<!\\)\](?=[(\[:])")
_POWERFUL = re.compile(
    r"\\(?:href|url|def|gdef|edef|let|newcommand|renewcommand|require|style|class|cssId|html\w*|data"
    r"|unicode|input|include\w*|write|openout|catcode|csname|toggle|action|enclose|mmlToken|bbox)"
    r"(?![A-Za-z])"
)
"""What MathJax and KaTeX obey beyond mathematics: links, styles, definitions."""
_FENCES = re.compile(r"`+")


def solution_markdown(solution: Solution) -> str:
    """The question, the working that led to the answer, the answer and its evidence."""
    word = STATUS[solution.status][0]
    answer = "(none)" if solution.answer is None else answer_markdown(solution.answer)
    facts = [f"**Answer:** {answer}  ", f"**Status:** {word}"]
    facts += ["", *(f"- {prose(evidence_line(each))}" for each in solution.evidence)]
    parts = [
        "# Problem\n",
        text_markdown(solution.problem.question.strip()),
        "\n\n# Solution\n",
        *(step_markdown(each) for each in leading(solution)),
        "\n# Answer\n",
        "\n".join(facts),
        f"\n\n*{prose(one_line(solution.model))}, {solution.seconds:.1f} s*\n",
    ]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def leading(solution: Solution) -> tuple[Step, ...]:
    """The steps of the sample whose words the answer is; of the first, if there is no answer."""
    drawn = solution.trajectories
    own = (t for t in drawn if t.answer and t.answer.text == solution.answer)
    found = next(own, None) or next(iter(drawn), None)
    return found.steps if found else ()


def step_markdown(step: Step) -> str:
    """The rationale, the program, and what it printed."""
    parts = [text_markdown(step.rationale)] if step.rationale.strip() else []
    if step.program:
        parts.append(fenced(step.program, "python"))
    if step.execution is not None:
        failed = step.execution.status is not Status.OK
        parts.append("Output:" if not failed else f"Output ({step.execution.status.value}):")
        parts.append(fenced(step.execution.observation(), "text"))
    return "\n\n".join(parts)


def text_markdown(text: str) -> str:
    """Prose with formulas between dollars and code between backquotes."""
    return "".join(_span(each) for each in spans(text))


def answer_markdown(answer: str) -> str:
    """An answer, which is LaTeX or words, on one line."""
    if _POWERFUL.search(answer):
        return _code(one_line(answer))
    if "$" in answer or not re.search(r"[\\^_{}=+*/\d]", answer):
        return text_markdown(one_line(answer))
    return f"${_formula(one_line(answer))}$"


def prose(text: str) -> str:
    """Words that Markdown takes for nothing but words."""
    return _LINK.sub(r"]\\", _TAG.sub("&lt;", visible(text)))


def fenced(code: str, language: str) -> str:
    """A block of code whose fence is longer than any in it."""
    longest = max((len(run) for run in _FENCES.findall(code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{visible(code).rstrip()}\n{fence}"


def _span(span: Span) -> str:
    match span.kind:
        case Kind.PROSE:
            # A price is no formula: its dollar must not open one.
            return prose(span.text).replace("$", r"\$")
        case Kind.CODE:
            return fenced(span.text, "") if "\n" in span.text else _code(span.text)
        case _ if _POWERFUL.search(span.text):
            return _code(one_line(span.source))
        case Kind.INLINE:
            return f"${_formula(span.text)}$"
    return f"\n\n$$\n{_formula(span.text)}\n$$\n\n"


def _formula(latex: str) -> str:
    return re.sub(r"\n\s*\n", "\n", _TAG.sub(r"\\lt ", visible(latex))).strip()


def _code(text: str) -> str:
    longest = max((len(run) for run in _FENCES.findall(text)), default=0)
    mark = "`" * (longest + 1)
    space = " " if longest else ""
    return f"{mark}{space}{visible(text)}{space}{mark}"
