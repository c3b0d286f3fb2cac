"""Wrong reference answers: what can be told of a set without solving its problems."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

from .exact import exact
from .grade import BUDGET, equal, grade
from .normal import CHARS, DEPTH, normal_form, too_deep
from .policy import EQUIVALENT, AnswerTest
from .problem import ALPHABET, Problem
from .verdict import BadReference, Outcome

_ENVIRONMENT = re.compile(r"\\(begin|end)(?![A-Za-z])")
_SIDE = re.compile(r"\\(left|right)(?![A-Za-z])")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_TEXT = re.compile(r"\\(?:text|mbox|textbf|textrm)\s*\{[^{}]*\}")
_FRACTION = re.compile(r"\\frac(?![A-Za-z])")
_QUESTION_LIMIT = 60


class Flaw(StrEnum):
    """What is wrong with a reference answer."""

    UNREADABLE = "unreadable"
    """It does not parse: blank, too long, unbalanced."""
    UNEQUAL = "unequal to itself"
    """The grader does not find it equal to the same answer in another spelling."""
    CONTRADICTED = "contradicted"
    """The same question stands in the set with another answer."""
    NOT_A_CHOICE = "not a choice"
    """Its letter is none of the choices', or its choice stands there twice."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """One reference answer that looks wrong."""

    id: str
    flaw: Flaw
    sentence: str
    """The whole finding, for a person."""


def fault(gold: str) -> str:
    """Why a reference answer does not parse, as what follows "it"; "" if it does."""
    if not gold.strip(" $\t\r\n"):
        return "is blank"
    if len(gold) > CHARS:
        return f"has {len(gold)} characters, more than the {CHARS} that are compared"
    if too_deep(gold):
        return f"is nested deeper than {DEPTH} brackets"
    depth = 0
    for match in _BRACE.finditer(gold):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth < 0:
            return "has a } without its {"
    if depth:
        return "has a { without its }"
    for pattern, first in ((_ENVIRONMENT, "begin"), (_SIDE, "left")):
        names = pattern.findall(gold)
        if names.count(first) * 2 != len(names):
            return f"has a \\{first} and its counterpart not equally often"
    bare = _TEXT.sub("", gold)
    # "[1, 2)" and the French "]1, 2[" mix them, so only the number can be checked.
    if sum(map(bare.count, "([")) != sum(map(bare.count, ")]")):
        return "has brackets that do not match"
    return ""


def audit(problems: Iterable[Problem], *, budget: float = BUDGET) -> Iterator[Suspect]:
    """The reference answers of a set that do not parse, differ from themselves, or from each other.

    `budget` is the time in seconds for each comparison. Problems without a reference are passed
    over. Memory grows with the number of different questions, a hundred bytes each.
    """
    seen: dict[bytes, tuple[str, str]] = {}
    for problem in problems:
        if problem.gold is None:
            continue
        yield from _alone(problem, problem.gold, budget)
        before = seen.setdefault(_key(problem), (problem.id, problem.gold))
        if before[1] != problem.gold and equal(before[1], problem.gold, budget=budget) is not True:
            yield Suspect(
                problem.id,
                Flaw.CONTRADICTED,
                f"{problem.id}: the answer {problem.gold} contradicts {before[1]}, which is that of"
                f" the same question in {before[0]} ({_short(problem.question)}).",
            )


def _alone(problem: Problem, gold: str, budget: float) -> Iterator[Suspect]:
    wrong = fault(gold)
    if wrong:
        yield Suspect(
            problem.id, Flaw.UNREADABLE, f"{problem.id}: the answer {_short(gold)!r} {wrong}."
        )
        return
    if problem.choices:
        yield from _chosen(problem, gold)
    test = AnswerTest.of(problem.test) if problem.test else EQUIVALENT
    for spelled in (gold, _FRACTION.sub(r"\\dfrac", f"$ {gold} $")):
        try:
            right = grade(spelled, gold, test=test, budget=budget).outcome is Outcome.CORRECT
        except BadReference as error:
            sentence = (
                f"{problem.id}: the answer {gold} does not fit its test: {error}".rstrip(".") + "."
            )
            yield Suspect(problem.id, Flaw.UNREADABLE, sentence)
            return
        if not right:
            yield Suspect(
                problem.id,
                Flaw.UNEQUAL,
                f"{problem.id}: the answer {gold} is not found equal to itself, written {spelled}.",
            )
            return


def _chosen(problem: Problem, gold: str) -> Iterator[Suspect]:
    named = dict(zip(ALPHABET, problem.choices, strict=False))
    for letter in re.split(r"[\s,]+", gold):
        if letter not in named:
            sentence = f"the answer {letter} is none of {', '.join(named)}"
        else:
            same = [
                other
                for other, text in named.items()
                if other != letter and _alike(text, named[letter])
            ]
            if not same or set(same) <= set(gold):
                continue
            sentence = f"the choices {letter} and {', '.join(same)} are the same: {named[letter]}"
        yield Suspect(problem.id, Flaw.NOT_A_CHOICE, f"{problem.id}: {sentence}.")


def _alike(a: str, b: str) -> bool:
    """The same words or the same number. More would be a matter of the question: choices may
    differ in the order of a list, or in a bracket, and nothing else."""
    if a.split() == b.split():
        return True
    value = exact(normal_form(a))
    return value is not None and value == exact(normal_form(b))


def _key(problem: Problem) -> bytes:
    """One for questions that differ only in spacing."""
    text = "\n".join(" ".join(part.split()) for part in (problem.question, *problem.choices))
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _QUESTION_LIMIT else f"{line[:_QUESTION_LIMIT]}..."
