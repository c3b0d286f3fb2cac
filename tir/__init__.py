"""TIR: tool-integrated reasoning for mathematics.

A model reasons and writes programs, a Jupyter kernel runs them, and the answer is verified by
code that could have failed.

    import tir
    solution = tir.solve("Find all real x with 2x^2 - 7x + 3 = 0")
    solution.answer, solution.status

Importing this loads neither torch, transformers nor SymPy; the first solve does.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from problems import Problem
    from tir.api import solve
    from tir.errors import TirError
    from tir.inquiry import Inquiry
    from tir.models.base import Model
    from tir.models.scripted import ScriptedModel
    from tir.notebook.attach import attach
    from tir.policy import Policy
    from tir.runs.comparison import compare
    from tir.runs.evaluation import Resume, evaluate
    from tir.runs.grading import grade
    from tir.runs.override import override
    from tir.runs.result import Result
    from tir.runs.run import Run
    from tir.solution import Evidence, Solution, SolutionStatus
    from tir.students.assess import Assessment, Ruling, check
    from tir.students.hints import Hint, hints
    from tir.teaching.rubric import rubric
    from tir.teaching.variants import variants
    from tir.teaching.worksheet import worksheet
    from tir.teaching.wrong import wrong_answers
    from tir.trajectory import Step, Stop, Trajectory

__version__ = "0.1.0"

__all__ = [
    "Assessment",
    "Evidence",
    "Hint",
    "Inquiry",
    "Model",
    "Policy",
    "Problem",
    "Result",
    "Resume",
    "Ruling",
    "Run",
    "ScriptedModel",
    "Solution",
    "SolutionStatus",
    "Step",
    "Stop",
    "TirError",
    "Trajectory",
    "attach",
    "check",
    "compare",
    "evaluate",
    "grade",
    "hints",
    "override",
    "rubric",
    "solve",
    "variants",
    "worksheet",
    "wrong_answers",
]

_HOMES = {
    "Assessment": "tir.students.assess",
    "Evidence": "tir.solution",
    "Hint": "tir.students.hints",
    "Inquiry": "tir.inquiry",
    "Model": "tir.models.base",
    "Policy": "tir.policy",
    "Problem": "problems",
    "Result": "tir.runs.result",
    "Resume": "tir.runs.evaluation",
    "Ruling": "tir.students.assess",
    "Run": "tir.runs.run",
    "ScriptedModel": "tir.models.scripted",
    "Solution": "tir.solution",
    "SolutionStatus": "tir.solution",
    "Step": "tir.trajectory",
    "Stop": "tir.trajectory",
    "TirError": "tir.errors",
    "Trajectory": "tir.trajectory",
    "attach": "tir.notebook.attach",
    "check": "tir.students.assess",
    "compare": "tir.runs.comparison",
    "evaluate": "tir.runs.evaluation",
    "grade": "tir.runs.grading",
    "hints": "tir.students.hints",
    "load_ipython_extension": "tir.notebook.extension",
    "override": "tir.runs.override",
    "rubric": "tir.teaching.rubric",
    "solve": "tir.api",
    "variants": "tir.teaching.variants",
    "worksheet": "tir.teaching.worksheet",
    "wrong_answers": "tir.teaching.wrong",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'tir' has no attribute {name!r}")
