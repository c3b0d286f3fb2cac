"""Programs and rationale told apart, however the text is cut into pieces."""

import pytest

from tir.dialects.fences import FenceParser
from tir.dialects.parser import Kind

TEXT = (
    "First some words.\n```python\nx = '```'\nprint(`x`)\n\nif x:\n    pass\n```\nThen more. "
    "A ` and a `` stay.\n```python\ny = 2\n```\n```output"
)
PROGRAM = "x = '```'\nprint(`x`)\n\nif x:\n    pass\ny = 2"
RATIONALE = "First some words.\nThen more. A ` and a `` stay.\n"


def parse(*chunks: str) -> tuple[FenceParser, str, str]:
    parser = FenceParser()
    pieces = [piece for chunk in chunks for piece in parser.feed(chunk)] + parser.end()
    rationale = "".join(p.text for p in pieces if p.kind is Kind.RATIONALE)
    program = "".join(p.text for p in pieces if p.kind is Kind.PROGRAM)
    return parser, rationale, program


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 11, 1000])
def test_the_cut_does_not_matter(size: int) -> None:
    parser, rationale, program = parse(*(TEXT[i : i + size] for i in range(0, len(TEXT), size)))
    assert rationale == RATIONALE
    assert program == PROGRAM + "\n"
    assert parser.program == PROGRAM
    assert parser.rationale == RATIONALE
    assert parser.after == ""
    assert not parser.inside


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("```python \nprint(5)\n```", "print(5)"),
        ("```python\r\nprint(5)\r\n```\r\n", "print(5)"),
        ("```py\nprint(5)\n```", "print(5)"),
        ("```Python\nprint(5)\n```", "print(5)"),
        ("1. So:\n   ```python\n   if x:\n       print(5)\n   ```\n", "if x:\n    print(5)"),
        ("```python\nprint(5)\n ```\n", "print(5)"),
        ("```python\nprint(5)\n```output", "print(5)"),
        ("```python\nx = 5\n```\nand\n```python\nprint(x)\n```\n```output", "x = 5\nprint(x)"),
        ("```python\nprint(5)", None),
        ("```\nprint('\\boxed{9}')\n```\n", None),
        ("```text\n```python\n```\n", None),
        ("no code", None),
    ],
)
@pytest.mark.parametrize("size", [1, 4, 1000])
def test_fences_as_models_write_them(text: str, program: str | None, size: int) -> None:
    parser, _, _ = parse(*(text[i : i + size] for i in range(0, len(text), size)))
    assert parser.program == program


def test_an_open_block_is_no_program_but_is_kept() -> None:
    parser, _, program = parse("```python\nx = 1\nprint(")
    assert program == "x = 1\nprint("
    assert parser.program is None
    assert parser.inside
    assert parser.unfinished == "x = 1\nprint("


def test_other_blocks_are_rationale() -> None:
    text = "Look:\n```text\nhello\n```\nend"
    parser, rationale, program = parse(text)
    assert program == ""
    assert parser.program is None
    assert rationale == text


def test_what_follows_the_last_program_stands_apart() -> None:
    parser, _, _ = parse("Maybe 5.\n```python\nprint(6)\n```\nNo, 6.\n")
    assert parser.after == "No, 6.\n"
    assert parser.rationale == "Maybe 5.\nNo, 6.\n"


def test_text_is_not_held_back_for_long() -> None:
    parser = FenceParser()
    assert "".join(p.text for p in parser.feed("no marker")) == "no marker"
    assert "".join(p.text for p in parser.feed(" here ``")) == " here ``"
    assert parser.feed("\n``") != []
    assert "".join(p.text for p in parser.feed(" now\n")) == "`` now\n"
