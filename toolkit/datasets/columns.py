"""How the columns of a table become numbers: the encoding that a run keeps, and that new rows go through as well."""

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..errors import DataError
from ..formatting import shortened
from .csv_cells import Cells, Table
from .csv_layout import Layout
from .csv_pixels import as_pictures

#: The category of missing texts.
MISSING_CATEGORY = "missing"
_TRUE, _FALSE = "true", "false"
_ROWS_AT_ONCE = 10_000

_Name = Annotated[str, Field(min_length=1, max_length=200)]
_Category = Annotated[str, Field(max_length=200)]


class _Column(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)

    name: _Name


class NumberColumn(_Column):
    """A column of numbers, or of true and false as 1 and 0: it becomes (x − offset) / scale, in float64.

    fill: x where it is missing.
    """

    kind: Literal["number"] = "number"
    fill: float = 0.0
    offset: float = 0.0
    scale: float = Field(1.0, gt=0)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the numbers that the column becomes."""
        return (self.name,)

    @property
    def changes(self) -> bool:
        """Whether numbers are moved or divided."""
        return bool(self.offset) or self.scale != 1


class CategoryColumn(_Column):
    """A column of texts: one number for each category, 1 for the row's own and 0 for the others."""

    kind: Literal["category"] = "category"
    categories: tuple[_Category, ...] = Field(min_length=1, max_length=1000)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the numbers that the column becomes."""
        return tuple(f"{self.name}={category}" for category in self.categories)


class PixelColumn(_Column):
    """A column of pixels, which stay as they are."""

    kind: Literal["pixel"] = "pixel"

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the numbers that the column becomes."""
        return (self.name,)


Column = Annotated[NumberColumn | CategoryColumn | PixelColumn, Field(discriminator="kind")]


