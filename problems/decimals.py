"""Complex numbers to any precision on Python's own decimals: bounded, thread-safe, no imports.

Every function works in the current decimal context, to a few digits less than its precision, and
raises `decimal.DecimalException` where a result leaves the context's range.
"""

from collections.abc import Callable
from decimal import Decimal, getcontext, localcontext
from functools import lru_cache

Complex = tuple[Decimal, Decimal]
"""Real and imaginary part."""

ZERO = Decimal(0)
ONE = Decimal(1)
LARGE = 10_000
"""Highest whole power that is taken by multiplication."""
_TURNS = 200
"""Digits before the point that an angle may have: reducing it costs as many."""


def add(a: Complex, b: Complex) -> Complex:
    return a[0] + b[0], a[1] + b[1]


def subtract(a: Complex, b: Complex) -> Complex:
    return a[0] - b[0], a[1] - b[1]


def times(a: Complex, b: Complex) -> Complex:
    if not a[1] and not b[1]:
        return a[0] * b[0], ZERO
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


def over(a: Complex, b: Complex) -> Complex:
    if not a[1] and not b[1]:
        return a[0] / b[0], ZERO
    size = b[0] * b[0] + b[1] * b[1]
    return (a[0] * b[0] + a[1] * b[1]) / size, (a[1] * b[0] - a[0] * b[1]) / size


def size(a: Complex) -> Decimal:
    """The absolute value."""
    return abs(a[0]) if not a[1] else (a[0] * a[0] + a[1] * a[1]).sqrt()


@lru_cache(maxsize=16)
def _pi(digits: int) -> Decimal:
    with localcontext() as context:
        context.prec = digits + 8
        # Machin's formula.
        return 4 * (4 * _arctan_small(ONE / 5) - _arctan_small(ONE / 239))


def pi() -> Decimal:
    """π to the current precision."""
    return +_pi(getcontext().prec)


def _arctan_small(x: Decimal) -> Decimal:
    total, power, square, n = x, x, x * x, 1
    tiny = Decimal(10) ** (-getcontext().prec - 2)
    while True:
        power *= -square
        n += 2
        term = power / n
        if abs(term) < tiny:
            return total
        total += term


def arctan(x: Decimal) -> Decimal:
    """The principal arctangent of a real number."""
    if abs(x) > 1:
        half = pi() / 2
        return (half if x > 0 else -half) - arctan(1 / x)
    halvings = 0
    while abs(x) > Decimal("0.05"):
        x = x / (1 + (1 + x * x).sqrt())
        halvings += 1
    return _arctan_small(x) * Decimal(2**halvings)


def angle(a: Complex) -> Decimal:
    """The argument, in (-π, π]."""
    x, y = a
    if not y:
        return ZERO if x >= 0 else pi()
    if not x:
        return pi() / 2 if y > 0 else -pi() / 2
    turn = arctan(y / x)
    if x > 0:
        return turn
    return turn + pi() if y > 0 else turn - pi()


def _sin_cos(x: Decimal) -> tuple[Decimal, Decimal]:
    if x.adjusted() > _TURNS:
        raise OverflowError("an angle too large")
    halvings = 5
    with localcontext() as context:
        context.prec += max(0, x.adjusted()) + 2
        full = 2 * pi()
        x -= full * (x / full).to_integral_value()
    x = x / 2**halvings
    square = x * x
    tiny = Decimal(10) ** (-getcontext().prec - 2)
    term = sine = x
    n = 1
    while abs(term) > tiny:
        term = -term * square / ((n + 1) * (n + 2))
        n += 2
        sine += term
    cosine = (1 - sine * sine).sqrt()
    for _ in range(halvings):
        sine, cosine = 2 * sine * cosine, 1 - 2 * sine * sine
    return sine, cosine


def exp(a: Complex) -> Complex:
    scale = a[0].exp()
    if not a[1]:
        return scale, ZERO
    sine, cosine = _sin_cos(a[1])
    return scale * cosine, scale * sine


def ln(a: Complex) -> Complex:
    """The principal logarithm. Raises ZeroDivisionError at 0."""
    if not a[0] and not a[1]:
        raise ZeroDivisionError
    return size(a).ln(), angle(a)


def power(a: Complex, b: Complex) -> Complex:
    """The principal power; 0 to a power with a positive real part is 0."""
    if not b[1] and b[0] == b[0].to_integral_value() and abs(b[0]) <= LARGE:
        return _whole(a, int(b[0]))
    if not a[0] and not a[1]:
        if b[0] > 0:
            return ZERO, ZERO
        raise ZeroDivisionError
    if not a[1] and not b[1] and a[0] > 0:
        return (b[0] * a[0].ln()).exp(), ZERO
    return exp(times(b, ln(a)))


def _whole(a: Complex, n: int) -> Complex:
    if n < 0:
        return over((ONE, ZERO), _whole(a, -n))
    if not a[1]:
        return a[0] ** n if n else ONE, ZERO
    result: Complex = ONE, ZERO
    while n:
        if n & 1:
            result = times(result, a)
        a = times(a, a)
        n >>= 1
    return result


def root(a: Complex, degree: int) -> Complex:
    """The principal root, but the real one of an odd degree."""
    if not a[1]:
        real = a[0]
        if real == 0:
            return ZERO, ZERO
        if real > 0 or degree % 2:
            amount = abs(real).sqrt() if degree == 2 else (abs(real).ln() / degree).exp()
            return (amount if real > 0 else -amount), ZERO
        if degree == 2:
            return ZERO, (-real).sqrt()
    return exp(over(ln(a), (Decimal(degree), ZERO)))


def sin(a: Complex) -> Complex:
    sine, cosine = _sin_cos(a[0])
    if not a[1]:
        return sine, ZERO
    up, down = a[1].exp(), (-a[1]).exp()
    return sine * (up + down) / 2, cosine * (up - down) / 2


def cos(a: Complex) -> Complex:
    sine, cosine = _sin_cos(a[0])
    if not a[1]:
        return cosine, ZERO
    up, down = a[1].exp(), (-a[1]).exp()
    return cosine * (up + down) / 2, -sine * (up - down) / 2


def _both(sign: int) -> Callable[[Complex], Complex]:
    def half(a: Complex) -> Complex:
        up, down = exp(a), exp((-a[0], -a[1]))
        return over(add(up, (sign * down[0], sign * down[1])), (Decimal(2), ZERO))

    return half


sinh, cosh = _both(-1), _both(1)


def arcsin(a: Complex) -> Complex:
    if not a[1] and abs(a[0]) <= 1:
        if abs(a[0]) == 1:
            return pi() / 2 * a[0], ZERO
        return arctan(a[0] / (1 - a[0] * a[0]).sqrt()), ZERO
    inner = add((-a[1], a[0]), root(subtract((ONE, ZERO), times(a, a)), 2))
    logarithm = ln(inner)
    return logarithm[1], -logarithm[0]


def arctangent(a: Complex) -> Complex:
    if not a[1]:
        return arctan(a[0]), ZERO
    below, above = (1 + a[1], -a[0]), (1 - a[1], a[0])
    gap = subtract(ln(above), ln(below))
    return gap[1] / 2, -gap[0] / 2
