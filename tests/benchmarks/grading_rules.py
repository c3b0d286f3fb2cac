"""Sound rewritings of reference answers: some keep the value, some change it.

A rule looks at one reference answer and gives a text, or None where it does not apply or would not
be sound. Kinds of answer are told by anchored patterns, so that a rule for numbers never meets
anything else; what looks like none of them gets only the rules that hold for every text.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

Rewrite = Callable[[str], str | None]
INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,15})\Z")
DECIMAL = re.compile(r"-?\d+\.\d+\Z")
FRACTION = re.compile(r"(-?)\\[dt]?frac\{(-?\d+)\}\{(\d+)\}\Z")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?\Z")
SCALAR = r"-?(?:\d+(?:\.\d+)?|\\frac\{-?\d+\}\{\d+\}|(?:\d*)\\sqrt\{\d+\}|\d*\\pi)"
# Not "40,000", which is one number.
LIST = re.compile(rf"(?!-?\d{{1,3}}(?:,\d{{3}})+\Z){SCALAR}(?:, ?{SCALAR})+\Z")
TUPLE = re.compile(rf"\(({SCALAR}(?:, ?{SCALAR})+)\)\Z")
END = rf"(?:{SCALAR}|-\\infty|\\infty)"
INTERVAL = re.compile(rf"([(\[])({END}), ?({END})([)\]])\Z")
UNION = re.compile(rf"[(\[]{END}, ?{END}[)\]](?: ?\\cup ?[(\[]{END}, ?{END}[)\]])+\Z")
INEQUALITY = re.compile(rf"([a-zA-Z]) ?(<|>|\\le|\\ge|\\leq|\\geq) ?({SCALAR})\Z")
MATRIX = re.compile(r"\\begin\{pmatrix\}(.*?)\\end\{pmatrix\}\Z", re.DOTALL)
TERM = r"(?:\d*\\sqrt\{\d+\}|\d*\\pi|\d*[a-zA-Z](?:\^\{?\d\}?)?|\d+)"
EXPRESSION = re.compile(rf"(?=.*[a-z])-?{TERM}(?: ?[+-] ?{TERM})*\Z")
LEADING = re.compile(r"([2-9])(?=\\sqrt|\\pi|[a-df-hj-z])")
EQUATION = re.compile(r"(?!.*[a-zA-Z]{2})([-+\w^{} ]*[a-zA-Z][-+\w^{} ]*)=([-+\w^{} ]+)\Z")
PERCENT = re.compile(r"(-?\d+(?:\.\d+)?)\\?%\Z")
DEGREES = re.compile(r"(\d+)\^\{?\\circ\}?\Z")
MONEY = re.compile(r"\\\$(\d+(?:\.\d+)?)\Z")
BASED = re.compile(r"([1-6]\d*)_\{?([7-9])\}?\Z")
COMPLEX = re.compile(r"(-?\d+) ?([+-]) ?(\d+)i\Z")
MEASURED = re.compile(r"(\d+(?:\.\d+)?) ?\\text\{ ?(cm|km|kg|inches|feet|hours|minutes|miles)\}\Z")
WORD = re.compile(r"(?:\\text\{)?([A-Z]?[a-z]{3,12})\}?\Z")
CHOICE = re.compile(r"(?:\\text\{)?\(?([A-E])\)?\}?\Z")
ONES = "zero one two three four five six seven eight nine ten eleven twelve".split()
_VOWELS = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rewriting; `keeps` says whether the value stays."""

    name: str
    keeps: bool
    rewrite: Rewrite


RULES: list[Rule] = []


def rule(name: str, pattern: re.Pattern[str] | None = None, *, keeps: bool = True):
    """Registers a function of the match, or of the text where no pattern is given."""

    def register(make: Callable) -> Callable:
        def rewrite(gold: str) -> str | None:
            if pattern is None:
                return make(gold)
            match = pattern.match(gold)
            return make(match) if match else None

        RULES.append(Rule(name, keeps, rewrite))
        return make

    return register


def keep(name: str, pattern: re.Pattern[str] | None, make: Callable) -> None:
    rule(name, pattern)(make)


