"""What makes the forked kernel that of a notebook, where it cannot be the stock one as it is."""

import codecs
import os
import sys
from subprocess import STDOUT, Popen
from typing import Any

from IPython.utils._process_common import process_handler

LARGEST_READ = 1 << 16


def show_commands(shell: Any) -> None:
    """Let a line with `!` show what its command prints, as it prints it.

    The stock way asks for a terminal, which there is none of behind the walls; IPython's other way
    writes to a descriptor, whose text can come after the cell has ended, and then is lost.
    """

    def system(command: str) -> None:
        code = process_handler(shell.var_expand(command, depth=1), show, STDOUT)
        # None: it was interrupted. A signal's number is negative, as in the stock shell.
        shell.user_ns["_exit_code"] = -2 if code is None else code if code <= 128 else 128 - code

    shell.system = system


def show(process: "Popen[bytes]") -> int:
    """Pass on what it prints until it ends; returns its exit code."""
    assert process.stdin is not None
    assert process.stdout is not None
    # A command that asks for a line gets none, instead of waiting for ever.
    process.stdin.close()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with process.stdout as pipe:
        while data := os.read(pipe.fileno(), LARGEST_READ):
            sys.stdout.write(decoder.decode(data))
    return process.wait()
