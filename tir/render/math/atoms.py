"""The parts of a row and how they are set beside each other: spaces, signs, growing brackets.

The classes and the spaces between them are TeX's (The TeXbook, chapter 18), in whole columns.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from enum import Enum

from tir.render.math.box import Box, beside, blank, text
from tir.render.math.fences import fence
from tir.render.math.glyphs import Charset
from tir.render.math.scripts import scripted


class Kind(Enum):
    """What a part of a row is to its neighbours."""

    ORDINARY = "ordinary"
    NUMBER = "number"
    WORD = "word"
    NAME = "name"
    """A function such as sin."""
    BIG = "big"
    """A sum, a product, an integral."""
    BINARY = "binary"
    RELATION = "relation"
    OPENING = "opening"
    CLOSING = "closing"
    BAR = "bar"
    """Opening, closing or a relation: that depends on the whole row."""
    PUNCTUATION = "punctuation"
    SPACE = "space"
    FRACTION = "fraction"
    ROOT = "root"
    """A root in one line without brackets, open to its right."""
    SCRIPT = "script"
    """What belongs to a closing bracket before it."""


@dataclass(frozen=True, slots=True)
class Atom:
    """A part of a row."""

    kind: Kind
    box: Box
    over: Box | None = None
    under: Box | None = None
    """Of a script."""
    bare: bool = False
    """A letter or number and nothing else; of a fraction, that it is of two numbers."""


_OPERANDS = frozenset(
    (Kind.ORDINARY, Kind.NUMBER, Kind.CLOSING, Kind.SCRIPT, Kind.FRACTION, Kind.ROOT, Kind.WORD)
)
_BEGIN_OPERANDS = frozenset(
    (Kind.ORDINARY, Kind.NUMBER, Kind.NAME, Kind.BIG, Kind.OPENING, Kind.ROOT, Kind.FRACTION)
)
_SIGNED = frozenset(
    (Kind.BINARY, Kind.RELATION, Kind.OPENING, Kind.PUNCTUATION, Kind.NAME, Kind.BIG)
)
"""After these a plus or minus is a sign."""

_SIGNS = frozenset("+-−±∓")
_RUNS_ON = re.compile(r"[_^]\(?\w+\)?\Z|[A-Za-z]{2}\Z")
_SPELT = re.compile(r"[A-Za-z]{2}")


def row(atoms: list[Atom], charset: Charset, *, flat: bool, tight: bool = False) -> Box:
    """All of them on one baseline; `tight` as in a script, where no space is left."""
    atoms = _signs(_bars(atoms))
    atoms = _fractions(atoms) if flat else _grown(atoms, charset)
    boxes: list[Box] = []
    previous: Atom | None = None
    for index, atom in enumerate(atoms):
        if atom.kind is Kind.SCRIPT:
            base = boxes.pop() if boxes else text("")
            boxes.append(scripted(base, atom.over, atom.under, charset, flat=flat))
            previous = atom
            continue
        if previous is not None and not _groups_digits(atoms, index):
            gap = _gap(previous, atom, tight=tight)
            last = index + 1 == len(atoms) and atom.kind is Kind.PUNCTUATION
            if gap and not last and not _ends_in_space(boxes[-1]):
                boxes.append(blank(gap))
        boxes.append(atom.box)
        previous = atom
    return beside(boxes)


def is_product(atoms: list[Atom]) -> bool:
    """Whether a slash after it divides all of it."""
    if atoms and atoms[0].kind is Kind.BINARY:
        atoms = atoms[1:]
    allowed = (Kind.ORDINARY, Kind.NUMBER, Kind.SCRIPT, Kind.ROOT, Kind.OPENING, Kind.CLOSING)
    depth = 0
    for atom in atoms:
        depth -= atom.kind is Kind.CLOSING
        if depth == 0 and atom.kind not in allowed and not is_single(atoms):
            return False
        depth += atom.kind is Kind.OPENING
    return depth == 0


def is_single(atoms: list[Atom]) -> bool:
    """Whether a slash before it divides by all of it: one letter, number or bracket."""
    if atoms and atoms[-1].kind is Kind.SCRIPT:
        atoms = atoms[:-1]
    if len(atoms) == 1:
        word = atoms[0].kind is Kind.WORD and " " not in atoms[0].box.rows[0]
        return word or atoms[0].kind in (Kind.ORDINARY, Kind.NUMBER, Kind.ROOT)
    if all(atom.bare for atom in atoms) and atoms and atoms[0].box.rows[0] in ("d", "∂"):
        return True
    if atoms and atoms[0].kind is Kind.NAME:
        atoms = atoms[1:]
    depth = 0
    for index, atom in enumerate(atoms):
        depth += (atom.kind is Kind.OPENING) - (atom.kind is Kind.CLOSING)
        if depth == 0:
            return index > 0 and index + 1 == len(atoms)
    return False


def _bars(atoms: list[Atom]) -> list[Atom]:
    """Bars in pairs open and close; a single one is a relation, as in {x | x > 0}. They pair only
    within the same brackets.
    """
    if not any(atom.kind is Kind.BAR for atom in atoms):
        return atoms
    groups: list[int] = []
    enclosing = [-1]
    for index, atom in enumerate(atoms):
        if atom.kind is Kind.CLOSING and len(enclosing) > 1:
            enclosing.pop()
        groups.append(enclosing[-1])
        if atom.kind is Kind.OPENING:
            enclosing.append(index)
    bars = Counter(
        group for atom, group in zip(atoms, groups, strict=True) if atom.kind is Kind.BAR
    )
    result: list[Atom] = []
    opened: Counter[int] = Counter()
    for atom, group in zip(atoms, groups, strict=True):
        kind = atom.kind
        if kind is Kind.BAR:
            before = result[-1].kind if result else None
            if bars[group] % 2:
                kind = Kind.RELATION
            elif opened[group] and before not in (None, *_SIGNED):
                kind = Kind.CLOSING
            else:
                kind = Kind.OPENING
            opened[group] += (kind is Kind.OPENING) - (kind is Kind.CLOSING)
        result.append(replace(atom, kind=kind))
    return result


def _signs(atoms: list[Atom]) -> list[Atom]:
    """Operators that have nothing to their left are signs."""
    result: list[Atom] = []
    before: Kind | None = None
    for atom in atoms:
        if atom.kind is Kind.BINARY and (before is None or before in _SIGNED):
            atom = replace(atom, kind=Kind.OPENING)
        result.append(atom)
        if atom.kind is Kind.WORD and atom.box.rows[0].endswith(" "):
            before = Kind.PUNCTUATION
        elif atom.kind is not Kind.SPACE:
            before = atom.kind
    return result


def _fractions(atoms: list[Atom]) -> list[Atom]:
    """Brackets around a fraction in one line wherever a neighbour would join one half of it."""
    result: list[Atom] = []
    for index, atom in enumerate(atoms):
        if atom.kind is Kind.FRACTION:
            before = atoms[index - 1] if index else None
            after = next((a for a in atoms[index + 1 :] if a.kind is not Kind.SPACE), None)
            if _joins(before, atom, after):
                atom = replace(bracketed(atom), kind=Kind.ORDINARY)
        result.append(atom)
    return result


def _joins(before: Atom | None, fraction: Atom, after: Atom | None) -> bool:
    mixed = before is not None and before.kind is Kind.NUMBER and fraction.bare
    if before is not None and not mixed:
        if before.kind in (*_OPERANDS, Kind.NAME) and before.kind is not Kind.WORD:
            return True
        if before.kind is Kind.BINARY and before.box.rows[0] in "÷/":
            return True
    if after is None:
        return False
    sign = after.box.rows[0]
    if after.kind is Kind.BINARY:
        return sign in "÷/"
    if after.kind is Kind.ORDINARY and sign in "%°":
        return False
    return after.kind in (*_BEGIN_OPERANDS, Kind.SCRIPT)


def bracketed(atom: Atom) -> Atom:
    """The same in parentheses."""
    return replace(atom, box=beside([text("("), atom.box, text(")")]), bare=False)


def _grown(atoms: list[Atom], charset: Charset) -> list[Atom]:
    """Brackets as tall as what is between them."""
    if all(atom.box.height == 1 for atom in atoms):
        return atoms
    result = list(atoms)
    openings: list[int] = []
    for index, atom in enumerate(atoms):
        if atom.kind is Kind.OPENING and atom.box.rows[0].strip() not in _SIGNS:
            openings.append(index)
        elif atom.kind is Kind.CLOSING and openings:
            _grow(result, openings.pop(), index, charset)
    # The brace of cases is never closed.
    for begin in openings:
        if atoms[begin].box.rows[0] == "{":
            _grow(result, begin, len(result), charset)
    return result


def _grow(atoms: list[Atom], begin: int, end: int, charset: Charset) -> None:
    inner = beside([each.box for each in atoms[begin + 1 : end]])
    if inner.height > 1:
        for at in (begin, end):
            if at < len(atoms):
                grown = fence(atoms[at].box.rows[0], inner.height, inner.base, charset)
                atoms[at] = replace(atoms[at], box=grown)


def _gap(left: Atom, right: Atom, *, tight: bool) -> int:
    """Columns between two neighbours."""
    if Kind.SPACE in (left.kind, right.kind):
        return 0
    tall = left.box.height > 1 or right.box.height > 1
    if tall and Kind.FRACTION in (left.kind, right.kind):
        clear = right.kind in (Kind.CLOSING, Kind.PUNCTUATION) or left.kind is Kind.OPENING
        return int(not clear or left.box.rows[left.box.base] in _SIGNS)
    kinds = (left.kind, right.kind)
    if Kind.BINARY in kinds or Kind.RELATION in kinds:
        sign = left if left.kind in (Kind.BINARY, Kind.RELATION) else right
        return int(not tight or sign.box.rows[sign.box.base][:1].isalpha())
    if left.kind is Kind.PUNCTUATION:
        closed = tight or right.kind is Kind.CLOSING or left.box.rows[0] in ".?"
        return 0 if closed else 1
    if right.kind in (Kind.PUNCTUATION, Kind.CLOSING) or left.kind is Kind.OPENING:
        return 0
    if left.kind is Kind.NAME:
        bracket = right.box.rows[right.box.base].startswith("(") or right.kind is Kind.OPENING
        return int(not bracket or right.box.rows[0] in _SIGNS)
    if left.kind is Kind.BIG:
        return 1
    if right.kind in (Kind.NAME, Kind.BIG):
        return 1
    if left.kind is Kind.NUMBER and right.kind is Kind.FRACTION:
        return 1
    if left.kind is Kind.ROOT and right.kind in _BEGIN_OPERANDS:
        return 1
    if Kind.WORD in kinds:
        return _between_words(left, right)
    before, after = left.box.rows[left.box.base], right.box.rows[right.box.base]
    # "x_2 y" and "2 pi r" in ASCII, where letters are spelt and scripts are not small.
    if _RUNS_ON.search(before):
        return int(after[:1].isalnum())
    if after.startswith("bar(") and before[-1:].isdigit():
        return 0
    return int(before[-1:].isalnum() and _SPELT.match(after) is not None)


def _between_words(left: Atom, right: Atom) -> int:
    """A unit stands apart from its number; an ordinal's ending does not."""
    before, after = left.box.rows[left.box.base], right.box.rows[right.box.base]
    if not before or not after or before[-1] == " " or after[0] == " ":
        return 0
    if after in ("st", "nd", "rd", "th") or not (after[0].isalnum() or right.kind is Kind.OPENING):
        return 0
    return int(before[-1].isalnum() or before[-1] in "²³)′")


def _groups_digits(atoms: list[Atom], index: int) -> bool:
    """Whether the atom is 000 in 1,000. So is 200 in {100,200}: it stands as it was written."""
    if index < 2 or atoms[index - 1].kind is not Kind.PUNCTUATION:
        return False
    kinds = {atoms[index - 2].kind, atoms[index].kind}
    return kinds == {Kind.NUMBER} and len(atoms[index].box.rows[0].partition(".")[0]) == 3


def _ends_in_space(box: Box) -> bool:
    return all(line.endswith(" ") for line in box.rows) and box.width > 0
