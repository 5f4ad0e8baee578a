"""Table files: rows of numbers or texts and a label, or of a label and pixels; also new rows for a trained network."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..config.reading import NUMBERS, RECOGNISED, Reading
from ..errors import ConfigError, DataError, Problem, nearest
from .column_kinds import LearnedColumns, learn_columns
from .columns import PixelColumn, TableEncoding, check_numbers
from .csv_cells import Table
from .csv_labels import LabelColumns, choose_label, label_candidates, labels_of
from .csv_layout import Layout, find_layout, shown_names
from .csv_parsing import read_cells
from .csv_pixels import Pixels, find_pixels, picture_note
from .csv_text import read_text
from .dataset import Dataset
from .labels import number_labels
from .raw import split_test, test_note
from .values import clean_values

_TRAIN = re.compile(r"train(ing)?", re.IGNORECASE)


def read_table(path: Path, reading: Reading = RECOGNISED) -> Dataset:
    """Read a table file as a data set; a test part beside it, `digits_test.csv` beside `digits_train.csv`, is used.

    UTF-8 or UTF-16 with a mark, also gzipped; cells are separated by commas, semicolons, tabs, bars or spaces,
    whichever splits the first rows evenly. Empty lines, and Excel's `sep=;` above the names, are skipped. `notes` say
    which column was taken as the label, and what was done to the others: pictures are recognised, texts one-hot
    encoded, gaps filled.
    Raises `DataError` with line and column for a cell that can't be used, `ConfigError` for an unknown column.
    """
    table, label = _read(path, reading)
    labels = labels_of(table, label)
    notes = [label.note(path.name)] if reading["shape"] != NUMBERS else []
    notes += _layout_notes(table.layout)
    table, labels, missing = _without_gaps(table, labels, label)
    test, test_notes = _test_part(path, table.layout, reading, label)
    notes += [*missing, *test_notes]
    features = _features(table.layout, reading, label)
    pixels = find_pixels(table, features, reading["shape"])
    if pixels is not None:
        return _pictures(path.name, table, labels, label, pixels, test, [*filter(None, notes)])
    return _rows(path.name, table, labels, label, test, [*filter(None, notes)], reading)


def read_names(path: Path) -> tuple[str, ...]:
    """The names of a table's columns, by its first lines alone. Raises `DataError` if they are not those of a table."""
    return find_layout(path.name, read_text(path))[0].names


def _read(path: Path, reading: Reading) -> tuple[Table, LabelColumns]:
    layout, content = find_layout(path.name, read_text(path))
    for name in reading["leave_out"]:
        if name not in layout.names:
            raise ConfigError([Problem("leave_out", "the name of a column", name, nearest(name, layout.names))])
    candidates = label_candidates(layout, reading)
    table = read_cells(layout, content, [layout.names.index(name) for name in candidates])
    if not len(table):
        raise DataError(f"{path.name} holds a line of column names and no rows. Add at least one row per class.")
    return table, choose_label(table, reading)


def _features(layout: Layout, reading: Reading, label: LabelColumns) -> list[str]:
    hidden = {*reading["leave_out"], *label.names}
    features = [name for name in layout.names if name not in hidden]
    if overlap := [name for name in label.names if name in reading["leave_out"]]:
        raise ConfigError([Problem("leave_out", "another column than the label", overlap[0], "Keep the label.")])
    return features


def _without_gaps(table: Table, labels: np.ndarray, label: LabelColumns) -> tuple[Table, np.ndarray, list[str]]:
    """The rows that have a label, and a note on the others."""
    gaps = np.flatnonzero(labels == "")
    if not len(gaps):
        return table, labels, []
    file, column = table.layout.file, ", ".join(label.names)
    if len(gaps) == len(labels):
        raise DataError(f"{file}: the column {column} holds no labels. Fill it in, or name another with --label.")
    lines = [f"{table.line(row):,}" for row in gaps[:5].tolist()]
    where = f"line{'s' if len(lines) > 1 else ''} {', '.join(lines)}{', …' if len(gaps) > len(lines) else ''}"
    rows = "1 row without a label was" if len(gaps) == 1 else f"{len(gaps):,} rows without a label were"
    note = f"{file}: {rows} left out ({column}, {where})."
    kept = labels != ""
    return table.rows(kept), labels[kept], [note]


def _layout_notes(layout: Layout) -> list[str]:
    columns = layout.comma_columns()
    notes = [f"{layout.file}: numbers with commas were read in {shown_names(columns)}."] if columns else []
    if not layout.has_names:
        first, last = layout.names[0], layout.names[-1]
        notes.append(f"{layout.file}: its first line is a row and names no columns; they are called {first} … {last}.")
    return notes


@dataclass(frozen=True, eq=False)
class _TestPart:
    table: Table
    labels: np.ndarray


