"""Letters of a mathematical font, such as the bold x, as characters of their own.

Browsers draw `mathvariant` only where it is "normal" (MathML Core, section 2.2.3): any other font
is chosen by the character, which also survives in plain text.
"""

import unicodedata

_FONTS = {
    "bold": "BOLD",
    "italic": "ITALIC",
    "bold-italic": "BOLD ITALIC",
    "double-struck": "DOUBLE-STRUCK",
    "script": "SCRIPT",
    "fraktur": "FRAKTUR",
    "sans-serif": "SANS-SERIF",
    "sans-serif-italic": "SANS-SERIF ITALIC",
    "monospace": "MONOSPACE",
}
_DIGITS = ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")


def lettered(text: str, variant: str) -> str:
    """`text` in the font that MathML calls `variant`; what that font lacks is left as it is."""
    font = _FONTS.get(variant)
    return text if font is None else "".join(_letter(char, font) for char in text)


def _letter(char: str, font: str) -> str:
    if not (char.isascii() and char.isalnum()):
        return char
    if char.isdigit():
        return _named(f"MATHEMATICAL {font} DIGIT {_DIGITS[int(char)]}") or char
    case = "CAPITAL" if char.isupper() else "SMALL"
    older = {"FRAKTUR": "BLACK-LETTER"}.get(font, font)
    # A letter that Unicode had before, such as the set of reals, was not encoded again.
    return (
        _named(f"MATHEMATICAL {font} {case} {char.upper()}")
        or _named(f"{older} {case} {char.upper()}")
        or ("\N{PLANCK CONSTANT}" if (font, char) == ("ITALIC", "h") else char)
    )


def _named(name: str) -> str | None:
    try:
        return unicodedata.lookup(name)
    except KeyError:
        return None
