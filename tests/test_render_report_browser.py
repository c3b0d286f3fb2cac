"""The report in a real browser: filter, open, follow links, by keyboard, without a network."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser import browser
from reports import make_run

from problems import Problem
from tir.api import solve
from tir.models.scripted import ScriptedModel
from tir.policy import Policy
from tir.render.report import write_report
from tir.runs.result import Outcome
from tir.runs.run import Run

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROWS = 120
ATTACK_ROW = 4
TURNS = (
    "Factor $x^2-5x+6$.\n```python\nprint([2, 3])\n```",
    r"So $\sum_{i=1}^{2}x_i=\boxed{\frac{10}{2}}$.",
)


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    policy = Policy(samples=2, check=False)
    question = Problem(r"Add the roots of $x^2-5x+6=\begin{pmatrix}1&0\end{pmatrix}$.")
    solution = solve(question, model=ScriptedModel(TURNS), policy=policy)
    return make_run(tmp_path_factory.mktemp("run") / "run", [solution], ROWS, attack=ATTACK_ROW)


@pytest.fixture(scope="module")
def file(run: Run) -> Path:
    write_report(run, run.folder / "report.html")
    return run.folder / "report.html"


@pytest.fixture(scope="module")
def packed(run: Run) -> Path:
    """The same with all details but one compressed."""
    write_report(run, run.folder / "packed.html", static_limit=1)
    return run.folder / "packed.html"


class Watched:
    """A page and everything that it did that a report must not do."""

    def __init__(self, page: "Page") -> None:
        self.page = page
        self.troubles: list[str] = []
        page.on("console", lambda message: self.troubles.append(message.text))
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("dialog", lambda dialog: self.troubles.append(dialog.message))
        page.on("request", self._request)

    def _request(self, request: object) -> None:
        url = getattr(request, "url", "")
        if not url.startswith(("file:///", "blob:")) or ".html" not in url:
            self.troubles.append(url)

    def open(self, file: Path, fragment: str = "") -> "Page":
        self.page.goto(file.as_uri() + fragment)
        return self.page


@pytest.fixture
def watched(chromium: "Browser") -> Iterator[Watched]:
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(10_000)
    watcher = Watched(page)
    yield watcher
    page.close()
    assert watcher.troubles == []


def shown(page: "Page") -> int:
    return page.locator("#rows tbody tr:visible").count()


def outcomes(run: Run, outcome: Outcome) -> int:
    return sum(result.outcome is outcome for result in run.results())


def test_rows_are_paged(watched: Watched, file: Path) -> None:
    page = watched.open(file)
    assert shown(page) == 50
    page.click("#after")
    page.click("#after")
    assert shown(page) == 20
    assert page.text_content("#page") == "Page 3 of 3"
    assert page.is_disabled("#after")


def test_rows_are_filtered_by_outcome_and_by_words(watched: Watched, file: Path, run: Run) -> None:
    page = watched.open(file)
    expected = outcomes(run, Outcome.INCORRECT)
    page.select_option('select[data-column="2"]', "=incorrect")
    assert shown(page) == expected > 0
    assert page.text_content("#count") == f"{expected} of {ROWS}"
    page.click("button[type=reset]")
    page.fill("input[name=words]", "PROBLEM-117 roots")
    page.wait_for_function("document.querySelectorAll('#rows tr.on').length === 1")
    assert "problem-117" in page.inner_text("#rows tbody tr.on")


def test_rows_are_sorted_by_a_column(watched: Watched, file: Path) -> None:
    page = watched.open(file)
    page.get_by_role("button", name="Tokens").click()
    page.get_by_role("button", name="Tokens").click()
    assert page.get_attribute("#rows th:has-text('Tokens')", "aria-sort") == "descending"
    tokens = page.locator("#rows tr.on td:nth-child(10)").all_inner_texts()
    numbers = [int(text.replace(",", "")) for text in tokens]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 50


@pytest.mark.parametrize("which", ["file", "packed"])
def test_a_problem_opens_from_its_row_and_the_address_names_it(
    watched: Watched, which: str, request: pytest.FixtureRequest
) -> None:
    page = watched.open(request.getfixturevalue(which))
    assert page.locator(".problem:visible").count() == 0
    page.click("a[href='#p2']")
    page.wait_for_selector("#p2", state="visible")
    assert page.url.endswith("#p2")
    assert page.evaluate("document.activeElement.id") == "p2"
    page.click("#p2 .after")
    page.wait_for_selector("#p3", state="visible")
    assert not page.is_visible("#p2")
    page.go_back()
    page.wait_for_selector("#p2", state="visible")
    page.click("#p2 >> text=Back to the table")
    assert page.url.endswith("#problems")


@pytest.mark.parametrize("which", ["file", "packed"])
def test_an_address_opens_its_problem_with_programs_outputs_and_reason(
    watched: Watched, which: str, request: pytest.FixtureRequest
) -> None:
    page = watched.open(request.getfixturevalue(which), "#p117")
    page.wait_for_selector("#p117", state="visible")
    page.click("#p117 summary:has-text('Sample 2 of 2')")
    page.click("#p117 .tir-sample[open] summary:has-text('Step 1')")
    assert page.inner_text("#p117 pre.tir-code:visible") == "print([2, 3])"
    assert page.inner_text("#p117 pre.tir-samp:visible") == "[2, 3]"
    assert page.is_visible("#p117 dt:text-is('Why')")


def test_next_follows_what_the_filter_shows(watched: Watched, file: Path, run: Run) -> None:
    page = watched.open(file)
    page.select_option('select[data-column="2"]', "=incorrect")
    wrong = [each.position for each in run.results() if each.outcome is Outcome.INCORRECT]
    page.click(f"a[href='#p{wrong[0]}']")
    page.click(f"#p{wrong[0]} .after")
    page.wait_for_selector(f"#p{wrong[1]}", state="visible")
    assert not page.is_visible(f"#p{wrong[1] - 1}")


def test_all_of_it_by_keyboard(watched: Watched, file: Path) -> None:
    page = watched.open(file)
    page.keyboard.press("Tab")
    assert page.inner_text(":focus") == "Skip to the problems"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.get_attribute(":focus", "name") == "words"
    page.keyboard.type("problem-119")
    page.wait_for_function("document.querySelectorAll('#rows tr.on').length === 1")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.get_attribute(":focus", "href") == "#p119":
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("#p119", state="visible")
    for _ in range(10):
        page.keyboard.press("Tab")
        if "Sample 1" in page.inner_text(":focus"):
            break
    page.keyboard.press("Space")
    assert page.locator("#p119 .tir-sample[open]").count() == 1


@pytest.mark.parametrize("which", ["file", "packed"])
def test_text_of_a_model_stays_text(
    watched: Watched, which: str, request: pytest.FixtureRequest
) -> None:
    page = watched.open(request.getfixturevalue(which), f"#p{ATTACK_ROW}")
    page.wait_for_selector(f"#p{ATTACK_ROW}", state="visible")
    assert "<script>alert(1)</script>" in page.inner_text(f"#p{ATTACK_ROW}")
    assert page.locator("img, iframe, object, embed, link, base").count() == 0
    assert page.locator("script:not([type])").count() == 2
    assert page.evaluate(
        "[...document.querySelectorAll('*')].every((element) =>"
        " [...element.attributes].every((each) => !/^on|^style$|^src$/.test(each.name)) &&"
        " (element.getAttribute('href') ?? '#').startsWith('#'))"
    )
    assert not re.search("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e]", page.content())


def test_what_slipped_through_could_not_run(chromium: "Browser", file: Path) -> None:
    page = chromium.new_page()
    page.goto(file.as_uri())
    page.evaluate("""() => {
        window.refused = [];
        const note = (event) => refused.push(event.violatedDirective);
        addEventListener("securitypolicyviolation", note);
        const hostile = document.createElement("div");
        hostile.innerHTML = '<img src="http://127.0.0.1:9/x" onerror="window.ran = 1">';
        document.body.append(hostile);
    }""")
    page.wait_for_function("refused.length >= 2")
    assert page.evaluate("window.ran === undefined")
    assert set(page.evaluate("refused")) == {"img-src", "script-src-attr"}
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen_in_light_and_dark(
    chromium: "Browser", file: Path, width: int, scheme: str
) -> None:
    page = chromium.new_page(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page.goto(f"{file.as_uri()}#p2")
    page.evaluate("document.querySelectorAll('#p2 details').forEach((each) => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    colours = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    text, paper = (sum(map(int, re.findall(r"\d+", each)[:3])) for each in colours)
    assert text < paper if scheme == "light" else text > paper
    page.close()


def test_without_a_script_it_is_whole_and_readable(chromium: "Browser", file: Path) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert shown(page) == ROWS
    page.click("a[href='#p5']")
    page.wait_for_selector("#p5", state="visible")
    box = page.locator("#p5 math mtable").first.bounding_box()
    assert box is not None
    assert box["width"] > 10
    context.close()
