"""New rows of a table for a trained network: encoded as the rows that it learned from."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..errors import DataError
from .columns import TableEncoding
from .csv_cells import Table
from .csv_labels import LabelColumns, labels_of
from .csv_layout import Layout, find_layout, shown_names
from .csv_parsing import read_cells


class NewRows(NamedTuple):
    """Rows for a network. labels: those that the file names, each None if it names none; remarks: a sentence each."""

    x: np.ndarray
    labels: tuple[str | None, ...]
    remarks: tuple[str, ...]
    table: Table


def read_new_rows(file: str, text: bytes, encoding: TableEncoding) -> NewRows:
    """Rows of a table as the input of a network that learned from others.

    file: a name for messages. text: as `read_text` or `as_utf8` returns it. The columns may stand in any order; a label
    column is not needed.
    Raises `DataError` for missing columns, and with line and column for a cell that can't be used.
    """
    layout, content = find_layout(file, text)
    layout = _named_by(encoding, layout)
    has_label = bool(encoding.label) and set(encoding.label) <= set(layout.names)
    columns = [layout.names.index(name) for name in encoding.label] if has_label else []
    table = read_cells(layout, content, columns)
    if not len(table):
        raise DataError(f"{file} holds a line of column names and no rows. Add a row to predict.")
    x, remarks = encoding.encode(table)
    known = {*(column.name for column in encoding.columns), *encoding.label, *encoding.left_out}
    extra = [name for name in layout.names if name not in known]
    ignored = f"{file}: these columns are ignored, since the network never saw them: {shown_names(extra)}."
    labels: Sequence[str | None] = [None] * len(table)
    if has_label:
        labels = [str(label) or None for label in labels_of(table, LabelColumns(encoding.label)).tolist()]
    return NewRows(x, tuple(labels), (*([ignored] if extra else []), *remarks), table)


def _named_by(encoding: TableEncoding, layout: Layout) -> Layout:
    """The layout of a file without names, whose columns are those of the file that the network learned from."""
    if layout.has_names:
        return layout
    learned = [*(column.name for column in encoding.columns), *encoding.label, *encoding.left_out]
    in_order = sorted(learned, key=_number_in_name)
    if len(layout.names) == len(learned) and all(map(_number_in_name, learned)):
        names = tuple(in_order)
    elif len(layout.names) == len(encoding.columns):
        names = tuple(column.name for column in encoding.columns)
    else:
        raise DataError(
            f"The first line of {layout.file} must name the columns. Received: {len(layout.names)} columns without "
            f"names, where the network learned {len(encoding.columns)}. Put a line of names above it."
        )
    return replace(layout, names=names)


def _number_in_name(name: str) -> int:
    match = re.fullmatch(r"column (\d{1,5})", name)
    return int(match.group(1)) if match else 0
