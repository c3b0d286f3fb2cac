"""Function calling of Qwen2.5 and Qwen3: JSON between `<tool_call>` tags.

The text is that of the chat templates in their tokenizer_config.json, which both took over from
Hermes (NousResearch). Only Qwen3 thinks; calls within a thought are no calls.
"""

import json
from dataclasses import replace
from functools import partial

from tir.dialects.base import Continuation, Dialect, Sampling
from tir.dialects.calls import INSTRUCTION, TOOL, from_json, quoted
from tir.dialects.fences import FenceParser
from tir.dialects.parser import Phase
from tir.dialects.tags import TagParser
from tir.dialects.turns import CHATML

TOOLS = (
    "\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
    "You are provided with function signatures within <tools></tools> XML tags:\n<tools>\n"
    f"{json.dumps(TOOL, ensure_ascii=False)}\n</tools>\n\n"
    "For each function call, return a json object with function name and arguments within "
    "<tool_call></tool_call> XML tags:\n<tool_call>\n"
    '{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>'
)
THINKING = Sampling(temperature=0.6, top_p=0.95, max_tokens=8192)
"""Of the model card of Qwen3, which warns of greedy decoding: thoughts begin to turn in circles."""

QWEN_TOOLS = Dialect(
    name="qwen2.5",
    models=r"qwen2[.-]?5(?!-?(math|coder|max))",
    templates=("<|im_start|>", "<tool_call>", '\\"arguments\\"'),
    parser=partial(TagParser, call=from_json),
    check_parser=FenceParser,
    turns=CHATML,
    system=f"{INSTRUCTION}{TOOLS}",
    cot_system="Please reason step by step, and put your final answer within \\boxed{}.",
    code_open='<tool_call>\n{"name": "python", "arguments": {"code": ',
    code_close="}}\n</tool_call>",
    quoted=quoted,
    stops=("</tool_call>",),
    output="<tool_response>\n{output}\n</tool_response>",
    continuation=Continuation.USER_TURN,
    specials=("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"),
    tokens=("<|im_start|>",),
    eos=("<|im_end|>", "<|endoftext|>"),
    context=32_768,
)
QWEN3 = replace(
    QWEN_TOOLS,
    name="qwen3",
    models=r"qwen3(?![.]|-?(coder|max))|qwq",
    templates=(*QWEN_TOOLS.templates, "</think>"),
    parser=partial(TagParser, call=from_json, phase=Phase.START),
    check_parser=partial(FenceParser, phase=Phase.START),
    specials=(*QWEN_TOOLS.specials, "<think>", "</think>"),
    tokens=("<|im_start|>", "<tool_call>", "</tool_call>", "<think>", "</think>"),
    greedy=THINKING,
    sampled=THINKING,
)
