"""CIFAR-10, which Keras fetches."""

import hashlib
import io
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from .dataset import Dataset
from .downloads import cache_folder, fetch, fetch_first, first_existing

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
#: The sum that Keras checks.
SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
#: The archive as Keras 3 names it, as it is called where it comes from, and as Keras 2 named it.
_ARCHIVES = ("cifar-10-batches-py-target_archive", "cifar-10-python.tar.gz", "cifar-10-batches-py.tar.gz")
_FOLDER = "cifar-10-batches-py"
#: Unpacked, as Keras 3 leaves it, and as Keras 2 and people do.
_FOLDERS = (f"cifar-10-batches-py-target/{_FOLDER}", _FOLDER)
#: The MD5 sums of the files within, as torchvision publishes them: nothing else is unpickled.
BATCHES = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}
_LONGEST_BATCH = 40_000_000
_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def load_cifar10() -> Dataset:
    """Small photographs of vehicles and animals, 32 × 32 pixels in colour.

    50,000 training and 10,000 test pictures: x uint8 of shape (rows, 32, 32, 3), y uint8 in 0…9. 170 MB are
    fetched the first time into Keras's folder; an archive that lies there, or its unpacked folder, is taken as
    it is, if its files are the published ones.
    Source: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009; as
    `keras.datasets.cifar10` has it.
    Raises `DataError` where it can be neither found nor fetched, or is damaged.
    """
    source = _source()
    if source is None:
        source = cache_folder() / _ARCHIVES[0]
        fetch("cifar10", URL, source, sha256=SHA256)
    *train, test = _batches(source)
    x_train, y_train = (np.concatenate(part) for part in zip(*train, strict=True))
    return Dataset("cifar10", x_train, y_train, *test, _NAMES)


def cifar10_missing() -> str | None:
    """What to do where the archive is not on this machine; else None."""
    return None if _source() else fetch_first("cifar10")


def _source() -> Path | None:
    return first_existing(cache_folder(), (*_FOLDERS, *_ARCHIVES))


def _batches(source: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    try:
        if source.is_dir():
            return [_batch(source, name, (source / name).read_bytes()) for name in BATCHES]
        with tarfile.open(source) as archive:
            return [_batch(source, name, _member(archive, name)) for name in BATCHES]
    except (OSError, EOFError, KeyError, tarfile.TarError) as error:
        raise DataError(f"cifar10 can't be read from {source} ({error}). Delete it and fetch it again.") from None


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(f"{_FOLDER}/{name}")
    return file.read(_LONGEST_BATCH) if file else b""


def _batch(source: Path, name: str, content: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Pictures and labels of one file, which is unpickled only if it is the published one."""
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != BATCHES[name]:
        raise DataError(
            f"cifar10: {name} in {source} is not the published file, by its MD5 sum. Delete it and fetch it again."
        )
    values = _ArraysOnly(io.BytesIO(content), encoding="bytes").load()
    pixels = values[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(pixels), np.array(values[b"labels"], np.uint8)


class _ArraysOnly(pickle.Unpickler):
    """Builds NumPy's arrays, under the name that they had in NumPy 1, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        module = module.replace("numpy.core", "numpy._core")
        if (module, name) not in {
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("numpy._core.multiarray", "_reconstruct"),
        }:
            raise pickle.UnpicklingError(f"{module}.{name} is no array")
        return super().find_class(module, name)
