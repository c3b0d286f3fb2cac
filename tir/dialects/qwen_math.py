"""Qwen2.5-Math, as its model card and technical report (arXiv 2409.12122) document it."""

from tir.dialects.base import Dialect
from tir.dialects.fences import FenceParser
from tir.dialects.turns import CHATML

QWEN_MATH = Dialect(
    name="qwen2.5-math",
    models=r"qwen2[.-]?5-math|^mini(@|$)",
    templates=("<|im_start|>", "put your final answer within"),
    parser=FenceParser,
    turns=CHATML,
    system=(
        "Please integrate natural language reasoning with programs to solve the problem above, "
        "and put your final answer within \\boxed{}."
    ),
    cot_system="Please reason step by step, and put your final answer within \\boxed{}.",
    code_open="```python\n",
    code_close="\n```",
    stops=("```output",),
    resumed="\n```output",
    output="\n{output}\n```\n",
    tokens=("<|im_start|>",),
    eos=("<|im_end|>", "<|endoftext|>"),
    context=4096,
)
