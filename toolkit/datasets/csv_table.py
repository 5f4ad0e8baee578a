"""CSV files: a line of column names, then one row per line: numbers and a label."""

import csv
from array import array
from collections.abc import Iterator
from io import StringIO
from math import isfinite
from pathlib import Path

import numpy as np

from ..errors import ConfigError, DataError, Problem, nearest
from ..formatting import shortened
from .labels import check_class_name
from .raw import RawData
from .separators import separator_of, skip_to_names

_MOST_BYTES, _MOST_COLUMNS, _MOST_ROWS = 20_000_000, 200, 200_000
_LONGEST_NAME = 100
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})


def read_csv(path: Path, label: str | None = None) -> RawData:
    """Read a table whose column `label` (None: the last one) holds the classes, and all others numbers.

    UTF-8; cells are separated by commas, semicolons or tabs, whichever splits the first rows evenly. Empty lines, and
    Excel's `sep=;` above the names, are skipped.
    Raises `DataError` with line and column if a cell can't be read, `ConfigError` for an unknown label.
    """
    lines = _Lines(path)
    names = lines.header
    target = _place(label, names) if label is not None else len(names) - 1
    features = [name for index, name in enumerate(names) if index != target]
    numbers, labels = array("f"), []
    for cells in lines:
        labels.append(cells.pop(target).strip())
        if labels[-1].lower() in _MISSING:
            raise lines.missing(names[target])
        check_class_name(lines.at, labels[-1])
        numbers.extend(_numbers(lines, cells, features))
    if not labels:
        raise DataError(f"{path.name} holds a line of column names and no rows. Add at least one row per class.")
    x = np.array(numbers, np.float32).reshape(len(labels), len(features))
    return RawData(x, np.array(labels), feature_names=tuple(features))


def read_columns(path: Path) -> tuple[tuple[str, ...], str]:
    """A table's column names, and the column that most likely holds the classes.

    That is the last column whose first value is text; if all are numbers, the last one.
    Raises `DataError` if the file can't be read as a table.
    """
    lines = _Lines(path)
    names = tuple(lines.header)
    first = dict(zip(names, next(iter(lines), ()), strict=False))
    in_words = [name for name, cell in first.items() if not _is_number(cell) and cell.strip().lower() not in _MISSING]
    return names, (in_words or names)[-1]


class _Lines:
    """Iterates over the rows of a file, checks that each is as long as the first line, and tracks the line number."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        text = StringIO(_text(path), newline="")
        self._num_above = skip_to_names(text)
        self._reader = csv.reader(text, delimiter=separator_of(text), strict=True)
        self.header = [name.strip() for name in next(self._rows(), [])]
        self._check_header()

    def __iter__(self) -> Iterator[list[str]]:
        for count, cells in enumerate(self._rows(), 1):
            if len(cells) != len(self.header):
                raise DataError(
                    f"{self.at} must have {len(self.header)} cells, like the first line. Received: {len(cells)}. "
                    "Complete the line or remove it."
                )
            if count > _MOST_ROWS:
                raise DataError(f"{self._name} has more than {_MOST_ROWS:,} rows. Keep a part of them.")
            yield cells

    @property
    def at(self) -> str:
        """`mine.csv, line 7`."""
        return f"{self._name}, line {self._num_above + self._reader.line_num}"

    def missing(self, column: str) -> DataError:
        """The error for an empty cell."""
        return DataError(f"{self.at}, column {column}: the value is missing. Fill it in, or remove the line.")

    def _rows(self) -> Iterator[list[str]]:
        try:
            yield from filter(None, self._reader)
        except csv.Error as error:
            raise DataError(f"{self.at} can't be read ({error}). Save the table again as CSV.") from None

    def _check_header(self) -> None:
        count = len(self.header)
        if not 2 <= count <= _MOST_COLUMNS:
            remedy = "Separate the cells with commas." if count < 2 else "Leave columns out."
            raise DataError(
                f"{self._name} must have from 2 to {_MOST_COLUMNS} columns, the label among them. "
                f"Received: {count}. {remedy}"
            )
        if longest := next((name for name in self.header if len(name) > _LONGEST_NAME), None):
            raise DataError(
                f"{self._name}: the name of a column may have at most {_LONGEST_NAME} characters. "
                f"Received: {len(longest):,}, {shortened(longest)}. Shorten it."
            )
        if "" in self.header:
            raise DataError(
                f"{self._name}: every column needs a name in the first line. Received: none for column "
                f"{self.header.index('') + 1}. Name it; pandas leaves row numbers out with to_csv(…, index=False)."
            )
        if len(set(self.header)) < count:
            twice = next(name for name in self.header if self.header.count(name) > 1)
            raise DataError(f"{self._name}: every column needs a name of its own. Received: {twice} twice. Rename one.")
        *features, _ = self.header
        if all(map(_is_number, features)) and features != [str(number) for number in range(count - 1)]:
            raise DataError(
                f"The first line of {self._name} must name the columns. Received: {', '.join(self.header)[:60]}. "
                "Put a line of names above it."
            )


def _numbers(lines: _Lines, cells: list[str], features: list[str]) -> list[float]:
    """The cells as numbers; raises `DataError` for the first that is missing or not a finite number."""
    try:
        values = list(map(float, cells))
        if all(map(isfinite, values)):
            return values
    except ValueError:
        pass
    for name, cell in zip(features, cells, strict=True):
        if cell.strip().lower() in _MISSING:
            raise lines.missing(name)
        if not _is_number(cell) or not isfinite(float(cell)):
            raise DataError(
                f"{lines.at}, column {name}: must be a finite number. Received: {cell.strip()[:40]}. Write numbers, "
                "remove the column, or make it the label."
            )
    raise AssertionError("a row that is not all numbers must have a cell that is not a number")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _place(label: str, names: list[str]) -> int:
    if label not in names:
        raise ConfigError([Problem("label", "the name of a column", label, nearest(label, names))])
    return names.index(label)


def _text(path: Path) -> str:
    if path.stat().st_size > _MOST_BYTES:
        raise DataError(
            f"{path.name} is {path.stat().st_size / 1e6:,.0f} MB; at most {_MOST_BYTES / 1e6:.0f} MB are read. "
            "Keep a part of the rows or columns."
        )
    content = path.read_bytes()
    if not content.strip():
        raise DataError(f"{path.name} is empty. Expected a line of column names, then a row a line.")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content:
        raise DataError(
            f"{path.name} is encoded as UTF-16. Save it as UTF-8: in Excel, Save As, CSV UTF-8 (comma delimited)."
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(
            f"{path.name}, line {line}: a character is not UTF-8. Save it as UTF-8: in Excel, Save As, "
            "CSV UTF-8 (comma delimited)."
        ) from None
