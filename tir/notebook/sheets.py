"""Variants and worksheets at a glance."""

from tir.notebook.table import Formula, Question, Table
from tir.render.safe import one_line
from tir.teaching.variants import Variant, Variants
from tir.teaching.worksheet import Worksheet

_FILES = ("For", "What", "File")


def variants_table(variants: Variants) -> Table:
    """Each problem with its key, and what was dropped on the way."""
    has_wrong = any(variant.wrong for variant in variants)
    head = ("", "Problem", "Key, verified", "Wrong ways lead to")
    rows = tuple(_row(at, variant) for at, variant in enumerate(variants, 1))
    width = len(head) if has_wrong else len(head) - 1
    dropped = sum(variants.dropped.values())
    reasons = "; ".join(f"{reason} ({count})" for reason, count in variants.dropped.items())
    below = (f"Dropped: {dropped}. {reasons[:1].upper()}{reasons[1:]}.",) if dropped else ()
    found = f"{len(rows)} variants" if len(rows) != 1 else "1 variant"
    return Table(found, head[:width], tuple(row[:width] for row in rows), below)


def worksheet_table(sheet: Worksheet) -> Table:
    """The files, and which keys somebody should look at."""
    rows = (
        ("the class", "notebook", one_line(str(sheet.student))),
        ("the class", "page to print", one_line(str(sheet.page))),
        ("the teacher", "notebook with the keys", one_line(str(sheet.teacher))),
        ("the teacher", "page with the keys", one_line(str(sheet.key))),
    )
    below = tuple(f"Look at the key before you use it: {each}" for each in sheet.unverified)
    return Table("Worksheet", _FILES, rows, below or ("Every key is verified.",))


def _row(at: int, variant: Variant) -> tuple[str, ...]:
    wrong = "; ".join(each.answer for each in variant.wrong)
    key = Formula(variant.problem.gold or "")
    return str(at), Question(variant.problem.question), key, Formula(wrong) if wrong else ""
