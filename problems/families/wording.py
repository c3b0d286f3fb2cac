"""How a question is worded: choices, other words for the same, wrapping, careless typing."""

import re
from collections.abc import Sequence
from functools import cache, partial
from itertools import product
from random import Random

_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")

_ALIKE = (
    "Find|Compute|Determine|Calculate|Work out|Give|Evaluate|Please find|Please compute|Obtain",
    "Given that|Knowing that|Assuming that|If",
    "Suppose that|Assume that|Suppose|Let",
    "How much is|What is|What's",
)
_OPENERS = tuple(
    (re.compile(rf"(^|[.?:,] )(?:{group})\b", re.IGNORECASE), tuple(group.split("|")))
    for group in _ALIKE
)
_ASKED = re.compile(r"(^|[.:,] )(?:What is|what is) ([^?]+)\?$")
_REWORDED = 0.35


def choose(phrasing: str, rng: Random) -> str:
    """A phrasing with one of each `[so|or so]` chosen."""
    text = phrasing
    while _CHOICE.search(text):
        text = _CHOICE.sub(lambda m: rng.choice(m[1].split("|")), text)
    return text.replace("  ", " ").replace(" .", ".")


@cache
def spellings(phrasings: Sequence[str]) -> frozenset[str]:
    """Everything that phrasings can be spelled as, without their last sign."""
    found = set()
    for phrasing in phrasings:
        parts = _CHOICE.split(phrasing)
        options = [part.split("|") if at % 2 else [part] for at, part in enumerate(parts)]
        found |= {"".join(spelled) for spelled in product(*options)}
    return frozenset(map(_bare, found))


def _bare(text: str) -> str:
    return text.replace("  ", " ").rstrip(" .?").lower()


def reword(spelled: str, avoided: Sequence[str], rng: Random) -> str:
    """The same question in other words, now and then; never as one of the `avoided` phrasings."""
    text = spelled
    if rng.random() < _REWORDED:
        text = _ASKED.sub(r"\1find \2.", text)
    for pattern, words in _OPENERS:
        if rng.random() < _REWORDED:
            word = rng.choice(words)
            text = pattern.sub(partial(_opened, word), text)
    text = text[:1].upper() + text[1:]
    return spelled if _bare(text) in spellings(avoided) else text


def _opened(word: str, match: re.Match[str]) -> str:
    before = match[1]
    # In the middle of a sentence, after a comma, a word is not capitalised.
    return before + (word[0].lower() + word[1:] if before.startswith(",") else word)


_BEFORE = ("Please solve: ", "Problem: ", "Question: ", "Solve this problem. ", "Exercise 7. ")
_AFTER = (
    " Show your work.",
    " Explain your reasoning.",
    " Give an exact answer.",
    " Justify your answer.",
    " Write the final answer in a box.",
)


def dress(question: str, rng: Random) -> str:
    """The wrapping people put around a question, and the care they do not take in typing it."""
    chance = rng.random()
    if chance < 0.08:
        return rng.choice(_BEFORE) + question
    if chance < 0.16:
        return question + rng.choice(_AFTER)
    if chance < 0.26:
        question = question.rstrip(".?")
    if 0.22 < chance < 0.30 and not question.startswith("$"):
        question = question[:1].lower() + question[1:]
    return question