def _test_part(path: Path, layout: Layout, reading: Reading, label: LabelColumns) -> tuple[_TestPart | None, list[str]]:
    """The test part beside a training part, if it has the same columns, and a note on it."""
    beside = test_part_beside(path)
    if beside is None or reading["shape"] == NUMBERS:
        return None, []
    found, content = find_layout(beside.name, read_text(beside))
    if found.has_names != layout.has_names or found.names != layout.names:
        lacks = [name for name in label.names if name not in found.names]
        why = f"it has no column {', '.join(lacks)}" if lacks and found.has_names else "its columns are others"
        return None, [f"{beside.name} beside it is not used as the test part: {why}."]
    table = read_cells(found, content, [found.names.index(name) for name in label.names])
    labels = labels_of(table, label)
    table, labels, missing = _without_gaps(table, labels, label)
    return _TestPart(table, labels), [f"{beside.name} beside it, with the same columns, is the test part.", *missing]


def test_part_beside(path: Path) -> Path | None:
    """The file of the test part, if there is one beside `path` and that is named as a training part."""
    name = test_part_name(path.name)
    return path.with_name(name) if name and path.with_name(name).is_file() else None


def test_part_name(name: str) -> str | None:
    """What the test part of a training part is called, `digits_test.csv` for `digits_train.csv`; else None."""
    matches = list(_TRAIN.finditer(name))
    if not matches:
        return None
    word = matches[-1].group()
    test = ("TEST" if word.isupper() else "Test" if word[0].isupper() else "test") + word[5:]
    return name[: matches[-1].start()] + test + name[matches[-1].end() :]


def _split(name: str, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of the training rows and of the test rows."""
    training, test, _, _ = split_test(name, np.arange(len(y)), y)
    return training, test


def _numbered(
    name: str, labels: np.ndarray, label: LabelColumns, test: _TestPart | None
) -> tuple[tuple[str, ...], dict[str, np.ndarray], tuple[str, ...]]:
    """As `number_labels`; if the label was not named by the user, an error says which column was taken."""
    parts = {"train": labels} | ({"test": test.labels} if test else {})
    try:
        return number_labels(name, {part: values.astype(str) for part, values in parts.items()})
    except DataError as error:
        if not label.why:
            raise
        taken = ", ".join(label.names)
        raise DataError(f"{error} The label was taken from {taken}, since {label.why}; name another column.") from None


def _pictures(
    name: str,
    table: Table,
    labels: np.ndarray,
    label: LabelColumns,
    pixels: Pixels,
    test: _TestPart | None,
    notes: list[str],
) -> Dataset:
    parts = {"train": table} | ({"test": test.table} if test else {})
    pictures = {}
    for part, cells in parts.items():
        for column in pixels.names:
            check_numbers(cells, column, gaps_allowed=False)
        pictures[part] = pixels.of(cells.numbers(pixels.names))
    x, value_notes = clean_values(name, pictures)
    class_names, y, label_notes = _numbered(name, labels, label, test)
    used = {*pixels.names, *label.names}
    extra = [column for column in table.layout.names if column not in used]
    notes += [picture_note(name, pixels)]
    notes += [f"{name}: {shown_names(extra)} is no pixel and was left out."] if extra else []
    notes += [*value_notes, *label_notes]
    # A float picture's divisor is what its largest pixel became.
    divisor = None if x["train"].dtype == np.uint8 else _divisor(pictures["train"], x["train"])
    encoding = TableEncoding(
        columns=tuple(PixelColumn(name=column) for column in pixels.names),
        label=label.names,
        class_names=class_names,
        left_out=tuple(extra),
        shape=pixels.shape,
        divisor=divisor,
    )
    if test:
        return Dataset(name, x["train"], y["train"], x["test"], y["test"], class_names, (), tuple(notes), encoding)
    training, held = _split(name, y["train"])
    notes.append(test_note(name, len(training), len(held)))
    x_train, y_train = x["train"], y["train"]
    return Dataset(
        name,
        x_train[training],
        y_train[training],
        x_train[held],
        y_train[held],
        class_names,
        (),
        tuple(notes),
        encoding,
    )


def _divisor(before: np.ndarray, after: np.ndarray) -> float:
    largest = np.unravel_index(int(np.abs(before).argmax()), before.shape)
    return float(before[largest]) / float(after.reshape(before.shape)[largest]) if after.any() else 1.0


def _rows(
    name: str,
    table: Table,
    labels: np.ndarray,
    label: LabelColumns,
    test: _TestPart | None,
    notes: list[str],
    reading: Reading,
) -> Dataset:
    class_names, y, label_notes = _numbered(name, labels, label, test)
    training, held = (np.arange(len(table)), None) if test else _split(name, y["train"])
    features = _features(table.layout, reading, label)
    learned: LearnedColumns = learn_columns(table, features, training, plain=reading["shape"] == NUMBERS)
    encoding = TableEncoding(
        columns=tuple(learned.columns),
        label=label.names,
        class_names=class_names,
        left_out=(*reading["leave_out"], *learned.left_out),
    )
    x, _ = encoding.encode(table)
    notes += [*learned.notes, *label_notes]
    if test is not None:
        x_test, remarks = encoding.encode(test.table)
        parts = (x, y["train"], x_test, y["test"])
        notes += remarks
    else:
        assert held is not None
        parts = (x[training], y["train"][training], x[held], y["train"][held])
        notes.append(test_note(name, len(training), len(held)))
    return Dataset(name, *parts, class_names, encoding.feature_names, tuple(notes), encoding)
