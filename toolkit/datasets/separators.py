"""Where the table begins in a CSV file, and what separates its cells."""

import csv
from contextlib import suppress
from io import StringIO
from itertools import islice

#: Where two fit alike, the later one is taken: `1,5;2,5` has commas in its numbers, and hardly any cell has a tab.
_SEPARATORS = ",;\t"
_ROWS_LOOKED_AT = 20


def skip_to_names(text: StringIO) -> int:
    """Move on to the line of column names; returns how many lines stand above it."""
    count = start = 0
    while (line := text.readline()) and _is_above(line):
        count, start = count + 1, text.tell()
    text.seek(start)
    return count


def separator_of(text: StringIO) -> str:
    """What splits most of the first rows into as many cells as there are names, two at least; then, into most cells.

    text: at its line of column names, where it is left. `csv.Sniffer` does not do: it gives up where a row is too
    short, and prefers the commas of `1,5;2,5`.
    """
    start = text.tell()
    fits = {}
    for separator in _SEPARATORS:
        text.seek(start)
        fits[separator] = _fit(text, separator), _SEPARATORS.index(separator)
    text.seek(start)
    return max(_SEPARATORS, key=fits.__getitem__)


def _is_above(line: str) -> bool:
    """Whether a line is empty, as Excel has it too, of separators alone; or Excel's own, such as `sep=;`."""
    is_excels = line.lower().startswith("sep=") and len(line.strip()) <= len("sep=;")
    return is_excels or not line.strip(f" \r\n{_SEPARATORS}")


def _fit(text: StringIO, separator: str) -> tuple[int, int]:
    """How many of the first rows are as long as the line of names, and how long that is; zeros for one cell."""
    lengths: list[int] = []
    # A quoted name that another separator would end is an error; the rows before it count.
    with suppress(csv.Error):
        for cells in islice(filter(None, csv.reader(text, delimiter=separator, strict=True)), _ROWS_LOOKED_AT):
            lengths.append(len(cells))
    num_names = lengths[0] if lengths else 0
    return (lengths.count(num_names), num_names) if num_names > 1 else (0, 0)
