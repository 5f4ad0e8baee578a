"""What every data set is once it is loaded: arrays, labels and class names; and what is known before that."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..errors import DataError


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows to learn from and rows to test on.

    x_train, x_test: uint8 or float, of shape (rows, height, width), (rows, height, width, channels) or
    (rows, values). uint8 means pixels in [0, 255]: they are divided by 255 before a network sees them.
    Float pictures are taken as they are. Float rows of values are a table: its network begins with a
    layer that standardises every column. Files of one's own are brought into one of these forms when they
    are read (`load_dataset`).
    y_train, y_test: whole numbers of shape (rows,) from 0 to `num_classes` − 1.
    class_names: what each number stands for, as text; at least two. feature_names: the columns of a table,
    where they have names. notes: what was adapted when the data were read, in a sentence each.

    Raises `DataError` where parts don't go together: their rows, shapes, labels; where values are no numbers,
    or whole ones that are not uint8: nobody could tell whether they are pixels to be divided.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for part, x, y in (("train", self.x_train, self.y_train), ("test", self.x_test, self.y_test)):
            check_rows(self.name, part, x, y)
            check_dtype(f"{self.name}: x_{part}", x)
            check_numbers(self.name, part, x)
            check_labels(y, self.num_classes, what=f"{self.name}: y_{part}")
        if self.num_classes < 2:
            raise DataError(
                f"{self.name}: there must be at least two classes to tell apart. "
                f"Received: {self.num_classes} ({', '.join(self.class_names)}). Add rows of another class."
            )

    @property
    def row_shape(self) -> tuple[int, ...]:
        """The shape of one row: (28, 28) for MNIST."""
        return self.x_train.shape[1:]

    @property
    def num_classes(self) -> int:
        """How many classes there are to tell apart."""
        return len(self.class_names)

    @property
    def is_pictures(self) -> bool:
        """Whether a row is a picture, rather than a row of values."""
        return len(self.row_shape) > 1

    @cached_property
    def pixel_range(self) -> tuple[float, float]:
        """Black and white of its pictures: 0 and 255 in uint8, in floats 0 and 1, or −1 and 1 where one is below 0."""
        if self.x_train.dtype == np.uint8:
            return 0.0, 255.0
        return (-1.0 if self.x_train.min() < 0 else 0.0), 1.0

    @property
    def is_table(self) -> bool:
        """Whether a row is one of a table, whose columns are standardised."""
        return not self.is_pictures and self.x_train.dtype.kind == "f"


@dataclass(frozen=True)
class DatasetInfo:
    """What a form shows before anything is loaded. `train_rows` counts the rows before the split.

    missing: what to do first, in a sentence, where files are not on this machine yet; else None.
    """

    title: str
    row_shape: tuple[int, ...]
    num_classes: int
    train_rows: int
    load: Callable[[], Dataset]
    missing: Callable[[], str | None] = lambda: None


def check_rows(name: str, part: str, x: np.ndarray, y: np.ndarray) -> None:
    """Raises `DataError` where there is not one label a row, or no row."""
    if len(x) == 0 or len(x) != len(y):
        raise DataError(
            f"{name}: x_{part} and y_{part} must hold the same number of rows, at least one. "
            f"Received: {len(x):,} and {len(y):,}. Check how the file was written."
        )


def check_dtype(what: str, x: np.ndarray) -> None:
    """Raises `DataError` for another dtype than uint8 and floats."""
    if x.dtype != np.uint8 and x.dtype.kind != "f":
        raise DataError(
            f"{what} must be uint8, pixels from 0 to 255, or floats. Received: {x.dtype}. "
            'Convert it with .astype("uint8") or .astype("float32").'
        )


def check_labels(labels: np.ndarray, num_classes: int, *, what: str = "Labels") -> None:
    """Raises `DataError` where a label is not one of 0 … num_classes − 1; labels: numbers of shape (rows,)."""
    outside = (labels < 0) | (labels >= num_classes)
    if outside.any():
        row = int(np.argmax(outside))
        raise DataError(
            f"{what} must lie in 0…{num_classes - 1} for {num_classes} classes. Received: {labels[row]:g} "
            f"at row {row:,}. Correct the labels or num_classes."
        )


def check_numbers(name: str, part: str, x: np.ndarray) -> None:
    """Raises `DataError` where a value is NaN or infinite; x: numbers of shape (rows, …)."""
    if x.dtype.kind != "f":
        return
    # The sum is finite where every value is, but for an overflow: one quick look spares a slow one.
    with np.errstate(all="ignore"):
        if np.isfinite(x.sum(dtype=np.float64)):
            return
    broken = ~np.isfinite(x.reshape(len(x), -1)).all(axis=1)
    if broken.any():
        raise DataError(
            f"{name}: x_{part} must hold finite numbers. Received: NaN or infinity in {int(broken.sum()):,} of "
            f"{len(x):,} rows, first in row {int(np.argmax(broken)):,}. Fill these gaps, or leave those rows out."
        )
