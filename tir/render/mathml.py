"""LaTeX as MathML: mathematics that a browser draws without a script.

latex2mathml parses, behind `tir.render.math.tree`, which the terminal reads too; we trust nothing
of what it returns. It copies arguments of `\\href`, `\\class`, `\\style` and `\\color` into
attributes, and text into markup without escaping. So a new tree is built, of elements, attributes
and values listed here; serialising it escapes all text. What remains cannot load, run, colour
over or move over anything.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from html import escape
from xml.etree.ElementTree import Element

from tir.render.alphabets import lettered
from tir.render.math.tree import tree
from tir.render.safe import visible

DEPTH_LIMIT = 100
"""Elements within elements. A browser's HTML parser stops nesting at 512."""

_CHILDREN = {
    "mfrac": 2,
    "mroot": 2,
    "msub": 2,
    "msup": 2,
    "munder": 2,
    "mover": 2,
    "msubsup": 3,
    "munderover": 3,
}
"""Elements that a browser draws only with so many children."""
_ROWS = frozenset({"mrow", "mstyle", "mpadded", "mphantom", "msqrt", "mtd"})
"""Elements that lay their children out in a row."""
_TABLES = frozenset({"mtable", "mtr"})
_ENDS = frozenset(")]}!′″°∘…⟩⌋⌉%")
"""Operators that complete an operand."""
_BRACKETS = frozenset("([{|‖")
_LEAVES = frozenset({"mi", "mn", "mo", "mtext", "mspace"})

_TRUTH = re.compile("true|false")
_LENGTH = re.compile(r"[+-]?(?:\d|1\d)?(?:\.\d{1,3})?(?:em|ex|px|pt|mm)|0")
"""At most 20 of the unit: space that a formula may ask for without leaving its line."""
_ATTRIBUTES = {
    ("mi", "mathvariant"): re.compile("normal"),
    ("mo", "stretchy"): _TRUTH,
    ("mo", "fence"): _TRUTH,
    ("mo", "largeop"): _TRUTH,
    ("mo", "movablelimits"): _TRUTH,
    ("mo", "separator"): _TRUTH,
    ("mo", "accent"): _TRUTH,
    ("mo", "form"): re.compile("prefix|infix|postfix"),
    ("mo", "lspace"): _LENGTH,
    ("mo", "rspace"): _LENGTH,
    ("mo", "minsize"): _LENGTH,
    ("mo", "maxsize"): _LENGTH,
    ("mover", "accent"): _TRUTH,
    ("mspace", "width"): _LENGTH,
    ("mpadded", "width"): re.compile("0(?:px)?"),
    ("mpadded", "height"): re.compile("0(?:px)?"),
    ("mpadded", "depth"): re.compile("0(?:px)?"),
    ("mfrac", "linethickness"): re.compile("0"),
    ("mstyle", "displaystyle"): _TRUTH,
    ("mstyle", "scriptlevel"): re.compile("[012]"),
    ("mtable", "displaystyle"): _TRUTH,
}
"""What an element may carry. Sizes, colours and links are for us to choose, not for a model."""

_WIDTHS = {
    "thinmathspace": "0.167em",
    "thickmathspace": "0.278em",
    "negativethinmathspace": "-0.167em",
    "negativemediummathspace": "-0.222em",
    "negativethickmathspace": "-0.278em",
}
"""Named widths of MathML 2, which browsers no longer know."""
_DRAWN = {"-": "\N{MINUS SIGN}", "\N{HORIZONTAL BAR}": "\N{MACRON}"}
"""Characters of operators for which another is drawn right."""
_BARRED = {"mover": "tir-over", "munder": "tir-below"}
"""Few fonts have a bar that grows, so a style sheet draws it; without one a short bar is left."""
_ORDINARY = frozenset("∞∅…⋯")
"""Symbols that the parser takes for operators, with an operator's space around them."""
_SIGNED = frozenset("+±∓\N{MINUS SIGN}")
"""Operators that may also stand before a number alone."""
_LIMITS = frozenset("∑ ∏ ∐ ⋀ ⋁ ⋂ ⋃ ⨀ ⨁ ⨂ ⨄ ⨆ lim max min sup inf".split())
"""Operators that have their limits above and below where there is room."""
_STACKED = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}

_ENVIRONMENT = re.compile(r"\\(begin|end)\s*{(?:aligned|alignat|eqnarray)\*?}")
_ARGUMENT = re.compile(r"\\arg(?![a-zA-Z])")
_PERCENT = re.compile(r"(?<!\\)((?:\\\\)*)%")


