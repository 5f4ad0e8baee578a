"""`python -m toolkit`, which the installed command `keras-toolkit` is too."""

import sys
from io import TextIOWrapper
from typing import NoReturn

from .cli import main


def run() -> NoReturn:
    """Run the command that stands on the command line, and exit with its status."""
    # EUC-KR and Latin-1 have no dash for "nothing": a question mark stands for it. Standard error does so by itself.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
