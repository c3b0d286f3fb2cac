"""Generators of problems with exact answers, for training and measuring a model."""

from problems.families import (
    arithmetic,
    calculus,
    chance,
    data,
    equations,
    functions,
    geometry,
    integers,
    sequences,
    words,
)
from problems.families.base import Call, Exercise, Family

FAMILIES: tuple[Family, ...] = (
    *arithmetic.FAMILIES,
    *words.FAMILIES,
    *integers.FAMILIES,
    *equations.FAMILIES,
    *functions.FAMILIES,
    *sequences.FAMILIES,
    *chance.FAMILIES,
    *calculus.FAMILIES,
    *geometry.FAMILIES,
    *data.FAMILIES,
)

__all__ = ["FAMILIES", "Call", "Exercise", "Family"]
