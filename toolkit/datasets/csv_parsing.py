"""Reads the cells of a table file.

A table of plain numbers goes through pandas's parser in C. Whatever that can't read is read cell by cell, which also
finds the line and column of what is wrong.
"""

import csv
import warnings
from array import array
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO, TextIOWrapper
from itertools import islice

import numpy as np

from ..errors import DataError
from .csv_cells import LARGEST, Cells, Table
from .csv_layout import Layout, Number, is_missing
from .csv_text import decoded

_MOST_ROWS, _MOST_CELLS = 200_000, 60_000_000
_CELLS_AT_ONCE = 2_000_000
#: Different texts that are kept of one column, and of all of them together.
_MOST_TEXTS, _MOST_TEXTS_IN_ALL = 20_000, 1_000_000


def read_cells(layout: Layout, content: bytes, labels: Collection[int]) -> Table:
    """All cells of a table. labels: the columns that may hold the classes, whose cells are kept as texts as well.

    Raises `DataError` with the line for a row of another length, what is no CSV or no UTF-8, and too many rows.
    """
    table = _read_plain(layout, content, labels) if layout.is_plain and layout.texts <= {*labels} else None
    return table or _read_carefully(layout, content, labels)


def _read_plain(layout: Layout, content: bytes, labels: Collection[int]) -> Table | None:
    """A table whose columns are all plain numbers, but for the labels; None if a cell is not, or anything is odd."""
    import pandas as pd

    count = len(layout.names)
    dtypes = dict.fromkeys(labels, str)
    chunks: list[np.ndarray] = []
    budget = _Budget(layout.file)
    columns = {index: _LabelColumn(layout.numbers[index], budget) for index in labels}
    plain = [index for index in range(count) if index not in columns]
    try:
        with (
            warnings.catch_warnings(action="error", category=pd.errors.ParserWarning),
            pd.read_csv(
                BytesIO(content),
                sep=layout.separator,
                header=None,
                skiprows=layout.num_above,
                dtype=dtypes,
                na_filter=False,
                chunksize=max(1, _CELLS_AT_ONCE // count),
                low_memory=False,
            ) as reader,
        ):
            for frame in reader:
                if frame.shape[1] != count:
                    return None
                for index, column in columns.items():
                    column.add([cell.strip() for cell in frame[index].tolist()])
                numbers = frame[plain]
                if not all(dtype.kind in "iuf" for dtype in numbers.dtypes):
                    return None
                values = _smallest(numbers.to_numpy())
                if values is None:
                    return None
                chunks.append(values)
                _check_size(layout, sum(map(len, chunks)))
    except (pd.errors.ParserError, pd.errors.EmptyDataError, pd.errors.ParserWarning, ValueError, OverflowError):
        return None
    if any(column.has_gap for column in columns.values()):
        return None
    matrix = _joined(chunks, len(plain))
    cells = {layout.names[index]: Cells(matrix[:, place]) for place, index in enumerate(plain)}
    cells |= {layout.names[index]: column.finish() for index, column in columns.items()}
    places = {layout.names[index]: place for place, index in enumerate(plain)}
    return Table(layout, {name: cells[name] for name in layout.names}, matrix=matrix, places=places)


def _smallest(values: np.ndarray) -> np.ndarray | None:
    """Numbers as the smallest of uint8, int16, int32 and float64 that holds them; None if float32 could not."""
    if values.dtype.kind in "iu" and values.size:
        low, high = int(values.min()), int(values.max())
        for dtype in (np.uint8, np.int16, np.int32):
            if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
                return values.astype(dtype)
    values = values.astype(np.float64)
    return values if bool((np.abs(values) <= LARGEST).all()) else None


def _joined(chunks: list[np.ndarray], width: int) -> np.ndarray:
    """All chunks as one array; each is released as soon as it is copied."""
    dtype = np.result_type(*(chunk.dtype for chunk in chunks)) if chunks else np.dtype(np.float64)
    joined, row = np.empty((sum(map(len, chunks)), width), dtype), 0
    chunks.reverse()
    while chunks:
        chunk = chunks.pop()
        joined[row : row + len(chunk)] = chunk
        row += len(chunk)
    return joined


def _check_size(layout: Layout, rows: int) -> None:
    if rows > _MOST_ROWS:
        raise DataError(f"{layout.file} has more than {_MOST_ROWS:,} rows. Keep a part of them.")
    if rows * len(layout.names) > _MOST_CELLS:
        raise DataError(f"{layout.file} has more than {_MOST_CELLS:,} cells. Keep a part of the rows or columns.")


def _read_carefully(layout: Layout, content: bytes, labels: Collection[int]) -> Table:
    budget = _Budget(layout.file)
    columns = [
        _LabelColumn(number, budget) if index in labels else _Column(number, budget)
        for index, number in enumerate(layout.numbers)
    ]
    lines: array[int] = array("i")
    rows = _rows(layout, content, lines)
    while chunk := list(islice(rows, max(1, _CELLS_AT_ONCE // 10 // len(columns)))):
        _check_size(layout, len(lines))
        for column, cells in zip(columns, zip(*chunk, strict=True), strict=True):
            column.add(cells)
    found = {name: column.finish() for name, column in zip(layout.names, columns, strict=True)}
    return Table(layout, found, np.array(lines, np.int32))


def _rows(layout: Layout, content: bytes, lines: "array[int]") -> Iterator[list[str]]:
    """The rows of a table; the line of each is added to `lines`."""
    text = TextIOWrapper(BytesIO(content), "utf-8", newline="")
    for _ in range(layout.num_above):
        text.readline()
    reader = csv.reader(text, delimiter=layout.separator, strict=True)
    count = len(layout.names)
    try:
        for cells in reader:
            if not cells:
                continue
            if len(cells) != count:
                raise DataError(
                    f"{layout.file}, line {layout.num_above + reader.line_num} must have {count} cells, like the first "
                    f"line. Received: {len(cells)}. Complete the line or remove it."
                )
            lines.append(layout.num_above + reader.line_num)
            yield cells
    except csv.Error as error:
        at = f"{layout.file}, line {layout.num_above + reader.line_num}"
        raise DataError(f"{at} can't be read ({error}). Save the table again as CSV.") from None
    except UnicodeDecodeError:
        decoded(layout.file, content)
        raise


@dataclass
class _Budget:
    """How many different texts have been kept."""

    file: str
    taken: int = 0

    def take(self) -> None:
        """Count one more. Raises `DataError` if there are too many."""
        self.taken += 1
        if self.taken > _MOST_TEXTS_IN_ALL:
            raise DataError(
                f"{self.file} holds more than {_MOST_TEXTS_IN_ALL:,} different texts. Keep a part of the rows or "
                "columns."
            )


@dataclass
class _Column:
    """A column while it is read."""

    number: Number
    budget: _Budget
    values: list[np.ndarray] = field(default_factory=list)
    count: int = 0
    rows: "array[int]" = field(default_factory=lambda: array("i"))
    codes: "array[int]" = field(default_factory=lambda: array("i"))
    texts: dict[str, int] = field(default_factory=dict)
    too_large: tuple[int, str] | None = None

    def add(self, cells: Sequence[str]) -> None:
        """Add the next cells."""
        try:
            values = np.array(list(map(self.number, cells)))
            if not bool((np.abs(values) <= LARGEST).all()):
                raise ValueError
        except ValueError:
            values = np.array([self._value(self.count + row, cell) for row, cell in enumerate(cells)], np.float64)
        self.values.append(values)
        self.count += len(cells)

    def _value(self, row: int, cell: str) -> float:
        if is_missing(cell):
            return float("nan")
        try:
            value = self.number(cell)
        except ValueError:
            self.rows.append(row)
            self.codes.append(self._code(cell.strip()))
            return float("nan")
        if not abs(value) <= LARGEST and self.too_large is None:
            self.too_large = row, cell.strip()
        return value

    def _code(self, text: str) -> int:
        if text not in self.texts and len(self.texts) < _MOST_TEXTS:
            self.budget.take()
            self.texts[text] = len(self.texts)
        return self.texts.get(text, 0)

    def finish(self) -> Cells:
        """The column, with all its rows."""
        values = np.concatenate(self.values) if self.values else np.zeros(0)
        if not self.rows:
            return Cells(values, too_large=self.too_large)
        codes = np.full(len(values), -1, np.int32)
        codes[np.array(self.rows)] = self.codes
        return Cells(values, codes, tuple(self.texts), self.too_large)


@dataclass
class _LabelColumn:
    """A column that may hold the classes, while it is read: all its cells are kept as they are written."""

    number: Number
    budget: _Budget
    codes: "array[int]" = field(default_factory=lambda: array("i"))
    texts: dict[str, int] = field(default_factory=dict)
    has_gap: bool = False

    def add(self, cells: Sequence[str]) -> None:
        """Add the next cells."""
        for cell in cells:
            if is_missing(cell):
                self.has_gap = True
                self.codes.append(-1)
                continue
            text = cell.strip()
            if text not in self.texts:
                self.budget.take()
                self.texts[text] = len(self.texts)
            self.codes.append(self.texts[text])

    def finish(self) -> Cells:
        """The column, with all its rows; numbers in it have a value and are a text."""
        numbers = np.array([*map(self._value, self.texts), np.nan])
        codes = np.array(self.codes, np.int32)
        values = numbers[codes]
        too_large = next((row for row in np.flatnonzero(np.abs(values) > LARGEST).tolist()), None)
        texts = tuple(self.texts)
        return Cells(values, codes, texts, None if too_large is None else (too_large, texts[codes[too_large]]))

    def _value(self, text: str) -> float:
        try:
            return self.number(text)
        except ValueError:
            return float("nan")
