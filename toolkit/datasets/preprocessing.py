"""From pixels and labels to a network's inputs and targets: validation split, scaling, flattening, one-hot encoding."""

from typing import NamedTuple

import numpy as np

from ..config import ExperimentConfig
from ..errors import DataError
from . import Dataset
from .dataset import check_dtype, check_labels


class Split(NamedTuple):
    """Training and validation rows, in scikit-learn's order of four."""

    x_train: np.ndarray
    x_val: np.ndarray
    y_train: np.ndarray
    y_val: np.ndarray


class RowSplit(NamedTuple):
    """The split that a config asks for, and a sentence for each adaptation to the data."""

    rows: Split
    notes: tuple[str, ...]


def split_validation(
    x: np.ndarray,
    y: np.ndarray,
    *,
    validation_split: float | None = None,
    validation_rows: int | None = None,
    seed: int = 0,
    stratify: bool = False,
) -> Split:
    """Hold back part of the training rows for validation.

    x: shape (rows, …). y: integers of shape (rows,).
    validation_split: a share in (0, 1), drawn at random with `seed`: the same rows as scikit-learn's
    `train_test_split(x, y, test_size=validation_split, random_state=seed)`; with `stratify` each class
    keeps its share. validation_rows: the first n rows instead, as TensorFlow 1's loader did.
    Without either, the validation part is empty.

    Returns `(x_train, x_val, y_train, y_val)`.
    Raises `DataError` if there are too few rows for the split.
    """
    # Imported here, since scikit-learn takes a second, and forms and `--help` don't need it.
    from sklearn.model_selection import train_test_split

    if len(x) != len(y):
        raise DataError(f"x and y must hold the same number of rows. Received: {len(x):,} and {len(y):,}.")
    if validation_split is None:
        held = _first_rows(len(x), validation_rows)
        return Split(x[held:], x[:held], y[held:], y[:held])
    if not 0 < validation_split < 1:
        raise DataError(f"validation_split must be above 0 and below 1. Received: {validation_split}. Try 0.3.")
    try:
        return Split(
            *train_test_split(x, y, test_size=validation_split, random_state=seed, stratify=y if stratify else None)
        )
    except ValueError as error:
        raise DataError(
            f"{len(x):,} rows of {len(np.unique(y))} classes can't be split with validation_split "
            f"{validation_split}: {str(error).rstrip('.')}. Choose a fraction that leaves rows on both sides."
        ) from None


def split_rows(data: Dataset, config: ExperimentConfig, x: np.ndarray | None = None) -> RowSplit:
    """Hold back the validation rows that a config asks for.

    x: what to split instead of `data.x_train`, with as many rows, such as the row numbers.
    Returns the split, with a note if fewer rows are held back than `validation_rows` says, which would take more than
    half of a small data set.
    Raises `DataError` if there are too few rows, or if a class has rows on only one side of the split.
    """
    num_rows, notes = len(data.x_train), []
    held = fitting_validation_rows(config.validation_rows, num_rows)
    if held is not None and held != config.validation_rows:
        notes.append(
            f"{data.name} has {num_rows:,} training rows: the first {held:,} are held back for validation, "
            f"not {config.validation_rows:,}."
        )
    split = split_validation(
        data.x_train if x is None else x,
        data.y_train,
        validation_split=config.validation_split,
        validation_rows=held,
        seed=config.seed,
        stratify=config.stratify,
    )
    if len(split.x_val):
        _check_classes(data, config, split)
    return RowSplit(split, tuple(notes))


def split_row_numbers(data: Dataset, config: ExperimentConfig) -> RowSplit:
    """As `split_rows`, but with row numbers instead of rows: computed once per run, and passed on."""
    return split_rows(data, config, np.arange(len(data.x_train)))


