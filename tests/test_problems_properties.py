"""What holds for every answer: symmetry, spacing, brackets, order, rewriting, and mutations."""

from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from problems import Outcome, grade
from problems.exact import exact

settings.register_profile("grading", max_examples=60, deadline=None, derandomize=True)
settings.load_profile("grading")

numbers = st.fractions(min_value=-999, max_value=999, max_denominator=60)
integers = st.integers(-(10**9), 10**9)
small = st.integers(-9, 9)


def latex(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    sign = "-" if value < 0 else ""
    return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


names = st.sampled_from(["x", "y", "a", r"\theta"])
leaves = st.one_of(st.integers(1, 9).map(str), names)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        pair.map(lambda two: f"({two[0]}+{two[1]})"),
        pair.map(lambda two: f"({two[0]}-{two[1]})"),
        pair.map(lambda two: f"({two[0]})({two[1]})"),
        pair.map(lambda two: rf"\frac{{{two[0]}}}{{{two[1]}}}"),
        inner.map(lambda one: f"({one})^{{2}}"),
        inner.map(lambda one: rf"\sqrt{{{one}}}"),
        inner.map(lambda one: rf"\sin({one})"),
    )


formulas = st.recursive(leaves, _grown, max_leaves=6)
texts = st.one_of(
    formulas,
    numbers.map(latex),
    st.lists(numbers.map(latex), min_size=2, max_size=4).map(", ".join),
    st.tuples(small, small).map(lambda two: f"({two[0]},{two[1]})"),
    st.tuples(small, small).map(lambda two: f"[{two[0]},{two[1]})"),
    small.map(lambda n: f"x>{n}"),
    small.map(lambda n: f"{n} cm"),
    st.sampled_from(["A", "yes", "no solution", r"\emptyset", r"\mathbb{R}", "50\\%", "4:30 pm"]),
    st.text(alphabet="x12+-*/^()[]{}\\, =<%", min_size=1, max_size=12),
)


@given(texts, texts)
def test_symmetry(one: str, other: str) -> None:
    assume(one.strip() and other.strip())
    assert grade(one, other).outcome is grade(other, one).outcome


@given(texts)
def test_everything_equals_itself(text: str) -> None:
    assume(text.strip())
    assert grade(text, text).outcome is Outcome.CORRECT


@given(formulas)
def test_space_and_brackets_say_nothing(text: str) -> None:
    spaced = text.replace("+", " + ").replace("-", r"\, - ").replace("(", r"\left( ")
    spaced = spaced.replace(")", r" \right)")
    for other in (f"  {spaced} ", f"({text})", f"${text}$", rf"\boxed{{{text}}}", f"{{{text}}}"):
        assert grade(other, text).outcome is not Outcome.INCORRECT
        if grade(text, f"{text}+0").outcome is Outcome.CORRECT:
            assert grade(other, text).outcome is Outcome.CORRECT


@given(st.lists(numbers, min_size=2, max_size=6, unique=True), st.randoms(use_true_random=False))
def test_sets_have_no_order_and_tuples_have(values: list[Fraction], source: object) -> None:
    mixed = list(values)
    source.shuffle(mixed)  # type: ignore[attr-defined]
    first, second = (", ".join(map(latex, each)) for each in (values, mixed))
    assert grade(rf"\{{{first}\}}", rf"\{{{second}\}}").outcome is Outcome.CORRECT
    assert grade(first, second).outcome is Outcome.CORRECT
    same = values == mixed
    expected = Outcome.CORRECT if same else Outcome.INCORRECT
    assert grade(f"({first})", f"({second})").outcome is expected


@given(formulas)
def test_equal_rewritings(text: str) -> None:
    # A formula without a value anywhere, such as a fraction over zero, is never decided.
    assume(grade(text, f"{text}+0").outcome is Outcome.CORRECT)
    for other in (f"-(-({text}))", rf"\frac{{2({text})}}{{2}}", f"({text})+7-7", f"1({text})"):
        assert grade(other, text).outcome is Outcome.CORRECT, other


@given(formulas)
def test_a_changed_formula_is_never_right(text: str) -> None:
    for other in (f"({text})+1", f"({text})-10^{{-12}}", f"({text})+x^{{2}}+1"):
        assert grade(other, text).outcome is not Outcome.CORRECT, other


@given(integers, st.integers(0, 18))
def test_a_changed_digit_is_never_right(value: int, at: int) -> None:
    digits = str(abs(value))
    at %= len(digits)
    other = digits[:at] + str((int(digits[at]) + 1) % 10) + digits[at + 1 :]
    assume(int(other) != abs(value))
    for gold, answer in ((digits, other), (f"x={digits}", other), (f"{digits} cm", f"{other} cm")):
        assert grade(answer, gold).outcome is not Outcome.CORRECT


@given(numbers, numbers)
def test_numbers_are_equal_when_they_are(one: Fraction, other: Fraction) -> None:
    expected = Outcome.CORRECT if one == other else Outcome.INCORRECT
    assert grade(latex(other), latex(one)).outcome is expected
    assert exact(latex(one)) == one


@given(small, small, st.sampled_from(["()", "[)", "(]", "[]"]), st.sampled_from(["()", "[)"]))
def test_ends_of_ranges_count(low: int, high: int, ends: str, others: str) -> None:
    assume(low < high)
    one, other = (f"{e[0]}{low},{high}{e[1]}" for e in (ends, others))
    expected = Outcome.CORRECT if ends == others else Outcome.INCORRECT
    assert grade(other, one).outcome is expected
    below, above = ("<" if mark in "()" else r"\le" for mark in ends)
    assert grade(f"{low} {below} x {above} {high}", one).outcome is Outcome.CORRECT