def change(name: str, pattern: re.Pattern[str] | None, make: Callable) -> None:
    rule(name, pattern, keeps=False)(make)


def plain(gold: str) -> bool:
    """No text that a wrapper could meet: delimiters, boxes or words of its own."""
    return "$" not in gold and "boxed" not in gold and "\n" not in gold


def value(text: str) -> Fraction | None:
    match = FRACTION.match(text)
    if match:
        amount = Fraction(int(match[2]), int(match[3])) if int(match[3]) else None
        return -amount if amount is not None and match[1] else amount
    return Fraction(text) if NUMBER.match(text) else None


def terminating(amount: Fraction) -> str | None:
    """The finite decimal, if there is one of at most 8 places."""
    for places in range(1, 9):
        scaled = amount * 10**places
        if scaled.denominator == 1:
            sign = "-" if scaled < 0 else ""
            digits = str(abs(scaled.numerator)).zfill(places + 1)
            return f"{sign}{digits[:-places]}.{digits[-places:]}"
    return None


def parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


def distinct(items: list[str]) -> bool:
    return len(set(items)) == len(items)


def bumped(text: str) -> str | None:
    """Another number in place of one."""
    return str(int(text) + 1) if INTEGER.match(text) else None


def scientific(text: str, times: str) -> str | None:
    digits = text.lstrip("-").rstrip("0")
    if len(text.lstrip("-")) < 2 or text.lstrip("-") == "0":
        return None
    sign = "-" if text.startswith("-") else ""
    mantissa = digits[0] + ("." + digits[1:] if digits[1:] else "")
    return sign + mantissa + times.replace("N", str(len(text.lstrip("-")) - 1))


def grouped(text: str, mark: str) -> str | None:
    return f"{int(text):,}".replace(",", mark) if abs(int(text)) >= 10_000 else None


