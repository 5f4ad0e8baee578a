"""From pixels and labels to what a network learns from: validation split, scaling, flattening, one-hot."""

from typing import NamedTuple

import numpy as np

from .errors import DataError


class Split(NamedTuple):
    """Training and validation rows, in scikit-learn's order of four."""

    x_train: np.ndarray
    x_val: np.ndarray
    y_train: np.ndarray
    y_val: np.ndarray


def split_validation(
    x: np.ndarray,
    y: np.ndarray,
    *,
    validation_split: float | None = None,
    validation_rows: int | None = None,
    seed: int = 0,
    stratify: bool = False,
) -> Split:
    """Hold part of the training rows back, to check the network on rows it does not learn from.

    x: shape (rows, …). y: whole numbers of shape (rows,).
    validation_split: a share in (0, 1), drawn at random with `seed`: the same rows as scikit-learn's
    `train_test_split(x, y, test_size=validation_split, random_state=seed)`; with `stratify` each class
    keeps its share. validation_rows: the first n rows instead, as TensorFlow 1's loader did.
    With neither, the validation part is empty.

    Returns `(x_train, x_val, y_train, y_val)`.
    Raises `DataError` where the rows don't suffice for the split.
    """
    # Late, since forms and `--help` can do without scikit-learn: a second.
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
            f"{validation_split}: {error} Choose a fraction that leaves rows on both sides."
        ) from None


def _first_rows(rows: int, validation_rows: int | None) -> int:
    held = validation_rows or 0
    if held and not 0 < held < rows:
        raise DataError(
            f"validation_rows must be below the {rows:,} training rows. Received: {held:,}. Try {max(1, rows // 5):,}."
        )
    return held


def fitting_validation_rows(validation_rows: int | None, num_rows: int) -> int | None:
    """The rows to hold back: a fifth of `num_rows` training rows where `validation_rows` are more than half of them."""
    if validation_rows is None or validation_rows <= num_rows // 2:
        return validation_rows
    return max(1, num_rows // 5)


def one_hot(labels: np.ndarray, *, num_classes: int) -> np.ndarray:
    """Labels as rows of zeros with a single one: 3 becomes [0, 0, 0, 1, 0, …].

    labels: whole numbers in [0, num_classes) of shape (rows,) or (rows, 1).
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
    outside = labels[(labels < 0) | (labels >= num_classes)]
    if outside.size:
        raise DataError(
            f"Labels must lie in 0…{num_classes - 1} for {num_classes} classes. Received: {outside[0]:g} "
            f"at row {int(np.argmax((labels < 0) | (labels >= num_classes))):,}. Correct the labels or num_classes."
        )
    return np.eye(num_classes, dtype=np.float32)[labels.astype(np.int64)]


def scale(x: np.ndarray) -> np.ndarray:
    """uint8 pixels in [0, 255] become float32 in [0, 1]; floats are taken as they are, as float32."""
    x = np.asarray(x)
    if x.dtype == np.uint8:
        return x.astype(np.float32) / np.float32(255)
    return x.astype(np.float32)


def to_inputs(x: np.ndarray, input_shape: tuple[int, ...]) -> np.ndarray:
    """Rows as a network takes them: scaled, and flattened or given a channel axis as its input asks.

    x: shape (rows, …) with as many values a row as `input_shape`, the network's input without its batch axis.
    Returns float32 of shape (rows, *input_shape).
    Raises `DataError` where the sizes differ.
    """
    x = np.asarray(x)
    if x.ndim < 2 or np.prod(x.shape[1:]) != np.prod(input_shape):
        raise DataError(
            f"The network takes rows of shape {tuple(input_shape)}. Received: an array of shape {x.shape}. "
            "One picture alone needs a first axis: x[None]."
        )
    return scale(x).reshape(len(x), *input_shape)
