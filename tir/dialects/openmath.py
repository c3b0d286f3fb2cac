"""OpenMath-Nemotron TIR (arXiv 2504.16891), by NeMo-Skills' prompt `openmath/tir` and its tags.

Its models run programs in the middle of their thoughts, so a thought hides none here.
"""

from functools import partial

from tir.dialects.base import Dialect, Sampling
from tir.dialects.fences import FenceParser
from tir.dialects.tags import TagParser
from tir.dialects.turns import CHATML

CALLS = 8
"""Programs that the prompt allows, as NeMo-Skills evaluates them."""

OPENMATH = Dialect(
    name="openmath-nemotron",
    models=r"openmath",
    parser=TagParser,
    check_parser=partial(FenceParser),
    turns=CHATML,
    user=(
        "Solve the following math problem, integrating natural language reasoning with Python "
        f"code executions.\nYou may perform up to {CALLS} Python code calls to assist your "
        "reasoning.\nMake sure to put the answer (and only answer) inside \\boxed{}.\n\n{question}"
    ),
    cot_user=(
        "Solve the following math problem. Make sure to put the answer (and only answer) inside "
        "\\boxed{}.\n\n{question}"
    ),
    code_open="<tool_call>\n",
    code_close="\n</tool_call>",
    stops=("</tool_call>",),
    output="\n```output\n{output}\n```\n",
    specials=("<tool_call>", "</tool_call>", "<think>", "</think>"),
    tokens=("<|im_start|>",),
    eos=("<|im_end|>", "<|endoftext|>"),
    context=32_768,
    greedy=Sampling(max_tokens=8192),
    sampled=Sampling(temperature=0.6, top_p=0.95, max_tokens=8192),
)
