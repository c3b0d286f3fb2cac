"""The sentence that announces an answer, in English or Chinese."""

import re

from .boxes import in_sections

_TAIL = 4000
"""A final sentence stands at the end; only this much of the text is searched for one."""
_PROSE = 8
"""Words of an answer that has neither a digit nor mathematics: "the men's track team" has four,
"obtained when both sides are divided by their common factor" is no answer."""

# Only a sentence that announces the answer. A number that merely stands last is some
# intermediate value often enough that guessing it would turn "no answer" into a wrong one.
_BE = r"(?:is|are|was|would\s+be|must\s+be|should\s+be|will\s+be)"
_ANNOUNCED = re.compile(
    rf"\b(?:final\s+|correct\s+)?answers?(?:\s+(?:to|for|of)\s+[^.\n:]{{1,80}}?)?"
    rf"[*_]*\s*(?:{_BE}\b|:|=)\s*:?|"
    rf"\b(?:correct|right|best)\s+(?:answer\s+)?(?:choice|option)\s*(?:{_BE}\b|:)\s*:?|"
    r"^[ \t#*_>]*(?:the\s+)?final\s+answer[ \t*_]*$|"
    r"^[ \t#*_>]*(?:最终|最后)?答案[ \t*_]*$|"
    r"(?:最终|最后|正确)?的?答案(?:应该?)?(?:是|为|：|:)\s*[：:]?",
    re.IGNORECASE | re.MULTILINE,
)
# Here what is announced comes in the match itself.
_LETTERS = r"[（(【]?\s*([A-J](?:[\s、，,和]*[A-J])*)(?![A-Za-z])"
_CHOSEN = re.compile(
    rf"(?:(?:故|因此|所以|应|从而|则|本题|答案)(?:本题)?(?:答案)?应?选|(?:^|[，,。\s])选)择?项?\s*[：:为]?\s*{_LETTERS}|"
    rf"\b(?:[Oo]ption|[Cc]hoice)\s*\(?([A-J])\)?\s+is\s+(?:(?:the\s+)?(?:correct|right|best)|the\s+answer)\b|"
    r"选项\s*([A-J])\s*(?:是)?正确",
)
_MATHS = r"\$[^$\n]{1,200}\$|\\\([^\n]{1,200}?\\\)|[-+]?\d[\d.,/]*%?"
_LEADING = re.compile(
    rf"({_MATHS}|\([A-J]\))\s+is\s+(?:our|the)\s+(?:final\s+|correct\s+)?answer\b"
)
# The marker of GSM8K; "#### Step 3" is a heading.
_HASHES = re.compile(r"^####[ \t]*([-+]?[$€£]?\d[^\n]*|[A-J])[ \t]*\Z", re.MULTILINE)

_END = re.compile(r"\.(?=\s|\Z|\*)|。|\n|！|!(?=\s*\Z)|<\|")
_PART = re.compile(r"[ \t*>-]*(?:\([a-h]\)|\((?:i{1,3}|iv|v)\)|[（(][1-9][)）])")
_BLANK = re.compile(r"[\s*_]*\n\s*")
_ASIDE = re.compile(
    r"[,;]?\s+(?:because|since|which|as\s+(?:required|desired|expected|we|it)|so\s+that)\b"
    r"|，\s*(?:因为|所以|即)",
    re.IGNORECASE,
)
_ADVERB = re.compile(
    r"(?:simply|just|exactly|therefore|thus|then|indeed|clearly|also|option|choice|选项?)"
    r"(?![A-Za-z])[,:：]?\s*",
    re.IGNORECASE,
)
_SUPPOSED = re.compile(
    r"\b(?:if|whether|suppose|assum\w+|unless|until|when|what|check|checking|verify|why|how)\b"
    r"[^.\n]{0,60}\Z|(?:如果|假设|若|是否)[^。\n]{0,30}\Z",
    re.IGNORECASE,
)
_NO_ANSWER = re.compile(
    r"(?:an?\s+(?:\w+\s+){0,2}(?:integer|number|fraction|decimal|value|expression|multiple)|"
    r"the\s+(?:sum|product|difference|number|value|same|ratio)|in\s+(?:its\s+|the\s+)?(?:simpl|form|low|term)\w*|"
    r"rounded|written|expressed|left|clear|obvious|easy|immediate|"
    r"not(?!\s+possible)|unknown|unclear|obtained|found|given|computed|calculated|based|derived|"
    r"determined|expected|required|correct|incorrect|wrong|right|in\s+the\s+form|of\s+the\s+form|"
    r"supposed|asked|what|as\s+follows|below|above|不|多少|什么|错)(?![A-Za-z])",
    re.IGNORECASE,
)
_VALUE = re.compile(r"[\d\\$=<>^]|[\u4e00-\u9fff]")


def announced(text: str) -> str | None:
    """What the last announcing sentence of `text` says the answer is, as written; else None.

    A supposed, denied or asked-for answer ("if the answer is 5, what ...") is not announced.
    """
    tail = text[-_TAIL:]
    found = [(match.start(), match.end(), "") for match in _ANNOUNCED.finditer(tail)]
    for pattern in (_CHOSEN, _LEADING, _HASHES):
        found += [
            (match.start(), match.end(), next(group for group in match.groups() if group))
            for match in pattern.finditer(tail)
        ]
    values = []
    for start, end, said in sorted(found):
        if not _SUPPOSED.search(tail, max(0, start - 80), start):
            value = said or _value(tail, end)
            if value:
                values.append((start, value))
    labels = in_sections(tail, [start for start, _ in values])
    if labels:
        stripped = [value.strip(" $") for _, value in values]
        return ", ".join(f"{label} {said}" for label, said in zip(labels, stripped, strict=True))
    return values[-1][1] if values else None


def _value(text: str, at: int) -> str:
    """What follows the announcement at `at`: to the end of its sentence, or its lettered parts."""
    blank = _BLANK.match(text, at)
    at = blank.end() if blank else at
    if _PART.match(text, at):
        return _parts(text, at)
    end = _END.search(text, at)
    stop = end.start() if end else len(text)
    said = text[at:stop].strip(" \t*_:")
    said = _ADVERB.sub("", said, count=1) if _ADVERB.match(said) else said
    aside = _ASIDE.search(said)
    said = said[: aside.start()] if aside else said
    if not said or said.endswith(("?", "？")) or _NO_ANSWER.match(said):
        return ""
    if said.count("{") != said.count("}"):
        return ""
    return said if _VALUE.search(said) or len(said.split()) <= _PROSE else ""


def _parts(text: str, at: int) -> str:
    """Lines that begin "(a)", "(b)": one answer in parts, joined by commas."""
    lines = []
    for line in text[at:].split("\n"):
        if line.strip() and not _PART.match(line):
            break
        if line.strip():
            lines.append(line.strip(" \t*->").rstrip(".;,。；，"))
    return ", ".join(lines)
