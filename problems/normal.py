"""Cheap normal forms of answer text: one spelling for what differs only in typesetting.

Pure string work, linear in the length, no SymPy. What a normal form cannot see (x+1 against
1+x) is left to the later tiers.
"""

import re
from functools import lru_cache

from .answer import strip
from .pasted import rows, sets, small_letters
from .plain import split_top, to_latex

CHARS = 4000
"""Longer answers get no normal form; nobody boxes two pages, and every tier stays bounded."""
DEPTH = 50
"""Deepest nesting looked at: far above any answer, far below Python's recursion limit."""

_SPELLED = (
    r"×=\times |·=\cdot |⋅=\cdot |÷=/|±=\pm |π=\pi |≤=\le |⩽=\le |≥=\ge |⩾=\ge |≠=\ne |∞=\infty |"
    r"∪=\cup |∩=\cap |∈=\in |∅=\emptyset |°=^\circ |√=\sqrt |θ=\theta |α=\alpha |β=\beta |"
    r"ℝ=\mathbb{R}|½=\frac{1}{2}|¼=\frac{1}{4}|¾=\frac{3}{4}|⅓=\frac{1}{3}|⅔=\frac{2}{3}|℃=^\circ C"
)
_FULL_WIDTH = (
    "（）［］｛｝，；：＝＋－．％＜＞／０１２３４５６７８９、∶",
    "()[]{},;:=+-.%<>/0123456789,:",
)
_UNICODE = str.maketrans(
    {
        **dict(pair.split("=", 1) for pair in _SPELLED.split("|")),
        **dict(zip(*_FULL_WIDTH, strict=True)),
        **dict.fromkeys("−–—‒", "-"),
        **dict.fromkeys("\u00a0\u2009\u202f\u3000\u2002\u2003", " "),
        **dict.fromkeys("\u200b\ufeff"),
    }
)
_HEADING = re.compile(r"#{1,6} ")
_SAID = re.compile(
    r"(?:(?:the )?(?:final )?answer|答案?)\s*(?:is\b|[:=]|是)?\s*:?\s*(?=\\[(\[]|\$|\*\*)",
    re.IGNORECASE,
)
# Not the powers of Python: "x**2".
_BOLD = re.compile(r"(?<![\w)}\]])\*\*([^*]{1,200})\*\*(?![\w({])")
_MARKS = ("`", "__", "*", '"')
_PYTHON_DICT = re.compile(r"\{\s*[A-Za-z]\w*\s*:")
_PYTHON_SET = re.compile(r"\{[^{}\\]*\}")
_PYTHON_SOLUTION = re.compile(r"\{[^{}]*:[^{}]*\}")
_PYTHON_TEXT = re.compile(r"'([^'\\]*)'|\"([^\"\\]*)\"")

