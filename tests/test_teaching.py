"""Variants, wrong answers, rubrics and worksheets: keys verified, nothing given away."""

import re
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from pages import ATTRIBUTES, PIECE, harmless

import tir
from executors import Execution, Status
from problems import Answer, Problem, equal, grade
from problems.families import FAMILIES
from tir import Solution, SolutionStatus, Step
from tir.students.secret import Secret
from tir.teaching import variants as module
from tir.teaching.numbers import asked_with, free, in_program, in_question, other, programmed_with
from tir.teaching.variants import NoVariants, Variants
from tir.teaching.worksheet import Worksheet, worksheet
from tir.teaching.wrong import wrong_answers

QUESTION = "Find all real x with 2x^2 - 7x + 3 = 0"


@pytest.fixture(scope="module")
def solution() -> Solution:
    return tir.solve(QUESTION, model="mini")


def with_wrong(solution: Solution, *texts: str) -> Solution:
    """The solution with samples that programs led to other answers."""
    first = solution.trajectories[0]
    wrong = [
        replace(
            first,
            steps=(Step("", f"print({text})", Execution(Status.OK, stdout=text), 0, 0.0),),
            answer=Answer(text, "boxed"),
        )
        for text in texts
    ]
    return replace(solution, trajectories=(first, *wrong))


@pytest.fixture(scope="module")
def found(solution: Solution) -> Variants:
    return tir.variants(with_wrong(solution, "7 + 3"), 2, seed=1)


class TestNumbers:
    def test_amounts_and_coefficients_are_numbers_and_structure_is_not(self) -> None:
        text = r"The 3rd of 1,200 x_2 with x^{10} + 25x - $7.50 and \sqrt[3]{8} of H2O is 12, 13."
        assert [value for _, _, value in in_question(text)] == [1200, 25, 8, 12, 13]

    def test_exponents_and_indices_of_a_program_are_structure(self) -> None:
        source = "é = 3*x**2 + 40\nprint(a[5], True, 1.5, 6)"
        assert [value for _, _, value in in_program(source)] == [3, 40, 6]
        assert programmed_with(source, {40: 41, 6: 700}) == (
            "é = 3*x**2 + 41\nprint(a[5], True, 1.5, 700)"
        )

    def test_a_number_is_free_if_it_is_plain_which_one_it_is(self) -> None:
        program = "solve(2*x**2 - 7*x + 3)"
        check = "def check(a): return len(a) == 2 and all(2*x**2 - 7*x + 3 == 0 for x in a)"
        assert free(QUESTION, [program], check) == (7, 3)
        assert free(QUESTION, [program], check.replace("3 ==", "5 - 2 ==")) == (7,)
        assert free("From 7 take 7.", ["7 - 7"], "7 + 7") == ()

    def test_new_numbers_keep_order_size_and_thousands(self) -> None:
        rng = Random(0)
        for _ in range(200):
            new = other([3, 40, 1200], [5], rng)
            assert new[3] < new[40] < new[1200]
            assert 5 not in new.values()
            assert new[40] % 10 == 0
            assert new[1200] % 100 == 0
        assert asked_with("1,200 of 40", {1200: 1500, 40: 30}) == "1,500 of 30"
        assert other([2, 3], list(range(20)), rng) == {}


class TestVariants:
    def test_each_key_is_right_by_another_way(self, found: Variants) -> None:
        assert len(found) == 2
        for each in found:
            numbers = re.fullmatch(
                r"Find all real x with (\d+)x\^2 - (\d+)x \+ (\d+) = 0", each.problem.question
            )
            assert numbers is not None
            assert each.problem.question != QUESTION
            a, b, c = map(int, numbers.groups())
            root = (b * b - 4 * a * c) ** 0.5
            exact = f"{(b - root) / (2 * a)}, {(b + root) / (2 * a)}"
            assert equal(each.problem.gold or "", exact)
            assert each.solution.status is SolutionStatus.VERIFIED
            assert each.solution.check is not None
            assert "rejects" in each.solution.evidence[1].detail

    def test_the_same_seed_gives_the_same_variants(
        self, solution: Solution, found: Variants
    ) -> None:
        again = tir.variants(with_wrong(solution, "7 + 3"), 2, seed=1)
        assert [v.problem for v in again] == [v.problem for v in found]

    def test_a_wrong_way_leads_to_wrong_answers_of_the_new_numbers(self, found: Variants) -> None:
        for each in found:
            (wrong,) = each.wrong
            _, b, c, _ = (value for _, _, value in in_question(each.problem.question))
            assert wrong.answer == str(b + c), "what the wrong sample computed: 7 + 3"

    def test_a_family_gives_its_own_and_they_are_verified_too(self) -> None:
        family = next(family for family in FAMILIES if family.name == "quadratic")
        exercise = family.exercise(Random(3))
        made = tir.variants(exercise, 2)
        assert len(made) == 2
        for each in made:
            assert grade(each.problem.gold, each.solution.answer or "").score == 1
            assert module._skeleton(each.solution.check or "") == module._skeleton(exercise.check)

    def test_what_was_not_verified_is_not_varied(self, solution: Solution) -> None:
        unsure = replace(solution, status=SolutionStatus.UNVERIFIED)
        with pytest.raises(NoVariants, match="cannot be varied"):
            tir.variants(unsure)
        with pytest.raises(NoVariants, match="cannot be varied"):
            tir.variants(replace(solution, problem=Problem("Find x.")))

    def test_a_check_that_does_not_hold_drops_the_variant(self, solution: Solution) -> None:
        lenient = "def check(answer):\n    return 7 + 3 > 0"
        made = tir.variants(replace(solution, check=lenient), 1)
        assert len(made) == 0
        assert made.dropped.keys() <= {
            "its check does not verify it", "its answer is of another kind"
        }  # fmt: skip
        assert made.dropped["its check does not verify it"] > 0


