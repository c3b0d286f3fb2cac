"""Runs programs in isolated interpreters. Knows no mathematics and no model."""

from executors.base import Executor, Limits, Session
from executors.errors import ExecutorError, ExecutorUnavailable, SessionClosed
from executors.execution import CellError, Execution, Status
from executors.jupyter import JupyterExecutor, JupyterSession
from executors.scripted import ScriptedExecutor, ScriptedSession

__all__ = [
    "CellError",
    "Execution",
    "Executor",
    "ExecutorError",
    "ExecutorUnavailable",
    "JupyterExecutor",
    "JupyterSession",
    "Limits",
    "ScriptedExecutor",
    "ScriptedSession",
    "Session",
    "SessionClosed",
    "Status",
]
