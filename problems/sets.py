"""Which fields of a set's rows are what: one table, each line one layout that was published.

A layout is chosen by the name of the set among those whose fields the rows have, else by the
fields alone; nothing is guessed from the content of the fields. Where the fields could be read
in two ways that differ, that is an error.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .answer import extract, strip
from .boxes import boxes
from .normal import spelling
from .problem import ALPHABET

Fields = Mapping[str, object]


class Unusable(ValueError):
    """Why a row makes no problem."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout of rows. A field is named as in the file, without case, spaces and underscores."""

    sets: str
    """Names of the sets published so, each as `plain_name` gives it."""
    question: str
    """One field, or several that follow each other, joined by spaces."""
    gold: str
    cut: Callable[[Fields, str], str]
    """The gold from the row and the name of its gold field."""
    choices: str = ""
    also: str = ""
    """Further fields that tell this layout from others."""
    subject: str = ""
    level: str = ""
    id: str = ""

    @property
    def required(self) -> frozenset[str]:
        """Fields without which rows are not in this layout."""
        return frozenset(f"{self.question} {self.gold} {self.choices} {self.also}".split())


def plain_name(name: str) -> str:
    """`name` without its folder's owner, case, and marks: "HuggingFaceH4/MATH-500" is "math500"."""
    plain = re.sub(r"[^0-9a-z]", "", name.rsplit("/", 1)[-1].lower())
    return _ALIASES.get(plain, plain)


def text_of(value: object) -> str:
    """A field as text, "" where it is empty. Raises Unusable for what is no text or number."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Unusable(f"is {_kind(value)}, not text")
    return str(value).strip()


def options(value: object) -> tuple[str, ...]:
    """Choices without their letters: of a list, of a mapping from letters, or of one text."""
    if isinstance(value, str):
        parts = _LETTERED.split(f" {value}")
        value = [f"{letter}){text}" for letter, text in zip(parts[1::2], parts[2::2], strict=True)]
        if not value or parts[0].strip():
            raise Unusable("has no choices A), B), ... in it")
    elif isinstance(value, Mapping):
        value = [f"{letter}){text_of(text)}" for letter, text in value.items() if text is not None]
    if not isinstance(value, list):
        raise Unusable(f"is {_kind(value)}, not a list of choices")
    texts = [text_of(item) for item in value]
    marks = [_LETTER.match(text) for text in texts]
    if all(marks):
        letters = "".join(mark[1] for mark in marks if mark)
        if letters != ALPHABET[: len(letters)]:
            raise Unusable(f"has its choices in the order {letters}")
        texts = [
            text[mark.end() :].strip() for text, mark in zip(texts, marks, strict=True) if mark
        ]
    if len(texts) < 2:
        raise Unusable("has fewer than two choices")
    if len(texts) > len(ALPHABET):
        raise Unusable("has more choices than letters")
    return tuple(texts)


# How a gold is cut out of its field.


def whole(row: Fields, name: str) -> str:
    """The field as it is, without dollar signs around it or around each of its items."""
    text = text_of(row[name])
    return strip(text.replace("$", "") if _ITEMS.fullmatch(text) else text)


def integral(row: Fields, name: str) -> str:
    """A number that was stored as floating: "27.0" is 27."""
    return _FLOATED.sub("", whole(row, name))


def after_hashes(row: Fields, name: str) -> str:
    """GSM8K: what stands behind the last "####"."""
    _, marker, gold = text_of(row[name]).rpartition("####")
    if not marker:
        raise Unusable("has no #### before its answer")
    return gold.strip()


def boxed(row: Fields, name: str) -> str:
    """MATH: the box of a solution.

    Of several that differ, all if the question asks for several, "separated by commas", else the
    last one; one that is "also accepted" is not counted. Where boxes are part of the question's
    own notation, a sentence that names the answer goes before them.
    """
    solution = text_of(row[name])
    question = " ".join(text_of(row[field]) for field in ("problem", "question") if field in row)
    if boxes(question) and (said := extract(_UNBOXED.sub(" ", solution))):
        return said.text
    found = [box for box in boxes(solution) if box.content.strip()]
    kept = [box for box in found if not _ALSO.match(solution, box.end)] or found
    golds: dict[str, str] = {}
    for box in kept:
        if "phantom" not in box.content:
            golds[_terms(box.content)] = strip(box.content)
    if not golds:
        raise Unusable("has no boxed answer")
    several = len(golds) > 1 and _SEVERAL.search(question)
    return ", ".join(golds.values()) if several else [*golds.values()][-1]


def letters(row: Fields, name: str) -> str:
    """One letter or several: "C", "(C)", "A B D", ["A", "B", "D"]."""
    value = row[name]
    text = ",".join(map(text_of, value)) if isinstance(value, list) else text_of(value)
    text = re.sub(r"[\s,，、()（）.]+", "", text).upper()
    if not text or text.strip(ALPHABET):
        raise Unusable(f"is {value!r}, not a letter")
    return ", ".join(dict.fromkeys(text))


def index(row: Fields, name: str) -> str:
    """The number of a choice, from 0, as its letter."""
    text = text_of(row[name])
    if not text.isdecimal() or int(text) >= len(ALPHABET):
        raise Unusable(f"is {text!r}, not the number of a choice")
    return ALPHABET[int(text)]


def listed(row: Fields, name: str) -> str:
    """The one answer in a list, or several joined by commas."""
    value = row[name]
    items = value if isinstance(value, list) else [value]
    return ", ".join(whole({name: item}, name) for item in items)


def counted(row: Fields, name: str) -> str:
    """ASDiv: "9 (apples)" without what is counted."""
    return _COUNTED.sub("", text_of(row[name]))


LAYOUTS = (
    # Multiple choice before free answers: their rows have the fields of both.
    Layout("aqua", "question", "correct", letters, "options", also="rationale"),
    Layout("satmath", "question", "answer", letters, "options", id="id"),
    Layout(
        "gaokaomathqa aquarat satmath", "question", "label", letters, "options", "passage answer"
    ),
    Layout("mmlustem", "question", "answer", index, "choices", subject="type subject"),
    Layout("gaokaomath", "question", "answer", letters, also="analysis score index", id="index"),
    # Free answers.
    Layout("gaokaomathcloze", "question", "answer", whole, also="passage options label"),
    Layout("svamp", "body question", "answer", integral, also="equation", subject="type", id="id"),
    Layout("asdiv", "body question", "answer", counted, subject="solutiontype", id="idx"),
    Layout("mawps", "input", "target", integral),
    Layout("mawps", "squestion", "lsolutions", listed, id="iindex"),
    Layout(
        "olympiadbench",
        "question",
        "finalanswer",
        listed,
        subject="subfield subject",
        level="difficulty",
        id="id",
    ),
    Layout(
        "livebenchmath",
        "turns",
        "groundtruth",
        whole,
        subject="task category",
        id="questionid",
    ),
    Layout(
        "math500 math aime24 aime25",
        "problem",
        "answer",
        whole,
        also="solution",
        subject="subject type",
        level="level",
        id="uniqueid id idx",
    ),
    Layout("amc23 amc", "problem", "answer", integral, also="url", id="id"),
    Layout("amc23 amc", "question", "answer", integral, also="url", id="id"),
    Layout(
        "math minervamath aime24 aime25 math500",
        "problem",
        "solution",
        boxed,
        subject="type subject",
        level="level",
        id="uniqueid id idx",
    ),
    Layout("collegemath", "question", "answer", whole, also="datatopic", subject="datatopic"),
    Layout("cmath", "question", "answer", integral, also="reasoningstep", level="grade"),
    Layout("cmath", "question", "golden", integral, also="reasoningstep", level="grade"),
    Layout("gsm8k", "question", "answer", after_hashes, id="idx"),
)
"""The first that fits is taken, those that carry the set's name before the others."""

