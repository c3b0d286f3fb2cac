"""Llama 3.1 to 3.3 with their code interpreter, by Meta's prompt format and chat template.

`Environment: ipython` in the system message turns it on; the date is the template's default.
"""

from functools import partial

from tir.dialects.base import Dialect
from tir.dialects.fences import FenceParser
from tir.dialects.tags import TagParser
from tir.dialects.turns import Turns

DATES = "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"
_ASSISTANT = "<|start_header_id|>assistant<|end_header_id|>\n\n"

LLAMA3 = Dialect(
    name="llama3",
    models=r"llama-?3[._-]?[1-3]",
    templates=("<|start_header_id|>", "ipython"),
    parser=partial(
        TagParser,
        opening=("<|python_tag|>",),
        closing_tag="<|eom_id|>",
        ended_by_turn=f"<|eom_id|>{_ASSISTANT}",
    ),
    check_parser=FenceParser,
    turns=Turns(
        begin="<|begin_of_text|>",
        system=("<|start_header_id|>system<|end_header_id|>\n\n", "<|eot_id|>"),
        user=("<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"),
        assistant=_ASSISTANT,
        end="<|eot_id|>",
    ),
    system=(
        f"Environment: ipython\n{DATES}Solve the problem step by step. Write code to calculate "
        "and to check what you have found; then put your final answer within \\boxed{}."
    ),
    cot_system=(
        f"{DATES}Please reason step by step, and put your final answer within \\boxed{{}}."
    ),
    code_open="<|python_tag|>",
    code_close="<|eom_id|>",
    stops=("<|eom_id|>",),
    resumed="<|eom_id|>",
    output=(
        "<|start_header_id|>ipython<|end_header_id|>\n\ncompleted\n[stdout]\n{output}\n[/stdout]"
        f"<|eot_id|>{_ASSISTANT}"
    ),
    specials=("[stdout]", "[/stdout]"),
    tokens=(
        "<|begin_of_text|>",
        "<|start_header_id|>",
        "<|end_header_id|>",
        "<|python_tag|>",
        "<|eom_id|>",
    ),
    eos=("<|eot_id|>", "<|end_of_text|>"),
    context=131_072,
)
