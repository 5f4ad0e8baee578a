"""Which column of a table holds the classes, and the label of each row."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..config.reading import NUMBERS, Reading
from ..errors import ConfigError, DataError, Problem, nearest
from .columns import numbers_of
from .csv_cells import Table
from .csv_layout import Layout
from .csv_pixels import looks_like_pixels, named_pixels
from .labels import check_class_name

#: Names that say that a column holds the classes, the clearest first.
_NAMES = (
    *("label", "labels", "target", "targets", "survived", "species", "diagnosis", "outcome", "income", "churn"),
    *("class", "classes", "category", "y"),
)
#: More different values than this in a table without names are no classes.
_MOST_CLASSES = 100


@dataclass(frozen=True)
class LabelColumns:
    """The column of the classes, or several 0/1 columns, one a class; why: the reason as the end of a sentence."""

    names: tuple[str, ...]
    why: str = ""

    @property
    def are_one_hot(self) -> bool:
        """Whether each column is a class."""
        return len(self.names) > 1

    def note(self, file: str) -> str:
        """What is taken as the label and why; empty if the user named one column."""
        if self.are_one_hot:
            count = f"{file}: the columns {', '.join(self.names)} are one label of {len(self.names)} classes"
            return f"{count}: {self.why}." if self.why else f"{count}; the column of the 1 is the class."
        if not self.why:
            return ""
        column = self.names[0] if self.names[0].startswith("column ") else f"column {self.names[0]}"
        return f"{file}: the {column} holds the classes: {self.why}. Name another with --label."


def told_columns(label: str, names: Sequence[str]) -> tuple[str, ...]:
    """The columns that the user named: one, or several with commas between.

    Raises `ConfigError` for the first that does not exist.
    """
    if label in names:
        return (label,)
    found = tuple(one.strip() for one in label.split(","))
    for one in found:
        if one not in names:
            raise ConfigError([Problem("label", "the name of a column", one, nearest(one, names))])
    if len(set(found)) < len(found):
        raise ConfigError([Problem("label", "different columns", label, "Name each column once.")])
    return found


def label_candidates(layout: Layout, reading: Reading) -> list[str]:
    """The columns that may hold the classes, before any other cell is read."""
    names = [name for name in layout.names if name not in reading["leave_out"]]
    if reading["label"] is not None:
        return list(told_columns(reading["label"], layout.names))
    if reading["shape"] == NUMBERS:
        return names[-1:]
    if not layout.has_names:
        return list(dict.fromkeys([names[0], names[-1]]))
    if name := _by_name(names):
        return [name]
    texts = [layout.names[index] for index in sorted(layout.texts)]
    return list(dict.fromkeys([*(name for name in texts if name in names), names[-1]]))


def choose_label(table: Table, reading: Reading) -> LabelColumns:
    """The column of the classes: the one that the user named, or the likeliest.

    Raises `ConfigError` if the user named a column that does not exist.
    """
    if reading["label"] is not None:
        return LabelColumns(told_columns(reading["label"], table.layout.names))
    names = [name for name in table.layout.names if name not in reading["leave_out"]]
    if reading["shape"] == NUMBERS:
        return LabelColumns((names[-1],))
    if not table.layout.has_names:
        return _without_names(table, names)
    if name := _by_name(names):
        is_rest = len(named_pixels(names)) == len(names) - 1
        return LabelColumns((name,), "all others are pixels" if is_rest else "its name says so")
    if one_hot := _one_hot_at_the_end(table, names):
        return LabelColumns(one_hot, "in each row one of them is 1, all others are 0")
    texts = [name for name in names if table.cells[name].is_text.any() and _holds_classes(table, name)]
    if texts and not _holds_classes(table, names[-1]):
        return LabelColumns((texts[-1],), "it is the last one with texts that repeat")
    return LabelColumns((names[-1],), "it is the last one")


def labels_of(table: Table, label: LabelColumns) -> np.ndarray:
    """The label of each row as text, "" where it is missing.

    Raises `DataError` with the line for one-hot columns with a row that is not all 0 but for a single 1.
    """
    if not label.are_one_hot:
        cells = table.cells[label.names[0]]
        for text in cells.texts:
            if len(text) > 100:
                row = int(np.argmax(cells.codes == cells.texts.index(text)))
                check_class_name(f"{table.layout.file}, line {table.line(row)}", text)
        return cells.as_texts()
    ones = np.column_stack([numbers_of(table.cells[name]) for name in label.names])
    wrong = ~np.isin(ones, (0, 1)).all(axis=1) | (ones.sum(axis=1) != 1)
    if wrong.any():
        row = int(np.argmax(wrong))
        received = ", ".join("nothing" if np.isnan(one) else f"{one:g}" for one in ones[row][:10])
        raise DataError(
            f"{table.layout.file}, line {table.line(row)}: exactly one of the columns {', '.join(label.names)} must be "
            f"1 and all others 0. Received: {received}. Correct the row, or name one column as the label."
        )
    return np.array(label.names, object)[ones.argmax(axis=1)]


def _by_name(names: Sequence[str]) -> str | None:
    lower = {name.lower(): name for name in reversed(names)}
    pixels = set(named_pixels(names))
    others = [name for name in names if name not in pixels]
    if pixels and len(others) == 1:
        return others[0]
    return next((lower[name] for name in _NAMES if name in lower), None)


def _without_names(table: Table, names: Sequence[str]) -> LabelColumns:
    """The first or the last column, whichever holds few different values; if both do, the first only before pixels."""
    first, last = names[0], names[-1]
    if _holds_classes(table, first) and (not _holds_classes(table, last) or looks_like_pixels(table, names[1:])):
        return LabelColumns((first,), "there are no names, and the first column holds a few different values")
    return LabelColumns((last,), "there are no names, and it is the last one")


def _holds_classes(table: Table, name: str) -> bool:
    cells = table.cells[name]
    values = cells.values[~np.isnan(cells.values)]
    few = 2 <= len(cells.texts) <= min(_MOST_CLASSES, max(2, len(table) // 2))
    return few and bool((values == np.floor(values)).all())


def _one_hot_at_the_end(table: Table, names: Sequence[str]) -> tuple[str, ...]:
    """The fewest columns at the end, at least two, of which exactly one is 1 in each row; empty if there are none."""
    total = np.zeros(len(table))
    for count, name in enumerate(reversed(names[1:]), 1):
        ones = numbers_of(table.cells[name])
        if not np.isin(ones, (0, 1)).all():
            return ()
        total += ones
        if count > 1 and bool((total == 1).all()):
            return tuple(names[-count:])
        if bool((total > 1).any()):
            return ()
    return ()
