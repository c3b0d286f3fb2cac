"""Native tool calls of a server: it describes the tool to its model and parses the calls.

What comes of a call is handed to the parser as text again (`called`), so that a model on a
server goes through the same loop as any other.
"""

import json
from functools import partial

from tir.dialects.base import Dialect, Sampling
from tir.dialects.calls import INSTRUCTION, from_json, quoted
from tir.dialects.fences import FenceParser
from tir.dialects.parser import Phase
from tir.dialects.tags import TagParser

OPEN, CLOSE = "<|tool_call|>", "<|/tool_call|>"


def called(name: str, arguments: str) -> str:
    """The text of a call as the parser reads it, from a server's tool name and JSON arguments.

    Whatever is wrong with either is found by the parser and told to the model.
    """
    call = json.dumps({"name": name, "arguments": arguments}, ensure_ascii=False)
    return f"{OPEN}{_safe(call)}{CLOSE}"


def _safe(text: str) -> str:
    """JSON in which no program can close the tag."""
    return text.replace("<", "\\u003c")


def _quoted(program: str) -> str:
    return _safe(quoted(program))


TOOLS = Dialect(
    name="tools",
    parser=partial(
        TagParser, opening=(OPEN,), closing_tag=CLOSE, call=from_json, phase=Phase.START
    ),
    check_parser=partial(FenceParser, phase=Phase.START),
    turns=None,
    system=INSTRUCTION,
    cot_system="Please reason step by step, and put your final answer within \\boxed{}.",
    code_open=f'{OPEN}{{"name": "python", "arguments": {{"code": ',
    code_close=f"}}}}{CLOSE}",
    quoted=_quoted,
    output="{output}",
    eos=(),
    context=131_072,
    greedy=Sampling(max_tokens=4096),
    sampled=Sampling(temperature=0.7, top_p=0.95, max_tokens=4096),
)
