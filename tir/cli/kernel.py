"""`tir kernel`: have Jupyter list a kernel that runs behind the walls, or list it no more."""

import json
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tir.errors import BadInput, EnvironmentFailed

if TYPE_CHECKING:
    from jupyter_client.kernelspec import KernelSpecManager

PROVISIONER = "tir-sandbox"
"""The entry point by which Jupyter finds `executors.provisioner`."""
GROUP = "jupyter_client.kernel_provisioners"
REFUSAL = (
    "this kernel runs behind walls, and the program that started it cannot raise them: "
    "it takes no notice of kernel_provisioner. Jupyter Lab, Notebook, Console and nbclient do."
)

_EPILOG = """\b
Examples:
  tir kernel install                 for the Jupyter of this environment
  tir kernel install --user          for every Jupyter of yours
  jupyter console --kernel tir-sandbox

The kernel sees no network and no file of yours. How much memory it may use, for one, is set in the
kernel.json that is written, under metadata.kernel_provisioner:
"config": {"memory_bytes": 8000000000}
"""


@click.group(epilog=_EPILOG)
def kernel() -> None:
    """Put Jupyter notebooks behind the walls that a model's programs run in."""


def located(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say which kernelspec is meant."""
    for option in (
        click.option("--prefix", metavar="PATH", help="Below this folder, in share/jupyter."),
        click.option("--sys-prefix", is_flag=True, help="In this Python environment."),
        click.option("--user", is_flag=True, help="Among your own Jupyter data."),
        click.option("--name", default=PROVISIONER, show_default=True, help="Of the kernel."),
    ):
        command = option(command)
    return command


@kernel.command(epilog="It goes into this Python environment where nothing else is said.")
@located
@click.option(
    "--display-name",
    default="Python (TIR sandbox)",
    show_default=True,
    help="What front ends show.",
)
def install(name: str, user: bool, sys_prefix: bool, prefix: str | None, display_name: str) -> None:
    """Have Jupyter list the sandboxed kernel. Prints the folder of its kernelspec."""
    check_choice(user, sys_prefix, prefix)
    name = checked_name(name)
    require_provisioner()
    manager = spec_manager()
    place = None if user else prefix or sys.prefix
    destination = kernels_of(manager, place) / name
    if destination.exists() and not is_ours(destination):
        raise BadInput(
            f"there is another kernel of the name {name!r}.",
            why=f"{destination} was not written by this command.",
            hint="tir kernel install --name my-sandbox",
        )
    try:
        with tempfile.TemporaryDirectory() as folder:
            text = json.dumps(kernelspec(display_name), indent=2)
            Path(folder, "kernel.json").write_text(f"{text}\n", encoding="utf-8")
            written = manager.install_kernel_spec(folder, name, user=user, prefix=place)
    except OSError as error:
        raise EnvironmentFailed(
            f"the kernelspec cannot be written to {destination}.",
            why=f"{error.strerror or error}.",
            hint="tir kernel install --user" if not user else f"ls -ld {destination.parent}",
        ) from error
    click.echo(written)
    if str(destination.parent) not in manager.kernel_dirs:
        data = destination.parent.parent
        click.echo(f"Jupyter does not look there by itself: export JUPYTER_PATH={data}", err=True)
    click.echo(
        f'Try: jupyter console --kernel {name}, or "{display_name}" in Jupyter Lab', err=True
    )


@kernel.command()
@located
def remove(name: str, user: bool, sys_prefix: bool, prefix: str | None) -> None:
    """Have Jupyter list it no more. Prints the folder that was removed."""
    check_choice(user, sys_prefix, prefix)
    name = checked_name(name)
    manager = spec_manager()
    if user or sys_prefix or prefix:
        place = None if user else prefix or sys.prefix
        manager.kernel_dirs = [str(kernels_of(manager, place))]
    found = manager.find_kernel_specs().get(name)
    if found is None:
        raise BadInput(
            f"there is no kernel {name!r}.",
            why=f"It is not in {', '.join(manager.kernel_dirs)}.",
            hint="jupyter kernelspec list",
        )
    if not is_ours(Path(found)):
        raise BadInput(
            f"the kernel {name!r} is not a sandboxed one.",
            why=f"{found} was not written by tir kernel install.",
            hint=f"jupyter kernelspec remove {name}",
        )
    try:
        click.echo(manager.remove_kernel_spec(name))
    except OSError as error:
        raise EnvironmentFailed(
            f"{found} cannot be removed.", why=f"{error.strerror or error}.", hint=f"ls -ld {found}"
        ) from error


def kernelspec(display_name: str) -> dict[str, Any]:
    """The kernel.json: what starts the kernel is named in the metadata.

    Front ends that do not know of that would run `argv`; without walls none must run.
    """
    return {
        "argv": [sys.executable, "-c", f"raise SystemExit({REFUSAL!r})", "{connection_file}"],
        "display_name": display_name,
        "language": "python",
        "metadata": {"kernel_provisioner": {"provisioner_name": PROVISIONER, "config": {}}},
    }


def is_ours(folder: Path) -> bool:
    """Whether a kernelspec names our provisioner."""
    try:
        spec = json.loads((folder / "kernel.json").read_text(encoding="utf-8"))
        return bool(spec["metadata"]["kernel_provisioner"]["provisioner_name"] == PROVISIONER)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def kernels_of(manager: "KernelSpecManager", prefix: str | None) -> Path:
    """The folder of kernelspecs below a prefix; None: among the user's own data."""
    if prefix is None:
        return Path(manager.user_kernel_dir)
    return Path(prefix).absolute() / "share" / "jupyter" / "kernels"


def spec_manager() -> "KernelSpecManager":
    try:
        from jupyter_client.kernelspec import KernelSpecManager
    except ImportError as error:
        raise EnvironmentFailed(
            "jupyter_client cannot be imported.", why=f"{error}.", hint="pip install jupyter_client"
        ) from error
    return KernelSpecManager(ensure_native_kernel=False)


def require_provisioner() -> None:
    """Jupyter hides a kernel whose provisioner it does not find, so nothing is written then."""
    if not entry_points(group=GROUP, name=PROVISIONER):
        raise EnvironmentFailed(
            "Jupyter would not find what starts the kernel.",
            why=f"tir-math is not installed in {sys.prefix}, it is only on the path.",
            hint="pip install tir-math",
        )


def check_choice(user: bool, sys_prefix: bool, prefix: str | None) -> None:
    if user + sys_prefix + (prefix is not None) > 1:
        raise click.UsageError("--user, --sys-prefix and --prefix exclude each other.")


def checked_name(name: str) -> str:
    """Jupyter knows names in lower case only."""
    if not name.isascii() or not name or not all(char.isalnum() or char in "-_." for char in name):
        raise click.UsageError(f"{name!r}: a name has letters, digits and - _ . alone.")
    return name.lower()
