"""The sound rewritings that change the value; importing this adds them to `RULES`."""

import re
from fractions import Fraction

from grading_rules import (
    BASED,
    CHOICE,
    COMPLEX,
    DECIMAL,
    DEGREES,
    EQUATION,
    EXPRESSION,
    FRACTION,
    INEQUALITY,
    INTEGER,
    INTERVAL,
    LEADING,
    LIST,
    MATRIX,
    MEASURED,
    MONEY,
    NUMBER,
    OTHER,
    PERCENT,
    STRICT,
    TUPLE,
    TURNED,
    UNION,
    WORD,
    alone,
    change,
    distinct,
    other_bracket,
    parts,
    value,
)

# Changed: integers and decimals.
change("off_by_one", INTEGER, lambda m: str(int(m[0]) + 1))
change("one_less", INTEGER, lambda m: str(int(m[0]) - 1))
change(
    "sign", NUMBER, lambda m: str(-Fraction(m[0])) if INTEGER.match(m[0]) and int(m[0]) else None
)
change("times_ten", INTEGER, lambda m: f"{m[0]}0" if int(m[0]) else None)
change("times_hundred", INTEGER, lambda m: f"{m[0]}00" if int(m[0]) else None)
change("reciprocal", INTEGER, lambda m: rf"\frac{{1}}{{{m[0]}}}" if abs(int(m[0])) > 1 else None)
change("near", INTEGER, lambda m: f"{m[0]}.0001")
change("relatively_near", INTEGER, lambda m: str(int(m[0]) + 1) if int(m[0]) > 10**6 else None)
change(
    "digits_swapped",
    INTEGER,
    lambda m: m[0][:-2] + m[0][-1] + m[0][-2] if len(m[0]) > 2 and m[0][-1] != m[0][-2] else None,
)
change("hedge", INTEGER, lambda m: f"{m[0]} or {int(m[0]) + 1}")
change("second_value", INTEGER, lambda m: f"{m[0]}, {int(m[0]) + 3}")
change("inequality_for_value", INTEGER, lambda m: f"x > {m[0]}")
change("times_pi", INTEGER, lambda m: rf"{m[0]}\pi" if int(m[0]) else None)
change("times_i", INTEGER, lambda m: f"{m[0]}i" if int(m[0]) else None)
change("plus_minus", INTEGER, lambda m: rf"\pm {m[0]}" if int(m[0]) > 0 else None)
change("last_digit", DECIMAL, lambda m: m[0][:-1] + str((int(m[0][-1]) + 1) % 10))
change("point_moved", DECIMAL, lambda m: str(Fraction(m[0]) * 10) if Fraction(m[0]) else None)
# Changed: fractions.
change("numerator", FRACTION, lambda m: rf"{m[1]}\frac{{{int(m[2]) + 1}}}{{{m[3]}}}")
change(
    "upside_down",
    FRACTION,
    lambda m: rf"{m[1]}\frac{{{m[3]}}}{{{m[2]}}}" if abs(int(m[2])) not in (0, int(m[3])) else None,
)
change(
    "fraction_sign", FRACTION, lambda m: m[0][1:] if m[1] else (f"-{m[0]}" if int(m[2]) else None)
)
change(
    "rounded",
    FRACTION,
    lambda m: (
        f"{float(value(m[0])):.3f}" if value(m[0]) is not None and value(m[0]) * 1000 % 1 else None
    ),
)
# Changed: structure.
change(
    "list_missing", LIST, lambda m: ", ".join(parts(m[0])[:-1]) if distinct(parts(m[0])) else None
)
change("list_extra", LIST, lambda m: f"{m[0]}, 98765")
change("list_value", LIST, lambda m: ", ".join([*parts(m[0])[:-1], "98765"]))
change(
    "tuple_order",
    TUPLE,
    lambda m: (
        "(" + ", ".join(reversed(parts(m[1]))) + ")"
        if parts(m[1]) != parts(m[1])[::-1] and all(map(value, parts(m[1])))
        else None
    ),
)
change("tuple_length", TUPLE, lambda m: f"({m[1]}, 0)")
change("tuple_value", TUPLE, lambda m: "(" + ", ".join([*parts(m[1])[:-1], "98765"]) + ")")
change("interval_end", INTERVAL, lambda m: other_bracket(m))
change(
    "interval_value",
    INTERVAL,
    lambda m: f"{m[1]}-98765, {m[3]}{m[4]}" if "infty" not in m[2] else None,
)
change(
    "interval_side",
    INTERVAL,
    lambda m: f"(-\\infty, {m[2]})" if "infty" not in m[2] and m[3] == r"\infty" else None,
)
change("union_missing", UNION, lambda m: re.split(r" ?\\cup ?", m[0])[0])
change("inequality_direction", INEQUALITY, lambda m: f"{m[1]} {TURNED[m[2]]} {m[3]}")
change("inequality_strict", INEQUALITY, lambda m: f"{m[1]} {STRICT[m[2]]} {m[3]}")
change("inequality_bound", INEQUALITY, lambda m: f"{m[1]} {m[2]} 98765")
change(
    "matrix_entry",
    MATRIX,
    lambda m: (
        m[0].replace(r"\begin{pmatrix}", r"\begin{pmatrix}98765+", 1)
        if m[1].strip()[:1].isdigit()
        else None
    ),
)
change("matrix_negated", MATRIX, lambda m: f"-{m[0]}" if re.search(r"[1-9]", m[1]) else None)
change("expression_plus_one", EXPRESSION, lambda m: f"{m[0]}+1")
change(
    "expression_doubled",
    EXPRESSION,
    lambda m: f"2({m[0]})" if LEADING.match(m[0]) and not re.search("[+-]", m[0]) else None,
)
change(
    "expression_coefficient",
    EXPRESSION,
    lambda m: (
        LEADING.sub(lambda c: str(int(c[1]) + 1), m[0], count=1)
        if LEADING.match(m[0]) and alone(m[0])
        else None
    ),
)
change("equation_constant", EQUATION, lambda m: f"{m[1]}={m[2]}+1")
# Changed: measured.
change(
    "percent_ten",
    PERCENT,
    lambda m: f"{Fraction(m[1]) * 10}\\%" if "." not in m[1] and Fraction(m[1]) else None,
)
change("degree_value", DEGREES, lambda m: rf"{int(m[1]) + 1}^\circ")
change("money_value", MONEY, lambda m: rf"\${m[1]}7")
change("base_changed", BASED, lambda m: f"{m[1]}_{{{int(m[2]) + 1}}}" if len(m[1]) > 1 else None)
change("conjugate", COMPLEX, lambda m: f"{m[1]}{'+' if m[2] == '-' else '-'}{m[3]}i")
change("unit_value", MEASURED, lambda m: rf"{m[1]}5 \text{{ {m[2]}}}" if "." not in m[1] else None)
change(
    "unit_changed",
    MEASURED,
    lambda m: rf"{m[1]} \text{{ {OTHER[m[2]]}}}" if Fraction(m[1]) else None,
)
change("choice_other", CHOICE, lambda m: chr(ord(m[1]) + 1))
change("choice_both", CHOICE, lambda m: f"{m[1]} and {chr(ord(m[1]) + 1)}")
change("word_other", WORD, lambda m: rf"\text{{not {m[1]}}}")