# For every text.
keep("wrap_dollar", None, lambda g: f"${g}$" if plain(g) else None)
keep("wrap_parens", None, lambda g: rf"\({g}\)" if plain(g) else None)
keep("wrap_boxed", None, lambda g: rf"So \boxed{{{g}}}." if plain(g) and balanced(g) else None)
keep("wrap_prose", None, lambda g: f"The final answer is ${g}$." if plain(g) else None)
keep("spaces_around", None, lambda g: f"  {g} \n")
keep("full_stop", None, lambda g: f"{g}." if plain(g) and not g.endswith(".") else None)
keep("thin_space_end", None, lambda g: rf"{g}\," if plain(g) else None)
keep("display_style", None, lambda g: rf"\displaystyle {g}" if "\\" in g and plain(g) else None)
keep("markdown_bold", INTEGER, lambda m: f"**{m[0]}**")
# Numbers.
keep("trailing_zero", INTEGER, lambda m: f"{m[0]}.0")
keep("trailing_zeros", DECIMAL, lambda m: f"{m[0]}00")
keep("leading_zero_off", DECIMAL, lambda m: m[0].replace("0.", ".", 1) if m[0][0] == "0" else None)
keep("plus", INTEGER, lambda m: f"+{m[0]}" if m[0][0] not in "-0" else None)
keep("in_brackets", INTEGER, lambda m: f"({m[0]})")
keep("in_text", INTEGER, lambda m: rf"\text{{{m[0]}}}")
keep("assign", NUMBER, lambda m: f"x = {m[0]}")
keep("assign_swap", NUMBER, lambda m: f"{m[0]} = n")
keep("of_int", INTEGER, lambda m: rf"\frac{{{int(m[0]) * 3}}}{{3}}")
keep("slash_of_int", INTEGER, lambda m: f"{int(m[0]) * 2}/2")
keep("arith", INTEGER, lambda m: f"{int(m[0]) - 7}+7")
keep("root_of_square", INTEGER, lambda m: rf"\sqrt{{{int(m[0]) ** 2}}}" if int(m[0]) > 0 else None)
keep("comma", INTEGER, lambda m: grouped(m[0], ","))
keep("brace_comma", INTEGER, lambda m: grouped(m[0], "{,}"))
keep("thin_groups", INTEGER, lambda m: grouped(m[0], r"\,"))
keep("space_groups", INTEGER, lambda m: grouped(m[0], " "))
keep("sci_times", INTEGER, lambda m: scientific(m[0], r" \times 10^{N}"))
keep("sci_dot", INTEGER, lambda m: scientific(m[0], r"\cdot 10^N"))
keep("sci_unicode", INTEGER, lambda m: scientific(m[0], "×10^N"))
keep("sci_e", INTEGER, lambda m: scientific(m[0], "e+N"))
keep("minus_sign", INTEGER, lambda m: m[0].replace("-", "−") if m[0][0] == "-" else None)
keep("full_width", INTEGER, lambda m: m[0].translate(_VOWELS))
keep("word", INTEGER, lambda m: ONES[int(m[0])] if 0 <= int(m[0]) <= 12 else None)
keep("chinese_answer", INTEGER, lambda m: f"答案是{m[0]}")
keep("unit_added", INTEGER, lambda m: rf"{m[0]} \text{{ cm}}")
keep("decimal_to_fraction", DECIMAL, lambda m: slashed(Fraction(m[0])))
keep("decimal_to_percent", DECIMAL, lambda m: shifted_percent(m[0]))
# Fractions.
keep("slash", FRACTION, lambda m: f"{m[1]}{m[2]}/{m[3]}" if "-" not in m[2] else None)
keep("dfrac", FRACTION, lambda m: rf"{m[1]}\dfrac{{{m[2]}}}{{{m[3]}}}")
keep("tfrac", FRACTION, lambda m: rf"{m[1]}\tfrac{{{m[2]}}}{{{m[3]}}}")
keep("frac_spaces", FRACTION, lambda m: rf"{m[1]}\frac {{ {m[2]} }} {{ {m[3]} }}")
keep("braceless", FRACTION, lambda m: braceless(m))
keep("unreduced", FRACTION, lambda m: rf"{m[1]}\frac{{{int(m[2]) * 6}}}{{{int(m[3]) * 6}}}")
keep("sign_inside", FRACTION, lambda m: rf"\frac{{-{m[2]}}}{{{m[3]}}}" if m[1] else None)
keep("sign_below", FRACTION, lambda m: rf"\frac{{{m[2]}}}{{-{m[3]}}}" if m[1] else None)
keep("decimal", FRACTION, lambda m: terminating(value(m[0])) if value(m[0]) is not None else None)
keep("mixed", FRACTION, lambda m: mixed(m, r"{}\frac{{{}}}{{{}}}"))
keep("mixed_ascii", FRACTION, lambda m: mixed(m, "{} {}/{}"))
keep("thirds_repeat", FRACTION, lambda m: r"0.\overline{3}" if m[0] == r"\frac{1}{3}" else None)
# Lists, tuples, intervals.
keep("list_reversed", LIST, lambda m: ", ".join(reversed(parts(m[0]))))
keep("list_and", LIST, lambda m: r" \text{ and } ".join(parts(m[0])) if two(m[0]) else None)
keep("list_braces", LIST, lambda m: rf"\{{{m[0]}\}}" if distinct(parts(m[0])) else None)
keep("list_or", LIST, lambda m: r" \text{ or } ".join(parts(m[0])) if two(m[0]) else None)
keep("list_assign", LIST, lambda m: ", ".join(f"x={part}" for part in parts(m[0])))
keep("list_spaces", LIST, lambda m: r",\ ".join(parts(m[0])))
keep("tuple_left_right", TUPLE, lambda m: rf"\left( {m[1]} \right)")
keep("tuple_spaces", TUPLE, lambda m: "(" + r",\ ".join(parts(m[1])) + ")")
keep("tuple_assign", TUPLE, lambda m: f"(x,y) = {m[0]}" if two(m[1]) else None)
keep("interval_in", INTERVAL, lambda m: rf"x \in {m[0]}")
keep(
    "interval_plus",
    INTERVAL,
    lambda m: (
        m[0].replace(r"\infty", r"+\infty") if "-" not in m[0] and r"\infty" in m[0] else None
    ),
)
keep("interval_inequality", INTERVAL, lambda m: between(m))
keep(
    "interval_unicode",
    INTERVAL,
    lambda m: m[0].replace(r"\infty", "∞") if "infty" in m[0] else None,
)
keep("union_reversed", UNION, lambda m: r" \cup ".join(reversed(re.split(r" ?\\cup ?", m[0]))))
keep("union_unicode", UNION, lambda m: m[0].replace(r"\cup", "∪"))
keep("union_in", UNION, lambda m: rf"x \in {m[0]}")
keep("inequality_turned", INEQUALITY, lambda m: f"{m[3]} {TURNED[m[2]]} {m[1]}")
keep("inequality_interval", INEQUALITY, lambda m: half_line(m))
keep("inequality_unicode", INEQUALITY, lambda m: m[1] + UNICODE[m[2]] + m[3])
# Matrices, expressions, equations.
keep("matrix_brackets", MATRIX, lambda m: m[0].replace("pmatrix", "bmatrix"))
keep(
    "matrix_array",
    MATRIX,
    lambda m: rf"\left(\begin{{array}}{{{'c' * columns(m)}}}{m[1]}\end{{array}}\right)",
)
keep("matrix_spaces", MATRIX, lambda m: m[0].replace("&", " & ").replace(r"\\", r" \\ "))
keep(
    "matrix_trailing",
    MATRIX,
    lambda m: (
        rf"\begin{{pmatrix}}{m[1]}\\\end{{pmatrix}}" if not m[1].rstrip().endswith("\\") else None
    ),
)
keep("expression_zero", EXPRESSION, lambda m: f"{m[0]}+0" if not INTEGER.match(m[0]) else None)
keep(
    "expression_twice",
    EXPRESSION,
    lambda m: rf"\frac{{2({m[0]})}}{{2}}" if not INTEGER.match(m[0]) else None,
)
keep(
    "expression_negated", EXPRESSION, lambda m: f"-(-({m[0]}))" if not INTEGER.match(m[0]) else None
)
keep("expression_reversed", EXPRESSION, lambda m: reversed_sum(m[0]))
keep("expression_ascii", EXPRESSION, lambda m: ascii_math(m[0]))
keep(
    "expression_unicode",
    EXPRESSION,
    lambda m: (
        re.sub(r"\\sqrt\{(\d+)\}", r"√\1", m[0]).replace(r"\pi", "π")
        if "\\" in m[0] and not re.search(r"\d\}\d", m[0])
        else None
    ),
)
keep("equation_swap", EQUATION, lambda m: f"{m[2]}={m[1]}")
keep("equation_moved", EQUATION, lambda m: f"{m[1]}-({m[2]})=0")
keep("equation_doubled", EQUATION, lambda m: f"2({m[1]})=2({m[2]})")
# Measured.
keep("percent_value", PERCENT, lambda m: terminating(Fraction(m[1]) / 100))
keep("percent_word", PERCENT, lambda m: f"{m[1]} percent")
keep("percent_left_out", PERCENT, lambda m: m[1])
keep("percent_zero", PERCENT, lambda m: rf"{m[1]}.0\%" if "." not in m[1] else None)
keep("degree_sign", DEGREES, lambda m: f"{m[1]}°")
keep("degree_word", DEGREES, lambda m: rf"{m[1]}\text{{ degrees}}")
keep("degree_left_out", DEGREES, lambda m: m[1])
keep("money_word", MONEY, lambda m: f"{m[1]} dollars")
keep("money_bare", MONEY, lambda m: m[1])
keep("money_sign", MONEY, lambda m: f"${m[1]}")
keep("base_braces", BASED, lambda m: f"{m[1]}_{{{m[2]}}}")
keep("base_brackets", BASED, lambda m: f"({m[1]})_{m[2]}")
keep(
    "complex_turned",
    COMPLEX,
    lambda m: f"{'-' if m[2] == '-' else ''}{m[3]}i+{m[1]}".replace("+-", "-"),
)
keep("unit_left_out", MEASURED, lambda m: m[1])
keep("unit_roman", MEASURED, lambda m: rf"{m[1]}\ \mathrm{{{m[2]}}}")
keep("word_case", WORD, lambda m: rf"\text{{{m[1].upper()}}}")
keep("word_wrapper", WORD, lambda m: rf"\mbox{{{m[1]}}}")
keep("word_bare", WORD, lambda m: m[1].lower())
keep("choice_brackets", CHOICE, lambda m: f"({m[1]})")
keep("choice_bold", CHOICE, lambda m: f"**{m[1]}**")
keep("choice_text", CHOICE, lambda m: rf"\textbf{{({m[1]}) }}17")
keep("choice_chinese", CHOICE, lambda m: f"选项{m[1]}")
TURNED = {"<": ">", ">": "<", r"\le": r"\ge", r"\ge": r"\le", r"\leq": r"\geq", r"\geq": r"\leq"}
STRICT = {"<": r"\le", ">": r"\ge", r"\le": "<", r"\ge": ">", r"\leq": "<", r"\geq": ">"}
UNICODE = {"<": "<", ">": ">", r"\le": "≤", r"\ge": "≥", r"\leq": "≤", r"\geq": "≥"}
OTHER = {
    "cm": "km", "km": "cm", "kg": "g", "inches": "feet", "feet": "inches",
    "hours": "minutes", "minutes": "hours", "miles": "feet",
}  # fmt: skip


