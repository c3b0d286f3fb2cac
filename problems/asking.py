"""What a test may spend on one answer: the ladder, and the comparing process, on one budget."""

from .ladder import compare
from .normal import spelling
from .verdict import Certainty, Finding, Outcome, undecided
from .worker import Opinion, shared

_WHY = {
    "late": "there was no time left to compare them",
    "unread": "one of the two cannot be read",
}


class Asker:
    """The means of one grade. `left` is what remains of its budget, in seconds of the process."""

    def __init__(self, budget: float) -> None:
        self.left = budget

    def compare(self, answer: str, gold: str) -> Finding:
        """Whether two answers are the same, cheapest means first."""
        if answer.strip() == gold.strip():
            return Finding(Outcome.CORRECT, Certainty.PROVED, "identical")
        forms = spelling(gold), spelling(answer)
        if not all(forms):
            return undecided("size", "too long, too deep or empty once typesetting is taken off")
        try:
            return compare(*forms, self.ask)
        except RecursionError:
            return undecided("size", "it is nested too deep")

    def ask(self, gold: str, answer: str) -> Finding:
        """The process's comparison of two normal forms."""
        opinion = self.inspect("", gold, answer)
        if opinion.says == "equal":
            return Finding(Outcome.CORRECT, Certainty(opinion.how), opinion.rule)
        if opinion.says == "unequal":
            certainty = Certainty(opinion.how)
            return Finding(Outcome.INCORRECT, certainty, opinion.rule, opinion.detail)
        return undecided("worker", _WHY[opinion.says])

    def inspect(self, test: str, first: str, second: str) -> Opinion:
        """One of `problems.inspection`, or the comparison where `test` is empty."""
        if self.left <= 0:
            return Opinion("late", rule="no time left")
        opinion = shared.ask(first, second, budget=self.left, test=test)
        self.left -= opinion.seconds
        return opinion