_ONLY_BY_NAME = frozenset(("gsm8k", "mawps", "mmlustem", "satmath"))
"""Sets whose fields are anybody's, but not what they mean there: an answer 1 that is B."""
_ALIASES = {
    "aime2024": "aime24",
    "aime2025": "aime25",
    "amc2023": "amc23",
    "hendrycksmath": "math",
    "competitionmath": "math",
    "gsm": "gsm8k",
    "minerva": "minervamath",
    "livebench": "livebenchmath",
    "aquarat": "aqua",
    "sat": "satmath",
}
_ITEMS = re.compile(r"\$[^$]+(?<!\\)\$(?:\s*[,;，；、]\s*\$[^$]+(?<!\\)\$)+")
_LETTER = re.compile(r"\s*\(?([A-J])\s*[).:．、]\s*")
_LETTERED = re.compile(r"\s\(?([A-J])[).]\s*")
_FLOATED = re.compile(r"(?<=\d)\.0+\Z")
_COUNTED = re.compile(r"(?<=\d)\s*\([^()]*\)\s*\Z")
_UNBOXED = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])")
_ALSO = re.compile(r"[\s$.]*(?:is|are)\s+also\s+(?:an?\s+)?accept")
_SEVERAL = re.compile(
    r"separated\s+by\s+(?:a\s+)?commas?|separate\s+\w+\s+\w+\s+(?:by|with)\s+comma"
)
_TERM = re.compile(r"(?=[+-])")


def layout_for(name: str, fields: frozenset[str]) -> Layout | None:
    """The layout of rows with these fields, in a set of that name; None where none fits."""
    fitting = [layout for layout in LAYOUTS if layout.required <= fields]
    named = [layout for layout in fitting if name in layout.sets.split()]
    others = [layout for layout in fitting if not _ONLY_BY_NAME & set(layout.sets.split())]
    return next(iter(named or others), None)


def _terms(text: str) -> str:
    """One spelling for sums that differ in the order of their terms: x+11, 11+x."""
    form = spelling(text).replace(" ", "")
    if re.search(r"[(\[{,=]", form):
        return form
    return "".join(
        sorted(f"+{term}" if term[:1] not in "+-" else term for term in _TERM.split(form))
    )


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, Mapping):
        return "an object"
    return "a list" if isinstance(value, list) else type(value).__name__
