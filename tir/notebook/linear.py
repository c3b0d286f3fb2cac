"""Mathematics that stays right where a front end strips its tags.

JupyterLab shows a notebook that it does not trust, one from a colleague or a clone, without the
tags of MathML; GitHub may do so too. Of a fraction 1 over 2 "12" would be left, which is another
number. So signs are put in that take no room while MathML is drawn, and are read where only the
text is left: "1/2", "x^2", "√(x + 1)". Copying from a page gives them too.
"""

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

_MATH = re.compile(r"<math\b.*?</math>", re.DOTALL)
_ROWS = frozenset("math mrow mstyle mpadded mphantom mtd msqrt".split())
_TOKENS = frozenset("mi mn mtext".split())
_SPACED = frozenset({"mo", "mspace"})
_SCRIPTS = frozenset("msup msub msubsup munder mover munderover".split())
_MARKS = frozenset("′″‴∘°")
"""Raised, and read so without a sign."""


def linear(html: str) -> str:
    """The markup with signs in every formula; nothing that can be seen changes."""
    return _MATH.sub(lambda found: _signed(found[0]), html)


def _signed(markup: str) -> str:
    root = fromstring(markup)
    _sign(root)
    return tostring(root, encoding="unicode", short_empty_elements=False)


def _sign(node: Element) -> None:
    children = list(node)
    for child in children:
        _sign(child)
    match node.tag:
        case "mfrac":
            above, below = children
            if node.get("linethickness", "1") in ("0", "0px"):
                _replace(node, _around("binom(", above, ", "), _around("", below, ")"))
            else:
                _replace(node, _group(above), _around("/", _group(below), ""))
        case "msup" if "".join(children[1].itertext()) in _MARKS:
            pass
        case "msup" | "mover" if not _is_accent(node):
            _replace(node, _base(children[0]), _around("^", _group(children[1]), ""))
        case "msub" | "munder" if not _is_accent(node):
            _replace(node, _base(children[0]), _around("_", _group(children[1]), ""))
        case "msubsup" | "munderover":
            base, low, high = children
            marks = _around("_", _group(low), ""), _around("^", _group(high), "")
            _replace(node, _base(base), *marks)
        case "msqrt":
            _replace(node, _around("√(", _row(children), ")"))
        case "mroot":
            _replace(node, _around("root(", children[0], ", "), _around("", children[1], ")"))
        case "mtable":
            for at, line in enumerate(children):
                for place, cell in enumerate(line):
                    sign = ", " if place else "; " if at else ""
                    _replace(cell, _around(sign, _row(list(cell)), ""))
        case _ if node.tag in _ROWS:
            _replace(node, *_apart(children))


def _apart(children: Sequence[Element]) -> list[Element]:
    """A row's children; a fraction beside a factor is put between parentheses."""
    found = []
    for at, child in enumerate(children):
        beside = [*children[max(0, at - 1) : at], *children[at + 1 : at + 2]]
        if child.tag == "mspace":
            found += [child, _hidden(" ")]
        elif child.tag == "mfrac" and any(each.tag not in _SPACED for each in beside):
            found.append(_around("(", child, ")"))
        else:
            found.append(child)
            follows = children[at + 1].tag if at + 1 < len(children) else "mo"
            if child.tag in _SCRIPTS and follows not in _SPACED:
                found.append(_hidden(" "))
    return found


def _is_accent(node: Element) -> bool:
    mark = node[1]
    return node.get("accent") == "true" or (mark.tag == "mo" and len(mark.text or "") == 1)


def _is_atom(node: Element) -> bool:
    if node.tag in ("mrow", "mstyle", "mpadded") and len(node) == 1:
        return _is_atom(node[0])
    return node.tag in _TOKENS or node.tag == "mo"


def _group(node: Element) -> Element:
    return node if _is_atom(node) else _around("(", node, ")")


def _base(node: Element) -> Element:
    return _around("(", node, ")") if node.tag == "mfrac" else node


def _around(before: str, node: Element, after: str) -> Element:
    """A row of its own inside, so that a minus at its beginning stays a sign."""
    row = Element("mrow")
    row.extend([*_hide(before), node, *_hide(after)])
    return row


def _row(children: Sequence[Element]) -> Element:
    row = Element("mrow")
    row.extend(children)
    return row


def _hide(text: str) -> list[Element]:
    return [_hidden(text)] if text else []


def _hidden(text: str) -> Element:
    """Text that takes no room and leaves no ink."""
    box = Element("mpadded", {"width": "0", "height": "0", "depth": "0"})
    SubElement(SubElement(box, "mphantom"), "mtext").text = text
    return box


def _replace(node: Element, *children: Element) -> None:
    for child in list(node):
        node.remove(child)
    node.extend(children)
