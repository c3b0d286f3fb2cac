"""Keeps an answer out of a text: finds whatever in it is equal to the answer, and covers it.

Every number, number word, formula and part of a formula is put to the grader: `3 + 4` gives 7
away as 7 does, and so does "seven". Parts of an answer of several values are covered too, unless
the question itself names them.
"""

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

from problems import Problem, equal
from problems.exact import exact
from problems.grade import cheaply_equal
from problems.normal import normal_form
from problems.numerals import numeral
from problems.shape import Kind as Shapes
from problems.shape import shape
from problems.words import wordy
from tir.render.spans import Kind, spans

COVER = "[hidden]"
_TOKEN = re.compile(
    r"\\[A-Za-z]+|\\.|\d+(?:,\d{3})+(?![\d,])|\d+\.\d+|\d+|\.\d+|[A-Za-z]+|\*\*|[ \t]+|.", re.DOTALL
)
_NAMES = frozenset(
    "sin cos tan cot sec csc asin acos atan arcsin arccos arctan sinh cosh tanh ln log exp sqrt "
    "pi oo Rational Fraction Integer factorial binomial Matrix Eq Abs abs FiniteSet Interval "
    "Union".split()
)
_OPEN, _CLOSE = "([{", ")]}"
_ENDS = re.compile(r"[\w)\]}!|%°$]|\\[A-Za-z]+")
_STARTS = re.compile(r"[\w(\[{|√.$-]|\\[A-Za-z{]")
_LOOSE = frozenset("+-,;=<>")
_TIGHT = frozenset(("*", "/", "^", "**", "_", r"\cdot", r"\times"))
_LONGEST = 40
"""Tokens of one part of a formula."""
_MOST = 6000
"""Parts looked at in one text; a text with more is withheld as a whole."""
_BUDGET = 0.5
"""Seconds of algebra for one formula in the last look."""
_DECIMAL = re.compile(r"\d+\.\d{2,}")
_NUMBER_WORDS = re.compile(r"[A-Za-z]+(?:[- ][A-Za-z]+){0,3}")
_FORMULA = re.compile(r"\d|[=+*/^\\]")


class Secret:
    """An answer that a text must not give away."""

    def __init__(self, problem: Problem, answer: str) -> None:
        self.answer = answer
        self._wholes = [answer, *_chosen(problem, answer)]
        form = normal_form(answer)
        outer = shape(form)
        parts = outer.parts if outer.kind is not Shapes.ATOM and len(outer.parts) > 1 else ()
        said = {normal_form(text) for text, _, _ in _pieces(problem.question)} if parts else set()
        self._parts = [part for part in parts if part not in said]
        self._words = [text for text in self._wholes if wordy(normal_form(text))]
        self._value = exact(form)

    def covered(self, text: str) -> str | None:
        """The text with every expression equal to the answer covered; None if it cannot be told
        that nothing is left."""
        for _ in range(3):
            found = list(self._found(text))
            if not found:
                return None if self.is_told(text) else text
            for start, end in sorted(found, reverse=True):
                text = text[:start] + COVER + text[end:]
        return None

    def is_told(self, text: str) -> bool:
        """Whether the grader, with algebra, finds the answer among the formulas of the text."""
        for expression in expressions(text):
            if any(equal(expression, whole, budget=_BUDGET) for whole in self._wholes):
                return True
        return False

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        """The shortest pieces that give it away; of overlapping ones the first."""
        hits = [(s, e) for piece, s, e in _pieces(text) if self._is_answer(piece)]
        hits += self._in_words(text)
        taken = -1
        for start, end in sorted(hits):
            inner = [(s, e) for s, e in hits if start <= s and e <= end and (s, e) != (start, end)]
            if not inner and start >= taken:
                taken = end
                yield start, end

    def _is_answer(self, piece: str) -> bool:
        if _DECIMAL.fullmatch(piece) and self._value is not None:
            # 0.33 for 1/3: not equal, and gives it away all the same.
            digits = len(piece.partition(".")[2])
            if abs(Fraction(piece) - self._value) <= Fraction(1, 10**digits):
                return True
        return any(_same(piece, text) for text in (*self._wholes, *self._parts))

    def _in_words(self, text: str) -> Iterator[tuple[int, int]]:
        for phrase in self._words:
            for match in re.finditer(rf"(?<!\w){re.escape(phrase.strip())}(?!\w)", text, re.I):
                yield match.span()
        for match in _NUMBER_WORDS.finditer(text):
            words = list(re.finditer(r"[A-Za-z]+", match.group()))
            for first in range(len(words)):
                for last in range(first, min(first + 4, len(words))):
                    start, end = words[first].start(), words[last].end()
                    number = numeral(match.group()[start:end].casefold().replace(" and ", " "))
                    if number is not None and self._is_answer(str(number)):
                        yield match.start() + start, match.start() + end


