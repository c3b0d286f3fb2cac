"""The outcome in words: labelled lines that stand alone at the end of a solve."""

from dataclasses import dataclass

from tir.render.colour import Tone
from tir.render.safe import one_line
from tir.solution import Evidence, Solution, SolutionStatus
from tir.trajectory import Stop

ANSWER_LIMIT = 2000
"""Characters of an answer on the screen. Piped and in JSON it is never cut."""

STATUS = {
    SolutionStatus.VERIFIED: ("verified", Tone.GOOD),
    SolutionStatus.UNVERIFIED: ("not verified", Tone.OPEN),
    SolutionStatus.REFUTED: ("refuted", Tone.BAD),
    SolutionStatus.NO_ANSWER: ("no answer", Tone.BAD),
}

STOPPED = {
    Stop.ANSWERED: "answered",
    Stop.NO_ANSWER: "the model stopped without an answer",
    Stop.MAX_STEPS: "the limit of programs was reached (--max-steps)",
    Stop.MAX_TOKENS: "the limit of tokens was reached (--max-tokens)",
    Stop.TIMEOUT: "the time was up (--timeout)",
    Stop.EXECUTOR_FAILED: "the Python kernel failed",
    Stop.INTERRUPTED: "interrupted",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the answer block. Continued lines have an empty label."""

    label: str
    text: str
    tone: Tone = Tone.PLAIN


def rows(solution: Solution) -> list[Row]:
    """The answer block, harmless for a terminal, from the answer down to the model."""
    found: list[Row] = []
    if solution.answer is not None:
        answer = one_line(solution.answer)
        cut = answer if len(answer) <= ANSWER_LIMIT else f"{answer[:ANSWER_LIMIT]} [...]"
        found.append(Row("Answer", cut, Tone.STRONG))
    else:
        found.append(Row("Answer", "(none)", Tone.STRONG))
    word, tone = STATUS[solution.status]
    found.append(Row("Status", f"interrupted, {word}" if solution.interrupted else word, tone))
    if solution.answer is None:
        found += _labelled("Reason", _reasons(solution))
    equal, drawn = solution.agreement
    if drawn > 1 and solution.answer is not None:
        found.append(Row("Samples", f"{equal} of {drawn} agree"))
    found += _labelled("Evidence", [evidence_line(each) for each in solution.evidence])
    found.append(Row("Time", f"{solution.seconds:.1f} s, {solution.usage.generated} tokens"))
    found.append(Row("Model", one_line(solution.model)))
    return found


def evidence_line(evidence: Evidence) -> str:
    """"checked, for: ..."; the word carries what a colour or a tick would."""
    weight = {True: "for", False: "against", None: "no weight"}[evidence.holds]
    return f"{evidence.kind.value}, {weight}: {one_line(evidence.detail)}"


def _reasons(solution: Solution) -> list[str]:
    """Why there is no answer, each reason once, in the order of the samples."""
    stops = (trajectory.stop for trajectory in solution.trajectories)
    return [STOPPED[stop] for stop in dict.fromkeys(stops) if stop is not Stop.ANSWERED]


def _labelled(label: str, lines: list[str]) -> list[Row]:
    return [Row(label if index == 0 else "", line) for index, line in enumerate(lines)]
