"""Calls of tools, thoughts and channels read from a text that comes in pieces."""

import json
import random

import pytest

from tir.dialects import TOOLS, Dialect, by_name, dialects
from tir.dialects.parser import Kind, Parser
from tir.dialects.tools import called

PROGRAM = 'x = "<tag> é \\n"\n\nif x:\n    print("`" + x)'
NAMES = sorted(dialects())
CALLING = ["gpt-oss", "llama3", "openmath-nemotron", "qwen2.5", "qwen3", "qwen3-coder", "tools"]


def parsed(dialect: Dialect, text: str, size: int = 1000) -> tuple[Parser, str, str]:
    parser = dialect.parser()
    pieces = [p for i in range(0, len(text), size) for p in parser.feed(text[i : i + size])]
    pieces += parser.end()
    rationale = "".join(p.text for p in pieces if p.kind is Kind.RATIONALE)
    program = "".join(p.text for p in pieces if p.kind is Kind.PROGRAM)
    return parser, rationale, program


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("name", NAMES)
def test_what_a_dialect_writes_its_parser_reads(name: str, size: int) -> None:
    dialect = by_name(name)
    before = "" if name == "gpt-oss" else "So:\n"
    parser, rationale, program = parsed(dialect, before + dialect.program(PROGRAM), size)
    assert parser.program == PROGRAM
    assert program.rstrip("\n") == PROGRAM
    assert rationale.strip() == before.strip()
    assert parser.complaint is None
    assert not parser.thinking


@pytest.mark.parametrize("name", CALLING)
def test_several_calls_of_a_turn_are_one_program(name: str) -> None:
    """Where no stop string ends the turn at the first one: a server may send several."""
    dialect = by_name(name)
    between = "<|start|>assistant" if name == "gpt-oss" else "\n"
    two = dialect.program("x = 41") + between + dialect.program("print(x + 1)")
    assert parsed(dialect, two)[0].program == "x = 41\nprint(x + 1)"


@pytest.mark.parametrize("name", ["qwen2.5", "qwen3", "qwen3-coder", "openmath-nemotron"])
def test_on_a_local_model_the_first_call_ends_the_turn(name: str) -> None:
    dialect = by_name(name)
    assert dialect.program("print(1)").endswith(dialect.stops[0])
    assert dialect.program("print(1)").count(dialect.stops[0]) == 1


@pytest.mark.parametrize("size", [1, 4, 1000])
@pytest.mark.parametrize("name", ["qwen3", "markdown"])
def test_nothing_in_a_thought_is_a_program(name: str, size: int) -> None:
    dialect = by_name(name)
    thought = f"I could write\n{dialect.program('print(1)')}\nbut no."
    parser, rationale, program = parsed(
        dialect, f"\n<think>\n{thought}\n</think>\n\nIt is 2.", size
    )
    assert parser.program is None
    assert program == ""
    assert parser.complaint is None
    assert rationale == f"{thought}\n\n\nIt is 2."
    within, _, _ = parsed(dialect, f"<think>\n{thought}", size)
    assert within.thinking
    assert within.closing == "\n</think>\n\n"
    after, _, _ = parsed(dialect, f"<think>Hm.</think>\n{dialect.program('print(3)')}", size)
    assert after.program == "print(3)"


def test_a_thought_begins_at_the_beginning_or_not_at_all() -> None:
    parser, rationale, _ = parsed(by_name("qwen3"), "The tag <think> is a tag.")
    assert rationale == "The tag <think> is a tag."
    assert not parser.thinking


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        ('{"name": "python", "arguments": {"code": "print(1)"', "no valid JSON"),
        ("print(1)", "no valid JSON"),
        ("[1]", "no JSON object"),
        ("[" * 100_000, "no JSON"),
        ("1" * 10_000, "no JSON"),
        ('{"name": "bash", "arguments": {"code": "ls"}}', "no tool 'bash', only \"python\""),
        ('{"arguments": {"code": "1"}}', "no tool 'None'"),
        ('{"name": "python", "arguments": {"program": "1"}}', '"code" is missing'),
        ('{"name": "python"}', '"code" is missing'),
        ('{"name": "python", "arguments": [1]}', '"code" is missing'),
        ('{"name": "python", "arguments": {"code": 1}}', '"code" is no string'),
        ('{"name": "python", "arguments": {"code": "\\ud800"}}', "half a character"),
        ('{"name": "python", "arguments": "oops"}', "no valid JSON"),
    ],
)
def test_a_malformed_call_goes_back_to_the_model(call: str, complaint: str) -> None:
    parser, _, program = parsed(by_name("qwen2.5"), f"So:\n<tool_call>\n{call}\n</tool_call>")
    assert parser.program is None
    assert program == ""
    assert complaint in (parser.complaint or "")
    assert len(parser.complaint or "") < 200


