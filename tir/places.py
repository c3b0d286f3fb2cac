"""Where what is kept for a user lies: the folders of the platform (XDG on Linux)."""

import os
from pathlib import Path

from tir.errors import EnvironmentFailed

_APP = "tir"


def config_file() -> Path:
    """The user's settings; `TIR_CONFIG` names another file."""
    if named := os.environ.get("TIR_CONFIG"):
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_config_dir(_APP, appauthor=False)) / "config.toml"


def state_folder() -> Path:
    """Where solved problems are kept, made for the user's eyes only; `TIR_STATE` names another.

    Raises:
        EnvironmentFailed: it cannot be made.
    """
    import platformdirs

    named = os.environ.get("TIR_STATE")
    folder = Path(named or platformdirs.user_state_dir(_APP, appauthor=False))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentFailed(
            f"the folder {str(folder)!r} cannot be made.",
            why=f"{error.strerror or error}.",
            hint="TIR_STATE=/some/folder tir history   (another place for it)",
        ) from error
    return folder
