"""General chat models: programs in Markdown fences, outputs in the user's next message.

A local model reads it in the turns of its own chat template (`Dialect.fitted`); on a server the
messages are enough (Qwen2.5-Max, GPT-4o, Claude, DeepSeek-V3).
"""

from functools import partial

from tir.dialects.base import Continuation, Dialect, Sampling
from tir.dialects.fences import FenceParser
from tir.dialects.parser import Phase

MARKDOWN = Dialect(
    name="markdown",
    parser=partial(FenceParser, phase=Phase.START),
    turns=None,
    system=(
        "Solve the problem step by step. Where a calculation helps, write one complete Python "
        "program in a ```python block that prints what you need, and end your message there: the "
        "next message brings its output. Variables stay from program to program. When you are "
        "sure, put your final answer within \\boxed{}."
    ),
    cot_system="Please reason step by step, and put your final answer within \\boxed{}.",
    code_open="```python\n",
    code_close="\n```",
    stops=("```output",),
    output="```output\n{output}\n```",
    continuation=Continuation.USER_TURN,
    specials=("<think>", "</think>"),
    eos=(),
    context=131_072,
    greedy=Sampling(max_tokens=4096),
    sampled=Sampling(temperature=0.7, top_p=0.95, max_tokens=4096),
)
