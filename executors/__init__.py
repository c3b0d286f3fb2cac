"""Runs programs in isolated interpreters. Knows no mathematics and no model.

Every session is behind walls (`executors.walls`), raised around a fork of a warm process.

Covered, in the namespaces tier: the network; the user's files, environment and processes; writing
anything but the session's own small directory; memory of all the session's processes together,
tasks, disk, processor time, output; privileged and rarely needed system calls; anything that
would outlive the session; other sessions.

Not covered: a hole in the operating system's kernel, which all sessions share with us; side
channels such as timing and caches; a program that lies about itself, for it owns its interpreter
and can forge its own output and errors; what the packages of the interpreter contain, which can
be read; a little kernel memory, such as that of sockets within a session. `tir doctor` attacks the
walls and says what holds on this machine; the other tiers hold less, and say so.
"""

from executors.base import Executor, Limits, Session
from executors.errors import ExecutorError, ExecutorUnavailable, SessionClosed
from executors.execution import CellError, Execution, Status
from executors.jupyter import JupyterExecutor, JupyterSession
from executors.scripted import ScriptedExecutor, ScriptedSession
from executors.walls import Gap, Isolation, Tier, Wall

__all__ = [
    "CellError",
    "Execution",
    "Executor",
    "ExecutorError",
    "ExecutorUnavailable",
    "Gap",
    "Isolation",
    "JupyterExecutor",
    "JupyterSession",
    "Limits",
    "ScriptedExecutor",
    "ScriptedSession",
    "Session",
    "SessionClosed",
    "Status",
    "Tier",
    "Wall",
]