@pytest.mark.parametrize(
    ("call", "program"),
    [
        ('{"name": "python", "arguments": {"code": "a = 1\nprint(a)"}}', "a = 1\nprint(a)"),
        ('{"name": "python", "arguments": "{\\"code\\": \\"print(1)\\"}"}', "print(1)"),
        ('{"name": "python", "parameters": {"code": "print(1)"}}', "print(1)"),
    ],
)
def test_calls_as_models_write_them(call: str, program: str) -> None:
    parser, _, _ = parsed(by_name("qwen2.5"), f"<tool_call>{call}</tool_call>")
    assert parser.program == program


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        ("<function=bash>\n<parameter=code>\nls\n</parameter>\n</function>", "no tool 'bash'"),
        ("<function=python>\n<parameter=text>\nx\n</parameter>\n</function>", '"code" is missing'),
        ("<function=python>\n</function>", '"code" is missing'),
        (
            "<function=python>\n<parameter=code>\nprint(1)\n</function>",
            "not closed by </parameter>",
        ),
        ("print(1)", "does not begin with <function=python>"),
    ],
)
def test_malformed_xml_goes_back_too(call: str, complaint: str) -> None:
    parser, _, _ = parsed(by_name("qwen3-coder"), f"<tool_call>\n{call}\n</tool_call>")
    assert parser.program is None
    assert complaint in (parser.complaint or "")


def test_a_forgotten_tag_is_forgiven() -> None:
    """Qwen3-Coder leaves out the outer tag now and then."""
    text = by_name("qwen3-coder").program("print('</parameter>')")
    text = text.removeprefix("<tool_call>\n")
    assert parsed(by_name("qwen3-coder"), text)[0].program == "print('</parameter>')"


@pytest.mark.parametrize("name", ["qwen2.5", "qwen3-coder", "openmath-nemotron"])
def test_a_call_left_open_is_a_complaint(name: str) -> None:
    dialect = by_name(name)
    text = dialect.program("print(1)").removesuffix("</tool_call>")
    parser, _, _ = parsed(dialect, text)
    assert parser.program is None
    assert "not closed by </tool_call>" in (parser.complaint or "")
    assert dialect.last_words(parser).text.startswith("\n</tool_call>\nThe final answer")


def test_a_llama_may_end_its_turn_with_its_program() -> None:
    parser, _, _ = parsed(by_name("llama3"), "<|python_tag|>print(1)")
    assert parser.program == "print(1)"
    assert by_name("llama3").last_words(parser).text.startswith("<|eom_id|><|start_header_id|>")


def test_a_servers_call_is_text_to_the_parser() -> None:
    code = "print('</tool_call> <|/tool_call|> ``` é')"
    good = called("python", json.dumps({"code": code}))
    assert parsed(TOOLS, f"Let me see.{good}", 3)[0].program == code
    assert "no tool 'sh'" in (parsed(TOOLS, called("sh", "{}"))[0].complaint or "")
    assert "no valid JSON" in (parsed(TOOLS, called("python", '{"code": "pr'))[0].complaint or "")
    both = called("python", "{}") + good
    parser, _, _ = parsed(TOOLS, both)
    assert parser.program == code
    assert '"code" is missing' in (parser.complaint or "")


