"""How a notebook displays records on the last line of a cell.

IPython finds the functions of `display.py` by the records' class names, so that a record knows nothing about
figures, and nothing is imported before the first record is shown.
"""

import sys
from typing import Any


def register() -> None:
    """Tell a running IPython, such as a notebook's, how to display histories and evaluations; elsewhere do nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        return
    formatter = shell.display_formatter.mimebundle_formatter
    formatter.for_type_by_name("toolkit.training.history", "History", _history_bundle)
    formatter.for_type_by_name("toolkit.analysis.metrics", "Evaluation", _evaluation_bundle)


def _history_bundle(history: Any) -> dict[str, Any]:
    from .display import history_bundle

    return history_bundle(history)


def _evaluation_bundle(evaluation: Any) -> dict[str, Any]:
    from .display import evaluation_bundle

    return evaluation_bundle(evaluation)