# Applied in this order; each pattern is linear: no nested repetition.
_REWRITES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\\(?:[dtcs]|nice|flat)frac(?![A-Za-z])", r"\\frac"),
        (r"\\(?:text)?color\s*\{[A-Za-z]{1,20}\}", ""),
        (r"\A\](.{1,200})\[\Z", r"(\1)"),
        (r"\A\[([^\[\]]{1,200})\[\Z", r"[\1)"),
        (r"\A\]([^\[\]]{1,200})\]\Z", r"(\1]"),
        (r"\A(-?\d{1,3})\.(\d{3})\.(\d{3})(?:\.(\d{3}))?\Z", r"\1\2\3\4"),
        (r"或者?", r"\\lor "),
        (r"\\[dt]binom(?![A-Za-z])", r"\\binom"),
        (r"\\(?:left|right)(?![A-Za-z])\.?|\\[bB]igg?[lr]?(?![A-Za-z])", ""),
        (r"\\(?:displaystyle|textstyle|limits|nolimits|rm|bf)(?![A-Za-z])", " "),
        (r"(?<=\d)\{,\}(?=\d)|(?<=\d),\s*\\!\s*(?=\d)|(?<=\d)\\[,!](?=\d{3}(?!\d))", ""),
        (r"(?<!\\)\\[,;:! \n]|\\q?quad(?![A-Za-z])|~|(?<!\\)\\\Z", " "),
        (
            r"\\(?:text|mbox|textbf|textit|textrm|mathrm|mathbf|mathit|mathsf|underline|boldsymbol)\s*\{([^{}]*)\}",
            r" \1 ",
        ),
        (r"\\operatorname\*?\s*\{([^{}]*)\}", r" \1 "),
        (r"\\(?:mathrm|mathbf|rm)\s*([A-Za-z])(?![A-Za-z])", r" \1"),
        (r"\\(?:leq|leqslant)(?![A-Za-z])|<=", r"\\le "),
        (r"\\(?:geq|geqslant)(?![A-Za-z])|>=", r"\\ge "),
        (r"\\lt(?![A-Za-z])", "<"),
        (r"\\gt(?![A-Za-z])", ">"),
        (r"\\neq(?![A-Za-z])|!=", r"\\ne "),
        (r"\\lbrace(?![A-Za-z])", r"\\{"),
        (r"\\rbrace(?![A-Za-z])", r"\\}"),
        (r"\\(?:varnothing|O)(?![A-Za-z])|\\\{\s*\\\}", r"\\emptyset "),
        (r"\\R(?![A-Za-z])", r"\\mathbb{R}"),
        (r"\^?\s*\{?\s*\\(?:circ|degree)(?![A-Za-z])\s*\}?", r"^\\circ "),
        (r"\\%", "%"),
        (r"\\bar(?![A-Za-z])(?=\s*\{?\d)", r"\\overline"),
        (r"\\dot\s*\{?(\d)\}?(\d{0,40})\\dot\s*\{?(\d)\}?", r"\\overline{\1\2\3}"),
        (r"(?<=[\d.])\\dot\s*\{?(\d)\}?", r"\\overline{\1}"),
        (r"\A(-?\d+\.)\((\d{1,40})\)\Z", r"\1\\overline{\2}"),
        (r"(?<=\d)\s*[xX]\s*(?=10\s*\^)", r"\\cdot "),
        (r"\\mathbb\s*([A-Z])(?![A-Za-z])", r"\\mathbb{\1}"),
        (r"\\langle(?![A-Za-z])", "("),
        (r"\\rangle(?![A-Za-z])", ")"),
        (r"\\(?:lvert|rvert|mid|vert)(?![A-Za-z])", "|"),
        (r"\\div(?![A-Za-z])", "/"),
        (r"\{:\}", ":"),
        (r"\\(?:dots|ldots|cdots)(?![A-Za-z])|…", "..."),
        # A group of digits three times over before the dots is a period.
        (r"(\d\.\d{0,30}?)(\d{1,6}?)\2\2{1,20}\.\.\.", r"\1\\overline{\2}"),
        (r"(?<![A-Za-z\\])(?:and|和)(?![A-Za-z])", ","),
        (r"(?<![A-Za-z\\])or(?![A-Za-z])|\\(?:lor|vee)(?![A-Za-z])", r"\\lor "),
        (r"\A\s*(?:[Tt]he )?(?:[Ff]inal )?[Aa]nswer\s*(?:is\b|:)\s*:?", ""),
        (r"\A\s*(?:答案?\s*[:是]|等于|=|\\therefore)", ""),
        *(
            # Not units that may be left out: "3.5 million" is not 3.5.
            (rf"(?<=\d)\s*(?:{name})(?![A-Za-z])", rf"\\cdot 10^{{{zeros}}} ")
            for name, zeros in (
                ("thousand", 3),
                ("million", 6),
                ("billion", 9),
                ("trillion", 12),
                ("万", 4),
                ("亿", 8),
            )
        ),
        (r"(?<=\d)\s*(?:dozens?(?![A-Za-z])|打)", r"\\cdot 12 "),
        (r"\A(-?\d{1,3})_(\d{3})(?:_(\d{3}))?(?:_(\d{3}))?\Z", r"\1\2\3\4"),
        (r"(?<=[0-9A-F])\s*\(?\s*base\s*(\d{1,2})\s*\)?\Z", r"_{\1}"),
        (r"\+\s*\\infty(?![A-Za-z])", r"\\infty"),
    )
)
_SINGLE = r"(\\[A-Za-z]+|[0-9A-Za-z])"
_BRACES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\\frac\s*" + _SINGLE + r"\s*" + _SINGLE, r"\\frac{\1}{\2}"),
        (r"\\frac\s*" + _SINGLE + r"\s*\{", r"\\frac{\1}{"),
        (r"(\\frac\s*\{[^{}]*\})\s*" + _SINGLE, r"\1{\2}"),
        (r"\\sqrt\s+(?=[{\[])", r"\\sqrt"),
        (r"\\sqrt(\[\w{1,9}\])?\s*(\d+)(?=\D|\Z)", r"\\sqrt\1{\2}"),
        (r"\\sqrt(\[\w{1,9}\])?\s*\(([^()]*)\)", r"\\sqrt\1{\2}"),
        (r"\\sqrt(\[\w{1,9}\])?\s*(\\[A-Za-z]+|[A-Za-z])", r"\\sqrt\1{\2}"),
        (r"(?<![\\A-Za-z])log(?=_)", r"\\log"),
        (r"([_^])\s*([0-9A-Za-z])", r"\1{\2}"),
        (r"([_^])\s*(\\(?!circ)[A-Za-z]+)(?!\s*[{\[A-Za-z])", r"\1{\2}"),
        (r"(?<![A-Za-z])C_\{(\d+)\}\^\{(\d+)\}", r"\\binom{\1}{\2}"),
        (r"(?<=[\d)}])\s*\\times(?![A-Za-z])", r"\\cdot "),
        (r",\s*,", ","),
    )
)
_THOUSANDS = re.compile(r"(?<![\d.,])(-?[1-9]\d{0,2})((?:,\d{3})+)(?![\d,])")
_SPACED = re.compile(r"(?<![\d.])[1-9]\d{0,2}(?: \d{3})+(?![\d /])")
# Letters that are more often a variable than a unit: "24 y" and "24y" are one thing, "4 m" is not.
_KEPT_SPACE = re.compile(
    r"\\[A-Za-z]+ (?=[A-Za-z])|[A-Za-z] (?=[A-Za-z])|\d (?=\d|[A-Za-z]{2})"
    r"|[\d}] (?=[mghsLKJWNVC])"
)
_LABEL = re.compile(
    r"((?:\\[A-Za-z]+|[A-Za-z])(?:_(?:\{[^{}]*\}|[0-9A-Za-z]))?'?(?:\([A-Za-z](?:,[A-Za-z])*\))?"
    r"|\([A-Za-z](?:,[A-Za-z])*\))\s*(?:=|\\in(?![A-Za-z])|:=)(?![=])"
)
_SWAPPED = re.compile(r"(.*[^<>=\s])=\s*([A-Za-z])")


