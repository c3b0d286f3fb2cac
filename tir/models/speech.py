"""How to talk to the model in a folder: its family's dialect, or the turns of its own template."""

from functools import partial
from typing import TYPE_CHECKING, Any

from tir.dialects import Dialect, choose
from tir.errors import BadInput

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


def speech(name: str, tokenizer: "PreTrainedTokenizerFast", wanted: str | None) -> Dialect:
    """The dialect of a model called `name`; `wanted` is the user's word and decides.

    Raises:
        BadInput: nothing tells how to talk to it, its chat template cannot be used, or its
            tokenizer lacks the tokens that the dialect is made of.
    """
    template = tokenizer.chat_template
    if isinstance(template, dict):
        template = template.get("default")
    # Of a folder its own name counts, not where it lies; of a hub id not who published it.
    family = name.partition("@")[0].rstrip("/").rpartition("/")[2]
    dialect = choose(family, template, wanted)
    if dialect.turns is None:
        if template is None:
            raise BadInput(
                f"{name} has no chat template.",
                why=f"The dialect {dialect.name} takes the turns of a conversation from it.",
                hint="--dialect NAME with the family that the model was trained in: "
                "qwen2.5-math, tora, numina",
            )
        render: Any = partial(
            tokenizer.apply_chat_template, tokenize=False, add_generation_prompt=True
        )
        dialect = dialect.fitted(render, tokenizer.all_special_tokens)
    if missing := dialect.missing_specials(tokenizer.get_vocab()):
        raise BadInput(
            f"{name} does not speak the dialect {dialect.name}.",
            why=f"Its tokenizer has no token for {', '.join(missing[:4])}.",
            hint="--dialect markdown, or the family that the model was trained in",
        )
    return dialect