def _check_classes(data: Dataset, config: ExperimentConfig, split: Split) -> None:
    """Raises `DataError` if a class lacks training rows or validation rows."""
    counts = [np.bincount(labels, minlength=data.num_classes) for labels in (split.y_train, split.y_val)]
    one_sided = np.flatnonzero((counts[0] == 0) != (counts[1] == 0))
    if not len(one_sided):
        return
    label = int(one_sided[0])
    missing = "training" if counts[0][label] == 0 else "validation"
    asked = (
        f"validation_split {config.validation_split} holds back"
        if config.validation_split is not None
        else "validation_rows holds back the first"
    )
    if counts[0][label] + counts[1][label] == 1:
        remedy = "It has one training row in all: add rows of it, or leave the class out."
    elif config.validation_split is None:
        remedy = "Set validation_split to 0.3 instead, which draws rows at random."
    else:
        remedy = "Choose another share, such as 0.3, or set stratify."
    raise DataError(
        f"{asked} {len(split.y_val):,} of {len(data.y_train):,} rows, which leaves class {data.class_names[label]} "
        f"without a {missing} row. {remedy}"
    )


def standardisation(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of every column of a table, for (x − mean) / √variance.

    x: the training rows alone, shape (rows, values). A constant column gets variance 1.
    Returns two float32 arrays of shape (values,).
    """
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(x.astype(np.float64))
    return scaler.mean_.astype(np.float32), np.square(scaler.scale_).astype(np.float32)


def _first_rows(rows: int, validation_rows: int | None) -> int:
    held = validation_rows or 0
    if held and not 0 < held < rows:
        raise DataError(
            f"validation_rows must be below the {rows:,} training rows. Received: {held:,}. Try {max(1, rows // 5):,}."
        )
    return held


def fitting_validation_rows(validation_rows: int | None, num_rows: int) -> int | None:
    """How many rows to hold back: `validation_rows`, or a fifth of the `num_rows` rows if that is over half."""
    if validation_rows is None or validation_rows <= num_rows // 2:
        return validation_rows
    return max(1, num_rows // 5)


def one_hot(labels: np.ndarray, *, num_classes: int) -> np.ndarray:
    """Labels as rows of zeros with a single one: 3 becomes [0, 0, 0, 1, 0, …].

    labels: integers in [0, num_classes) of shape (rows,) or (rows, 1).
    Returns float32 of shape (rows, num_classes).
    Raises `DataError` for a label out of range; `keras.utils.to_categorical` turns −1 into the last class.
    """
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    whole = labels.ndim == 1 and labels.dtype.kind in "iuf" and bool(np.all(labels == np.floor(labels)))
    if not whole:
        raise DataError(
            f"Labels must be whole numbers of shape (rows,). Received: {labels.dtype} of shape {labels.shape}."
        )
    check_labels(labels, num_classes)
    return np.eye(num_classes, dtype=np.float32)[labels.astype(np.int64)]


def scale(x: np.ndarray) -> np.ndarray:
    """uint8 pixels in [0, 255] become float32 in [0, 1]; floats are only cast to float32.

    Raises `DataError` for any other dtype.
    """
    x = np.asarray(x)
    check_dtype("Rows", x)
    if x.dtype == np.uint8:
        pixels = x.astype(np.float32)
        pixels /= np.float32(255)  # In place: colour pictures can take a gigabyte.
        return pixels
    return x.astype(np.float32)


def to_inputs(x: np.ndarray, input_shape: tuple[int, ...]) -> np.ndarray:
    """Rows as a network's input: scaled, and flattened or given a channel axis, as the input shape requires.

    x: shape (rows, …) with as many values per row as `input_shape`, the network's input shape without the batch axis.
    Returns float32 of shape (rows, *input_shape).
    Raises `DataError` if the sizes differ.
    """
    x = np.asarray(x)
    if x.ndim < 2 or np.prod(x.shape[1:]) != np.prod(input_shape):
        raise DataError(
            f"The network takes rows of shape {tuple(input_shape)}. Received: an array of shape {x.shape}. "
            "One picture alone needs a first axis: x[None]."
        )
    return scale(x).reshape(len(x), *input_shape)