@lru_cache(maxsize=4096)
def normal_form(text: str) -> str:
    """`text` in our one spelling, an assignment to a single name ("x = 5") reduced to its value.

    Returns "" for text longer than `CHARS` or nested deeper than `DEPTH`.
    """
    return split_label(spelling(text))[1]


@lru_cache(maxsize=4096)
def spelling(text: str) -> str:
    """`normal_form`, but with the name before "=" or "\\in" kept."""
    if len(text) > CHARS:
        text = " ".join(text.split())
    if len(text) > CHARS or too_deep(text):
        return ""
    text = _unmarked(strip(small_letters(text).translate(_UNICODE)))
    if "\\" not in text:
        text = _python_braces(text)
    money = text.startswith("$") and text.count("$") == 1
    text = text.replace(r"\$", "＄").replace("$", "＄" if money else " ")
    for pattern, replacement in _REWRITES:
        text = pattern.sub(replacement, text)
    text = to_latex(sets(rows(" ".join(text.split()))))
    for pattern, replacement in _BRACES:
        text = pattern.sub(replacement, text)
    text = _commas(text.strip())
    text = _spaces(strip(text).rstrip(",;"))
    return text.replace("＄", r"\$")


def split_label(text: str) -> tuple[str, str]:
    """("x", "5") of "x=5" or "5=x"; ("", text) where no single name is set to a value."""
    match = _LABEL.match(text)
    if match and _plain_value(text[match.end() :]):
        return match.group(1), text[match.end() :].strip()
    swapped = _SWAPPED.fullmatch(text)
    if swapped and not _LABEL.match(text) and not re.search(r"[a-zA-Z]", _bare(swapped.group(1))):
        return swapped.group(2), swapped.group(1)
    return "", text


