"""MNIST, which ships with the package: no download."""

from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ..errors import DataError
from .dataset import Dataset

MNIST_FILE = Path(__file__).parent.parent / "data" / "mnist.npz"


def load_mnist() -> Dataset:
    """Handwritten digits, 28 × 28 grey pixels, white ink (255) on black (0).

    60,000 training and 10,000 test pictures: x uint8 of shape (rows, 28, 28), y uint8 in 0…9.
    Source: Yann LeCun, Corinna Cortes and Christopher Burges; licence CC BY-SA 3.0
    (`toolkit/data/README.md`).
    """
    try:
        with np.load(MNIST_FILE, allow_pickle=False) as file:
            parts = {key: file[key] for key in ("x_train", "y_train", "x_test", "y_test")}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise DataError(f"MNIST can't be read from {MNIST_FILE} ({error}). Fetch the project again.") from error
    return Dataset(name="mnist", class_names=tuple("0123456789"), **parts)
