"""Which characters mathematics is written with, in Unicode and in ASCII."""

import unicodedata
from enum import Enum

from tir.render.safe import visible


class Charset(Enum):
    """What the terminal can show."""

    UNICODE = "unicode"
    ASCII = "ascii"


RELATIONS = frozenset("=≠<>≤≥≦≧≈≡≢∼∽≃≅≇∝∈∉∋⊂⊃⊆⊇⊊⊋⊄⊅→←↔⇒⇐⇔⟶⟵⟹⟸⟺⟷↦⟼∣∤∥∦⊥⟂≪≫≺≻⊢⊨≐≜≔⩽⩾∶↪↗↘↓↑⇌~")
BINARY = frozenset("+−-±∓×÷·⋅∗*∪∩∖⧵∧∨⊕⊖⊗⊙∘•⋆")
OPENING = frozenset("([{⌊⌈⟨⟦")
CLOSING = frozenset(")]}⌋⌉⟩⟧")
PUNCTUATION = frozenset(",;.?")
BIG = frozenset("∑∏∐⋃⋂⋁⋀⨁⨂∫∬∭∮")
INTEGRALS = frozenset("∫∬∭∮")
BARS = frozenset("|‖")
PRIMES = frozenset("′″‴⁗")

_SUPER = dict(
    zip(
        "0123456789+−-=()abcdefghijklmnoprstuvwxyzT*",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀ*",
        strict=True,
    )
) | {"°": "°", "∘": "°", "′": "′", "″": "″", "‴": "‴", "⁗": "⁗", "†": "†"}
_SUB = dict(
    zip(
        "0123456789+−-=()aehijklmnoprstuvx",
        "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ",
        strict=True,
    )
)

_SPELT = {
    "−": "-", "×": "*", "·": "*", "⋅": "*", "∗": "*", "÷": "/", "≤": "<=", "≥": ">=", "⩽": "<=",
    "⩾": ">=", "≦": "<=", "≧": ">=", "≠": "!=", "≈": "~=", "≡": "==", "∼": "~", "≅": "~=",
    "±": "+/-", "∓": "-/+", "→": "->", "←": "<-", "↔": "<->", "⇒": "=>", "⇐": "<=", "⇔": "<=>",
    "⟶": "->", "⟹": "=>", "⟺": "<=>", "↦": "|->", "∣": "|", "∥": "||", "‖": "||", "∞": "oo",
    "∈": "in", "∉": "not in", "∪": "union", "∩": "intersect", "∖": "\\",
    "⧵": "\\", "⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "⊂": "subset of",
    "⊆": "subset of or equal to", "∅": "{}", "∘": "o", "∧": "and", "∨": "or", "¬": "not ",
    "∀": "for all ", "∃": "there is ", "∠": "angle ", "△": "triangle ", "▵": "triangle ",
    "⟂": "_|_", "⊥": "_|_", "°": " deg", "′": "'", "″": "''", "‴": "'''", "…": "...", "⋯": "...",
    "∑": "sum", "∏": "prod", "∫": "int", "⋃": "union", "⋂": "intersect", "√": "sqrt", "ℓ": "l",
    "ℝ": "R", "ℤ": "Z", "ℕ": "N", "ℚ": "Q", "ℂ": "C", "□": "[ ]", "⟨": "<", "⟩": ">",
    "∂": "d", "♡": "hearts", "€": "EUR ", "£": "GBP ", "¥": "CNY ", "\xa0": " ", "Å": "A",
    "≢": "!==", "∴": "therefore ", "∵": "because ", "⊕": "(+)", "⊗": "(x)", "•": "*",
    "’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "--", "⧸": "/",
}  # fmt: skip

_PLAIN_FONTS = range(0x1D400, 0x1D800)
_CHANGED = {"∕": "/", "―": "‾", "ϕ": "φ", "ϵ": "ε"}


class Unwritable(Exception):
    """A formula that cannot be written so; its source is shown instead."""


def written(characters: str, charset: Charset) -> str:
    """Characters of a formula as they are shown, harmless for a terminal.

    Raises:
        Unwritable: There is no ASCII for one of them.
    """
    shown = visible("".join(map(_one_font, characters)))
    if charset is Charset.UNICODE or shown.isascii():
        return shown
    return "".join(char if char.isascii() else _spelt(char) for char in shown)


def _one_font(char: str) -> str:
    """Bold and italic letters as plain ones; those of script and fraktur tell sets apart."""
    if ord(char) in _PLAIN_FONTS:
        name = unicodedata.name(char, "")
        if not any(word in name for word in ("SCRIPT", "FRAKTUR", "DOUBLE-STRUCK")):
            return unicodedata.normalize("NFKC", char)
    return _CHANGED.get(char, char)


def _spelt(char: str) -> str:
    if char in _SPELT:
        return _SPELT[char]
    name = unicodedata.name(char, "")
    if name.startswith("GREEK "):
        letter = name.split()[-1].lower().replace("lamda", "lambda")
        return letter.capitalize() if "CAPITAL" in name else letter
    plain = unicodedata.normalize("NFKC", char)
    if plain.isascii():
        return plain
    raise Unwritable


def raised(characters: str, charset: Charset) -> str | None:
    """`characters` as superscript letters, if all of them have one."""
    return _translated(characters, _SUPER, charset)


def lowered(characters: str, charset: Charset) -> str | None:
    """`characters` as subscript letters, if all of them have one."""
    return _translated(characters, _SUB, charset)


def _translated(characters: str, table: dict[str, str], charset: Charset) -> str | None:
    if charset is Charset.ASCII:
        return characters if characters and set(characters) <= {"'"} else None
    if not characters or not all(char in table for char in characters):
        return None
    return "".join(table[char] for char in characters)


def negated(sign: str) -> str:
    """A relation struck through.

    Raises:
        Unwritable: It has no such form.
    """
    struck = unicodedata.normalize("NFC", f"{sign}\u0338")
    if len(struck) > 1:
        raise Unwritable
    return struck
