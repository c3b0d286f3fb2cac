"""Transcript formats of model families."""

from tir.dialects.base import Dialect, Sampling, defang
from tir.dialects.qwen_math import QWEN_MATH
from tir.dialects.turns import Message, Prompt

__all__ = ["QWEN_MATH", "Dialect", "Message", "Prompt", "Sampling", "defang"]
