"""The built-in model: a `LocalModel` that knows what it does not know."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from problems import Problem
from tir.dialects import QWEN_MATH, Dialect
from tir.mini.scope import unfamiliar, worded
from tir.models.local import LocalModel
from tir.models.weights import read

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

WEIGHTS = Path(__file__).parent / "weights"


class MiniModel(LocalModel):
    """Qwen2 of 3.5 million parameters; its scope is the wording of its training questions."""

    def __init__(
        self,
        network: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerFast",
        *,
        name: str,
        dialect: Dialect = QWEN_MATH,
        scope: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(network, tokenizer, name=name, dialect=dialect)
        self._scope = scope

    @classmethod
    def load(cls, path: Path, *, name: str, **how: Any) -> "MiniModel":
        """Loads the folder as any other, and the scope beside it."""
        network, tokenizer, dialect = read(path, name=name, **how)
        scope = frozenset(json.loads((path / "scope.json").read_text(encoding="utf-8")))
        return cls(network, tokenizer, name=name, dialect=dialect, scope=scope)

    def outside(self, problem: Problem) -> str | None:
        """Names wording that no training question had, if there is any."""
        new = unfamiliar(problem.question, self._scope)
        if not new:
            return None
        shown = ", ".join(f'"{worded(run)}"' for run in new[:2])
        return f"the built-in model was not trained on such a question (new to it: {shown})"
