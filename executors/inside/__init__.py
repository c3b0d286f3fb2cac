"""What runs in the kernel's process. The engine never imports it."""

import sys

# Found missing by ipykernel.debugger, which then runs without a debugger. Its import is 180 of
# some 500 ms of start-up.
sys.modules["debugpy"] = None  # type: ignore[assignment]
