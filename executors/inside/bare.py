"""The kernel without walls: an ordinary ipykernel, started anew for each session."""

import os
import signal
import sys
from typing import Any

from executors.inside.app import KernelApp
from executors.inside.kernel import Kernel
from executors.inside.shell import bound_values


def follow_parent() -> None:
    """Die with the engine, even while a loop in C keeps ipykernel's own poller from running."""
    if sys.platform != "linux":
        return
    from executors.linux import syscalls

    syscalls.die_with_parent(signal.SIGKILL)
    if os.getppid() != int(os.environ["JPY_PARENT_PID"]):
        os._exit(1)


def main() -> None:
    follow_parent()
    limit = int(sys.argv.pop(1))
    app: Any = KernelApp.instance(kernel_class=Kernel)
    app.initialize(sys.argv[1:])
    kernel = app.kernel
    kernel.prepare(limit)
    bound_values(kernel.shell, limit)
    # IPython's own end the kernel; these end the program.
    kernel.shell.user_ns.update(exit=sys.exit, quit=sys.exit)
    sys.argv = [""]
    # The program's own files are importable, as in a notebook; -P had taken this away.
    sys.path.insert(0, "")
    app.start()
