"""Mathematical problems and their answers: extraction, equality, grading. Runs no model.

Importing it is light: SymPy lives in a separate process, started when a comparison needs it.
"""

from .answer import Answer, extract
from .audit import Flaw, Suspect, audit
from .decoys import decoys
from .grade import equal, grade
from .load import ProblemFileError, ProblemSet, load
from .normal import normal_form
from .parts import Marks, PartMark, grade_parts
from .policy import AnswerTest, BadTest, Part, Parts
from .problem import Problem
from .typed import typed
from .verdict import BadReference, Certainty, Outcome, Verdict
from .worker import WorkerUnavailable, abandon

__all__ = [
    "Answer",
    "AnswerTest",
    "BadReference",
    "BadTest",
    "Certainty",
    "Flaw",
    "Marks",
    "Outcome",
    "Part",
    "PartMark",
    "Parts",
    "Problem",
    "ProblemFileError",
    "ProblemSet",
    "Suspect",
    "Verdict",
    "WorkerUnavailable",
    "abandon",
    "audit",
    "decoys",
    "equal",
    "extract",
    "grade",
    "grade_parts",
    "load",
    "normal_form",
    "typed",
]
