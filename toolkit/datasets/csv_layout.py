"""How a table file is laid out: its separator, whether its first line names the columns, and how it writes numbers."""

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO

from ..errors import DataError
from ..formatting import shortened
from .csv_text import decoded, with_single_spaces
from .separators import SPACES, separator_of, skip_to_names

#: 4,096 pixels, the label, and some that are left out.
MOST_COLUMNS = 4100
MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
_LONGEST_NAME = 100
#: Bytes at the beginning of a file that show its layout, and the rows among them.
_HEAD_BYTES, _HEAD_ROWS = 1 << 20, 50
_DECIMAL_COMMA = re.compile(r"[+-]?([1-9]\d{0,2}(\.\d{3})+|\d+)(,\d+)?([eE][+-]?\d+)?")
_COMMA_AT_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?|[+-]?\d+(\.\d+)?")
_CODE = re.compile(r"\+\d+|-?0\d+")

Number = Callable[[str], float]


@dataclass(frozen=True)
class Layout:
    """The layout of one table file.

    separator: a character; a space stands for any number of spaces and tabs. num_above: lines above the first row.
    numbers: for each column, the function that reads its numbers. plain: whether all columns but those in `texts` hold
    numbers as programs write them, as far as the first rows show.
    """

    file: str
    names: tuple[str, ...]
    has_names: bool
    separator: str
    num_above: int
    numbers: tuple[Number, ...]
    texts: frozenset[int]

    @property
    def is_plain(self) -> bool:
        """Whether no column has numbers with decimal commas."""
        return all(number is float for number in self.numbers)

    def comma_columns(self) -> tuple[str, ...]:
        """The columns whose numbers have commas."""
        return tuple(name for name, number in zip(self.names, self.numbers, strict=True) if number is not float)


def find_layout(file: str, content: bytes) -> tuple[Layout, bytes]:
    """The layout of a table, and its content, with single spaces if spaces separate its cells.

    Raises `DataError` if the first line can't be that of a table.
    """
    text = StringIO(_head(file, content), newline="")
    num_above = skip_to_names(text)
    separator = separator_of(text)
    if separator == SPACES:
        text = StringIO(with_single_spaces(text.read().encode()).decode(), newline="")
        content = with_single_spaces(content)
    reader = csv.reader(text, delimiter=separator, strict=True)
    rows: list[list[str]] = []
    first_line = 0
    try:
        for cells in filter(None, reader):
            rows.append(cells)
            first_line = first_line or reader.line_num
            if len(rows) > _HEAD_ROWS:
                break
    except csv.Error as error:
        if not rows:
            at = f"{file}, line {num_above + reader.line_num}"
            raise DataError(f"{at} can't be read ({error}). Save the table again as CSV.") from None
    first, *rest = [[cell.strip() for cell in cells] for cells in rows]
    same_length = [cells for cells in rest if len(cells) == len(first)]
    has_names = _names_columns(first, same_length)
    names = _names(file, first) if has_names else tuple(f"column {at}" for at in range(1, len(first) + 1))
    _check_names(file, names)
    shown = same_length if has_names else [first, *same_length]
    columns = [[cells[index] for cells in shown] for index in range(len(first))]
    numbers = _numbers(columns, separator)
    texts = frozenset(index for index, cells in enumerate(columns) if not all(map(_is_plain_number, cells)))
    above = num_above + (first_line if has_names else 0)
    return Layout(file, names, has_names, separator, above, numbers, texts), content


def shown_names(names: Sequence[str]) -> str:
    """The first names of columns, for a sentence."""
    return ", ".join(names[:10]) + (f" and {len(names) - 10:,} more" if len(names) > 10 else "")


def is_number(cell: str) -> bool:
    """Whether a cell is a number as programs write it."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def is_missing(cell: str) -> bool:
    """Whether a cell stands for a missing value."""
    return cell.strip().lower() in MISSING


def is_code(cell: str) -> bool:
    """Whether a cell is digits that a number would not keep, such as 01."""
    return _CODE.fullmatch(cell) is not None


def _head(file: str, content: bytes) -> str:
    head = content[:_HEAD_BYTES]
    if len(content) > _HEAD_BYTES and b"\n" in head:
        head = head[: head.rindex(b"\n") + 1]
    return decoded(file, head)


def _names_columns(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first line names the columns rather than being a row.

    Names are not numbers, unless they count: `0, 1, 2, kind`. Words that stand again below them are no names either.
    """
    numbers = [cell for cell in first if is_number(cell) and not is_missing(cell)]
    again = any(cell and not is_number(cell) and any(row[at] == cell for row in rows) for at, cell in enumerate(first))
    if numbers:
        return _counts(numbers) and not again
    return not (again and len(set(first)) < len(first))


def _counts(numbers: Sequence[str]) -> bool:
    if not all(number.isdecimal() for number in numbers):
        return False
    start = int(numbers[0])
    is_start = start == 0 or len(numbers) > 2
    return is_start and [int(number) for number in numbers] == list(range(start, start + len(numbers)))


def _names(file: str, first: Sequence[str]) -> tuple[str, ...]:
    """The names in the first line; an unnamed column, such as R's and pandas's row names, is called by its number."""
    names = tuple(name or f"column {number}" for number, name in enumerate(first, 1))
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{file}: every column needs a name of its own. Received: {twice} twice. Rename one.")
    return names


def _check_names(file: str, names: Sequence[str]) -> None:
    count = len(names)
    if not 2 <= count <= MOST_COLUMNS:
        remedy = "Separate the cells with commas." if count < 2 else "Leave columns out."
        raise DataError(
            f"{file} must have from 2 to {MOST_COLUMNS:,} columns, the label among them. Received: {count:,}. {remedy}"
        )
    if longest := next((name for name in names if len(name) > _LONGEST_NAME), None):
        raise DataError(
            f"{file}: the name of a column may have at most {_LONGEST_NAME} characters. "
            f"Received: {len(longest):,}, {shortened(longest)}. Shorten it."
        )


def _numbers(columns: Sequence[Sequence[str]], separator: str) -> tuple[Number, ...]:
    """How each column writes its numbers, as its first cells show; `1.234` is 1234 only beside decimal commas."""
    filled = [[cell for cell in cells if not is_missing(cell)] for cells in columns]
    found = [_number_of(cells, separator) for cells in filled]
    if _with_decimal_comma in found:
        for index, cells in enumerate(filled):
            if any("." in cell for cell in cells) and all(map(_DECIMAL_COMMA.fullmatch, cells)):
                found[index] = _with_decimal_comma
    return tuple(found)


def _number_of(cells: Sequence[str], separator: str) -> Number:
    if not any("," in cell for cell in cells):
        return float
    at_thousands = all(map(_COMMA_AT_THOUSANDS.fullmatch, cells))
    decimal = all(map(_DECIMAL_COMMA.fullmatch, cells))
    if at_thousands and not (decimal and separator != ","):
        return _with_comma_at_thousands
    return _with_decimal_comma if decimal else float


def _with_decimal_comma(cell: str) -> float:
    if not _DECIMAL_COMMA.fullmatch(stripped := cell.strip()):
        raise ValueError
    return float(stripped.replace(".", "").replace(",", "."))


def _with_comma_at_thousands(cell: str) -> float:
    if not _COMMA_AT_THOUSANDS.fullmatch(stripped := cell.strip()):
        raise ValueError
    return float(stripped.replace(",", ""))


def _is_plain_number(cell: str) -> bool:
    return is_number(cell) and not is_code(cell)
