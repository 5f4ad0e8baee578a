"""Where the table begins in a CSV file, and which character separates its cells."""

import csv
from contextlib import suppress
from io import StringIO
from itertools import islice

#: If two fit equally well, the later one is used: `1,5;2,5` has commas in its numbers, and hardly any cell has a tab.
_SEPARATORS = ",;|\t"
#: Any number of spaces and tabs: only if nothing else fits, since names and texts hold spaces.
SPACES = " "
_ROWS_LOOKED_AT = 20


def skip_to_names(text: StringIO) -> int:
    """Move to the first line of the table; returns the number of lines above it."""
    count = start = 0
    while (line := text.readline()) and _is_above(line):
        count, start = count + 1, text.tell()
    text.seek(start)
    return count


def separator_of(text: StringIO) -> str:
    """The separator that splits most of the first rows into as many cells as there are names, at least two; of several,
    the one that gives the most cells.

    text: positioned at its line of column names, and left there. `csv.Sniffer` won't do: it gives up if a row is too
    short, and prefers the commas of `1,5;2,5`.
    """
    start = text.tell()
    fits = {}
    for separator in _SEPARATORS:
        text.seek(start)
        fits[separator] = _fit(text, separator), _SEPARATORS.index(separator)
    best = max(_SEPARATORS, key=fits.__getitem__)
    text.seek(start)
    if fits[best][0] == (0, 0) and _is_in_columns(text):
        best = SPACES
    text.seek(start)
    return best


def _is_above(line: str) -> bool:
    """Whether a line is empty, has only separators, as Excel's empty lines do, or is Excel's `sep=;`."""
    is_excels = line.lower().startswith("sep=") and len(line.strip()) <= len("sep=;")
    return is_excels or not line.strip(f" \r\n{_SEPARATORS}")


def _fit(text: StringIO, separator: str) -> tuple[int, int]:
    """How many of the first rows are as long as the line of names, and how long that is; zeros if that is one cell."""
    lengths: list[int] = []
    # With the wrong separator, a quoted cell may be an error; the rows before it count.
    with suppress(csv.Error):
        for cells in islice(filter(None, csv.reader(text, delimiter=separator, strict=True)), _ROWS_LOOKED_AT):
            lengths.append(len(cells))
    num_names = lengths[0] if lengths else 0
    return (lengths.count(num_names), num_names) if num_names > 1 else (0, 0)


def _is_in_columns(text: StringIO) -> bool:
    """Whether the first lines all hold the same number of words, at least two."""
    lengths = {len(line.split()) for line in islice(filter(str.strip, text), _ROWS_LOOKED_AT)}
    return len(lengths) == 1 and min(lengths) > 1
