"""The folder of the runs: the usual one, the one that a variable names, and how an advised command names it."""

import os
import shlex
from pathlib import Path

#: Where command line and dashboard look for runs, and put them: in the folder that they are started in.
DEFAULT_ROOT = Path("saved_models")
#: The variables that name another folder; TOOLKIT_ROOT is the older name.
ROOT_VARIABLES = ("TOOLKIT_RUNS", "TOOLKIT_ROOT")


def default_root() -> Path:
    """The folder of the runs unless a command names one: what TOOLKIT_RUNS says, else `saved_models` below here."""
    named = filter(None, map(os.environ.get, ROOT_VARIABLES))
    return Path(next(named, DEFAULT_ROOT))


def told_command(*words: str, root: Path) -> str:
    """`python -m toolkit …` as one can copy it, with the folder of the runs where that is not the usual one."""
    place = [] if root == DEFAULT_ROOT == default_root() else ["--root", str(root)]
    return shlex.join(["python", "-m", "toolkit", *words, *place])
