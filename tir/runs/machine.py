"""Where a run ran: versions and hardware, for its manifest."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tir import __version__

PACKAGES = (
    "ipykernel", "math-verify", "numpy", "openai", "ray", "safetensors", "sympy", "tokenizers",
    "torch", "transformers",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Of Python, of this package, and of the packages that results depend on."""
    found = {"python": platform.python_version(), "tir": __version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """System, processor, memory in bytes, and accelerators if torch is loaded."""
    import psutil

    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "accelerators": _accelerators(),
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _accelerators() -> list[str]:
    """Asked only of a torch that is there: importing it for this would take seconds."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return []
    return [torch.cuda.get_device_name(at) for at in range(torch.cuda.device_count())]
