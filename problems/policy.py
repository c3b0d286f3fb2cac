"""Answer tests: what counts as right, declared as data.

    AnswerTest.of("factored")
    AnswerTest.of({"test": "numeric", "tolerance": 0.01})
    AnswerTest.of({"test": "set", "partial": True, "each": {"test": "numeric", "relative": 0.01}})

A mapping of JSON or TOML names the test and its options; the names are those of STACK and
WeBWorK, whose own spellings (`AlgEquiv`, `FacForm`, `NumSigFigs`, ...) are taken as well. Every
share of marks (`credit`, `missing`, ...) lies between 0 and 1 and is 0 unless said otherwise.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from fractions import Fraction
from typing import Any, ClassVar, Literal

from .verdict import BadReference

FormName = Literal[
    "factored",
    "expanded",
    "lowest_terms",
    "single_fraction",
    "partial_fractions",
    "simplified_radical",
]
MOST_DIGITS = 30
"""More significant figures or decimals than any exercise asks for."""


class BadTest(ValueError):
    """The declaration of a test names none, or has an option it does not know or cannot use."""


class AnswerTest:
    """The base of all tests. Their options are checked when they are made (BadTest)."""

    __slots__ = ()
    options: ClassVar[Mapping[str, str]] = {}
    """Names that a declaration may use for a field."""

    def __post_init__(self) -> None:
        for field in fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            object.__setattr__(self, field.name, _checked(field.name, value))

    @staticmethod
    def of(data: "str | Mapping[str, Any] | AnswerTest") -> "AnswerTest":
        """The test that a name, or a mapping with "test" and options, declares.

        Raises BadTest.
        """
        if isinstance(data, AnswerTest):
            return data
        given: dict[str, Any] = {"test": data} if isinstance(data, str) else dict(data)
        name = given.pop("test", None)
        if not isinstance(name, str):
            raise BadTest('a test is declared as {"test": NAME, ...}')
        kind, fixed = _named(name)
        known = {field.name for field in fields(kind)} - set(fixed)  # type: ignore[arg-type]
        settings: dict[str, Any] = {}
        for key, value in given.items():
            field = kind.options.get(key, key)
            if field not in known:
                takes = ", ".join(sorted(known)) or "no options"
                raise BadTest(f"{name} has no option {key!r}: it takes {takes}")
            settings[field] = value
        try:
            return kind(**fixed, **settings)
        except TypeError:
            needed = [
                field.name
                for field in fields(kind)  # type: ignore[arg-type]
                if field.default is MISSING and field.name not in {**fixed, **settings}
            ]
            raise BadTest(f"{name} needs {' and '.join(needed)}") from None


@dataclass(frozen=True, slots=True)
class Equivalent(AnswerTest):
    """The same mathematical value, written in any way: the default."""


EQUIVALENT = Equivalent()


@dataclass(frozen=True, slots=True)
class UpToConstant(AnswerTest):
    """Antiderivatives: equal but for a constant. `credit` where a required "+ C" is missing."""

    variable: str = ""
    """Of integration; found where there is one only."""
    constant_required: bool = False
    credit: float = 0.0


@dataclass(frozen=True, slots=True)
class Form(AnswerTest):
    """The right value in this form; `credit` for the right value in another."""

    form: FormName
    credit: float = 0.0


@dataclass(frozen=True, slots=True)
class Numeric(AnswerTest):
    """A number within an absolute (`tolerance`) or relative tolerance; either suffices."""

    options: ClassVar[Mapping[str, str]] = {"tolerance": "absolute"}
    absolute: Fraction | None = None
    relative: Fraction | None = None


@dataclass(frozen=True, slots=True)
class SigFigs(AnswerTest):
    """Rounded to this many significant figures; `credit` where only the digits are too many."""

    digits: int
    credit: float = 0.0


@dataclass(frozen=True, slots=True)
class DecimalPlaces(AnswerTest):
    """Rounded to this many decimals; `credit` where only the digits are too many."""

    places: int
    credit: float = 0.0


@dataclass(frozen=True, slots=True)
class Units(AnswerTest):
    """A number with a unit, exact unless a tolerance is given."""

    options: ClassVar[Mapping[str, str]] = {"tolerance": "absolute"}
    absolute: Fraction | None = None
    """In the unit of the reference."""
    relative: Fraction | None = None
    converted: float = 1.0
    """For the same quantity in another unit: 300 cm for 3 m."""
    missing: float = 0.0
    """For the right number without its unit."""
    magnitude: float = 0.0
    """For the right number with a wrong unit."""
    unit: float = 0.0
    """For the right unit with a wrong number."""


@dataclass(frozen=True, slots=True)
class Members(AnswerTest):
    """Several values, each compared by `each`.

    A set has no order and no repetitions, an unordered list no order, an ordered one has both.
    With `partial`, each right value earns its share, and each one too many costs as much.
    """

    kind: Literal["set", "unordered", "ordered"]
    each: AnswerTest = EQUIVALENT
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Ranges(AnswerTest):
    """A set of real numbers; `credit` for the right set in another notation.

    "interval" wants brackets, "inequality" an inequality, "union" takes either.
    """

    kind: Literal["interval", "inequality", "union"]
    credit: float = 0.0


@dataclass(frozen=True, slots=True)
class Grid(AnswerTest):
    """A matrix or a vector, entry by entry; with `partial`, each right entry earns its share."""

    kind: Literal["matrix", "vector"]
    each: AnswerTest = EQUIVALENT
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Equation(AnswerTest):
    """An equation, or the curve it describes: the same up to a nonzero factor."""


@dataclass(frozen=True, slots=True)
class Function(AnswerTest):
    """A function, whatever its variables are called: `t^2` is `x^2`."""


@dataclass(frozen=True, slots=True)
class Choice(AnswerTest):
    """One or several of the lettered options; an option's text stands for its letter."""

    choices: tuple[str, ...] = ()
    """Texts of A, B, ... in order."""


