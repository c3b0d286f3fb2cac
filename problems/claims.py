"""What a statement of written working says at one point, and in words."""

from fractions import Fraction

from .algebra import _expressions, _shown, _simple
from .lines import Comparison, Statement, names
from .points import Unvalued, exactly
from .roots import value
from .tree import Node, Op
from .verdict import Outcome

_CLEAR = Fraction(1, 10**6)
"""A difference above this share of the values is one."""
_NOTHING = Fraction(1, 10**20)
_FIGURES = 6


def compared(left: Node, right: Node) -> tuple[Outcome, str]:
    """Whether two expressions are equal, and if not, a sentence with {one} and {other} in it."""
    finding = _expressions(left, right)
    if finding.outcome is not Outcome.INCORRECT:
        return finding.outcome, ""
    free = sorted(names(left, right))
    at = {name: Fraction(1) for name in free}
    start = finding.detail.partition(":")[0]
    for part in start.split(",") if free else ():
        name, _, number = part.partition("=")
        if name.strip() in at:
            at[name.strip()] = Fraction(number.strip())
    point = _simple(left, right, at) if free else {}
    one, other = shown_at(left, point), shown_at(right, point)
    where = ", ".join(f"{name} = {short(x)}" for name, x in point.items())
    said = f"{{one}} is {one}, {{other}} {other}"
    return finding.outcome, f"at {where} {said}" if where else said


_MINUS_ONE = Node(Op.NUMBER, value=Fraction(-1))


def difference(left: Node, right: Node) -> Node:
    return Node(Op.SUM, (left, Node(Op.PRODUCT, (_MINUS_ONE, right))))


def is_name(node: Node) -> bool:
    return node.op is Op.NAME


def is_condition(statement: Statement) -> bool:
    """Not "A = 2 + 3" but something that an unknown has to satisfy."""
    return all(len(names(c.left, c.right)) == 1 for option in statement.options for c in option)


def is_explicit(statement: Statement, name: str) -> bool:
    """Whether it only says which value, or values, the unknown has."""
    return all(
        len(option) == 1
        and option[0].sign == "="
        and option[0].left.name == name
        and not names(option[0].right)
        for option in statement.options
    )


def is_constant(left: Node, right: Node) -> bool:
    """Whether what is more than the other's names does not matter: "x - x + 1" is 1."""
    return all(
        _expressions(node, put(node, {name: Node(Op.NUMBER, value=Fraction(7, 3))})).correct
        for node, other in ((left, right), (right, left))
        for name in names(node) - names(other)
    )


def is_multiple(one: Node, other: Node) -> bool:
    """Whether two expressions in several names have one ratio, at every point tried."""
    free = sorted(names(one, other))
    ratios = set()
    for shift in (0, 1, 2, 3):
        at = {name: Fraction(2 * n + 3 + shift * (n + 2), 2) for n, name in enumerate(free)}
        try:
            first, second = exactly(one, at), exactly(other, at)
        except Unvalued:
            return False
        if not first or not second:
            return False
        ratios.add(second / first)
    return len(ratios) == 1


def is_periodic(*about: Statement) -> bool:
    return any(
        part.op is Op.CALL and part.name in ("sin", "cos", "tan", "cot", "sec", "csc")
        for statement in about
        for option in statement.options
        for each in option
        for side in (each.left, each.right)
        for part in side.walk()
    )


def put(node: Node, values: dict[str, Node]) -> Node:
    if node.op is Op.NAME:
        return values.get(node.name, node)
    args = tuple(put(arg, values) for arg in node.args)
    return node if args == node.args else Node(node.op, args, node.value, node.name)


def satisfied(statement: Statement, name: str, at: Fraction) -> bool | None:
    """Whether one of its alternatives holds there; None if that is not clear."""
    unclear = False
    for option in statement.options:
        held = [holds_at(each, name, at) for each in option]
        if all(held):
            return True
        unclear = unclear or (False not in held)
    return None if unclear else False


def holds_at(each: Comparison, name: str, at: Fraction) -> bool | None:
    left, right = value(each.left, name, at), value(each.right, name, at)
    if left is None or right is None:
        return False if each.sign != r"\ne" else None
    gap = left - right
    scale = max(abs(left), abs(right), Fraction(1))
    if abs(gap) <= _NOTHING * scale:
        gap = Fraction(0)
    elif abs(gap) < _CLEAR * scale:
        return None
    match each.sign:
        case "=":
            return not gap
        case r"\ne":
            return bool(gap)
        case "<":
            return gap < 0
        case ">":
            return gap > 0
        case r"\le":
            return gap <= 0
    return gap >= 0


def told_lost(statement: Statement, before: Statement, name: str, at: Fraction) -> str:
    kind = "a solution is lost" if is_equation(statement) else "it is left out"
    here, there = places(statement, before)
    return (
        f"Line {statement.number} does not follow from {there}: {name} = {short(at)}"
        f" solves {there}, but in {here} {failing(statement, name, at)}: {kind}."
    )


def places(statement: Statement, before: Statement) -> tuple[str, str]:
    """What the two are called: by their lines, or in their own words where it is one line."""
    if statement.number == before.number:
        return f'"{statement.text}"', f'"{before.text}"'
    return f"line {statement.number}", f"line {before.number}"


def told_gained(statement: Statement, before: Statement, name: str, at: Fraction) -> str:
    kind = "a solution is gained" if is_equation(statement) else "it is let in"
    here, there = places(statement, before)
    return (
        f"Line {statement.number} does not follow from {there}: {name} = {short(at)}"
        f" solves {here}, but in {there} {failing(before, name, at)}: {kind}."
    )


def is_equation(statement: Statement) -> bool:
    return all(each.sign == "=" for option in statement.options for each in option)


def failing(statement: Statement, name: str, at: Fraction) -> str:
    wrong = [
        each for option in statement.options for each in option if holds_at(each, name, at) is False
    ]
    if len(statement.options) > 1 or not wrong:
        return "it is not among the values"
    return told_sides(wrong[0], name, at)


def told_sides(each: Comparison, name: str, at: Fraction) -> str:
    point = {name: at} if name else {}
    one, other = shown_at(each.left, point), shown_at(each.right, point)
    return f"the left side is {one}, the right side {other}"


def shown_at(node: Node, at: dict[str, Fraction]) -> str:
    try:
        return short(exactly(node, at))
    except Unvalued:
        return _shown(node, at).replace("no value", "undefined")


def short(number: Fraction) -> str:
    """A short decimal, or a fraction of small numbers."""
    if number.denominator == 1 and abs(number) < 10**12:
        return str(number.numerator)
    if number.denominator <= 1000:
        return f"{number.numerator}/{number.denominator}"
    return f"{float(number):.{_FIGURES}g}"
