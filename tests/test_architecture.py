"""The house: layers, file sizes, exports, and what an import may cost."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("executors", "problems", "tir")
FILES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
MOST_LINES = 400

LAYERS = (
    ("problems.", "executors."),
    ("tir.errors", "tir.places", "tir.settings", "tir.dialects", "tir.metrics", "tir.trajectory"),
    ("tir.solution", "tir.policy", "tir.reward"),
    ("tir.events", "tir.record", "tir.models", "tir.mini", "tir.vote", "tir.harness"),
    ("tir.select",),
    ("tir.checks", "tir.equality", "tir.episode", "tir.verify"),
    ("tir.checker", "tir.wave"),
    ("tir.ballot",),
    ("tir.inquiry",),
    ("tir.api",),
    ("tir.runs",),
    ("tir.render",),
    ("tir.students",),
    ("tir.cli", "tir.notebook", "tir.teaching", "tir.__main__"),
)
"""From the ground up. A module imports from its own row or from rows above it in this list."""


def modules_imported(file: Path) -> set[str]:
    """Absolute names of the project's modules that a file imports, wherever in it."""
    here = file.relative_to(ROOT).with_suffix("").parts
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: len(here) - node.level]) if node.level else ""
            found.add(f"{base}.{node.module}".strip(".") if node.module else base)
    return {name for name in found if name.split(".")[0] in PACKAGES}


def layer(module: str) -> int:
    for level, names in enumerate(LAYERS):
        if any(
            f"{module}.".startswith(name if name.endswith(".") else f"{name}.") for name in names
        ):
            return level
    raise AssertionError(f"{module} stands in no layer: add it to LAYERS")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_arrows_point_down(file: Path) -> None:
    name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    own = name.split(".")[0]
    for imported in modules_imported(file):
        if own in ("executors", "problems"):
            assert imported.split(".")[0] == own, f"{name} imports {imported}"
        elif name != "tir" and imported != "tir":
            assert layer(imported) <= layer(name), f"{name} imports {imported}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_file_is_one_noun_and_no_novel(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_model_text_is_never_evaluated_in_our_process(file: Path) -> None:
    """Only the harness may parse, and it runs in the sandbox; the worker parses by a grammar."""
    calls = [
        node.func
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]
    plain = {call.id for call in calls if isinstance(call, ast.Name)}
    methods = {call.attr for call in calls if isinstance(call, ast.Attribute)}
    assert not plain & {"eval", "exec", "sympify", "parse_expr"}
    allowed = {"parse_expr"} if file.name == "harness.py" else set()
    assert not methods & {"sympify", "parse_expr"} - allowed


@pytest.mark.parametrize("package", ["executors", "problems", "problems.families", "tir"])
def test_exports_are_sorted_and_there(package: str) -> None:
    module = __import__(package, fromlist=["__all__"])
    assert list(module.__all__) == sorted(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is not None


def test_tests_lie_flat() -> None:
    """A folder `tests/executors` would shadow the package of that name."""
    folders = {p.name for p in (ROOT / "tests").iterdir() if p.is_dir()} - {"__pycache__"}
    assert not folders & set(PACKAGES)


HEAVY = {"torch", "transformers", "sympy", "numpy", "zmq", "jupyter_client", "openai", "pandas"}


@pytest.mark.parametrize("code", ["import tir", "import problems", "import executors", "tir.cli"])
def test_imports_are_light(code: str) -> None:
    if code == "tir.cli":
        code = (
            "import sys; sys.argv = ['tir', '--help']\n"
            "import tir.cli\n"
            "try: tir.cli.main()\n"
            "except SystemExit as done: assert not done.code"
        )
    code += "\nimport sys\nprint(sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in ast.literal_eval(done.stderr.strip().split("\n")[-1])}
    assert not loaded & HEAVY
