"""Prose, code and mathematics told apart, prices among them, wherever a stream is cut."""

import time

import pytest

from tir.render.spans import Kind, Span, Splitter, spans

P, C, I, D = Kind.PROSE, Kind.CODE, Kind.INLINE, Kind.DISPLAY  # noqa: E741

CASES: dict[str, list[tuple[Kind, str]]] = {
    "costs $5 and $7": [(P, "costs $5 and $7")],
    "He has $1,200.50 left.": [(P, "He has $1,200.50 left.")],
    "It costs $5. Then $x = 3$.": [(P, "It costs $5. Then "), (I, "x = 3"), (P, ".")],
    "$5 an hour, $22.50 on $x$ days": [(P, "$5 an hour, $22.50 on "), (I, "x"), (P, " days")],
    "US$5 to US$7, or $5-$10": [(P, "US$5 to US$7, or $5-$10")],
    "$5 for apples and 3$ for pears": [(P, "$5 for apples and 3$ for pears")],
    "$5$ apples": [(I, "5"), (P, " apples")],
    "a $3$-$4$-$5$ triangle": [
        (P, "a "), (I, "3"), (P, "-"), (I, "4"), (P, "-"), (I, "5"), (P, " triangle"),
    ],
    "$ 5x $ and $ a$": [(I, " 5x "), (P, " and "), (I, " a")],
    r"\$5 is 10\% of $y^2$": [(P, "$5 is 10% of "), (I, "y^2")],
    r"$\$5$": [(I, r"\$5")],
    r"$f(x) = \text{$x$ if $x > 0$}$": [(I, r"f(x) = \text{$x$ if $x > 0$}")],
    r"so \(x\), \[y\] and $$z$$": [
        (P, "so "), (I, "x"), (P, ", "), (D, "y"), (P, " and "), (D, "z"),
    ],
    r"\begin{align*}a&=b\\[2pt]c&=d\end{align*}.": [
        (D, r"\begin{align*}a&=b\\[2pt]c&=d\end{align*}"), (P, "."),
    ],
    r"\[a\\[2pt]b\]": [(D, r"a\\[2pt]b")],
    r"The answer is \boxed{\frac{1}{2}}.": [
        (P, "The answer is "), (I, r"\boxed{\frac{1}{2}}"), (P, "."),
    ],
    "`cost $x` and $y$": [(C, "cost $x"), (P, " and "), (I, "y")],
    "```\na $x$\n```\n$y$": [(C, "\na $x$\n"), (P, "\n"), (I, "y")],
    "$x\n\ny$": [(P, "$x\n\ny$")],
    r"never \[ closed": [(P, r"never \[ closed")],
    "$$": [(P, "$$")],
    "求 $x$ 的值": [(P, "求 "), (I, "x"), (P, " 的值")],
}  # fmt: skip


def joined(found: list[Span]) -> list[tuple[Kind, str]]:
    """Kinds and texts, with neighbours of prose as one."""
    result: list[tuple[Kind, str]] = []
    for span in found:
        if result and result[-1][0] is span.kind is P:
            result[-1] = (P, result[-1][1] + span.text)
        else:
            result.append((span.kind, span.text))
    return result


@pytest.mark.parametrize(("text", "expected"), CASES.items())
def test_a_text_is_split(text: str, expected: list[tuple[Kind, str]]) -> None:
    found = spans(text)
    assert [(span.kind, span.text) for span in found] == expected
    assert "".join(span.source for span in found) == text


@pytest.mark.parametrize("text", CASES)
def test_it_does_not_matter_where_a_stream_is_cut(text: str) -> None:
    for size in (1, 2, 3, 7):
        splitter = Splitter()
        found = []
        for at in range(0, len(text), size):
            found += splitter.feed(text[at : at + size])
        found += splitter.end()
        assert joined(found) == CASES[text]


def test_a_formula_is_held_back_until_it_closes() -> None:
    splitter = Splitter()
    assert joined(splitter.feed("is $x +")) == [(P, "is ")]
    assert splitter.held == "$x +"
    assert splitter.feed(" 1$") == []  # a digit may follow, and then it was money
    assert joined(splitter.feed(".")) == [(I, "x + 1"), (P, ".")]
    assert splitter.held == ""


def test_prose_is_not_held_back() -> None:
    assert joined(Splitter().feed("three apples")) == [(P, "three apples")]


@pytest.mark.parametrize(
    "unit", ["$", "{", "\\", "`", r"\[", r"\begin{array}", r"\boxed{", "$x ", r"\(", "a\n"]
)
def test_a_long_text_of_nothing_is_split_in_bounded_time(unit: str) -> None:
    text = unit * (300_000 // len(unit))
    began = time.process_time()
    found = spans(text)
    assert time.process_time() - began < 10
    assert "".join(span.source for span in found) == text
