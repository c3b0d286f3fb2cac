"""Function calling of Qwen3-Coder: XML with the program as it is, by its chat template."""

from functools import partial

from tir.dialects.base import Continuation, Dialect
from tir.dialects.calls import ARGUMENT, DESCRIPTION, INSTRUCTION, MEANING, NAME, from_xml
from tir.dialects.fences import FenceParser
from tir.dialects.tags import TagParser
from tir.dialects.turns import CHATML

QWEN_CODER = Dialect(
    name="qwen3-coder",
    models=r"qwen3-coder|qwen3\.[5-9]",
    templates=("<|im_start|>", "<function=", "<parameter="),
    # It is known to forget the outer tag.
    parser=partial(TagParser, opening=("<tool_call>", "<function="), call=from_xml),
    check_parser=FenceParser,
    turns=CHATML,
    system=(
        f"{INSTRUCTION}\n\n# Tools\n\nYou have access to the following functions:\n\n<tools>\n"
        f"<function>\n<name>{NAME}</name>\n<description>{DESCRIPTION}</description>\n"
        f"<parameters>\n<parameter>\n<name>{ARGUMENT}</name>\n<type>string</type>\n"
        f"<description>{MEANING}</description>\n</parameter>\n"
        f'<required>["{ARGUMENT}"]</required>\n</parameters>\n</function>\n</tools>\n\n'
        "If you choose to call a function ONLY reply in the following format with NO suffix:\n\n"
        "<tool_call>\n<function=example_function_name>\n<parameter=example_parameter_1>\nvalue_1\n"
        "</parameter>\n<parameter=example_parameter_2>\nThis is the value for the second parameter"
        "\nthat can span\nmultiple lines\n</parameter>\n</function>\n</tool_call>\n\n<IMPORTANT>\n"
        "Reminder:\n- Function calls MUST follow the specified format: an inner <function=...>"
        "</function> block must be nested within <tool_call></tool_call> XML tags\n"
        "- Required parameters MUST be specified\n- You may provide optional reasoning for your "
        "function call in natural language BEFORE the function call, but NOT after\n- If there is "
        "no function call available, answer the question like normal with your current knowledge "
        "and do not tell the user about function calls\n</IMPORTANT>"
    ),
    cot_system="Please reason step by step, and put your final answer within \\boxed{}.",
    code_open=f"<tool_call>\n<function={NAME}>\n<parameter={ARGUMENT}>\n",
    code_close="\n</parameter>\n</function>\n</tool_call>",
    stops=("</tool_call>",),
    output="<tool_response>\n{output}\n</tool_response>\n",
    continuation=Continuation.USER_TURN,
    specials=(
        "<tool_call>",
        "</tool_call>",
        "<tool_response>",
        "</tool_response>",
        "<function=",
        "<parameter=",
    ),
    tokens=("<|im_start|>",),
    eos=("<|im_end|>", "<|endoftext|>"),
    context=65_536,
)
