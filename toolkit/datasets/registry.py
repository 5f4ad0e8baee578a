"""Which data sets there are: what is known of each without loading it, and how to load it."""

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import ConfigError, Problem, nearest
from .dataset import Dataset
from .digits import load_digits
from .mnist import load_mnist


@dataclass(frozen=True)
class DatasetInfo:
    """What a form shows before anything is loaded. `train_rows` counts the rows before the split."""

    title: str
    row_shape: tuple[int, ...]
    num_classes: int
    train_rows: int
    load: Callable[[], Dataset]


DATASETS: dict[str, DatasetInfo] = {
    "mnist": DatasetInfo("MNIST digits · 70,000 pictures", (28, 28), 10, 60_000, load_mnist),
    "digits": DatasetInfo("Small digits · 1,797 pictures", (8, 8), 10, 1_437, load_digits),
}


def dataset_info(name: str) -> DatasetInfo:
    """What is known of a data set without loading it. Raises `ConfigError` with the nearest known name."""
    if name not in DATASETS:
        problem = Problem("dataset", "the name of a data set", name, nearest(name, list(DATASETS)))
        raise ConfigError([problem])
    return DATASETS[name]


def load_dataset(name: str) -> Dataset:
    """Load a data set by name; nothing is downloaded.

    >>> load_dataset("mnist").x_train.shape
    (60000, 28, 28)

    Raises `ConfigError` with the nearest known name.
    """
    return dataset_info(name).load()
