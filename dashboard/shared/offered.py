"""Checks what a visitor may choose, without touching any file that they name."""

import os.path
from collections.abc import Collection
from pathlib import Path
from typing import Any

from toolkit.datasets import DATASETS
from toolkit.runs import list_runs

#: The folder for uploaded data in the runs folder. Hidden, so that it is not listed as a run.
FOLDER = ".data"


def may_learn_from(dataset: Any, root: Path, brought: Collection[str]) -> bool:
    """Whether a page may read these data: known by name, uploaded in this session, or used by a run in `root`.

    brought: the paths of the uploaded data. A refused path is not touched, so that nobody can find out if it exists.
    """
    if not isinstance(dataset, str):
        return False
    return dataset in DATASETS or dataset in brought or bool(list_runs(root, dataset=dataset, limit=1))


def is_brought_to(root: Path, dataset: str) -> bool:
    """Whether a path has the form of an uploaded file in the runs folder; the file itself is not touched."""
    folder = os.path.join(os.path.realpath(root), FOLDER)
    return dataset.startswith(folder + os.sep) and os.path.normpath(dataset) == dataset


def row_in(selected: Any, count: int) -> int | None:
    """The first selected row of a table, if it is below `count`; otherwise None."""
    row = selected[0] if isinstance(selected, list) and selected else None
    return row if type(row) is int and 0 <= row < count else None
