"""A teacher's decisions out of a file: they go before the grader's."""

from collections.abc import Iterator
from pathlib import Path

from problems.rows import BadRow, Row, rows
from problems.sets import Unusable
from tir.errors import BadInput
from tir.runs.badrows import BadRows
from tir.runs.export import unharmed
from tir.runs.result import Decision, Outcome
from tir.runs.submissions import PROBLEM, STUDENT, column, require_readable

_OUTCOMES = {
    Outcome.CORRECT: 1.0,
    Outcome.INCORRECT: 0.0,
    Outcome.NO_ANSWER: 0.0,
}
"""With the score that each stands for; `partial` needs one of its own."""


class Overrides:
    """Decisions by student and problem. Made by hand, so that they fit into memory."""

    def __init__(self, path: Path | None) -> None:
        """Reads a file with `student`, `problem`, `outcome` or `score`, and perhaps `note`.

        Rows with neither outcome nor score are not decided yet, and skipped: the list of what
        needs a person, `review.csv`, can be filled in and given as it is.

        Raises:
            BadInput: with file, lines and reasons.
        """
        self._path = path
        self._made: dict[tuple[str, str], tuple[int, Decision]] = {}
        self._matched: set[tuple[str, str]] = set()
        if path is not None:
            self._read(path)

    def __len__(self) -> int:
        return len(self._made)

    def of(self, student: str, *problems: str) -> Decision | None:
        """The decision about a student's answer to a problem, which may have several names."""
        for problem in problems:
            found = self._made.get((student, problem))
            if found is not None:
                self._matched.add((student, problem))
                return found[1]
        return None

    def require_matched(self) -> None:
        """Raises BadInput if a decision is about an answer that nobody asked for so far."""
        if self._path is None:
            return
        bad = BadRows(self._path)
        for pair, (line, _) in self._made.items():
            if pair not in self._matched:
                bad.add(line, f"student {pair[0]!r} has no answer to {pair[1][:60]!r}")
        bad.raise_any(len(self._matched))

    def _read(self, path: Path) -> None:
        require_readable(path)
        bad = BadRows(path)
        count = 0
        for line, row in rows(path):
            if isinstance(row, BadRow):
                bad.add(row.line, row.reason)
                continue
            count += 1
            try:
                for decision in _decision(row, f"{path.name}:{line}"):
                    pair = (decision.student or "", decision.problem)
                    if pair in self._made:
                        raise Unusable(f"decided in line {self._made[pair][0]} already")
                    self._made[pair] = (line, decision)
            except Unusable as error:
                bad.add(line, str(error))
        bad.raise_any(len(self._made))
        if not self._made:
            raise BadInput(
                f"{path.name} decides nothing.",
                why=f"Outcome and score are blank in all of its rows ({count:,}).",
                hint="fill in outcome (correct, partial, incorrect) or score (0 to 1)",
            )


def _decision(row: Row, source: str) -> Iterator[Decision]:
    student, problem = _required(row, STUDENT), _required(row, PROBLEM)
    named, score = _cell(row, ("outcome", "decision")), _score(row)
    if not named and score is None:
        return
    if named:
        try:
            outcome = Outcome(named.lower().replace(" ", "_"))
        except ValueError:
            outcome = Outcome.UNGRADED
        if outcome not in (*_OUTCOMES, Outcome.PARTIAL):
            raise Unusable(f"outcome {named!r} is none of correct, partial, incorrect, no_answer")
        if outcome is Outcome.PARTIAL and score is None:
            raise Unusable("a partial outcome needs a score between 0 and 1")
        score = _OUTCOMES.get(outcome, score)
    else:
        outcome = {1.0: Outcome.CORRECT, 0.0: Outcome.INCORRECT}.get(score or 0.0, Outcome.PARTIAL)
    note = _cell(row, ("note", "reason", "comment"))
    yield Decision(student, problem, outcome, score, note or "decided by a person", source)


def _score(row: Row) -> float | None:
    text = _cell(row, ("score", "share", "marks"))
    if not text:
        return None
    try:
        score = float(text)
    except ValueError as error:
        raise Unusable(f"score {text!r} is no number") from error
    if not 0 <= score <= 1:
        raise Unusable(f"score {text} is not between 0 and 1")
    return score


def _required(row: Row, names: tuple[str, ...]) -> str:
    text = _cell(row, names)
    if not text:
        raise Unusable(f"has no {names[0]}")
    return text


def _cell(row: Row, names: tuple[str, ...]) -> str:
    name = column(row, names)
    value = row[name] if name is not None else None
    return "" if value is None else unharmed(str(value).strip())
