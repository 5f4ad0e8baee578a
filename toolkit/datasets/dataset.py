"""A loaded data set: arrays, labels and class names; and what is known before loading."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..config.shapes import shown
from ..errors import DataError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    # It imports pandas's way of reading tables, which other data sets don't need.
    from .columns import TableEncoding

#: A data set names this many of its classes.
_MOST_NAMED = 20


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Training rows and test rows.

    x_train, x_test: uint8 or float, of shape (rows, height, width), (rows, height, width, channels) or
    (rows, values). uint8 means pixels in [0, 255]: they are divided by 255 before a network sees them.
    Float pictures are used as they are. Float rows of values are a table: its network begins with a
    layer that standardises every column. `load_dataset` converts a user's files to one of these forms.
    y_train, y_test: integers of shape (rows,) from 0 to `num_classes` − 1.
    class_names: what each number stands for, as text; at least two. feature_names: a table's columns,
    if they have names. notes: a sentence for each adaptation made while reading. encoding: for a table file, how its
    columns became the rows, so that new rows can be encoded alike.

    Raises `DataError` if the parts' rows, shapes or labels don't match, or if values are not finite numbers, or are
    integers other than uint8: whether to divide those by 255 would be a guess.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    encoding: "TableEncoding | None" = None

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

    @classmethod
    def from_arrays(
        cls,
        x_train: "ArrayLike",
        y_train: "ArrayLike",
        x_test: "ArrayLike | None" = None,
        y_test: "ArrayLike | None" = None,
        class_names: Sequence[str] | None = None,
        *,
        name: str = "my data",
    ) -> "Dataset":
        """A data set of arrays, brought into shape like those in a file.

        x_train, x_test: numbers of shape (rows, values), (rows, height, width) or (rows, height, width, channels):
        pixels in 0…255, in 0…1 or in −1…1, or a table. y_train, y_test: labels of shape (rows,) or (rows, 1), as whole
        numbers or text, or one-hot rows. Without a test part, a fifth of the rows becomes it, always the same ones.
        class_names: what the labels 0, 1, 2, … stand for; by default, the labels themselves.

        Raises `DataError` if rows, labels or values can't be used, or if there is not a name for each class.
        """
        from .raw import RawData, to_dataset

        if (x_test is None) != (y_test is None):
            raise DataError(f"{name}: x_test and y_test belong together. Received: one of them. Give both or neither.")
        test = (None, None) if x_test is None or y_test is None else (np.asarray(x_test), np.asarray(y_test))
        data = to_dataset(name, RawData(np.asarray(x_train), np.asarray(y_train), *test))
        if class_names is None:
            return data
        if data.class_names != tuple(map(str, range(len(class_names)))):
            raise DataError(
                f"{name}: class_names must name the labels 0 to {len(class_names) - 1}, all of which have training "
                f"rows. Received: the labels {', '.join(data.class_names[:20])}. Leave class_names out, or number the "
                "labels."
            )
        return replace(data, class_names=tuple(map(str, class_names)))

    def __repr__(self) -> str:
        low, high = self.x_train.min(), self.x_train.max()
        names = ", ".join(self.class_names[:_MOST_NAMED]) + (", …" if self.num_classes > _MOST_NAMED else "")
        return (
            f"{self.name}: {len(self.x_train):,} training rows and {len(self.x_test):,} test rows of "
            f"{shown(self.row_shape)}, {self.x_train.dtype} in {low:g}…{high:g}\n{self.num_classes:,} classes: {names}"
        )

    @property
    def row_shape(self) -> tuple[int, ...]:
        """The shape of one row, such as (28, 28) for MNIST."""
        return self.x_train.shape[1:]

    @property
    def num_classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)

    @property
    def is_pictures(self) -> bool:
        """Whether rows are pictures rather than rows of values."""
        return len(self.row_shape) > 1

    @cached_property
    def pixel_range(self) -> tuple[float, float]:
        """The values of black and white: 0 and 255 for uint8; for floats 0 and 1, or −1 and 1 if any is negative."""
        if self.x_train.dtype == np.uint8:
            return 0.0, 255.0
        return (-1.0 if self.x_train.min() < 0 else 0.0), 1.0

    @property
    def is_table(self) -> bool:
        """Whether rows are those of a table, whose columns are standardised."""
        return not self.is_pictures and self.x_train.dtype.kind == "f"


@dataclass(frozen=True)
class DatasetInfo:
    """What a form shows before the data are loaded. `train_rows` counts the rows before the split.

    missing: returns a sentence that says what to do if files are not on this machine yet; None if they are.
    """

    title: str
    row_shape: tuple[int, ...]
    num_classes: int
    train_rows: int
    load: Callable[[], Dataset]
    missing: Callable[[], str | None] = lambda: None


def check_rows(name: str, part: str, x: np.ndarray, y: np.ndarray) -> None:
    """Raises `DataError` if there are no rows, or not one label per row."""
    if len(x) == 0 or len(x) != len(y):
        raise DataError(
            f"{name}: x_{part} and y_{part} must hold the same number of rows, at least one. "
            f"Received: {len(x):,} and {len(y):,}. Check how the file was written."
        )


def check_dtype(what: str, x: np.ndarray) -> None:
    """Raises `DataError` for a dtype other than uint8 and floats."""
    if x.dtype != np.uint8 and x.dtype.kind != "f":
        raise DataError(
            f"{what} must be uint8, pixels from 0 to 255, or floats. Received: {x.dtype}. "
            'Convert it with .astype("uint8") or .astype("float32").'
        )


def check_labels(labels: np.ndarray, num_classes: int, *, what: str = "Labels") -> None:
    """Raises `DataError` if a label is not in 0 … num_classes − 1; labels: numbers of shape (rows,)."""
    outside = (labels < 0) | (labels >= num_classes)
    if outside.any():
        row = int(np.argmax(outside))
        raise DataError(
            f"{what} must lie in 0…{num_classes - 1} for {num_classes} classes. Received: {labels[row]:g} "
            f"at row {row:,}. Correct the labels or num_classes."
        )


def check_numbers(name: str, part: str, x: np.ndarray) -> None:
    """Raises `DataError` if a value is NaN or infinite; x: numbers of shape (rows, …)."""
    if x.dtype.kind != "f":
        return
    # Unless it overflows, the sum is finite if all values are: this quick check usually spares the slow one.
    with np.errstate(all="ignore"):
        if np.isfinite(x.sum(dtype=np.float64)):
            return
    broken = ~np.isfinite(x.reshape(len(x), -1)).all(axis=1)
    if broken.any():
        raise DataError(
            f"{name}: x_{part} must hold finite numbers. Received: NaN or infinity in {int(broken.sum()):,} of "
            f"{len(x):,} rows, first in row {int(np.argmax(broken)):,}. Fill these gaps, or leave those rows out."
        )
