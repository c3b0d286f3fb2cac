"""What a page may hold: an HTML parser that refuses every element and attribute not listed."""

import re
from html.parser import HTMLParser

MATHEMATICS = frozenset(
    "math mrow mi mn mo mtext mspace mfrac msqrt mroot mstyle mpadded mphantom msub msup msubsup "
    "munder mover munderover mtable mtr mtd".split()
)
TEXT = MATHEMATICS | frozenset("p br strong code samp pre ul ol li".split())
PIECE = TEXT | frozenset("article style div dl dt dd details summary".split())

ATTRIBUTES = frozenset(
    "display displaystyle scriptlevel mathvariant stretchy fence largeop movablelimits separator "
    "accent form lspace rspace minsize maxsize width height depth linethickness class start "
    "open".split()
)
VOID = frozenset({"br", "meta", "input"})


class Reader(HTMLParser):
    """Reads markup as a browser would, and fails at what is not allowed."""

    def __init__(self, elements: frozenset[str], attributes: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self._elements = elements
        self._attributes = attributes
        self.open: list[str] = []
        self.text = ""
        """All text but that of styles and scripts."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self._elements, tag
        for name, value in attrs:
            assert name in self._attributes, (tag, name)
            if name == "class":
                assert all(each.startswith("tir") for each in (value or "").split()), value
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    handle_decl = handle_pi = unknown_decl = handle_comment


def harmless(
    markup: str,
    elements: frozenset[str] = PIECE,
    attributes: frozenset[str] = ATTRIBUTES,
) -> Reader:
    """Reads `markup`, which must be well nested and hold only what is listed."""
    reader = Reader(elements, attributes)
    reader.feed(markup)
    reader.close()
    assert reader.open == []
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", reader.text)
    return reader
