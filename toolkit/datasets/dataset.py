"""What every data set is once it is loaded: arrays, labels and class names."""

from dataclasses import dataclass

import numpy as np

from ..errors import DataError


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows to learn from and rows to test on.

    x_train, x_test: uint8 in [0, 255] or float, of shape (rows, height, width), (rows, height, width,
    channels) or (rows, values). uint8 pixels are divided by 255 before a network sees them, floats are
    taken as they are. y_train, y_test: whole numbers of shape (rows,) from 0 to `num_classes` − 1.
    class_names: what each number stands for, as text.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]

    def __post_init__(self) -> None:
        for part, x, y in (("train", self.x_train, self.y_train), ("test", self.x_test, self.y_test)):
            if len(x) == 0 or len(x) != len(y):
                raise DataError(
                    f"{self.name}: x_{part} and y_{part} must hold the same number of rows, at least one. "
                    f"Received: {len(x):,} and {len(y):,}. Check how the file was written."
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
        """Whether a row is a picture, rather than a row of a table."""
        return len(self.row_shape) > 1
