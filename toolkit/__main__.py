"""`python -m toolkit`."""

import sys
from io import TextIOWrapper

from .cli import main

# EUC-KR and Latin-1 have no dash for "nothing": a question mark stands for it. Standard error does the like by itself.
if isinstance(sys.stdout, TextIOWrapper):
    sys.stdout.reconfigure(errors="replace")
sys.exit(main(sys.argv[1:]))
