"""What `%load_ext tir` does. Loading the extension loads no model."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_ASKED = re.compile(r"%tir[ \t]+(\S.*\?)[ \t]*\n?")


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Adds the magics. IPython calls it for `%load_ext tir`; a second time changes nothing."""
    from tir.notebook.magics import TirMagics

    shell.register_magics(TirMagics)
    if keep_question not in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.append(keep_question)


def keep_question(lines: list[str]) -> list[str]:
    """`%tir What is 17^4?` asks for 17^4; IPython would take the sign for a request for help."""
    return [
        f"get_ipython().run_line_magic('tir', {found[1]!r})\n"
        if (found := _ASKED.fullmatch(line))
        else line
        for line in lines
    ]
