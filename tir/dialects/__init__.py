"""Transcript formats of model families."""

from tir.dialects.base import Dialect, Sampling, defang
from tir.dialects.qwen_math import QWEN_MATH

__all__ = ["QWEN_MATH", "Dialect", "Sampling", "defang"]