class TableEncoding(BaseModel):
    """How the rows of a table become a network's input.

    columns: in the order of the input. label: the columns of the classes, and class_names what they stand for.
    left_out: columns that the network does not see. shape: of the pictures, if all columns are pixels; divisor: what
    their pixels are divided by, None if they stay bytes.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)

    columns: tuple[Column, ...] = Field(min_length=1, max_length=20_000)
    label: tuple[_Name, ...] = ()
    class_names: tuple[_Category, ...] = ()
    left_out: tuple[_Name, ...] = ()
    shape: tuple[int, ...] | None = None
    divisor: float | None = None

    @property
    def feature_names(self) -> tuple[str, ...]:
        """A name for each number of an encoded row."""
        return tuple(name for column in self.columns for name in column.feature_names)

    @property
    def changes(self) -> bool:
        """Whether a row has other numbers than its columns, or texts or gaps that became numbers."""
        return any(
            isinstance(column, CategoryColumn) or (isinstance(column, NumberColumn) and column.changes)
            for column in self.columns
        )

    def encode(self, table: Table) -> tuple[np.ndarray, tuple[str, ...]]:
        """A table's rows as a network's input, and a remark on each category that is unknown.

        Returns float32 of shape (rows, numbers), or pictures: uint8, or float32 if their pixels are divided.
        Raises `DataError` with line and column for a cell that can't be encoded, and for missing columns.
        """
        self._check_columns(table.layout)
        if self.shape is not None:
            return self._pictures(table, self.shape), ()
        x, place, remarks = np.empty((len(table), len(self.feature_names)), np.float32), 0, []
        for column in self.columns:
            width = len(column.feature_names)
            if isinstance(column, CategoryColumn):
                x[:, place : place + width], unknown = _ones(column, table.cells[column.name])
                remarks += [_unknown(table, column, unknown)] if unknown else []
            else:
                x[:, place] = _scaled(table, column)
            place += width
        return x, tuple(remarks)

    def _check_columns(self, layout: Layout) -> None:
        missing = [column.name for column in self.columns if column.name not in layout.names]
        if missing:
            lacks = ", ".join(missing[:5]) + (", …" if len(missing) > 5 else "")
            raise DataError(
                f"{layout.file} must have the columns that the network learned. Missing: {lacks}. Add "
                f"{'it' if len(missing) == 1 else 'them'}; an empty cell stands for a missing value."
            )

    def _pictures(self, table: Table, shape: tuple[int, ...]) -> np.ndarray:
        names = [column.name for column in self.columns]
        for name in names:
            check_numbers(table, name, gaps_allowed=False)
        x = as_pictures(table.numbers(names), shape)
        if self.divisor is None:
            outside = ~((x >= 0) & (x <= 255)).reshape(len(x), -1).all(axis=1)
            if outside.any():
                row = int(np.argmax(outside))
                raise DataError(f"{table.layout.file}, line {table.line(row)}: pixels must lie in 0…255.")
            return x.astype(np.uint8)
        return x.astype(np.float32) / np.float32(self.divisor)


def check_numbers(table: Table, name: str, *, gaps_allowed: bool = True) -> None:
    """Raises `DataError` with line and column for the first cell of a column that is no number that float32 holds."""
    cells = table.cells[name]
    texts = cells.is_text & ~_booleans(cells)
    if texts.any():
        row = int(np.argmax(texts))
        raise not_a_number(table, name, row)
    if cells.too_large is not None:
        row, cell = cells.too_large
        if np.isinf(cells.values[row]) and not any(map(str.isdigit, cell)):
            raise DataError(
                f"{table.at(row, name)}: must be a finite number. Received: {shortened(cell)}. Write numbers, remove "
                "the column, or make it the label."
            )
        raise DataError(
            f"{table.at(row, name)}: must be a number that float32 can hold, at most 3.4e38. Received: "
            f"{shortened(cell)}. Correct it, or write the column in a larger unit."
        )
    if not gaps_allowed and cells.is_missing.any():
        row = int(np.argmax(cells.is_missing))
        raise DataError(f"{table.at(row, name)}: the value is missing. Fill it in, or remove the line.")


def not_a_number(table: Table, name: str, row: int) -> DataError:
    """The error for a text among numbers."""
    cell = str(table.cells[name].rows(np.array([row])).as_texts()[0])
    return DataError(
        f"{table.at(row, name)}: must be a finite number. Received: {shortened(cell)}. Write numbers, remove the "
        "column, or make it the label."
    )


def numbers_of(cells: Cells) -> np.ndarray:
    """A column's numbers as float64, with true and false as 1 and 0; NaN where there is none."""
    values = cells.values.astype(np.float64)
    if cells.codes is not None:
        words = np.array([{_TRUE: 1.0, _FALSE: 0.0}.get(text.lower(), np.nan) for text in cells.texts] + [np.nan])
        values = np.where(cells.is_text, words[cells.codes], values)
    return values


def _booleans(cells: Cells) -> np.ndarray:
    """For each row, whether its cell is true or false."""
    if cells.codes is None:
        return np.zeros(len(cells.values), bool)
    words = np.array([text.lower() in (_TRUE, _FALSE) for text in cells.texts] + [False])
    return words[cells.codes]


def _scaled(table: Table, column: NumberColumn | PixelColumn) -> np.ndarray:
    check_numbers(table, column.name)
    values = numbers_of(table.cells[column.name])
    if isinstance(column, PixelColumn):
        return values
    values[np.isnan(values)] = column.fill
    return (values - column.offset) / column.scale


def _ones(column: CategoryColumn, cells: Cells) -> tuple[np.ndarray, list[str]]:
    """One-hot rows, and the texts that are no category; missing cells are the category for them, if there is one."""
    texts = cells.as_texts()
    texts[texts == ""] = MISSING_CATEGORY if MISSING_CATEGORY in column.categories else ""
    place = {category: at for at, category in enumerate(column.categories)}
    found = np.array([place.get(text, -1) for text in texts.tolist()], np.int64)
    ones = np.zeros((len(texts), len(column.categories)), np.float32)
    known = np.flatnonzero(found >= 0)
    ones[known, found[known]] = 1
    return ones, sorted({text for text in texts[found < 0].tolist() if isinstance(text, str)})


def _unknown(table: Table, column: CategoryColumn, unknown: Sequence[str]) -> str:
    shown = ", ".join(shortened(text) or "nothing" for text in unknown[:3]) + (", …" if len(unknown) > 3 else "")
    return (
        f"{table.layout.file}: the network never saw {shown} in the column {column.name}: none of its "
        f"{len(column.categories)} categories counts there."
    )
