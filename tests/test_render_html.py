"""Solutions and verdicts as HTML: the words of the terminal, folds, and nothing that runs."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import harmless

from executors import Execution, Status
from executors.execution import CellError
from problems import Answer, Problem, grade
from tir.api import solve
from tir.models.scripted import ScriptedModel
from tir.policy import Policy
from tir.render.html import solution_html, trajectory_html, verdict_html
from tir.render.math.glyphs import Charset
from tir.render.summary import rows
from tir.solution import Evidence, EvidenceKind, Solution, SolutionStatus
from tir.trajectory import Step, Stop, Trajectory, Usage

ATTACK = (
    "</details></template></article><script>alert(1)</script><img src=x onerror=alert(1)> \"' "
    "\x1b]0;title\x07 $\\href{javascript:alert(1)}{x}$ \u202e21"
)
TURNS = (
    "Compute the **product** $6\\cdot7$.\n```python\nprint(6 * 7)\nprint('<b>', chr(27))\n```",
    "It is $\\boxed{42}$.",
)


@pytest.fixture(scope="module")
def solution() -> Solution:
    """Of a real kernel."""
    model = ScriptedModel(TURNS)
    return solve("What is $6\\cdot7$?", model=model, policy=Policy(samples=2, check=False))


def hostile(text: str) -> Solution:
    """A solution that says `text` wherever text can stand."""
    failed = Execution(
        Status.ERROR, text, text, text, CellError(text, text, ((1, text),)), truncated=True
    )
    step = Step(text, text, failed, 1, 0.1)
    last = Step(text, None, None, 1, 0.1)
    answer = Answer(text, "boxed") if text.strip() else None
    trajectory = Trajectory((step, last), answer, Stop.MAX_STEPS, 0, Usage(), 1.0, (text,))
    evidence = Evidence(EvidenceKind.CHECKED, False, text)
    return Solution(
        Problem(text or "?", id=text, subject=text), text, SolutionStatus.REFUTED, (evidence,),
        (trajectory, trajectory), Usage(), text, agreement=(1, 2),
    )  # fmt: skip


def test_each_step_folds_and_says_what_is_in_it(solution: Solution) -> None:
    html = solution_html(solution)
    found = re.findall(r"<summary>(.*?)</summary>", html)
    assert found[0].startswith("Sample 1 of 2: answer <math><mn>42</mn></math>, 2 steps, ")
    assert re.fullmatch(
        r"Step 1: python, 2 lines, \d+\.\d\d s, output \(last of 2 lines\): &lt;b&gt; \\x1b",
        found[1],
    )
    assert found[2] == "Step 2: in words"
    assert html.count("<details") == html.count("</details>") == 6


def test_the_answer_block_says_what_the_terminal_says(solution: Solution) -> None:
    text = harmless(solution_html(solution)).text
    for row in rows(solution, Charset.UNICODE):
        assert row.label in text
        assert row.text in text


def test_programs_and_outputs_are_there_to_the_letter(solution: Solution) -> None:
    html = solution_html(solution)
    assert "print(&#x27;&lt;b&gt;&#x27;, chr(27))" in html
    assert '<samp>42\n&lt;b&gt; \\x1b</samp>' in html  # fmt: skip


def test_a_single_sample_needs_no_fold_of_its_own(solution: Solution) -> None:
    single = replace(solution, trajectories=solution.trajectories[:1])
    assert "Sample 1 of" not in solution_html(single)
    assert "Step 1" in trajectory_html(single.trajectories[0])


def test_no_answer_says_why() -> None:
    given = Trajectory((), None, Stop.MAX_STEPS, 0, Usage())
    none = Solution(Problem("?"), None, SolutionStatus.NO_ANSWER, (), (given,), Usage(), "mini")
    text = harmless(solution_html(none)).text
    assert "(none)" in text
    assert "the limit of programs was reached (--max-steps)" in text


@pytest.mark.parametrize(
    ("answer", "gold", "said"),
    [
        ("1/2", "0.5", "correct"),
        ("x+1", "x+2", "The two differ at x = 2"),
        ("", "3", "no answer"),
        ("<script>alert(1)</script>", "2", "incorrect"),
    ],
)
def test_a_verdict_says_its_reason(answer: str, gold: str, said: str) -> None:
    assert said in harmless(verdict_html(grade(answer, gold))).text


def test_hostile_text_stays_text() -> None:
    html = solution_html(hostile(ATTACK))
    assert "<script>alert(1)</script>" in harmless(html).text
    assert "javascript" not in re.sub(r"javascript:alert\(1\)\}\{x\}\$?", "", html)


@given(
    st.lists(
        st.sampled_from([ATTACK, "<", ">", "&", '"', "$", "`", "\n", "\\", "{", "}"])
        | st.text(max_size=8),
        max_size=6,
    ).map("".join)
)
@settings(deadline=None, max_examples=100)
def test_whatever_the_text_the_page_holds_only_listed_elements(text: str) -> None:
    harmless(solution_html(hostile(text)))


def test_long_output_is_cut_with_a_mark() -> None:
    long = Execution(Status.OK, "9" * 1_000_000)
    step = Step("", "print('9' * 1000000)", long, 1, 0.1)
    html = trajectory_html(Trajectory((step,), None, Stop.MAX_STEPS, 0, Usage()))
    assert "[... 980000 characters cut ...]" in html
    assert len(html) < 50_000
