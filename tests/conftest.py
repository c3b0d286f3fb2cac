"""What all tests share."""

import os
import signal
import tempfile

# A test run started in the background of a script inherits an ignored Ctrl-C, and so would every
# command that the tests start and then interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No test reads the settings or writes into the history of whoever runs it.
_OWN = tempfile.mkdtemp(prefix="tir-tests-")
os.environ["TIR_STATE"] = os.path.join(_OWN, "state")
os.environ["TIR_CONFIG"] = os.path.join(_OWN, "config.toml")

# A process that runs a part of the tests is told a width, which would win over that of a pty.
for _name in ("COLUMNS", "LINES"):
    os.environ.pop(_name, None)
