"""The cells of a table, column by column: numbers as float64, everything else as numbered texts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .csv_layout import Layout

#: The largest number that float32 holds.
LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, eq=False)
class Cells:
    """One column of a table.

    values: numbers of shape (rows,), NaN where a cell is no number or missing. codes: for each cell that is a text, its
    place in `texts`, otherwise −1; None if no cell is. Texts beyond the first 20,000 different ones share a place.
    too_large: the first row whose number float32 can't hold, and that cell.
    """

    values: np.ndarray
    codes: np.ndarray | None = None
    texts: tuple[str, ...] = ()
    too_large: tuple[int, str] | None = None

    @property
    def is_text(self) -> np.ndarray:
        """For each row, whether its cell is a text and no number."""
        if self.codes is None:
            return np.zeros(len(self.values), bool)
        return (self.codes >= 0) & np.isnan(self.values)

    @property
    def is_missing(self) -> np.ndarray:
        """For each row, whether its cell is missing."""
        if self.values.dtype.kind != "f":
            return np.zeros(len(self.values), bool)
        return np.isnan(self.values) & ~self.is_text

    def as_texts(self) -> np.ndarray:
        """All cells as texts, numbers as short as they can be written; "" for a missing one."""
        codes = np.full(len(self.values), -1) if self.codes is None else self.codes
        cells = np.array([*self.texts, ""], object)[codes]
        for row in np.flatnonzero((codes < 0) & ~self.is_missing).tolist():
            cells[row] = f"{float(self.values[row]):.15g}"
        return cells

    def rows(self, chosen: np.ndarray) -> "Cells":
        """Some of the rows."""
        codes = None if self.codes is None else self.codes[chosen]
        return Cells(self.values[chosen], codes, self.texts, self.too_large)


@dataclass(frozen=True, eq=False)
class Table:
    """The cells of a table file.

    lines: the line of each row in the file; None if they follow each other. matrix: the columns that `places` names,
    side by side, where they were read together.
    """

    layout: Layout
    cells: dict[str, Cells]
    lines: np.ndarray | None = None
    matrix: np.ndarray | None = None
    places: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.cells.values())).values)

    def rows(self, chosen: np.ndarray) -> "Table":
        """A table of some of the rows."""
        cells = {name: one.rows(chosen) for name, one in self.cells.items()}
        lines = np.arange(len(self)) + self.layout.num_above + 1 if self.lines is None else self.lines
        return Table(self.layout, cells, lines[chosen])

    def numbers(self, names: Sequence[str]) -> np.ndarray:
        """The numbers of some columns, of shape (rows, columns)."""
        if self.matrix is not None and all(name in self.places for name in names):
            places = [self.places[name] for name in names]
            is_all = places == list(range(self.matrix.shape[1]))
            return self.matrix if is_all else self.matrix[:, places]
        return np.column_stack([self.cells[name].values for name in names])

    def line(self, row: int) -> int:
        """The line of a row in the file."""
        return int(self.lines[row]) if self.lines is not None else self.layout.num_above + row + 1

    def at(self, row: int, column: str) -> str:
        """`mine.csv, line 7, column b`."""
        return f"{self.layout.file}, line {self.line(row)}, column {column}"