def too_deep(text: str) -> bool:
    """Whether brackets nest deeper than `DEPTH`."""
    depth = 0
    for char in text:
        if char in "([{":
            depth += 1
            if depth > DEPTH:
                return True
        elif char in ")]}":
            depth -= 1
    return False


def _unmarked(text: str) -> str:
    """Without markdown: a heading's mark, emphasis, quotation marks around the whole."""
    text = _HEADING.sub("", text, count=1) if text.startswith("#") else text
    text = strip(_SAID.sub("", _BOLD.sub(r"\1", text), count=1))
    for mark in _MARKS:
        inner = text[len(mark) : -len(mark)]
        if text.startswith(mark) and text.endswith(mark) and inner and mark not in inner:
            return strip(inner)
    return text


def _plain_value(text: str) -> bool:
    """A value, not the rest of a chain or of a list of equations."""
    return bool(text.strip()) and not re.search(r"[=<>]|\\(?:le|ge|ne)(?![A-Za-z])", text)


def _bare(text: str) -> str:
    return re.sub(r"\\[A-Za-z]+", "", text)


def _python_braces(text: str) -> str:
    """Braces that Python printed are a dict or a set; in LaTeX they would only group."""
    text = _PYTHON_TEXT.sub(lambda match: match.group(1) or match.group(2) or "", text)
    if text.startswith("[{") and text.endswith("}]"):
        # What SymPy's solve prints: one dict a solution, which people write as a tuple.
        text = _PYTHON_SOLUTION.sub(_solution, text[1:-1])
    if _PYTHON_DICT.match(text) and text.endswith("}"):
        return text[1:-1].replace(":", "=")
    if _PYTHON_SET.fullmatch(text):
        return r"\{" + text[1:-1] + r"\}"
    return text


def _solution(match: re.Match[str]) -> str:
    values = ",".join(part.partition(":")[2].strip() for part in split_top(match.group()[1:-1]))
    return f"({values})" if "," in values else values


def _commas(text: str) -> str:
    """Thousands marks out. "1,234" alone is a number; inside brackets it may be a pair."""
    if "=" not in text:
        text = _THOUSANDS.sub(lambda match: _joined(text, match), text)
    return _SPACED.sub(lambda match: match.group().replace(" ", ""), text)


def _joined(text: str, match: re.Match[str]) -> str:
    """Digits without their commas, but as they are within brackets, where commas separate."""
    before = text[: match.start()]
    depth = sum(map(before.count, "([{")) - sum(map(before.count, ")]}"))
    return match.group() if depth > 0 else match.group().replace(",", "")


def _spaces(text: str) -> str:
    """Only the spaces that separate: a command from a letter, words, a number from a unit."""
    marked = _KEPT_SPACE.sub(
        lambda match: match.group().rstrip() + "\0",
        " ".join(text.split()),
    )
    return marked.replace(" ", "").replace("\0", " ")
