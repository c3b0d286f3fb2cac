"""NuminaMath TIR (winner of the first AIMO progress prize), by its training configuration."""

from tir.dialects.base import Dialect, Sampling
from tir.dialects.fences import FenceParser
from tir.dialects.turns import Turns

EOS = "<\uff5cend\u2581of\u2581sentence\uff5c>"

NUMINA = Dialect(
    name="numina",
    models=r"numina",
    templates=("### Problem: ", "### Solution: "),
    parser=FenceParser,
    turns=Turns(
        begin="<\uff5cbegin\u2581of\u2581sentence\uff5c>",
        user=("### Problem: ", "\n"),
        assistant="### Solution: ",
        end=f"{EOS}\n",
    ),
    cot_user="{question}\nPlease reason step by step, and put your final answer within \\boxed{}.",
    code_open="```python\n",
    code_close="\n```",
    stops=("```output\n",),
    resumed="\n```output\n",
    output="{output}\n```",
    specials=("### Problem:", "### Solution:"),
    tokens=("<\uff5cbegin\u2581of\u2581sentence\uff5c>",),
    eos=(EOS,),
    context=4096,
    sampled=Sampling(temperature=0.8, top_p=1.0, max_tokens=2048),
)