@dataclass(frozen=True, slots=True)
class Text(AnswerTest):
    """Words; case, punctuation and articles do not count unless `strict`."""

    strict: bool = False
    typos: int = 0
    """Letters that may be wrong, missing or extra."""
    accept: tuple[str, ...] = ()
    """Other right answers."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of several answers to a problem."""

    gold: str
    test: AnswerTest = EQUIVALENT
    points: float = 1.0
    penalty: float = 0.0
    """The share of the points that each earlier attempt costs."""
    name: str = ""

    def __post_init__(self) -> None:
        if not self.gold.strip():
            raise BadReference("a part's reference answer must not be blank")
        if not _is_number(self.points) or self.points < 0:
            raise BadTest("points must be a number that is not negative")
        _share("penalty", self.penalty)
        if isinstance(self.test, Parts):
            raise BadTest("parts have no parts")

    @staticmethod
    def of(data: "Mapping[str, Any] | Part") -> "Part":
        """The part that {"gold", "test", "points", "penalty", "name"} declares; all but the
        first may be left out. Raises BadTest, BadReference."""
        if isinstance(data, Part):
            return data
        if not isinstance(data, Mapping):
            raise BadTest("a part is declared as a mapping")
        unknown = set(data) - {field.name for field in fields(Part)}
        if unknown or not isinstance(data.get("gold"), str):
            raise BadTest('a part is declared as {"gold": ..., "test": ..., "points": ...}')
        return Part(**{**data, "test": AnswerTest.of(data.get("test", EQUIVALENT))})


@dataclass(frozen=True, slots=True)
class Parts(AnswerTest):
    """Several answers, each with its own reference, test, points and penalty."""

    parts: tuple[Part, ...]