def test_wrong_answers_are_those_of_samples_and_counted(solution: Solution) -> None:
    sampled = with_wrong(solution, "12", "6/2 + 9", "5")
    wrong = wrong_answers(sampled)
    assert [(w.answer, w.samples) for w in wrong] == [("12", 2), ("5", 1)]
    assert wrong_answers(solution) == ()


def test_a_rubric_gives_points_for_the_way_and_for_the_answer(solution: Solution) -> None:
    lines = tir.rubric(solution)
    assert [line.text.partition(":")[0] for line in lines] == ["Method", "Answer", "Check"]
    assert all(line.points == 1 for line in lines)


@pytest.fixture(scope="module")
def sheet(
    solution: Solution, found: Variants, tmp_path_factory: pytest.TempPathFactory
) -> Worksheet:
    folder = tmp_path_factory.mktemp("sheet")
    unsure = replace(
        solution,
        problem=Problem("<script>alert(1)</script> [x](http://h) Find $x^2$."),
        status=SolutionStatus.UNVERIFIED,
    )
    return worksheet([with_wrong(solution, "12"), found[0], unsure], folder, title="Roots & co")


class TestWorksheet:
    def test_the_class_gets_no_key(self, sheet: Worksheet, solution: Solution) -> None:
        nbformat = pytest.importorskip("nbformat")
        student = nbformat.read(sheet.student, as_version=4)
        nbformat.validate(student)
        secret = Secret(solution.problem, solution.answer or "")
        hints = next(cell for cell in student.cells if cell.id == "hints-1")
        assert not secret.is_told(hints.source)
        assert [cell.source for cell in student.cells if cell.cell_type == "code"] == [
            'name = ""', 'answer_1 = ""', 'answer_2 = ""', 'answer_3 = ""'
        ]  # fmt: skip
        for path in (sheet.student, sheet.page):
            text = path.read_text()
            assert "Key" not in text
            assert "Rubric" not in text
            assert solution.answer not in text

    def test_the_teacher_gets_all_of_it(self, sheet: Worksheet) -> None:
        nbformat = pytest.importorskip("nbformat")
        teacher = nbformat.read(sheet.teacher, as_version=4)
        nbformat.validate(teacher)
        assert all(cell.cell_type == "markdown" for cell in teacher.cells), "nothing runs by itself"
        text = "\n".join(cell.source for cell in teacher.cells)
        assert r"**Key** $\frac{1}{2}, 3$" in text
        assert "Verified: its own program printed this value; a check accepts it" in text
        assert "- $12$ (1 sample)" in text
        assert "Nobody has verified this key." in text
        assert sheet.unverified == ("<script>alert(1)</script> [x](http://h) Find $x^2$.",)
        assert "<script" not in text
        assert "](" not in text

    def test_the_pages_can_be_printed_and_hold_no_script(self, sheet: Worksheet) -> None:
        elements = PIECE | frozenset(
            "html head meta title body h1 h2 h3 h4 section table tr td th span".split()
        )
        for path in (sheet.page, sheet.key):
            text = path.read_text().removeprefix("<!doctype html>\n")
            assert "@media print" in text
            attributes = ATTRIBUTES | {"lang", "charset", "http-equiv", "content", "name"}
            harmless(text, elements, attributes)

    def test_the_same_worksheet_is_the_same_files(
        self, sheet: Worksheet, solution: Solution, tmp_path: Path
    ) -> None:
        one = worksheet([solution], tmp_path / "a")
        two = worksheet([solution], tmp_path / "b")
        assert one.teacher.read_bytes() == two.teacher.read_bytes()

    def test_a_key_that_the_model_disputes_is_pointed_out(
        self, solution: Solution, tmp_path: Path
    ) -> None:
        asked = replace(solution.problem, gold="1/2, 4")
        made = worksheet([replace(solution, problem=asked)], tmp_path)
        assert made.unverified == (QUESTION,)
        teacher = made.teacher.read_text()
        assert "the model comes to another answer" in teacher
        assert "Working that comes to another answer" in teacher
        assert "Verified" not in teacher
        assert "Hint" not in made.student.read_text(), "hints would lead to the other answer"
        assert "disputes" not in made.student.read_text()

    def test_it_shows_itself_in_a_notebook(self, sheet: Worksheet, found: Variants) -> None:
        forms = sheet._repr_mimebundle_()
        assert sheet.page.name in forms["text/plain"]
        assert "Look at the key before you use it: &lt;script&gt;" in forms["text/html"]
        shown = found._repr_mimebundle_()
        assert shown["text/markdown"].startswith("2 variants")
        assert "Wrong ways lead to" in shown["text/plain"]

    def test_what_cannot_be_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(tir.TirError, match="needs problems"):
            worksheet([], tmp_path)
