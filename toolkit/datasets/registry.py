"""The known data sets: what is known of each without loading it, and how to load it."""

from pathlib import Path

from ..config.reading import Reading, reading_conflicts
from ..errors import ConfigError, Problem, nearest
from ..formatting import shortened
from .cifar10 import cifar10_missing, load_cifar10
from .dataset import Dataset, DatasetInfo
from .digits import load_digits
from .fashion_mnist import fashion_mnist_missing, load_fashion_mnist
from .mnist import load_mnist
from .own import load_own, own_info
from .tables import load_breast_cancer, load_iris, load_wine

#: A config's data set if it is unknown: for an imported network that fits none of the known data sets.
UNKNOWN_DATA = "unknown data"

DATASETS: dict[str, DatasetInfo] = {
    "mnist": DatasetInfo("MNIST digits · 70,000 pictures", (28, 28), 10, 60_000, load_mnist),
    "digits": DatasetInfo("Small digits · 1,797 pictures", (8, 8), 10, 1_437, load_digits),
    "fashion_mnist": DatasetInfo(
        "Fashion-MNIST · 70,000 pictures", (28, 28), 10, 60_000, load_fashion_mnist, fashion_mnist_missing
    ),
    "cifar10": DatasetInfo(
        "CIFAR-10 photographs · 60,000 pictures", (32, 32, 3), 10, 50_000, load_cifar10, cifar10_missing
    ),
    "iris": DatasetInfo("Iris flowers · 150 rows", (4,), 3, 120, load_iris),
    "wine": DatasetInfo("Wines · 178 rows", (13,), 3, 142, load_wine),
    "breast_cancer": DatasetInfo("Breast tumours · 569 rows", (30,), 2, 455, load_breast_cancer),
}


def dataset_info(
    name: str, *, label: str | None = None, leave_out: tuple[str, ...] = (), shape: str | None = None
) -> DatasetInfo:
    """What is known of a data set without loading it; a path is read, and the last result is cached.

    Raises `ConfigError` with the nearest known name if it is neither a name nor a path, `DataError` if a path can't
    be used.
    """
    reading = _checked(name, label, leave_out, shape)
    return DATASETS[name] if name in DATASETS else own_info(_existing(name), reading)


def load_dataset(
    name: str, *, label: str | None = None, leave_out: tuple[str, ...] = (), shape: str | None = None
) -> Dataset:
    """Load a data set by name, or your own by its path.

    name: a key of `DATASETS` (`fashion_mnist` and `cifar10` are fetched the first time); or a path:
    - an .npz file with x_train, y_train, x_test, y_test, or x and y, or similar names, such as train_images and
      train_labels; or .npy files of one array each with such names, or their folder;
    - IDX files like MNIST's, gzipped or not, or their folder; EMNIST is turned upright and gets letters as classes;
    - a table: .csv, .tsv, .data or .txt, gzipped or not;
    - a folder with one sub-folder of pictures per class, possibly in folders train, test and val; or with pictures
      and a table, such as labels.csv, of their file names and classes;
    - a zip of any of these.
    label: the column of a table that holds the classes, or several 0/1 columns with commas between; by default it is
    recognised: by its name, else one-hot columns at the end, else the last column.
    leave_out: columns of a table that the network does not see.
    shape: of a table's rows as pictures, such as "28x28" or "32x32x3", or "flat" for rows of values; by default,
    columns named as pixels, and 64 or more bytes of a square, are read as pictures.
    Without a test part, the validation part becomes it, or a fifth of the rows, always the same ones; with a test part,
    the validation part joins the training part. `notes` tell this and every other adaptation.

    >>> load_dataset("mnist").x_train.shape
    (60000, 28, 28)

    Raises `ConfigError` with the nearest known name, `DataError` if data can't be used or fetched.
    """
    reading = _checked(name, label, leave_out, shape)
    return DATASETS[name].load() if name in DATASETS else load_own(_existing(name), reading)


def _checked(name: str, label: str | None, leave_out: tuple[str, ...], shape: str | None) -> Reading:
    reading: Reading = {"label": label, "leave_out": leave_out, "shape": shape}
    if problems := list(reading_conflicts(name, reading)):
        raise ConfigError(problems)
    return reading


def dataset_title(name: str) -> str:
    """A short title, without reading the data: `MNIST digits`, `flowers.csv`."""
    return DATASETS[name].title.split(" · ")[0] if name in DATASETS else Path(name).name


def is_own(name: str) -> bool:
    """Whether a config's `dataset` is a path rather than a known name."""
    return name not in DATASETS


def _existing(name: str) -> Path:
    try:
        path = Path(name).expanduser()
        exists = bool(name) and path.exists()  # An empty path would be the current folder.
    except (OSError, RuntimeError):  # An impossible file name, or the home of an unknown user.
        exists = False
    if not exists:
        looks_like_path = "/" in name or "\\" in name or "." in name
        remedy = "There is no such file or folder." if looks_like_path else nearest(name, list(DATASETS))
        received = shortened(name, 200) or "an empty text"
        raise ConfigError(
            [Problem("dataset", "the name of a data set, or the path of your own data", received, remedy)]
        )
    return path
