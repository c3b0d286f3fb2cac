"""Sets a tree of presentation MathML in characters: in rows of its own, or flat in one line."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from tir.render.math import glyphs
from tir.render.math.accents import accented, mark_of
from tir.render.math.atoms import Atom, Kind, bracketed, is_product, is_single, row
from tir.render.math.box import Box, beside, blank, padded, stacked, text
from tir.render.math.fences import radical, rule
from tir.render.math.glyphs import Charset, Unwritable, raised, written
from tir.render.math.scripts import scripted
from tir.render.math.tables import Table, table

_LIMITS = frozenset(("lim", "max", "min", "sup", "inf", "lim sup", "lim inf", "arg max", "arg min"))
"""Names that have their index underneath."""

_MOST_SPACE = 8
_EM = {"em": 1.0, "cm": 2.4, "mm": 0.24, "pt": 0.1, "ex": 0.5, "in": 6.0, "mu": 0.056, "px": 0.08}


class Setting:
    """How a formula is set.

    Args:
        charset: The characters to use.
        flat: In one line. Otherwise fractions, roots and the like take rows.
    """

    def __init__(self, charset: Charset, *, flat: bool) -> None:
        self._charset = charset
        self._flat = flat

    def box(self, elements: Iterable[Element], *, tight: bool = False) -> Box:
        """The elements in a row.

        Raises:
            Unwritable: Something has no such form, or no character of the charset.
        """
        return row(self._atoms(elements), self._charset, flat=self._flat, tight=tight)

    def _atoms(self, elements: Iterable[Element]) -> list[Atom]:
        found: list[Atom] = []
        negated = False
        for element in elements:
            if element.tag == "mpadded" and "".join(element.itertext()) == "⧸":
                negated = True
                continue
            atoms = self._element(element)
            if negated and atoms:
                atoms[0] = self._negated(atoms[0])
                negated = False
            found += atoms
        if negated:
            raise Unwritable
        return found

    def _element(self, element: Element) -> list[Atom]:
        children = list(element)
        match element.tag:
            case "mi" | "mn" | "mo":
                return [self._leaf(element)]
            case "mtext":
                return self._words(element.text or "")
            case "mspace":
                return self._space(element)
            case "mphantom":
                return [Atom(Kind.SPACE, blank(self.box(children).width))]
            case "math" | "mstyle" | "mpadded":
                return self._atoms(children)
            case "mrow":
                return self._group(children)
            case "mfrac":
                return [self._fraction(element)]
            case "msqrt":
                return [self._root(children, None)]
            case "mroot":
                return [self._root(children[:1], children[1])]
            case "msup" | "msub" | "msubsup" | "mover" | "munder" | "munderover":
                return self._scripted(element)
            case "mtable":
                return self._table(element)
            case "menclose" if element.get("notation") == "box":
                inner = self.box(children)
                return [Atom(Kind.ORDINARY, inner if inner.width else self._text("□"))]
            case _:
                raise Unwritable

    def _text(self, characters: str) -> Box:
        return text(written(characters, self._charset))

    def _leaf(self, element: Element) -> Atom:
        source = (element.text or "").replace("\u2061", "").strip(" \n\t")
        box = self._text(" ".join(source.replace("\u2006", " ").replace("\u2009", " ").split()))
        if element.tag == "mn":
            return Atom(Kind.NUMBER, box, bare=True)
        if element.tag == "mo" and element.get("form") in ("prefix", "postfix"):
            kind = Kind.OPENING if element.get("form") == "prefix" else Kind.CLOSING
            return Atom(kind, box)
        return Atom(
            _kind(source), box, bare=len(source) == 1 and (source.isalpha() or source == "∂")
        )

    def _words(self, source: str) -> list[Atom]:
        words = " ".join(source.replace("\xa0", " ").split(" "))
        words = words.replace("\n", " ")
        if not words.strip():
            return [Atom(Kind.SPACE, blank(min(len(words), _MOST_SPACE)))] if words else []
        return [Atom(Kind.WORD, self._text(words))]

    def _space(self, element: Element) -> list[Atom]:
        if (element.get("width") or "").startswith("negative"):
            return []
        if element.get("linebreak") == "newline":
            return [Atom(Kind.PUNCTUATION, text(";"))]
        width = (element.get("width") or "0").strip()
        number = width.rstrip("abcdefghijklmnopqrstuvwxyz")
        try:
            ems = float(number) * _EM.get(width[len(number) :], 0.0)
        except ValueError:
            raise Unwritable from None
        if element.get("mathbackground"):
            return [Atom(Kind.ORDINARY, text("_" * min(max(round(ems * 2), 1), 40)))]
        columns = 0 if ems <= 0 else min(max(round(ems * 2), 1), _MOST_SPACE)
        return [Atom(Kind.SPACE, blank(columns))] if columns else []

    def _negated(self, atom: Atom) -> Atom:
        if atom.box.height > 1 or len(atom.box.rows[0]) != 1:
            raise Unwritable
        return Atom(atom.kind, self._text(glyphs.negated(atom.box.rows[0])))

    def _group(self, children: list[Element]) -> list[Atom]:
        if children and children[0].get("form") == "prefix":
            atoms = self._atoms(children)
            fenced = len(children) > 1 and children[-1].get("form") == "postfix"
            if fenced and self._flat and not (children[0].text or ""):
                # "\left. x \right|": where an evaluation begins must be seen.
                inner = row(self._atoms(children[1:-1]), self._charset, flat=True)
                return [
                    Atom(Kind.OPENING, text("[")),
                    Atom(Kind.ORDINARY, inner),
                    Atom(Kind.CLOSING, text("]" + atoms[-1].box.rows[0])),
                ]
            if fenced and not self._flat:
                return [Atom(Kind.ORDINARY, row(atoms, self._charset, flat=False))]
            return atoms
        atoms = self._atoms(children)
        if not children:
            return [Atom(Kind.ORDINARY, text(""))]
        if len(atoms) == 1 and atoms[0].kind in (Kind.BINARY, Kind.RELATION, Kind.PUNCTUATION):
            # A sign in braces has lost its spaces: "100{,}000".
            return [Atom(Kind.ORDINARY, atoms[0].box)]
        return atoms

    def _fraction(self, element: Element) -> Atom:
        upper, lower = (self._atoms([child]) for child in element)
        tops, bottoms = (row(each, self._charset, flat=self._flat) for each in (upper, lower))
        if element.get("linethickness") == "0":
            if self._flat:
                return Atom(Kind.ORDINARY, beside([tops, text(" choose "), bottoms]))
            return Atom(Kind.ORDINARY, stacked([tops, text(""), bottoms], tops.height))
        if not self._flat:
            # A fraction within a fraction has the shorter line.
            longer = 2 if max(tops.height, bottoms.height) > 1 else 0
            line = text(rule(max(tops.width, bottoms.width) + longer, self._charset))
            return Atom(Kind.FRACTION, stacked([tops, line, bottoms], tops.height))
        whole = is_product(upper), is_single(lower)
        tops = tops if whole[0] else bracketed(Atom(Kind.ORDINARY, tops)).box
        bottoms = bottoms if whole[1] else bracketed(Atom(Kind.ORDINARY, bottoms)).box
        numbers = [each.kind for each in (*upper, *lower)] == [Kind.NUMBER] * 2
        return Atom(Kind.FRACTION, beside([tops, text("/"), bottoms]), bare=numbers)

    def _root(self, inner: list[Element], index: Element | None) -> Atom:
        atoms = self._atoms(inner)
        box = row(atoms, self._charset, flat=self._flat)
        letter = (Kind.ORDINARY, Kind.NUMBER)
        bare = len(atoms) == 1 and atoms[0].bare and atoms[0].kind in letter
        degree = None if index is None else self._flat_text([index])
        if self._charset is Charset.ASCII and (self._flat or bare or degree is not None):
            self._one_row(box)
            call = f"sqrt({box.rows[0]})" if degree is None else f"root({box.rows[0]}, {degree})"
            return Atom(Kind.ORDINARY, text(call))
        sign = "√" if degree is None else {"3": "∛", "4": "∜"}.get(degree)
        if sign is None and degree is not None:
            small = raised(degree, self._charset)
            if small is None:
                raise Unwritable
            sign = f"\u200a{small}√".lstrip("\u200a")
        if bare or self._flat or (degree is not None and box.height == 1):
            self._one_row(box)
            operand = box.rows[0] if bare else f"({box.rows[0]})"
            kind = Kind.ROOT if bare else Kind.ORDINARY
            if len(sign or "") > 1:
                # "2⁵√x" would be a power: brackets hold the degree to its root.
                return Atom(Kind.ORDINARY, text(f"({sign}{operand})"))
            return Atom(kind, text(f"{sign}{operand}"))
        grown = radical(box, self._charset)
        if degree is not None:
            degree = raised(degree, self._charset) or degree
            corner = [*[text("")] * (grown.height - 1), text(degree)]
            grown = beside([stacked(corner, grown.base), grown])
        return Atom(Kind.ROOT, grown)

    def _one_row(self, box: Box) -> None:
        if box.height > 1:
            raise Unwritable

    def _flat_text(self, elements: list[Element]) -> str:
        return Setting(self._charset, flat=True).box(elements, tight=True).rows[0]

    def _scripted(self, element: Element) -> list[Atom]:
        base, *scripts = element
        under = over = None
        if element.tag in ("msub", "munder"):
            under = scripts[0]
        elif element.tag in ("msup", "mover"):
            over = scripts[0]
        else:
            under, over = scripts
        atoms = self._atoms([base])
        if element.tag in ("mover", "munder"):
            mark = mark_of(scripts[0])
            if mark is not None:
                inner = row(atoms, self._charset, flat=self._flat)
                drawn = accented(inner, mark, self._charset, under=over is None, flat=self._flat)
                return [Atom(Kind.ORDINARY, drawn, bare=inner.width == 1)]
        if over is not None and under is None and _is_degree(over):
            inner = row(atoms, self._charset, flat=self._flat)
            return [Atom(Kind.ORDINARY, beside([inner, self._text("°")]))]
        raised_, lowered_ = (
            None if each is None else self.box([each], tight=True) for each in (over, under)
        )
        if len(atoms) == 1 and atoms[0].kind in (Kind.BIG, Kind.NAME):
            return [self._limits(atoms[0], raised_, lowered_)]
        if element.tag in ("mover", "munder", "munderover"):
            if self._flat:
                raise Unwritable
            inner = row(atoms, self._charset, flat=False)
            kind = atoms[0].kind if len(atoms) == 1 else Kind.ORDINARY
            return [Atom(kind, _piled(inner, raised_, lowered_))]
        if atoms and atoms[-1].kind in (Kind.CLOSING, Kind.BAR) and len(atoms) == 1:
            return [*atoms, Atom(Kind.SCRIPT, text(""), raised_, lowered_)]
        if self._flat and atoms and atoms[-1].kind is Kind.CLOSING:
            return [*atoms, Atom(Kind.SCRIPT, text(""), raised_, lowered_)]
        inner = row(atoms, self._charset, flat=self._flat)
        if self._flat and _needs_brackets(base, atoms):
            inner = bracketed(Atom(Kind.ORDINARY, inner)).box
        kind = atoms[0].kind if len(atoms) == 1 else Kind.ORDINARY
        if kind in (Kind.NUMBER, Kind.FRACTION, Kind.ROOT):
            kind = Kind.ORDINARY
        set_ = scripted(inner, raised_, lowered_, self._charset, flat=self._flat)
        return [Atom(kind, set_)]

    def _limits(self, atom: Atom, over: Box | None, under: Box | None) -> Atom:
        sign = atom.box.rows[0]
        beside_it = atom.kind is Kind.NAME and sign not in _LIMITS
        if self._flat or beside_it or sign in glyphs.INTEGRALS or sign == "int":
            box = scripted(atom.box, over, under, self._charset, flat=self._flat)
        else:
            box = _piled(atom.box, over, under)
        under_it = atom.kind is Kind.NAME and not beside_it
        return Atom(Kind.BIG if under_it else atom.kind, box)

    def _table(self, element: Element) -> list[Atom]:
        rows = [[self.box(cell) for cell in line] for line in element]
        aligned = "columnspacing" in element.attrib or element.get("displaystyle") == "true"
        columns = [cell.get("columnalign", "center") for line in element for cell in line]
        rules = tuple(at for at, line in enumerate(element) if line.get("line"))
        if element.get("line"):
            rules += (len(rows),)
        bars = tuple(map(int, (element.get("bars") or "").split()))
        if not rows:
            return []
        aligns = columns[: max(map(len, rows))]
        if aligns[:2] == ["right", "left"]:
            aligned = True
        shape = Table(tuple(tuple(line) for line in rows), tuple(aligns), rules, bars, aligned)
        return [Atom(Kind.ORDINARY, table(shape, self._charset, flat=self._flat))]


def _piled(box: Box, over: Box | None, under: Box | None) -> Box:
    parts = [each for each in (over, box, under) if each is not None]
    return stacked(parts, box.base + (0 if over is None else over.height))


def _needs_brackets(base: Element, atoms: list[Atom]) -> bool:
    """Whether a script in one line would otherwise belong to the last part of its base alone."""
    while base.tag in ("mrow", "mstyle") and len(base) == 1:
        base = base[0]
    return base.tag in ("mfrac", "msqrt", "mroot", "msup", "msubsup") and not (
        len(atoms) == 1 and padded(atoms[0].box.rows[0], 0).endswith(")") and base.tag == "mroot"
    )


def _is_degree(element: Element) -> bool:
    while element.tag in ("mrow", "mstyle") and len(element) == 1:
        element = element[0]
    return element.tag in ("mo", "mi") and element.text in ("∘", "°")


def _kind(source: str) -> Kind:
    """What an operator or identifier is to its neighbours."""
    if len(source) > 1:
        if source in ("mod",):
            return Kind.BINARY
        return Kind.NAME if source.replace(" ", "").isalpha() else Kind.ORDINARY
    for characters, kind in (
        (glyphs.RELATIONS, Kind.RELATION),
        (glyphs.BINARY, Kind.BINARY),
        (glyphs.BIG, Kind.BIG),
        (glyphs.OPENING, Kind.OPENING),
        (glyphs.CLOSING, Kind.CLOSING),
        (glyphs.PUNCTUATION, Kind.PUNCTUATION),
        (glyphs.BARS, Kind.BAR),
    ):
        if source in characters:
            return kind
    return Kind.ORDINARY
