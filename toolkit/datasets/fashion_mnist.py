"""Fashion-MNIST, as Keras fetches it."""

from pathlib import Path

from .dataset import Dataset
from .downloads import cache_folder, fetch, fetch_first, first_existing
from .idx import read_idx

URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
_NAMES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")


def load_fashion_mnist() -> Dataset:
    """Zalando's articles of clothing, 28 × 28 grey pixels, light on black (0).

    60,000 training and 10,000 test pictures: x uint8 of shape (rows, 28, 28), y uint8 in 0…9. The first
    call downloads about 30 MB into Keras's folder; files that are already there, gzipped or not, are used.
    Source: H. Xiao, K. Rasul and R. Vollgraf, "Fashion-MNIST", 2017; MIT licence; as
    in `keras.datasets.fashion_mnist`.
    Raises `DataError` if they can be neither found nor fetched, or are damaged.
    """
    for file in _FILES:
        if _place(file) is None:
            fetch("fashion_mnist", URL + file, _folder() / file)
    x_train, y_train, x_test, y_test = (read_idx(_place(file) or _folder() / file) for file in _FILES)
    return Dataset("fashion_mnist", x_train, y_train, x_test, y_test, _NAMES)


def fashion_mnist_missing() -> str | None:
    """What to do if the files are not on this machine; None if they are."""
    return None if all(map(_place, _FILES)) else fetch_first("fashion_mnist")


def _place(file: str) -> Path | None:
    return first_existing(_folder(), (file, file.removesuffix(".gz")))


def _folder() -> Path:
    return cache_folder() / "fashion-mnist"
