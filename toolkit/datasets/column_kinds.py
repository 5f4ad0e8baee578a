"""Learns the encoding of a table's columns from its training rows: numbers, texts, gaps, and what to leave out."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import DataError
from ..formatting import shortened
from .columns import MISSING_CATEGORY, CategoryColumn, NumberColumn, check_numbers, not_a_number, numbers_of
from .csv_cells import Cells, Table
from .csv_layout import shown_names
from .values import is_blurred

#: A text column with more categories is left out; also one of which more than half of the texts differ.
_MOST_CATEGORIES, _FEW_CATEGORIES = 100, 5
_MOST_NUMBERS, _MOST_NUMBERS_IN_ALL = 4096, 100_000_000
#: Up to this share of texts among numbers are mistakes.
_FEW = 0.1
_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([ T].*)?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})([ T].*)?|\d{1,2}:\d{2}(:\d{2}.*)?"
    r"|\d{1,2}[- ][A-Za-z]{3,9}[- ,]+\d{2,4}.*|[A-Za-z]{3,9} \d{1,2},? \d{4}.*"
)
#: Standard deviations outside of these vanish in Keras's Normalization, or their squares in float32.
_SMALLEST_SPREAD, _LARGEST_SPREAD = 1e-4, 1e15


@dataclass
class LearnedColumns:
    """The columns of the encoding, those left out, and a sentence for each adaptation."""

    columns: list[NumberColumn | CategoryColumn] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def learn_columns(
    table: Table, features: Sequence[str], training: np.ndarray, *, plain: bool = False
) -> LearnedColumns:
    """The encoding of the features of a table, learned from its training rows.

    training: the numbers of the training rows. plain: keep numbers as they are, as schema version 1 did.
    Raises `DataError` with line and column for dates and for what is neither a number nor meant as text.
    """
    found, told = LearnedColumns(), _Told()
    for name in features:
        cells = table.cells[name]
        if plain or not _is_text(table, name):
            check_numbers(table, name, gaps_allowed=not plain)
            _learn_number(found, told, name, cells, training, plain=plain)
        else:
            _learn_text(found, told, name, cells.rows(training))
    if not found.columns:
        raise DataError(
            f"{table.layout.file} has no column to learn from, apart from the label and what is left out. Add columns "
            "of numbers, or of texts that repeat."
        )
    if (width := sum(len(column.feature_names) for column in found.columns)) > _MOST_NUMBERS:
        raise DataError(
            f"{table.layout.file} becomes {width:,} numbers a row when its texts are encoded; at most "
            f"{_MOST_NUMBERS:,} can be learned from. Leave columns out."
        )
    if width * len(table) > _MOST_NUMBERS_IN_ALL:
        raise DataError(
            f"{table.layout.file} becomes {width * len(table):,} numbers when its texts are encoded; at most "
            f"{_MOST_NUMBERS_IN_ALL:,} can be learned from. Leave columns or rows out."
        )
    found.notes = [] if plain else [f"{table.layout.file}: {note}" for note in told.notes()]
    return found


@dataclass
class _Told:
    """What was done to which columns."""

    encoded: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    medians: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    unique: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    scaled: list[str] = field(default_factory=list)
    counting: list[str] = field(default_factory=list)
    constant: list[str] = field(default_factory=list)

    def notes(self) -> list[str]:
        """A sentence for each thing done."""
        sentences = (
            (self.encoded, "text was one-hot encoded, a number for each category: {}."),
            (self.words, "true and false became 1 and 0: {}."),
            (self.medians, "gaps were filled with the median of the rows that are not kept for the test: {}."),
            (self.classes, f'gaps in text became a category of their own, "{MISSING_CATEGORY}": {{}}.'),
            (self.unique, "too many different texts to learn from in {}, so that was left out."),
            (self.empty, "no row has a value in {}, so that was left out."),
            (self.moved, "float32 can't tell the values apart, so these were subtracted first: {}."),
            (self.scaled, "the spread is too small or too large for float32, so values were divided first: {}."),
            (
                self.counting,
                "the values in {} merely count the rows, and say nothing about a new one. Leave that out: {}.",
            ),
            (
                self.constant,
                "all rows have the same value in {}, so there is nothing to learn from it. Leave that out: {}.",
            ),
        )
        return [
            sentence.format(shown_names(names), " ".join(f"--leave-out {shlex.quote(name)}" for name in names[:10]))
            for names, sentence in sentences
            if names
        ]


def _is_text(table: Table, name: str) -> bool:
    """Whether a column holds categories rather than numbers.

    Raises `DataError` for dates, and for the first of a few texts among numbers: those are mistakes.
    """
    cells = table.cells[name]
    if cells.codes is None:
        return False
    is_text = cells.is_text
    texts, numbers = int(is_text.sum()), int((~np.isnan(cells.values)).sum())
    if texts == 0:
        return False
    row = int(np.argmax(is_text))
    dates = np.array([bool(_DATE.fullmatch(text)) for text in cells.texts] + [False])
    if 2 * int((dates[cells.codes] & is_text).sum()) >= texts + numbers:
        cell = str(cells.rows(np.array([row])).as_texts()[0])
        raise DataError(
            f"{table.at(row, name)}: dates and times can't be learned from. Received: {shortened(cell)}. Write what "
            "matters of them as numbers, such as the month or the hour, or leave the column out: --leave-out "
            f"{shlex.quote(name)}."
        )
    if bool(np.isnan(numbers_of(cells)[is_text]).sum() == 0) and numbers == 0:
        return False
    if numbers and (texts <= _FEW * (texts + numbers) or (texts == 1 and numbers > 2)):
        raise not_a_number(table, name, row)
    return True


def _learn_text(found: LearnedColumns, told: _Told, name: str, cells: Cells) -> None:
    texts = cells.as_texts()
    filled = texts[texts != ""]
    categories = sorted({str(text) for text in filled.tolist()})
    if not categories:
        told.empty.append(name)
        found.left_out.append(name)
        return
    if (
        len(categories) > min(_MOST_CATEGORIES, max(_FEW_CATEGORIES, len(filled) // 2))
        or max(map(len, categories)) > 200
    ):
        told.unique.append(name)
        found.left_out.append(name)
        return
    if gaps := len(texts) - len(filled):
        categories = sorted({*categories, MISSING_CATEGORY})
        told.classes.append(f"{name} ({gaps:,})")
    told.encoded.append(f"{name} ({len(categories)})")
    if len(categories) == 1:
        told.constant.append(name)
    found.columns.append(CategoryColumn(name=name, categories=tuple(categories)))


def _learn_number(
    found: LearnedColumns, told: _Told, name: str, cells: Cells, training: np.ndarray, *, plain: bool
) -> None:
    values = numbers_of(cells)
    learned = values[training]
    filled = learned[~np.isnan(learned)]
    if plain:
        found.columns.append(NumberColumn(name=name))
        return
    if not len(filled):
        told.empty.append(name)
        found.left_out.append(name)
        return
    fill = float(np.median(filled))
    offset = fill if is_blurred(filled, fill) else 0.0
    spread = float(np.std(filled - offset))
    scale = spread if spread and not _SMALLEST_SPREAD <= spread <= _LARGEST_SPREAD else 1.0
    if gaps := int(np.isnan(values).sum()):
        told.medians.append(f"{name} ({gaps:,})")
    if cells.is_text.any():
        told.words.append(name)
    if offset:
        told.moved.append(f"{name} ({offset:.15g})")
    if scale != 1:
        told.scaled.append(f"{name} ({scale:.3g})")
    if filled.min() == filled.max() and not gaps:
        told.constant.append(name)
    elif _merely_counts(values):
        told.counting.append(name)
    found.columns.append(NumberColumn(name=name, fill=fill, offset=offset, scale=scale))


def _merely_counts(values: np.ndarray) -> bool:
    """Whether each of at least ten rows has another whole number, without a gap between them."""
    if len(values) < 10 or np.isnan(values).any():
        return False
    low, high = float(values.min()), float(values.max())
    return high - low == len(values) - 1 and len(np.unique(values)) == len(values) and low == np.floor(low)