def expressions(text: str) -> Iterator[str]:
    """The formulas, the sides of equations and the numbers in a text."""
    for span in spans(text):
        if span.kind in (Kind.INLINE, Kind.DISPLAY):
            yield span.text
            yield from re.split(r"=|\\approx|\\implies|\\Rightarrow", span.text)
        else:
            for run in _runs(span.text):
                piece = "".join(token for token, _ in run).strip()
                if _FORMULA.search(piece):
                    yield piece
                    yield from (side.strip() for side in piece.split("=") if "=" in piece)
    yield from re.findall(r"-?\d+(?:[.,/]\d+)*", text)


def _chosen(problem: Problem, answer: str) -> list[str]:
    """The words of the choice, where the answer is its letter."""
    letter = answer.strip(" ().").upper()
    at = "ABCDEFGHIJ".find(letter) if len(letter) == 1 else -1
    return [problem.choices[at]] if 0 <= at < len(problem.choices) else []


@lru_cache(maxsize=8192)
def _same(piece: str, answer: str) -> bool:
    return cheaply_equal(piece, answer) is True


def _pieces(text: str) -> Iterator[tuple[str, int, int]]:
    """Every part of every formula that could stand alone, with where it stands."""
    count = 0
    for run in _runs(text):
        for first in range(len(run)):
            if not _STARTS.match(run[first][0]):
                continue
            for last in range(first, min(first + _LONGEST, len(run))):
                if _ENDS.match(run[last][0]) and _stands_alone(run, first, last):
                    count += 1
                    if count > _MOST:
                        return
                    start, end = run[first][1], run[last][1] + len(run[last][0])
                    yield text[start:end], start, end


def _runs(text: str) -> Iterator[list[tuple[str, int]]]:
    """Tokens of mathematics in a row: what stands between words and line ends."""
    run: list[tuple[str, int]] = []
    for match in _TOKEN.finditer(text):
        token = match.group()
        is_word = token.isalpha() and len(token) > 1 and token not in _NAMES
        if is_word or token == "\n":
            if run:
                yield run
            run = []
        elif not token.isspace():
            run.append((token, match.start()))
    if run:
        yield run


def _stands_alone(run: list[tuple[str, int]], first: int, last: int) -> bool:
    """Whether brackets match, and no operator outside binds more tightly than one inside."""
    depth = 0
    loose = False
    for at in range(first, last + 1):
        token = run[at][0]
        if token in _OPEN or token == r"\{":
            depth += 1
        elif token in _CLOSE or token == r"\}":
            depth -= 1
            if depth < 0:
                return False
        elif depth == 0 and at > first and token in _LOOSE:
            loose = True
    if depth:
        return False
    before = run[first - 1][0] if first else ""
    after = run[last + 1][0] if last + 1 < len(run) else ""
    if loose and (before in _TIGHT or after in _TIGHT or _ENDS.match(before or "+")):
        return False
    return not (loose and after and _STARTS.match(after) and after not in "-|")
