"""The outcome in words: labelled lines that stand alone at the end of a solve."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from executors import Tier
from tir.render.colour import Tone
from tir.render.math.document import flat_answer
from tir.render.math.glyphs import Charset
from tir.render.safe import one_line
from tir.solution import Evidence, EvidenceKind, Solution, SolutionStatus
from tir.trajectory import Stop

ANSWER_LIMIT = 2000
"""Characters of an answer on the screen. Piped and in JSON it is never cut."""
BALLOT_LIMIT = 60
"""Characters of one answer where several are listed."""

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
    Stop.BUDGET: "the budget is spent (--budget)",
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


def rows(solution: Solution, charset: Charset | None = None) -> list[Row]:
    """The answer block, harmless for a terminal, from the answer down to the model.

    With a `charset`, answers are in it, in one line; without, as they were written.
    """
    found: list[Row] = []
    if solution.answer is not None:
        answer = _cut(_shown(solution.answer, charset), ANSWER_LIMIT)
        found.append(Row("Answer", answer, Tone.STRONG))
    else:
        found.append(Row("Answer", "(none)", Tone.STRONG))
    word, tone = STATUS[solution.status]
    found.append(Row("Status", f"interrupted, {word}" if solution.interrupted else word, tone))
    if solution.answer is None:
        found += _labelled("Reason", _reasons(solution))
    equal, drawn = solution.agreement
    if drawn > 1 and solution.answer is not None:
        disagree = [f"they wrote {_ballots(solution, charset)}"] if equal < drawn else []
        found += _labelled("Samples", [f"{equal} of {drawn} agree", *disagree])
    found += _labelled("Evidence", _evidence(solution))
    found += _labelled("Sandbox", _sandbox(solution))
    found.append(Row("Time", f"{solution.seconds:.1f} s, {solution.usage.generated} tokens"))
    found.append(Row("Model", one_line(solution.model)))
    return found


def _evidence(solution: Solution) -> list[str]:
    """All of it but for the count of samples that agree, which has a line of its own."""
    told = EvidenceKind.AGREED if solution.agreement[1] > 1 else None
    if solution.answer is None:
        # Nothing stands there that it could speak for or against.
        return [one_line(each.detail) for each in solution.evidence]
    return [evidence_line(each) for each in solution.evidence if each.kind is not told]


def spans_of(numbers: Sequence[int]) -> str:
    """Ascending numbers with runs drawn together: "1, 3-5"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def evidence_line(evidence: Evidence) -> str:
    """What was found, in words; what does not speak for the answer says so first."""
    weight = {True: "", False: "against: ", None: "no weight: "}[evidence.holds]
    return f"{weight}{one_line(evidence.detail)}"


def _sandbox(solution: Solution) -> list[str]:
    """Nothing where all walls stand; else, once, what does not."""
    isolation = solution.isolation
    if isolation is None or not isolation.gaps:
        return []
    if isolation.tier is Tier.NONE:
        return ["none: the programs ran as you, with your files and network"]
    walls = ", ".join(dict.fromkeys(gap.wall.value for gap in isolation.gaps))
    return [f"{isolation.tier.value}, which does not wholly hold: {walls} (see tir doctor)"]


def _reasons(solution: Solution) -> list[str]:
    """Why there is no answer, each reason once, in the order of the samples."""
    stops = (trajectory.stop for trajectory in solution.trajectories)
    return [STOPPED[stop] for stop in dict.fromkeys(stops) if stop is not Stop.ANSWERED]


def _shown(answer: str, charset: Charset | None) -> str:
    return one_line(answer) if charset is None else flat_answer(answer, charset)


def _ballots(solution: Solution, charset: Charset | None) -> str:
    """Such as "12 (3), 4/3 (1), none (1)": as written, so equal values may stand there twice."""
    written = (trajectory.answer for trajectory in solution.trajectories)
    counts = Counter("none" if each is None else _shown(each.text, charset) for each in written)
    return ", ".join(f"{_cut(text, BALLOT_LIMIT)} ({n})" for text, n in counts.most_common())


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]} [...]"


def _labelled(label: str, lines: list[str]) -> list[Row]:
    return [Row(label if index == 0 else "", line) for index, line in enumerate(lines)]
