r"""A solution as a LaTeX document that compiles, whatever a model wrote.

The document is ASCII and loads only what every TeX distribution has. Formulas pass if our own
parser reads them and they hold nothing but the commands listed here: no `\input`, no `\write`, no
`\def`. Everything else is set as text, character by character.
"""

import re

from executors import Status
from tir.render.markdown import leading
from tir.render.mathml import mathml
from tir.render.safe import one_line, visible
from tir.render.spans import Kind, Span, spans
from tir.render.summary import STATUS, evidence_line
from tir.solution import Solution
from tir.trajectory import Step

_PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage{amsmath,amssymb}
\usepackage{iftex}
\ifPDFTeX\usepackage[T1]{fontenc}\else\usepackage{fontspec}\fi
\usepackage[margin=25mm]{geometry}
\setlength{\parindent}{0pt}\setlength{\parskip}{6pt plus 2pt}
\sloppy
\newcommand{\tirchar}[1]{\ifPDFTeX\texttt{U+#1}\else\symbol{"#1}\fi}
\newenvironment{tircode}{\begin{quote}\small\ttfamily\raggedright}{\end{quote}}
\begin{document}
"""
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}", "'": r"\textquotesingle{}", "-": "-{}",
}  # fmt: skip
_SIGNS = {
    "√": r"\surd", "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "×": r"\times", "·": r"\cdot",
    "÷": r"\div", "π": r"\pi", "∞": r"\infty", "±": r"\pm", "−": "-", "∈": r"\in", "≈": r"\approx",
    "→": r"\to", "⇒": r"\Rightarrow", "°": r"^{\circ}", "α": r"\alpha", "β": r"\beta",
    "γ": r"\gamma", "θ": r"\theta", "λ": r"\lambda", "μ": r"\mu", "σ": r"\sigma", "φ": r"\phi",
    "ω": r"\omega", "Δ": r"\Delta", "Σ": r"\Sigma", "Ω": r"\Omega", "∑": r"\sum", "∫": r"\int",
    **{char: f"^{{{n}}}" for n, char in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
}  # fmt: skip
_COMMANDS = frozenset(
    "frac dfrac tfrac sqrt binom dbinom tbinom cdot times div pm mp le leq ge geq ne neq lt gt "
    "approx equiv sim simeq cong propto in notin ni subset subseteq supset supseteq cup cap "
    "setminus emptyset varnothing infty partial nabla forall exists neg land lor to rightarrow "
    "leftarrow Rightarrow Leftarrow Leftrightarrow leftrightarrow implies iff mapsto mid nmid "
    "parallel perp angle triangle circ bullet star ast oplus otimes dots ldots cdots vdots ddots "
    "sum prod int iint oint lim limsup liminf max min sup inf gcd det dim ker log ln lg exp sin "
    "cos tan cot sec csc arcsin arccos arctan sinh cosh tanh deg arg bmod pmod mod left right big "
    "Big bigg Bigg bigl bigr Bigl Bigr lfloor rfloor lceil rceil langle rangle lvert rvert lVert "
    "rVert vert Vert overline underline hat bar vec tilde dot ddot widehat widetilde "
    "overrightarrow boxed text textbf mathrm mathbf mathit mathbb mathcal mathsf operatorname "
    "quad qquad "
    "displaystyle textstyle alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota "
    "kappa lambda mu nu xi pi varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega "
    "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega prime ell hbar Re Im aleph "
    "therefore because square begin end surd nolimits limits stackrel overset underset "
    "underbrace overbrace".split()
)
_ENVIRONMENTS = frozenset(
    "matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix cases aligned gathered".split()
)
_RENAMED = {"align": "aligned", "gather": "gathered", "equation": ""}
_COMMAND = re.compile(r"\\(?:([A-Za-z]+)|(.))", re.DOTALL)
_SINGLE = frozenset("\\{}|,;:! %&$#")
_TEXT = re.compile(r"\\(?:text|textbf|operatorname|mathrm)\s*\{([^{}]*)\}")
_WORDS = re.compile(r"[A-Za-z0-9 .,;:!?()=+/'-]*")
_ENVIRONMENT = re.compile(r"\\(begin|end)\{([A-Za-z]+)\*?\}")
_LONGEST = 4000


def solution_tex(solution: Solution) -> str:
    """The document: question, working, answer, evidence."""
    answer = "(none)" if solution.answer is None else answer_tex(solution.answer)
    evidence = "\n".join(rf"\item {escaped(evidence_line(each))}" for each in solution.evidence)
    parts = [
        _PREAMBLE,
        r"\section*{Problem}",
        text_tex(solution.problem.question.strip()),
        r"\section*{Solution}",
        *(step_tex(each) for each in leading(solution)),
        r"\section*{Answer}",
        rf"{answer}\par",
        rf"Status: {escaped(STATUS[solution.status][0])}\par",
        f"\\begin{{itemize}}\n{evidence}\n\\end{{itemize}}" if evidence else "",
        rf"{escaped(one_line(solution.model))}, {solution.seconds:.1f} s",
        r"\end{document}",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def step_tex(step: Step) -> str:
    """The rationale, the program, and what it printed."""
    parts = [text_tex(step.rationale)] if step.rationale.strip() else []
    if step.program:
        parts.append(code_tex(step.program))
    if step.execution is not None:
        failed = step.execution.status is not Status.OK
        parts.append(f"Output ({step.execution.status.value}):" if failed else "Output:")
        parts.append(code_tex(step.execution.observation()))
    return "\n\n".join(parts)


def text_tex(text: str) -> str:
    """Prose with formulas, as TeX."""
    return "".join(_span(each) for each in spans(text))


def answer_tex(answer: str) -> str:
    """An answer: a formula if it is one of ours, else its text."""
    whole = formula(answer)
    if whole is not None and re.search(r"[\\^_=+*/\d]|\A.\Z", answer):
        return rf"\({whole}\)"
    return text_tex(answer)


def code_tex(code: str) -> str:
    """Lines of a program or an output, each character as it stands."""
    lines = [escaped(line).replace(" ", r"\ ") for line in visible(code).expandtabs(4).split("\n")]
    return (
        "\\begin{tircode}\n"
        + "\\\\\n".join(r"\mbox{}" + line for line in lines)
        + ("\n\\end{tircode}")
    )


def escaped(text: str) -> str:
    """Text in which TeX sees no command, in ASCII."""
    return "".join(_character(char) for char in visible(text))


def formula(latex: str) -> str | None:
    """The formula if it is sure to compile, else None."""
    latex = re.sub(r"\n\s*\n", "\n", latex).strip()
    if not latex or len(latex) > _LONGEST:
        return None
    latex = "".join(f"{{{_SIGNS[c]}}}" if c in _SIGNS else c for c in latex)
    latex = _ENVIRONMENT.sub(_renamed, latex)
    if not latex.isascii() or any(not c.isprintable() and c not in "\n\t" for c in latex):
        return None
    bare = _COMMAND.sub(" ", latex)
    if re.search(r"[$#%~\"`]|\^\s*\^|_\s*_|'\s*\^", bare) or _unbalanced(bare):
        return None
    for command in _COMMAND.finditer(latex):
        if command[1] is None and command[2] not in _SINGLE:
            return None
        if command[1] is not None and command[1] not in _COMMANDS:
            return None
    if any(_WORDS.fullmatch(found[1]) is None for found in _TEXT.finditer(latex)):
        return None
    if len(re.findall(r"\\text(?:bf)?(?![A-Za-z])", latex)) != len(
        re.findall(r"\\text(?:bf)?\s*\{[^{}]*\}", latex)
    ):
        return None
    environments = _ENVIRONMENT.findall(latex)
    if not _nested(environments):
        return None
    if any(name not in _ENVIRONMENTS for _, name in environments):
        return None
    if len(environments) != len(re.findall(r"\\(?:begin|end)(?![A-Za-z])", latex)):
        return None
    if not environments and (re.search(r"(?<!\\)&", latex) or r"\\" in latex):
        return None
    return latex if mathml(latex) is not None else None


def _renamed(match: re.Match[str]) -> str:
    name = _RENAMED.get(match[2], match[2])
    return rf"\{match[1]}{{{name}}}" if name else ""


def _nested(environments: list[tuple[str, str]]) -> bool:
    """Whether each environment ends before the one around it does."""
    inside: list[str] = []
    for side, name in environments:
        if side == "begin":
            inside.append(name)
        elif not inside or inside.pop() != name:
            return False
    return not inside


def _unbalanced(bare: str) -> bool:
    depth = 0
    for char in bare:
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth < 0:
            return True
    return depth != 0


def _span(span: Span) -> str:
    if span.kind is Kind.CODE:
        return (
            f"\n{code_tex(span.text)}\n"
            if "\n" in span.text
            else (rf"\texttt{{{escaped(span.text)}}}")
        )
    if span.kind is Kind.PROSE:
        return re.sub(r"\n[ \t]*\n\s*", "\n\n", escaped(span.text))
    found = formula(span.text)
    if found is None:
        return rf"\texttt{{{escaped(one_line(span.source))}}}"
    return rf"\({found}\)" if span.kind is Kind.INLINE else f"\n\\[\n{found}\n\\]\n"


def _character(char: str) -> str:
    if char in _SPECIAL:
        return _SPECIAL[char]
    if char.isascii():
        return char
    if char in _SIGNS:
        return rf"\ensuremath{{{_SIGNS[char]}}}"
    return {"“": "``", "”": "''", "‘": "`", "’": "'", "–": "--", "—": "---", "…": r"\ldots{}"}.get(
        char, rf"\tirchar{{{ord(char):04X}}}"
    )
