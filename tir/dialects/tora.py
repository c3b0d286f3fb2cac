"""ToRA, the tool-integrated models of Microsoft (arXiv 2309.17452), as its repository runs them."""

from tir.dialects.base import Dialect
from tir.dialects.fences import FenceParser
from tir.dialects.turns import Turns

TORA = Dialect(
    name="tora",
    models=r"(^|[/_-])tora[-_]",
    templates=("<|user|>\\n", "<|assistant|>\\n", "tora"),
    parser=FenceParser,
    turns=Turns(begin="<s>", user=("<|user|>\n", "\n"), assistant="<|assistant|>\n", end="</s>\n"),
    code_open="```python\n",
    code_close="\n```",
    stops=("```output",),
    resumed="\n```output",
    output="\n{output}\n```\n",
    cot_user="{question}\nPlease reason step by step, and put your final answer within \\boxed{}.",
    specials=("<s>", "</s>"),
    tokens=("<s>",),
    eos=("</s>",),
    context=2048,
)
