"""CIFAR-10, as Keras fetches it."""

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
#: The checksum that Keras verifies.
SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
#: The archive's names: Keras 3's, the original one, and Keras 2's.
_ARCHIVES = ("cifar-10-batches-py-target_archive", "cifar-10-python.tar.gz", "cifar-10-batches-py.tar.gz")
_FOLDER = "cifar-10-batches-py"
#: The unpacked folder: of Keras 3, and of Keras 2 or manual unpacking.
_FOLDERS = (f"cifar-10-batches-py-target/{_FOLDER}", _FOLDER)
#: The MD5 sums of the files inside, as torchvision publishes them: no other file is unpickled.
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

    50,000 training and 10,000 test pictures: x uint8 of shape (rows, 32, 32, 3), y uint8 in 0…9. The first
    call downloads 170 MB into Keras's folder; an archive or unpacked folder that is already there is used, if its
    files are the published ones.
    Source: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009; as
    in `keras.datasets.cifar10`.
    Raises `DataError` if it can be neither found nor fetched, or is damaged.
    """
    source = _source()
    if source is None:
        source = cache_folder() / _ARCHIVES[0]
        fetch("cifar10", URL, source, sha256=SHA256)
    *train, test = _batches(source)
    x_train, y_train = (np.concatenate(part) for part in zip(*train, strict=True))
    return Dataset("cifar10", x_train, y_train, *test, _NAMES)


def cifar10_missing() -> str | None:
    """What to do if the archive is not on this machine; None if it is."""
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
    """Pictures and labels of one file. Only the published file is unpickled."""
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != BATCHES[name]:
        raise DataError(
            f"cifar10: {name} in {source} is not the published file, by its MD5 sum. Delete it and fetch it again."
        )
    values = _ArraysOnly(io.BytesIO(content), encoding="bytes").load()
    pixels = values[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(pixels), np.array(values[b"labels"], np.uint8)


class _ArraysOnly(pickle.Unpickler):
    """Unpickles NumPy arrays, under their NumPy 1 names too, and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        module = module.replace("numpy.core", "numpy._core")
        if (module, name) not in {
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("numpy._core.multiarray", "_reconstruct"),
        }:
            raise pickle.UnpicklingError(f"{module}.{name} is not an array")
        return super().find_class(module, name)
