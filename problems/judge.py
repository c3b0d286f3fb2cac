"""Which test looks at an answer, and how."""

from . import symbols
from .asking import Asker
from .figures import decimal_places, numeric, sig_figs
from .members import grid, members
from .normal import normal_form
from .policy import (
    AnswerTest,
    Choice,
    DecimalPlaces,
    Equation,
    Equivalent,
    Form,
    Function,
    Grid,
    Members,
    Numeric,
    Ranges,
    SigFigs,
    Text,
    Units,
    UpToConstant,
)
from .ranges import ranges
from .reasons import asks_for_a_person, sentence
from .verdict import BadReference, Certainty, Finding, Outcome, Verdict, undecided
from .wording import choice, text


def mark(test: AnswerTest, answer: str, gold: str, asker: Asker) -> Verdict:
    """The verdict of `test` on a single answer.

    Raises BadReference where `gold` is blank or not what the test needs.
    """
    if not gold.strip():
        raise BadReference("a reference answer must not be blank")
    try:
        return _verdict(test, answer, gold, asker)
    except RecursionError:
        # Brackets are bounded by `normal.DEPTH`; signs and functions nest without any.
        finding = undecided("size", "it is nested too deep")
        detail = sentence(finding, answer, gold)
        return Verdict(finding.outcome, None, "size", detail, ("", ""), finding.certainty, True)


def _verdict(test: AnswerTest, answer: str, gold: str, asker: Asker) -> Verdict:
    if not answer.strip():
        finding = Finding(Outcome.NO_ANSWER, Certainty.PROVED, "blank")
    else:
        finding = judge(test, answer, gold, asker)
    return Verdict(
        finding.outcome,
        finding.score,
        finding.rule,
        sentence(finding, answer, gold),
        (normal_form(answer), normal_form(gold)),
        finding.certainty,
        asks_for_a_person(finding, answer, gold),
    )


def judge(test: AnswerTest, answer: str, gold: str, asker: Asker) -> Finding:
    """What `test` finds; `answer` and `gold` are single answers, not texts that hold one.

    Raises BadReference where `gold` is not what the test needs.
    """

    def each(one: str, other: str) -> Finding:
        assert isinstance(test, Members | Grid), "only these have values of their own"
        return judge(test.each, one, other, asker)

    match test:
        case Equivalent():
            return asker.compare(answer, gold)
        case Form():
            return symbols.form(test, answer, gold, asker)
        case Equation():
            return symbols.equation(answer, gold, asker)
        case Function():
            return symbols.function(answer, gold, asker)
        case UpToConstant():
            return symbols.up_to_constant(test, answer, gold, asker)
        case Numeric():
            return numeric(test, answer, gold, asker)
        case SigFigs():
            return sig_figs(test, answer, gold, asker)
        case DecimalPlaces():
            return decimal_places(test, answer, gold, asker)
        case Units():
            # Pint is an import of a third of a second: only for who asks for units.
            from .units import units

            return units(test, answer, gold, asker)
        case Members():
            return members(test, answer, gold, each)
        case Grid():
            return grid(test, answer, gold, each)
        case Ranges():
            return ranges(test, answer, gold, asker)
        case Choice():
            return choice(test, answer, gold)
        case Text():
            return text(test, answer, gold)
    raise TypeError(f"{type(test).__name__} is no test of a single answer")