_FORMS: tuple[FormName, ...] = (
    "factored",
    "expanded",
    "lowest_terms",
    "single_fraction",
    "partial_fractions",
    "simplified_radical",
)
TESTS: dict[str, tuple[type[AnswerTest], dict[str, Any]]] = {
    "equivalent": (Equivalent, {}),
    "up_to_constant": (UpToConstant, {}),
    **{form: (Form, {"form": form}) for form in _FORMS},
    "numeric": (Numeric, {}),
    "sig_figs": (SigFigs, {}),
    "decimal_places": (DecimalPlaces, {}),
    "units": (Units, {}),
    **{kind: (Members, {"kind": kind}) for kind in ("set", "unordered", "ordered")},
    **{kind: (Ranges, {"kind": kind}) for kind in ("interval", "inequality", "union")},
    **{kind: (Grid, {"kind": kind}) for kind in ("matrix", "vector")},
    "equation": (Equation, {}),
    "curve": (Equation, {}),
    "function": (Function, {}),
    "choice": (Choice, {}),
    "text": (Text, {}),
    "parts": (Parts, {}),
}
"""The tests by name, with the options that the name itself fixes."""
_ALIASES = {
    "algequiv": "equivalent",
    "int": "up_to_constant",
    "facform": "factored",
    "lowestterms": "lowest_terms",
    "singlefrac": "single_fraction",
    "partfrac": "partial_fractions",
    "limitedradical": "simplified_radical",
    "numabsolute": "numeric",
    "numrelative": "numeric",
    "numsigfigs": "sig_figs",
    "numdecplaces": "decimal_places",
    "sets": "set",
    "list": "unordered",
    "substequiv": "function",
    "string": "text",
    "formulauptoconstant": "up_to_constant",
}


def _named(name: str) -> tuple[type[AnswerTest], dict[str, Any]]:
    plain = name.strip().lower().replace("-", "_")
    plain = _ALIASES.get(plain.replace("_", ""), plain)
    if plain not in TESTS:
        raise BadTest(f"there is no test {name!r}: the tests are {', '.join(TESTS)}")
    return TESTS[plain]


def _checked(field: str, value: Any) -> Any:
    match field:
        case "absolute" | "relative":
            return None if value is None else _tolerance(field, value)
        case "credit" | "missing" | "magnitude" | "unit" | "converted":
            return _share(field, value)
        case "digits" | "places" | "typos":
            least = 1 if field == "digits" else 0
            whole = isinstance(value, int) and not isinstance(value, bool)
            if not whole or not least <= value <= MOST_DIGITS:
                raise BadTest(f"{field} must be a whole number from {least} to {MOST_DIGITS}")
        case "constant_required" | "partial" | "strict":
            if not isinstance(value, bool):
                raise BadTest(f"{field} must be true or false")
        case "choices" | "accept":
            listed = isinstance(value, list | tuple)
            if not listed or not all(isinstance(text, str) for text in value):
                raise BadTest(f"{field} must be a list of texts")
            return tuple(value)
        case "variable":
            if not isinstance(value, str) or len(value) > 20:
                raise BadTest("variable must be a name")
        case "each":
            return AnswerTest.of(value)
        case "parts":
            if not isinstance(value, list | tuple) or not value:
                raise BadTest("parts must be a list that is not empty")
            return tuple(Part.of(part) for part in value)
    return value


def _tolerance(field: str, value: Any) -> Fraction:
    try:
        # By way of its shortest decimal: 0.01 is a hundredth, not the nearest binary fraction.
        # Only what a float holds is taken, or "1e-999999999" would fill the memory.
        tolerance = Fraction(repr(float(value))) if not isinstance(value, bool) else Fraction(-1)
    except (TypeError, ValueError, OverflowError):
        tolerance = Fraction(-1)
    if tolerance < 0:
        raise BadTest(f"the {field} tolerance must be a number that is not negative")
    return tolerance


def _share(field: str, value: Any) -> float:
    if not _is_number(value) or not 0 <= value <= 1:
        raise BadTest(f"{field} must be a share of the marks between 0 and 1")
    return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