def mathml(latex: str, *, block: bool = False) -> str | None:
    """A `<math>` element, or None if `latex` cannot be parsed. Never raises, whatever the text.

    `block` is for a formula on a line of its own, with limits below and above their operators.
    """
    # The same few formulas stand in the question, in every sample, in the answers of a class.
    return _kept(latex, block) if len(latex) <= _KEPT_LENGTH else _drawn(latex, block)


def _drawn(latex: str, block: bool) -> str | None:
    found = formula(latex, block=block)
    return None if found is None else serialised(found)


_KEPT_LENGTH = 200
_kept = lru_cache(4096)(_drawn)


def formula(latex: str, *, block: bool = False) -> Element | None:
    """The same as a tree: elements and attributes of the list only, text as it is to be read."""
    # A bare % begins a comment in TeX; in what people and models write it is a percent sign.
    source = _PERCENT.sub(r"\1\\%", latex)
    source = _ENVIRONMENT.sub(r"\\\1{split}", source)
    source = _ARGUMENT.sub(r"\\operatorname{arg}", source)
    raw = tree(source, display=block) if source.strip() else None
    if raw is None:
        return None
    try:
        children = _lines(_row(raw[0], DEPTH_LIMIT))
    except _Refused:
        return None
    math = Element("math", {"display": "block"} if block else {})
    math.extend(children)
    for space in math.iter("mspace"):
        # A break within a script or a root breaks no line.
        space.attrib.pop("linebreak", None)
    return math if len(math) else None


def serialised(element: Element) -> str:
    """`element` as markup, all text and attributes escaped."""
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in element.attrib.items())
    inside = escape(element.text or "", quote=False) + "".join(map(serialised, element))
    return f"<{element.tag}{attributes}>{inside}</{element.tag}>"


class _Refused(Exception):
    """The parser's tree is none that a browser could draw."""


def _row(parent: Element, depth: int) -> list[Element]:
    """The children of `parent`, clean, spaced as TeX spaces names of functions."""
    cleaned = _fenced([element for child in parent for element in _clean(child, depth - 1)])
    spaced: list[Element] = []
    for element in cleaned:
        if element.tag == "mo" and element.text in ("(", ")") and "minsize" not in element.attrib:
            # Only brackets around a matrix, which are one element with it, and of \\left grow.
            element.attrib.setdefault("stretchy", "false")
        if element.text == "." and spaced and spaced[-1].tag == "mn":
            # 0.\\overline{3}: a point, no full stop.
            element.attrib.update(lspace="0em", rspace="0em")
        if element.tag in _LEAVES and not element.text and not element.attrib:
            continue
        if element.tag == "mo" and element.text in _SIGNED and _awaits(spaced):
            # TeX: a sign after a bracket, a relation or another sign belongs to what follows.
            element.set("form", "prefix")
        if spaced and _touch(spaced[-1], element):
            spaced.append(Element("mspace", {"width": "0.167em"}))
        spaced.append(element)
    return spaced


def _clean(raw: Element, depth: int) -> list[Element]:
    """`raw` rebuilt; none if nothing is left of it, several if it was only a row of them."""
    if depth < 0:
        raise _Refused
    if raw.tag in _LEAVES:
        return [_leaf(raw)]
    if raw.tag == "menclose":
        return [_enclosed(raw, depth)]
    if raw.tag in _ROWS:
        children = _row(raw, depth)
        if raw.tag == "mrow":
            return [_one(children, braced=True)]
    elif raw.tag in _CHILDREN or raw.tag in _TABLES:
        children = _fenced([element for child in raw for element in _clean(child, depth - 1)])
        if len(children) != _CHILDREN.get(raw.tag, len(children)):
            raise _Refused
    else:
        raise _Refused
    element = Element(_tag(raw.tag, children), _allowed(raw))
    element.extend(children)
    if raw.tag in _BARRED and children[1].text == "\N{MACRON}" and _is_wide(children[0]):
        element.set("class", _BARRED[raw.tag])
    elif raw.tag == "mtable":
        _ruled(raw, element)
    elif raw.tag == "mtd" and raw.get("columnalign") in ("left", "right"):
        element.set("class", f"tir-{raw.get('columnalign')}")
    return [element]


def _fenced(children: list[Element]) -> list[Element]:
    """The same, where brackets around a matrix or a binomial make one element with it."""
    found: list[Element] = []
    for child in children:
        found.append(child)
        match found[-3:]:
            case [first, middle, last] if first.text in _BRACKETS and last.tag == "mo":
                if middle.tag == "mtable" or middle.get("linethickness"):
                    found[-3:] = [_one(found[-3:])]
    return found


