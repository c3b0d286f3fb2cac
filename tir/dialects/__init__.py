"""Transcript formats of model families. Each family is a module that defines a `Dialect`."""

from tir.dialects.base import Dialect, Sampling, defang
from tir.dialects.choice import by_name, choose, dialect_for, dialects
from tir.dialects.markdown import MARKDOWN
from tir.dialects.qwen_math import QWEN_MATH
from tir.dialects.tools import TOOLS
from tir.dialects.turns import Message, Prompt

__all__ = [
    "MARKDOWN",
    "QWEN_MATH",
    "TOOLS",
    "Dialect",
    "Message",
    "Prompt",
    "Sampling",
    "by_name",
    "choose",
    "defang",
    "dialect_for",
    "dialects",
]
