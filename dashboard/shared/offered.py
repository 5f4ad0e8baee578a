"""What a visitor may choose, whatever they send: decided without looking at any file that they name."""

import os.path
from collections.abc import Collection
from pathlib import Path
from typing import Any

from toolkit.datasets import DATASETS
from toolkit.runs import list_runs

#: Where the runs folder keeps what was brought. Hidden, so that no list of runs takes it for one.
FOLDER = ".data"


def may_learn_from(dataset: Any, root: Path, brought: Collection[str]) -> bool:
    """Whether a page may read these data: known by name, brought in this session, or learnt from in a run of `root`.

    brought: the paths of what was brought. A path that is refused is not touched: nobody learns whether it is there.
    """
    if not isinstance(dataset, str):
        return False
    return dataset in DATASETS or dataset in brought or bool(list_runs(root, dataset=dataset, limit=1))


def is_brought_to(root: Path, dataset: str) -> bool:
    """Whether a path is spelt as one of a file that somebody has brought to the runs folder; it is not touched."""
    folder = os.path.join(os.path.realpath(root), FOLDER)
    return dataset.startswith(folder + os.sep) and os.path.normpath(dataset) == dataset


def row_in(selected: Any, count: int) -> int | None:
    """The first row that a table has selected, where there is such a row among `count`; else None."""
    row = selected[0] if isinstance(selected, list) and selected else None
    return row if type(row) is int and 0 <= row < count else None
