"""What a family of problems is: many phrasings, exact answers, a worked solution, a check.

A family makes exercises for training and measuring a model. Everything in an `Exercise` follows
from one draw of random numbers, the outputs of its programs included, so that a hundred
thousand exercises cost seconds; the tests run the programs in a real kernel and hold the
declared outputs against the real ones.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from problems.families.wording import choose, dress, reword


@dataclass(frozen=True, slots=True)
class Math:
    """One formula in two spellings. In a question it is set as `$latex$` or as plain text."""

    latex: str
    plain: str


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call of a worked solution, with the output that its program prints."""

    rationale: str
    program: str
    output: str


@dataclass(frozen=True, slots=True)
class Draw:
    """The random part of an exercise: what fills the phrasing, and all that follows from it."""

    slots: Mapping[str, str | int | Math]
    calls: tuple[Call, ...]
    gold: str
    """The answer in LaTeX; also what the last call prints."""
    check: str
    """Source of `check(answer) -> bool`, where answer is a SymPy value or a list of them."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One kind of question within a family.

    A phrasing holds slots (`@name`) and choices (`[Find|Compute]`). `held_out` phrasings are
    never trained on; they measure whether a model understood or memorised.
    """

    draw: Callable[[Random], Draw]
    phrasings: tuple[str, ...]
    held_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exercise:
    """A problem with its worked solution."""

    family: str
    question: str
    gold: str
    calls: tuple[Call, ...]
    check: str


@dataclass(frozen=True, slots=True)
class Family:
    """A named kind of problem of which any number of exercises can be drawn."""

    name: str
    subject: str
    variants: tuple[Variant, ...]

    def exercise(self, rng: Random, *, held_out: bool = False) -> Exercise:
        """One exercise; the same state of `rng` gives the same exercise."""
        variant = rng.choice(self.variants)
        draw = variant.draw(rng)
        if held_out:
            question = fill(rng.choice(variant.held_out), draw.slots, rng)
        else:
            spelled = choose(rng.choice(variant.phrasings), rng)
            worded = reword(spelled, variant.held_out, rng)
            question = dress(fill(worded, draw.slots, rng), rng)
        return Exercise(self.name, question, draw.gold, draw.calls, draw.check)


_SLOT = re.compile(r"@([a-z]+)")


def fill(phrasing: str, slots: Mapping[str, str | int | Math], rng: Random) -> str:
    """A phrasing with its choices made and its slots filled, formulas all in one style."""
    text = choose(phrasing, rng)
    in_latex = rng.random() < 0.5
    dollars_on_numbers = in_latex and rng.random() < 0.4

    def value(match: re.Match[str]) -> str:
        slot = slots[match[1]]
        if isinstance(slot, Math):
            return f"${slot.latex}$" if in_latex else slot.plain
        is_price = text[: match.start()].endswith("$")
        if isinstance(slot, int) and dollars_on_numbers and not is_price:
            return f"${slot}$"
        return str(slot)

    return _SLOT.sub(value, text)