def _leaf(raw: Element) -> Element:
    text = visible(raw.text or "")
    element = Element(raw.tag, _allowed(raw))
    match raw.tag:
        case "mspace":
            if raw.get("linebreak") == "newline":
                element.set("linebreak", "newline")
            return element
        case "mi" if (len(text) == 1 and unicodedata.category(text) == "Sm") or text == "·":
            if text not in _ORDINARY:
                element.tag = "mo"
        case "mo" if text in _ORDINARY:
            element = Element("mi")
        case "mo":
            if text.isalpha() and text.isascii() and raw.get("movablelimits") is None:
                # `\operatorname{lcm}`: a name, not a sign with an operator's space around it.
                element = Element("mo" if text in _LIMITS else "mi")
                if text in _LIMITS:
                    element.set("movablelimits", "true")
            text = _DRAWN.get(text, text)
    # Words in `\\textbf` stay letters that can be searched for and read aloud.
    variant = "" if raw.tag == "mtext" else raw.get("mathvariant", "")
    element.text = lettered(text, variant)
    return element


def _is_wide(element: Element) -> bool:
    return element.tag == "mrow" or len(element.text or "") > 1


def _enclosed(raw: Element, depth: int) -> Element:
    """A box or a strike, drawn by a style sheet: browsers no longer draw `menclose`."""
    box = raw.get("notation") == "box"
    element = Element("mrow", {"class": "tir-boxed" if box else "tir-struck"})
    element.extend(_row(raw, depth))
    return element


def _one(children: list[Element], *, braced: bool = False) -> Element:
    if len(children) != 1:
        element = Element("mrow")
        element.extend(children)
        return element
    child = children[0]
    if braced and child.tag == "mo" and child.text in (",", "=", "<", ">", "\N{MINUS SIGN}", "+"):
        # In TeX a sign in braces of its own is set without space: 10{,}000.
        child.set("lspace", "0em")
        child.set("rspace", "0em")
    return child


def _tag(tag: str, children: list[Element]) -> str:
    if tag in _STACKED and children[0].tag == "mo" and children[0].text in _LIMITS:
        return _STACKED[tag]
    return tag


def _allowed(raw: Element) -> dict[str, str]:
    found = {}
    for name, value in raw.attrib.items():
        value = _WIDTHS.get(value, value)
        allowed = _ATTRIBUTES.get((raw.tag, name))
        if allowed is not None and allowed.fullmatch(value):
            found[name] = value
    return found


def _ruled(raw: Element, table: Element) -> None:
    """Rules between columns and rows, as classes of the cells beside them."""
    bars = {int(number) for number in raw.get("bars", "").split()}
    for at, (row, found) in enumerate(zip(raw, table, strict=True)):
        is_last = at == len(table) - 1
        for nth, cell in enumerate(found):
            names = [
                cell.get("class", ""),
                "tir-ruled" if nth in bars else "",
                "tir-edged" if nth == len(found) - 1 and nth + 1 in bars else "",
                "tir-under" if row.get("line") else "",
                "tir-closed" if is_last and raw.get("line") else "",
            ]
            if any(names):
                cell.set("class", " ".join(filter(None, names)))


def _lines(children: Iterable[Element]) -> list[Element]:
    """The row itself, or a table of lines where it is broken by `\\\\`."""
    lines: list[list[Element]] = [[]]
    for child in children:
        if child.tag == "mspace" and child.get("linebreak"):
            lines.append([])
        else:
            lines[-1].append(child)
    lines = [line for line in lines if line]
    if len(lines) < 2:
        return lines[0] if lines else []
    table = Element("mtable")
    for line in lines:
        row, cell = Element("mtr"), Element("mtd", {"class": "tir-left"})
        cell.extend(line)
        row.append(cell)
        table.append(row)
    return [table]


def _awaits(row: list[Element]) -> bool:
    """Whether an operand is still to come after these elements."""
    before = [element for element in row if element.tag != "mspace"]
    if not before or before[-1].tag != "mo" or before[-1].get("form") == "postfix":
        return False
    text = before[-1].text or ""
    if text == "|":
        return sum(element.text == "|" for element in before) % 2 == 1
    return text not in _ENDS


def _touch(left: Element, right: Element) -> bool:
    """Whether a thin space belongs between, because one of the two is a function's name."""
    if _named(left):
        return right.tag not in ("mo", "mspace") and not _opens(right)
    return _named(right) and left.tag not in ("mo", "mspace")


def _named(element: Element) -> bool:
    """Such as sin, or sin squared."""
    base = element[0] if element.tag in _CHILDREN and len(element) else element
    text = base.text or ""
    return base.tag == "mi" and len(text) > 1 and text.isascii() and text.isalpha()


def _opens(element: Element) -> bool:
    """Whether it begins with a bracket."""
    first = next(iter(element), element)
    return element.tag == "mrow" and first.tag == "mo" and (first.text or "") in "([{|"
