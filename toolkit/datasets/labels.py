"""Labels as users write them -> numbers from 0, and class names."""

import re

import numpy as np

from ..errors import DataError
from ..formatting import shortened

_MOST_CLASSES = 1000
#: Names are shown beside charts and in sentences; in a NumPy array, each takes as much memory as the longest.
_LONGEST_NAME = 100
#: Digits that an integer would not keep.
_CODE = re.compile(r"\+\d+|-?0\d+")

Parts = dict[str, np.ndarray]


def number_labels(name: str, parts: Parts) -> tuple[tuple[str, ...], Parts, tuple[str, ...]]:
    """Number the classes of the training part from 0.

    parts: "train", and "test" if there is one: labels of shape (rows,) or (rows, 1), integers, booleans or text; or
    one-hot rows of shape (rows, classes).
    Sorted labels become the class names. Integers written as text are sorted as numbers, unless one has a plus sign
    or leading zeros.

    Returns the class names, the parts as int64 of shape (rows,), and notes.
    Raises `DataError` for other kinds of labels, more than 1,000 classes, or a test label that no training row
    has.
    """
    known = {part: _as_known_kind(f"{name}: y_{part}", labels) for part, labels in parts.items()}
    if len({labels.dtype.kind for labels in known.values()}) > 1:
        known = {part: labels.astype(str) for part, labels in known.items()}
    classes = np.unique(known["train"])
    if len(classes) > _MOST_CLASSES:
        raise DataError(
            f"{name}: there may be at most {_MOST_CLASSES:,} classes. Received: {len(classes):,} different labels, "
            f"such as {shortened(str(classes[0]))} and {shortened(str(classes[1]))}. Choose labels that name a class."
        )
    for one in classes.tolist():
        check_class_name(name, str(one))
    for labels in known.values():
        if len(unknown := np.setdiff1d(labels, classes)):
            some = ", ".join(shortened(str(one)) for one in unknown[:3])
            raise DataError(
                f"{name}: a class of the test part must have training rows too. Received: {some} in y_test alone. "
                "Add training rows, or remove it."
            )
    notes = tuple(
        f"{name}: y_{part} holds one-hot rows; the position of the 1 is the class."
        for part, labels in parts.items()
        if _is_one_hot(labels)
    )
    numbered = {part: np.searchsorted(classes, labels) for part, labels in known.items()}
    return tuple(str(one) for one in classes), numbered, notes


def check_class_name(where: str, name: str) -> None:
    """Raises `DataError` for a class name of more than 100 characters; where: the beginning of the message."""
    if len(name) > _LONGEST_NAME:
        raise DataError(
            f"{where}: the name of a class may have at most {_LONGEST_NAME} characters. Received: {len(name):,}, "
            f"{shortened(name)}. Shorten it, or choose labels that name a class."
        )


def _as_known_kind(where: str, labels: np.ndarray) -> np.ndarray:
    """Labels as int64 or as text, of shape (rows,)."""
    if _is_one_hot(labels):
        return labels.argmax(axis=1)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise DataError(
            f"{where} must hold one label per row, shape (rows,) or (rows, 1), or one-hot rows. "
            f"Received: shape {labels.shape}. Save the class of each row."
        )
    if labels.dtype.kind in "USb":
        labels = _from_text(labels)
    if labels.dtype.kind == "U":
        return labels
    if labels.dtype.kind not in "iuf":
        raise DataError(f"{where} must hold whole numbers or text. Received: {labels.dtype}. Save the class names.")
    whole = _is_whole(labels)
    if not whole.all():
        odd = labels[~whole][0]
        raise DataError(
            f"{where} must hold classes: whole numbers or text. Received: {odd:g}. "
            "Numbers to predict, such as prices, are not what this toolkit learns."
        )
    return labels.astype(np.int64)


def _from_text(labels: np.ndarray) -> np.ndarray:
    """Stripped text; integers written as text, as in a CSV file, become integers.

    If one is a code, such as 01 or +1, all stay text: as numbers, 01 and 1 would silently become one class.
    """
    texts = np.char.strip(
        np.char.decode(labels, "utf-8", "replace") if labels.dtype.kind == "S" else labels.astype(str)
    )
    try:
        numbers = texts.astype(np.float64)
    except ValueError:
        return texts
    are_codes = bool(_is_whole(numbers).all()) and any(map(_CODE.fullmatch, np.unique(texts).tolist()))
    return texts if are_codes else numbers


def _is_whole(numbers: np.ndarray) -> np.ndarray:
    return np.isfinite(numbers) & (numbers == np.floor(numbers))


def _is_one_hot(labels: np.ndarray) -> bool:
    if labels.ndim != 2 or labels.shape[1] < 2 or labels.dtype.kind not in "buif":
        return False
    return bool(np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all())
