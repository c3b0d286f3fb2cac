"""`tir equal`: whether an answer is right, and why."""

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from tir.errors import BadInput, ExitCode
from tir.render.safe import one_line

if TYPE_CHECKING:
    from problems import AnswerTest, Verdict

SCHEMA = "tir.equal/1"
AUDIT = "tir.audit/1"
"""Of each line that `--audit --json` prints."""
_SAYS = {
    "correct": "equal",
    "incorrect": "different",
    "partial": "partly right",
    "no_answer": "no answer",
    "undecided": "undecided",
}
_MOST = 400
"""Characters of a reason that are printed; all of it is in `--json`."""

_HELP = """Compare ANSWER with the reference GOLD, and say why they are equal or not.

Both may be LaTeX, plain text, what Python prints, or a whole text with its answer boxed. The
comparison is exact unless a test asks otherwise.

\b
Tests (STACK's and WeBWorK's names are taken as well):
  equivalent  up_to_constant  function  equation  curve
  factored  expanded  lowest_terms  single_fraction
  partial_fractions  simplified_radical
  numeric  sig_figs  decimal_places  units
  set  unordered  ordered  matrix  vector
  interval  inequality  union  choice  text  parts

\b
Examples:
  tir equal "x^2 - 1" "(x - 1)(x + 1)"
  tir equal 3.14 "\\pi" --test numeric --tolerance 0.01
  tir equal "300 cm" "3 m" --test units
  tir equal "2/4" "1/2" --test '{"test": "lowest_terms", "credit": 0.5}'
  tir equal -- -5 "x = -5"
  tir equal --audit problems.jsonl

\b
Exit codes:
  0  equal               2  a reference or test that cannot be used
  1  different, suspects 3  the comparing process does not start
  4  undecided
"""


@click.command(help=_HELP, short_help="Say whether an answer equals a reference, and why.")
@click.argument("answer", required=False)
@click.argument("gold", required=False)
@click.option(
    "--audit", "audited", metavar="SET", help="List the references of SET that look wrong."
)
@click.option("--test", "declared", metavar="NAME|JSON", help="What counts as right.")
@click.option("--tolerance", metavar="X", help="An absolute tolerance, for numeric and units.")
@click.option("--relative", metavar="X", help="A relative tolerance, for numeric and units.")
@click.option(
    "--budget",
    type=click.FloatRange(0, 600),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="The most time for algebra.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a sentence.")
@click.pass_context
def equal(
    context: click.Context,
    answer: str | None,
    gold: str | None,
    audited: str | None,
    declared: str | None,
    tolerance: str | None,
    relative: str | None,
    budget: float,
    as_json: bool,
) -> None:
    """See `_HELP`."""
    if audited is not None:
        if answer is not None or declared or tolerance or relative:
            raise click.UsageError("--audit takes no answer and no test.", context)
        context.exit(_audit(audited, budget, as_json))
    if answer is None or gold is None:
        raise click.UsageError("Missing argument: ANSWER and GOLD are needed.", context)
    verdict = _graded(answer, gold, _test(declared, tolerance, relative), budget)
    if as_json:
        click.echo(json.dumps({"schema": SCHEMA} | _record(verdict), indent=2))
    else:
        says = _SAYS[verdict.outcome]
        if verdict.outcome == "partial" and verdict.score is not None:
            says += f" ({verdict.score:.2g} of the marks)"
        review = "\nA person should look: the two texts alone do not settle it."
        detail = _readable(verdict.detail)
        cut = detail if len(detail) <= _MOST else f"{detail[:_MOST]}..."
        click.echo(f"{says}: {cut}{review if verdict.needs_review else ''}")
    context.exit(
        {"correct": ExitCode.ANSWERED, "undecided": ExitCode.UNDECIDED}.get(
            verdict.outcome, ExitCode.NO_ANSWER
        )
    )


def _readable(detail: str) -> str:
    """For people on a terminal with its formulas in characters; a pipe gets them as written."""
    if not sys.stdout.isatty():
        return one_line(detail)
    # Read only here: the reader of LaTeX takes 50 ms to load.
    from tir.render.math.document import flat_text
    from tir.render.math.glyphs import Charset

    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    return one_line(flat_text(detail, Charset.UNICODE if unicode else Charset.ASCII))


def _audit(name: str, budget: float, as_json: bool) -> ExitCode:
    """A line for each reference of the set that does not parse or contradicts another."""
    from problems import ProblemFileError, audit, load

    suspects = 0
    try:
        for suspect in audit(load(name), budget=budget):
            suspects += 1
            record = {"schema": AUDIT, "id": suspect.id, "flaw": suspect.flaw}
            detail = one_line(suspect.sentence)
            click.echo(json.dumps(record | {"detail": detail}) if as_json else detail)
    except ProblemFileError as error:
        raise BadInput(
            f"{one_line(error.what)}.", why=one_line(error.why), hint=one_line(error.hint)
        ) from None
    if not as_json:
        click.echo(f"{suspects} suspicious references.", err=True)
    return ExitCode.NO_ANSWER if suspects else ExitCode.ANSWERED


def _test(declared: str | None, tolerance: str | None, relative: str | None) -> "AnswerTest":
    from problems import AnswerTest, BadTest

    limits = {"tolerance": tolerance, "relative": relative}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    data: dict[str, Any] = {"test": declared or ("numeric" if given else "equivalent")}
    if declared and declared.lstrip().startswith("{"):
        try:
            data = json.loads(declared)
        # Brackets nested by the thousand end in the second.
        except (ValueError, RecursionError) as error:
            raise BadInput("--test is no JSON.", why=_why(error), hint="tir equal --help") from None
    try:
        return AnswerTest.of(data | given)
    except BadTest as error:
        raise BadInput(
            "the test cannot be used.", why=_why(error), hint="tir equal --help"
        ) from None


def _graded(answer: str, gold: str, test: "AnswerTest", budget: float) -> "Verdict":
    from problems import BadReference, WorkerUnavailable, grade
    from tir.errors import EnvironmentFailed

    try:
        return grade(answer, gold, test=test, budget=budget)
    except BadReference as error:
        raise BadInput("GOLD cannot be used.", why=_why(error), hint="tir equal --help") from None
    except WorkerUnavailable as error:
        raise EnvironmentFailed(
            "the comparing process does not start.",
            why=_why(error),
            hint="python -c 'import sympy'",
        ) from None


def _record(verdict: "Verdict") -> dict[str, Any]:
    """The fields of `--json`. Python writes what is not ASCII as escapes, so no terminal obeys."""
    return {
        "outcome": verdict.outcome,
        "equal": {"correct": True, "undecided": None}.get(verdict.outcome, False),
        "score": verdict.score,
        "rule": verdict.rule,
        "detail": verdict.detail,
        "normal_forms": dict(zip(("answer", "gold"), verdict.normal_forms, strict=True)),
        "certainty": verdict.certainty,
        "needs_review": verdict.needs_review,
    }


def _why(error: Exception) -> str:
    said = one_line(str(error))
    return f"{said[0].upper()}{said[1:]}." if said else type(error).__name__
