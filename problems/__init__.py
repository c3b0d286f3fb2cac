"""Mathematical problems and their answers: extraction, equality, grading. Runs no model.

Importing it is light: SymPy lives in a separate process, started when a comparison needs it.
"""

from .answer import Answer, extract
from .decoys import decoys
from .grade import equal, grade
from .normal import normal_form
from .problem import Problem
from .typed import typed
from .verdict import Certainty, Outcome, Verdict
from .worker import WorkerUnavailable, abandon

__all__ = [
    "Answer",
    "Certainty",
    "Outcome",
    "Problem",
    "Verdict",
    "WorkerUnavailable",
    "abandon",
    "decoys",
    "equal",
    "extract",
    "grade",
    "normal_form",
    "typed",
]
