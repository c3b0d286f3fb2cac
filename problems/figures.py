"""Numbers that need not be exact: within a tolerance, or rounded to figures or decimals."""

import math
import re
from fractions import Fraction

from .asking import Asker
from .exact import exact
from .normal import normal_form
from .policy import DecimalPlaces, Numeric, SigFigs
from .quantity import PERCENT, quantity
from .shape import Kind, shape
from .verdict import BadReference, Certainty, Finding, found, partly, undecided, weakest
from .words import wordy

_DECIMAL = re.compile(
    r"[+-]?(\d*)(\.?)(\d*)(?:\\cdot ?10\^(?:\{[+-]?\d{1,4}\}|\d)|[eE][+-]?\d{1,4})?\Z"
)
_LONGEST = 60
_SLACK = Fraction(1, 10**30)


def numeric(test: Numeric, answer: str, gold: str, asker: Asker) -> Finding:
    """A number within the tolerance; exact where the test names none."""
    wanted, given = reference(gold, asker), measure(answer, asker)
    if given is None:
        return no_number(answer)
    gap, ground = abs(given[0] - wanted[0]), weakest(given[1], wanted[1])
    right = within(test, given[0], wanted[0], ground)
    if not right and _is_percent(answer) != _is_percent(gold):
        scale = Fraction(1, 100) if _is_percent(answer) else Fraction(100)
        if within(test, given[0] * scale, wanted[0], ground):
            return found(True, Certainty.CONVENTION, "numeric", "It is right as a percentage.")
    if right:
        return found(True, ground, "numeric", _off(gap, "It is within the tolerance"))
    return found(False, ground, "numeric", _off(gap, "It is outside the tolerance"))


def sig_figs(test: SigFigs, answer: str, gold: str, asker: Asker) -> Finding:
    """Rounded, and written, to `digits` significant figures."""
    wanted = reference(gold, asker)[0]
    if wanted == 0:
        raise BadReference("zero has no significant figures")
    written = _DECIMAL.match(normal_form(answer))
    counted = _figures(written) if written else None
    unit = Fraction(10) ** (_magnitude(wanted) - test.digits + 1)
    counts = counted is not None and counted[0] <= test.digits <= counted[1]
    finer = counted is not None and counted[0] > test.digits
    noun = "significant figure" if test.digits == 1 else "significant figures"
    return _rounded(
        answer, wanted, unit, counts, finer, f"{test.digits} {noun}", test.credit, asker
    )


def decimal_places(test: DecimalPlaces, answer: str, gold: str, asker: Asker) -> Finding:
    """Rounded, and written, to `places` decimals."""
    wanted = reference(gold, asker)[0]
    written = _DECIMAL.match(normal_form(answer))
    decimals = len(written.group(3)) if written else -1
    noun = "decimal place" if test.places == 1 else "decimal places"
    unit = Fraction(1, 10**test.places)
    counts, finer = decimals == test.places, decimals > test.places
    return _rounded(
        answer, wanted, unit, counts, finer, f"{test.places} {noun}", test.credit, asker
    )


def measure(text: str, asker: Asker) -> tuple[Fraction, Certainty] | None:
    """The real number that `text` denotes, without its unit: exact, or to 40 digits."""
    form = normal_form(text)
    measured = quantity(form)
    body = measured.body if measured else form
    number = exact(body)
    if number is not None:
        return number, Certainty.PROVED
    if not body:
        return None
    opinion = asker.inspect("value", body, "")
    if opinion.says != "equal":
        return None
    return Fraction(opinion.detail), Certainty.NUMERIC


def reference(gold: str, asker: Asker) -> tuple[Fraction, Certainty]:
    """`measure` of a reference. Raises BadReference where it is no number."""
    value = measure(gold, asker)
    if value is None:
        raise BadReference(f"the reference {gold!r} is no real number that can be worked out")
    return value


def no_number(answer: str) -> Finding:
    """What to say of an answer that `measure` cannot read."""
    form = normal_form(answer)
    if form and (wordy(form) or shape(form).kind is not Kind.ATOM):
        return found(False, Certainty.HEURISTIC, "number", "One number was asked for.")
    return undecided("number", "the answer cannot be read as a number")


def within(test: Numeric, given: Fraction, wanted: Fraction, ground: Certainty) -> bool:
    """Whether the difference is tolerated; of values known to 40 digits, 30 have to agree."""
    limits = [Fraction(0)]
    if test.absolute is not None:
        limits.append(test.absolute)
    if test.relative is not None:
        limits.append(test.relative * abs(wanted))
    if ground is not Certainty.PROVED:
        limits.append(_SLACK * abs(wanted))
    return abs(given - wanted) <= max(limits)


def decimal(value: Fraction, unit: Fraction) -> str:
    """`value`, a multiple of the power of ten `unit`, in digits."""
    places = 0
    while unit < 1:
        unit, places = unit * 10, places + 1
    if places > _LONGEST or abs(value) >= 10**_LONGEST:
        return f"{float(value):g}" if abs(value) < 10**300 else "a huge number"
    digits = str(abs(value * 10**places).numerator).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def _rounded(
    answer: str,
    wanted: Fraction,
    unit: Fraction,
    counts: bool,
    finer: bool,
    asked: str,
    credit: float,
    asker: Asker,
) -> Finding:
    given = measure(answer, asker)
    if given is None:
        return no_number(answer)
    value = given[0]
    steps = wanted / unit
    down = math.floor(steps)
    rest = steps - down
    # Exactly halfway, both are taught.
    nearest = {down} if rest < Fraction(1, 2) else {down + 1}
    if rest == Fraction(1, 2):
        nearest = {down, down + 1}
    right = [step * unit for step in sorted(nearest)]
    said = decimal(right[-1], unit)
    if value in right and counts:
        return found(True, Certainty.PROVED, "rounding", f"It is right to {asked}.")
    if value in right:
        detail = f"The value is right, but it is not written to {asked}: that is {said}."
        return partly(credit, Certainty.PROVED, "rounding", detail)
    if (finer or not _is_decimal(answer)) and abs(value - wanted) <= unit / 2:
        detail = f"Rounded to {asked} it would be {said}."
        return partly(credit, Certainty.PROVED, "rounding", detail)
    return found(False, Certainty.PROVED, "rounding", f"To {asked} it is {said}.")


def _is_decimal(answer: str) -> bool:
    return _DECIMAL.match(normal_form(answer)) is not None


def _figures(written: re.Match[str]) -> tuple[int, int]:
    """The least and most significant figures: in 1200 there are two to four."""
    whole, point, decimals = written.group(1), written.group(2), written.group(3)
    digits = (whole + decimals).lstrip("0")
    return (len(digits), len(digits)) if point else (len(digits.rstrip("0")), len(digits))


def _magnitude(value: Fraction) -> int:
    """n with 10^n <= |value| < 10^(n+1)."""
    value = abs(value)
    guess = len(str(value.numerator)) - len(str(value.denominator))
    return guess if Fraction(10) ** guess <= value else guess - 1


def _is_percent(text: str) -> bool:
    measured = quantity(normal_form(text))
    return measured is not None and measured.unit == PERCENT


def _off(gap: Fraction, said: str) -> str:
    if gap == 0:
        return "It is the exact value."
    return f"{said}: it is off by {float(gap):.3g}." if gap < 10**300 else f"{said}."
