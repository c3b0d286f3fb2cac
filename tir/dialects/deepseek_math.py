"""DeepSeekMath instruct and RL (arXiv 2402.03300), by their model cards and chat template."""

from tir.dialects.base import Dialect
from tir.dialects.fences import FenceParser
from tir.dialects.turns import Turns

EOS = "<\uff5cend\u2581of\u2581sentence\uff5c>"

DEEPSEEK_MATH = Dialect(
    name="deepseek-math",
    models=r"deepseek-?math",
    templates=("'User: '", "'Assistant: '", "eos_token"),
    parser=FenceParser,
    turns=Turns(
        begin="<\uff5cbegin\u2581of\u2581sentence\uff5c>",
        system=("", "\n\n"),
        user=("User: ", "\n\n"),
        assistant="Assistant:",
        end=EOS,
    ),
    user=(
        "{question}\nPlease integrate natural language reasoning with programs to solve the "
        "problem above, and put your final answer within \\boxed{}."
    ),
    cot_user="{question}\nPlease reason step by step, and put your final answer within \\boxed{}.",
    code_open="```python\n",
    code_close="\n```",
    stops=("```output",),
    resumed="\n```output",
    output="\n{output}\n```\n",
    specials=("User:", "Assistant:"),
    tokens=("<\uff5cbegin\u2581of\u2581sentence\uff5c>",),
    eos=(EOS,),
    context=4096,
)
