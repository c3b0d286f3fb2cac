"""Programs and rationale told apart, however the text is cut into pieces."""

import pytest

from tir.dialects import QWEN_MATH
from tir.fences import FenceParser, Kind

TEXT = (
    "First some words.\n```python\nx = '```'\nprint(`x`)\n\nif x:\n    pass\n```\nThen more. "
    "A ` and a `` stay.\n```python\ny = 2\n```\n```output"
)
PROGRAMS = "x = '```'\nprint(`x`)\n\nif x:\n    pass\ny = 2\n"
RATIONALE = "First some words.\nThen more. A ` and a `` stay.\n"


def parse(chunks: list[str]) -> tuple[FenceParser, str, str]:
    parser = FenceParser(QWEN_MATH)
    pieces = [piece for chunk in chunks for piece in parser.feed(chunk)] + parser.end()
    rationale = "".join(p.text for p in pieces if p.kind is Kind.RATIONALE)
    program = "".join(p.text for p in pieces if p.kind is Kind.PROGRAM)
    return parser, rationale, program


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11, 1000])
def test_the_cut_does_not_matter(size: int) -> None:
    chunks = [TEXT[i : i + size] for i in range(0, len(TEXT), size)]
    parser, rationale, program = parse(chunks)
    assert rationale == RATIONALE
    assert program == PROGRAMS
    assert parser.program == "y = 2"
    assert parser.rationale == RATIONALE
    assert not parser.inside


def test_an_open_block_is_no_program() -> None:
    parser, _, program = parse(["```python\nx = 1\nprint("])
    assert program == "x = 1\nprint("
    assert parser.program is None
    assert parser.inside


def test_a_block_may_close_with_the_text() -> None:
    parser, _, program = parse(["```python\nx = 1\n", "```"])
    assert parser.program == "x = 1"
    assert program == "x = 1\n"


def test_other_fences_are_rationale() -> None:
    parser, rationale, program = parse(["Look:\n```text\nhello\n```\nend"])
    assert program == ""
    assert parser.program is None
    assert rationale == "Look:\n```text\nhello\n```\nend"


def test_output_right_after_the_code_is_seen() -> None:
    parser, rationale, _ = parse(["```python\nprint(1)\n```output"])
    assert parser.program == "print(1)"
    assert rationale == "output"


def test_text_is_not_held_back_for_long() -> None:
    parser = FenceParser(QWEN_MATH)
    assert "".join(p.text for p in parser.feed("no marker here")) == "no marker here"
    assert "".join(p.text for p in parser.feed(" but ``")) == " but "
    assert "".join(p.text for p in parser.feed(" now")) == "`` now"