ANALYSIS = "<|channel|>analysis<|message|>I compute.<|end|><|start|>assistant"


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize(
    "header",
    [
        "<|channel|>analysis to=python code<|message|>",
        " to=python<|channel|>analysis<|message|>",
        "<|channel|>commentary to=python <|constrain|>code<|message|>",
    ],
)
def test_harmony_names_the_tool_in_either_part_of_the_header(header: str, size: int) -> None:
    parser, rationale, program = parsed(
        by_name("gpt-oss"), f"{ANALYSIS}{header}print(1)<|call|>", size
    )
    assert parser.program == program == "print(1)"
    assert rationale == "I compute.\n"


def test_harmony_ends_a_program_with_the_turn_and_answers_on_the_final_channel() -> None:
    dialect = by_name("gpt-oss")
    cut, _, _ = parsed(dialect, f"{ANALYSIS}<|channel|>analysis to=python code<|message|>print(1)")
    assert cut.program == "print(1)"
    said = f"{ANALYSIS}<|channel|>final<|message|>It is \\boxed{{2}}."
    parser, rationale, _ = parsed(dialect, said)
    assert parser.program is None
    assert rationale == "I compute.\nIt is \\boxed{2}."
    other, _, _ = parsed(dialect, "<|channel|>commentary to=functions.sh<|message|>{}<|call|>")
    assert "no tool 'functions.sh'" in (other.complaint or "")
    assert parsed(dialect, "a server that strips tokens")[1] == "a server that strips tokens"


@pytest.mark.parametrize(
    ("said", "opening"),
    [
        ("", "<|channel|>final<|message|>\nThe"),
        (
            "<|channel|>analysis<|message|>Hm",
            "<|end|><|start|>assistant<|channel|>final<|message|>\nThe",
        ),
        (
            "<|channel|>analysis<|message|>Hm<|end|>",
            "<|start|>assistant<|channel|>final<|message|>\nThe",
        ),
        (ANALYSIS, "<|channel|>final<|message|>\nThe"),
        ("<|channel|>final<|message|>So", "\nThe"),
    ],
)
def test_harmonys_last_words_stand_on_the_final_channel(said: str, opening: str) -> None:
    dialect = by_name("gpt-oss")
    last = dialect.last_words(parsed(dialect, said)[0])
    assert last.text.startswith(opening)
    assert last.said == "\nThe final answer is $\\boxed{"


def test_a_check_stands_in_a_fence_where_no_tool_is_offered() -> None:
    check = "def check(answer):\n    return answer == 4"
    fence = f"```python\n{check}\n```\n"
    for name in NAMES:
        dialect = by_name(name)
        made = (dialect.check_parser or dialect.parser)()
        text = {
            "gpt-oss": f"{ANALYSIS}<|channel|>final<|message|>{fence}",
            "qwen3": f"<think>\n```python\n1/0\n```\n</think>\n\n{fence}",
        }.get(name, fence)
        made.feed(text)
        made.end()
        assert made.program == check, name


@pytest.mark.parametrize("name", NAMES)
def test_no_text_is_too_strange_for_a_parser(name: str) -> None:
    """Markers in any order and cut anywhere: nothing is raised, and the cut does not matter."""
    dialect = by_name(name)
    rng = random.Random(7)
    parts = [
        "<think>", "</think>", "<tool_call>", "</tool_call>", "```python\n", "```\n", "```output",
        "<|python_tag|>", "<|eom_id|>", "<|channel|>", "analysis", " to=python", "<|message|>",
        "<|call|>", "<|end|>", "<|start|>assistant", "<function=python>", "<parameter=code>",
        "</parameter>", '{"name": "python", "arguments": {"code": "1"}}', "\n", " ", "x = 1", "<",
        "é",
    ]  # fmt: skip
    for _ in range(300):
        text = "".join(rng.choices(parts, k=rng.randint(1, 12)))
        whole, said, program = parsed(dialect, text)
        again, said_again, program_again = parsed(dialect, text, rng.randint(1, 5))
        assert (said, program) == (said_again, program_again), text
        assert (whole.program, whole.complaint) == (again.program, again.complaint), text
        assert whole.closing == again.closing, text
