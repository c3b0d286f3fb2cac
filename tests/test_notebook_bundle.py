"""Values in every form that a front end may choose: complete, escaped, and as asked for."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from pages import PIECE, harmless

import tir
from executors import Execution, Status
from problems import Answer, Problem, grade
from tir import Evidence, Run, Solution, SolutionStatus, Step, Stop, Trajectory
from tir.notebook.linear import linear
from tir.notebook.markdown import answer, escaped, fence, prose
from tir.render.markup import answer as answer_markup
from tir.runs.manifest import Manifest
from tir.runs.result import Outcome, Result
from tir.runs.store import Store
from tir.solution import EvidenceKind
from tir.trajectory import Usage

FORMS = {"text/plain", "text/markdown", "text/html"}
HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) ![i](http://h/i.png) \x1b[2J ``` $5 ~"


def solution(text: str, *, samples: int = 1) -> Solution:
    ran = Execution(Status.OK, stdout=f"{text}\n")
    step = Step(f"First: {text} and $\\frac{{1}}{{2}}$.", f"print('''{text}''')", ran, 3, 0.1)
    trajectory = Trajectory((step,), Answer(r"\frac{1}{2}", "boxed"), Stop.ANSWERED, 0, Usage())
    other = replace(trajectory, answer=None, stop=Stop.NO_ANSWER)
    return Solution(
        Problem(f"What is {text}?"), r"\frac{1}{2}", SolutionStatus.UNVERIFIED,
        (Evidence(EvidenceKind.CHECKED, None, text),), (trajectory, *[other] * (samples - 1)),
        Usage(), text, agreement=(1, samples),
    )  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder: Path = tmp_path_factory.mktemp("run")
    Manifest("eval", "<i>set</i> | a", "engine", "2026-11-23T00:00:00+00:00").write(folder)
    with Store(folder) as store:
        store.begin()
        for at, outcome in enumerate((Outcome.CORRECT, Outcome.INCORRECT, Outcome.UNDECIDED), 1):
            score = {Outcome.CORRECT: 1.0, Outcome.INCORRECT: 0.0}.get(outcome)
            problem = Problem(f"Problem {at}", gold="1")
            result = Result(f"k{at}", at, problem, outcome, score, 1.0, "r", "", "1", False)
            store.put(result, work=f"w{at}", solution=solution("x"))
        store.planned(3)
    return Run.open(folder)


def every_value(run: Run) -> list[object]:
    whole = solution(HOSTILE, samples=2)
    verdict = grade("1/3", "0.5")
    return [whole, whole.trajectories[0], whole.evidence[0], verdict, run]


def test_every_value_has_every_form_and_nothing_in_it_is_obeyed(run: Run) -> None:
    for value in every_value(run):
        forms = value._repr_mimebundle_()  # type: ignore[attr-defined]
        assert set(forms) == FORMS, value
        allowed = PIECE | frozenset("table thead tbody tr th td".split())
        attributes = frozenset("class open scope display width height depth".split())
        harmless(forms["text/html"], allowed, attributes)
        assert "\x1b" not in "".join(forms.values())


def test_what_a_model_wrote_brings_no_html_link_or_image_into_markdown() -> None:
    shown = solution(HOSTILE)._repr_mimebundle_()["text/markdown"]
    outside = "".join(shown.split("````")[::2])
    assert "<" not in outside
    assert "](" not in outside
    assert "&lt;script&gt;" in outside


def test_only_the_forms_that_are_wanted_are_made(run: Run) -> None:
    for value in every_value(run):
        method = value._repr_mimebundle_  # type: ignore[attr-defined]
        assert set(method(include={"text/html"})) == {"text/html"}
        assert set(method(include=None, exclude={"text/html"})) == FORMS - {"text/html"}
        assert method(include=["text/plain"], exclude=["text/plain"]) == {}


def test_plain_text_is_laid_out() -> None:
    shown = solution("x")._repr_mimebundle_()["text/plain"]
    assert "          1\nAnswer    ─\n          2" in shown
    assert "▸ python, 1 line" in shown


@pytest.mark.parametrize(
    ("latex", "left"),
    [
        (r"\frac{1}{2}, 3", "1/2,3"),
        (r"2\frac{1}{2}", "2(1/2)"),
        (r"\frac{-1}{2^{10}}", "(−1)/(2^10)"),
        (r"x^{2} y", "x^2 y"),
        (r"3\sqrt{65}", "3√(65)"),
        (r"\sqrt[3]{8}", "root(8, 3)"),
        (r"\begin{pmatrix}1 & -2\\3 & 4\end{pmatrix}", "(1, −2; 3, 4)"),
        (r"\sum_{k=1}^{n} k", "∑_(k=1)^n k"),
        (r"x_1, f'(x), 90^\circ", "x_1,f′(x),90∘"),
        (r"\binom{5}{2}", "(binom(5, 2))"),
        (r"\bar{x}", "x¯"),
    ],
)
def test_mathematics_stays_right_where_its_tags_are_stripped(latex: str, left: str) -> None:
    shown = linear(answer_markup(latex))
    assert re.sub(r"<[^>]*>", "", shown) == left
    assert harmless(shown).text == left
    drawn = re.sub(r"<mpadded[^>]*><mphantom>.*?</mphantom></mpadded>", "", shown)
    before = re.sub(r"<[^>]*>", "", answer_markup(latex))
    assert re.sub(r"<[^>]*>", "", drawn) == before, "nothing else was added"


def test_the_run_is_told_with_intervals(run: Run) -> None:
    forms = run._repr_mimebundle_()
    assert "Accuracy" in forms["text/plain"]
    assert "50.0 %" in forms["text/plain"]
    assert r"set&lt;/i&gt; \| a" in forms["text/markdown"]


def test_markdown_keeps_mathematics_and_defuses_the_rest() -> None:
    assert prose(r"is \(x^2 < 3\), not $5 or $6") == r"is $x^2 \lt  3$, not \$5 or \$6"
    assert prose(r"\begin{align*}a&=1\end{align*}").startswith("$$\n\\begin{aligned}")
    assert prose("# Title\n\nText") == "**Title**\n\nText"
    assert prose(r"$\href{u}{x}$") == r"`$\href{u}{x}$`", "MathJax would make a link of it"
    assert answer(r"\frac{1}{2}, 3") == r"$\frac{1}{2}, 3$"
    assert answer("no solution") == "no solution"
    assert answer("x**2") == "`x**2`"
    assert escaped("a*b_c **bold**") == r"a\*b\_c **bold**"
    assert fence("a\n````\nb") == "`````\na\n````\nb\n`````"


def test_an_error_is_three_lines_without_escape_sequences() -> None:
    error = tir.TirError("it \x1b[2J broke.", why="a reason.", hint="a command")
    lines = error._render_traceback_()
    assert lines == [r"TirError: it \x1b[2J broke.", "  a reason.", "  Try: a command"]
