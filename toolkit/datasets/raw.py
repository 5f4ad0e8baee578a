"""From a user's arrays to a `Dataset`: check the rows, number the labels, split off a test part."""

from dataclasses import dataclass, replace

import numpy as np

from ..errors import DataError
from ..formatting import count
from .dataset import Dataset, check_numbers, check_rows
from .labels import number_labels
from .values import clean_values

#: The test part is drawn with a fixed seed, so that all runs on a file are tested on the same rows.
TEST_SHARE, SEED = 0.2, 777


@dataclass(frozen=True, eq=False)
class RawData:
    """A file's arrays, unchecked. Labels of any kind; without a test or validation part, its arrays are None."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray | None = None
    y_test: np.ndarray | None = None
    x_val: np.ndarray | None = None
    y_val: np.ndarray | None = None
    feature_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def to_dataset(name: str, raw: RawData) -> Dataset:
    """Check a file's arrays and make a `Dataset` of them.

    A validation part joins the training part, since the toolkit splits its own off; without a test part, it is the test
    part. Without both, a fifth of the rows becomes the test part.
    Raises `DataError` if rows, labels or values can't be used.
    """
    raw = _with_validation_placed(name, raw)
    parts = {"train": (raw.x_train, raw.y_train)}
    if raw.x_test is not None and raw.y_test is not None:
        parts["test"] = (raw.x_test, raw.y_test)
    for part, (x, y) in parts.items():
        check_rows(name, part, x, y)
    inputs, value_notes = clean_values(name, {part: x for part, (x, _) in parts.items()})
    for part, x in inputs.items():
        check_numbers(name, part, x)
    class_names, labels, label_notes = number_labels(name, {part: y for part, (_, y) in parts.items()})
    notes = [*raw.notes, *value_notes, *label_notes]
    x_train, y_train = inputs["train"], labels["train"]
    if "test" in parts:
        x_test, y_test = inputs["test"], labels["test"]
    else:
        x_train, x_test, y_train, y_test = split_test(name, x_train, y_train)
        notes.append(test_note(name, len(x_train), len(x_test)))
    return Dataset(name, x_train, y_train, x_test, y_test, class_names, raw.feature_names, tuple(notes))


def _with_validation_placed(name: str, raw: RawData) -> RawData:
    if raw.x_val is None or raw.y_val is None:
        return raw
    check_rows(name, "val", raw.x_val, raw.y_val)
    rows = count(len(raw.x_val), "row")
    if raw.x_test is None:
        note = f"{name} has no test part: its validation part of {rows} is kept for the test."
        return replace(raw, x_test=raw.x_val, y_test=raw.y_val, x_val=None, notes=(*raw.notes, note))
    for key, one, other in (("x", raw.x_train, raw.x_val), ("y", raw.y_train, raw.y_val)):
        if one.shape[1:] != other.shape[1:]:
            raise DataError(
                f"{name}: {key}_train and {key}_val must hold rows of one shape. Received: {one.shape} and "
                f"{other.shape}. Check how the file was written."
            )
    note = (
        f"{name}: the validation part of {rows} was added to the training part, from which the toolkit splits rows for "
        "validation itself."
    )
    x, y = (np.concatenate(both) for both in ((raw.x_train, raw.x_val), (raw.y_train, raw.y_val)))
    return replace(raw, x_train=x, y_train=y, x_val=None, notes=(*raw.notes, note))


def test_note(name: str, training: int, test: int) -> str:
    """That rows were split off for the test."""
    return (
        f"{name} has no test part: {test:,} of {test + training:,} rows, always the same ones, are kept for the test."
    )


def split_test(name: str, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Keep a fifth of the rows for the test, stratified by class if there are enough rows.

    Returns `(x_train, x_test, y_train, y_test)`. Raises `DataError` if too few rows are left for training.
    """
    from sklearn.model_selection import train_test_split

    if len(y) < 2:
        raise DataError(f"{name} holds a single row. Add rows: a fifth of them is kept for the test.")
    settings = {"test_size": TEST_SHARE, "random_state": SEED}
    try:
        parts = train_test_split(x, y, **settings, stratify=y)
    except ValueError:  # A class of one row, or fewer test rows than classes.
        parts = train_test_split(x, y, **settings)
    x_train, x_test, y_train, y_test = parts
    if lost := set(y.tolist()) - set(y_train.tolist()):
        raise DataError(
            f"{name}: every class needs training rows and test rows. Received: {len(y):,} rows in all, and "
            f"{len(lost)} of {len(set(y.tolist()))} classes with too few of them. Add rows, or leave those classes out."
        )
    return x_train, x_test, y_train, y_test