def balanced(text: str) -> bool:
    bare = re.sub(r"\\[{}]", "", text)
    return bare.count("{") == bare.count("}")


def two(text: str) -> bool:
    return len(parts(text)) == 2


def slashed(amount: Fraction) -> str:
    return f"{amount.numerator}/{amount.denominator}"


def shifted_percent(text: str) -> str:
    return f"{terminating(Fraction(text) * 100)}\\%"


def braceless(match: re.Match[str]) -> str | None:
    short = len(match[2]) == len(match[3]) == 1
    return rf"{match[1]}\frac{match[2]}{match[3]}" if short else None


def mixed(match: re.Match[str], form: str) -> str | None:
    top, bottom = int(match[2]), int(match[3])
    if match[1] or not 0 < bottom < top or top % bottom == 0:
        return None
    return form.format(top // bottom, top % bottom, bottom)


def between(match: re.Match[str]) -> str | None:
    low, high = match[2], match[3]
    below, above = ("<" if mark in "()" else r"\le" for mark in (match[1], match[4]))
    if low == r"-\infty":
        return None if high == r"\infty" else f"x {above} {high}"
    if high == r"\infty":
        return f"x {TURNED[below]} {low}"
    return f"{low} {below} x {above} {high}"


def half_line(match: re.Match[str]) -> str:
    closed = match[2] not in "<>"
    if match[2] in ("<", r"\le", r"\leq"):
        return rf"(-\infty, {match[3]}{']' if closed else ')'}"
    return rf"{'[' if closed else '('}{match[3]}, \infty)"


def columns(match: re.Match[str]) -> int:
    return match[1].split(r"\\")[0].count("&") + 1


def other_bracket(match: re.Match[str]) -> str | None:
    if "infty" in match[2]:
        return None
    return f"{'[' if match[1] == '(' else '('}{match[2]}, {match[3]}{match[4]}"


def reversed_sum(text: str) -> str | None:
    terms = re.findall(r"[+-]?[^+-]+", text.replace(" ", ""))
    if len(terms) < 2:
        return None
    signed = [term if term[0] in "+-" else f"+{term}" for term in terms]
    return "".join(reversed(signed)).removeprefix("+")


def ascii_math(text: str) -> str | None:
    if "\\" not in text:
        return None
    text = re.sub(r"(\d)\\", r"\1*\\", text)
    return re.sub(r"\\sqrt\{(\d+)\}", r"sqrt(\1)", text).replace(r"\pi", "pi")


def alone(text: str) -> bool:
    """Whether the leading term is the only one of its kind, so that changing it changes the sum."""
    return not re.search("[+-]", text)
