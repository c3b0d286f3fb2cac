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
    primes,
    sequences,
    systems,
    words,
)
from problems.families.base import Call, Exercise, Family

FAMILIES: tuple[Family, ...] = (
    *arithmetic.FAMILIES,
    *words.FAMILIES,
    *integers.FAMILIES,
    *primes.FAMILIES,
    *equations.FAMILIES,
    *systems.FAMILIES,
    *functions.FAMILIES,
    *sequences.FAMILIES,
    *chance.FAMILIES,
    *calculus.FAMILIES,
    *geometry.FAMILIES,
    *data.FAMILIES,
)

__all__ = ["Call", "Exercise", "FAMILIES", "Family"]  # noqa: RUF022 - sorted as `sorted` does
