"""`%tir` and `%%tir`: a problem solved in a notebook, watched live."""

from typing import Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from tir.api import solve
from tir.errors import BadInput
from tir.models.base import Model
from tir.notebook.arguments import parse
from tir.notebook.live import Live

LAST = "_tir"
"""The variable that always gets the solution, as `_` gets the last value."""


@magics_class
class TirMagics(Magics):
    """The magics of `%load_ext tir`."""

    @no_var_expand
    @line_cell_magic
    def tir(self, line: str, cell: str | None = None) -> None:
        """Solve a problem: `%tir 2x = 6` or, for more than a line, `%%tir -n 8 --as sol`.

        The work is shown while it goes on, and the solution in its place at the end. Interrupting
        the cell keeps what there is by then. `%tir --help` lists the options. Nothing in the
        problem is replaced: braces are mathematics.
        """
        arguments = parse(line)
        if arguments is None:
            return
        if cell is not None and arguments.question:
            raise BadInput(
                "there is a problem in the line and one in the cell.",
                why=f"In the line stands {arguments.question[:60]!r}.",
                hint="%%tir --as sol   (options only; the problem below)",
            )
        question = arguments.question if cell is None else cell.strip()
        if not question:
            raise BadInput(
                "there is no problem.",
                why="%tir takes it in the line, %%tir in the lines below.",
                hint="%tir Find all real x with 2x^2 - 7x + 3 = 0",
            )
        with Live(question, samples=arguments.policy.samples) as live:
            solution = solve(
                question,
                model=self._model(arguments.model),
                policy=arguments.policy,
                options=arguments.options,
                reward=arguments.reward,
                reward_options=arguments.reward_options,
                on_event=live.event,
                unsafe_no_sandbox=arguments.unsafe_no_sandbox,
            )
            live.finish(solution)
        self._variables().update(
            {name: solution for name in (LAST, arguments.name) if name is not None}
        )

    def _model(self, name: str) -> str | Model:
        """The loaded model that a variable of the notebook holds, else a name to be looked up."""
        value = self._variables().get(name)
        return value if isinstance(value, Model) and not isinstance(value, type) else name

    def _variables(self) -> dict[str, Any]:
        """Of the notebook."""
        assert self.shell is not None, "a magic is called by a shell"
        variables: dict[str, Any] = self.shell.user_ns
        return variables
