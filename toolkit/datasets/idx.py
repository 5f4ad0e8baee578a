"""IDX files, the format in which MNIST was published: a header, then the numbers. Gzipped or not."""

import gzip
import re
import zlib
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..errors import DataError
from .raw import RawData

_MOST_BYTES = 1_000_000_000
#: The file's third byte -> the numbers' dtype, big-endian.
_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: Path) -> np.ndarray:
    """The array in an IDX file; its declared size is checked before reading.

    Source of the format: Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits".
    Raises `DataError` if the file is not an IDX file, is cut short, or declares more than 1 GB.
    """
    try:
        with _opened(path) as file:
            shape, dtype = _header(path, file)
            size = prod(shape) * dtype.itemsize
            if size > _MOST_BYTES:
                raise DataError(f"{path.name} declares {size / 1e9:,.1f} GB; at most 1 GB is read. Save fewer rows.")
            content = file.read(size)
            more = file.read(1)  # Reading past the end makes gzip verify its checksum.
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path.name} can't be read as an IDX file ({error}). Copy it again.") from None
    if len(content) < size:
        raise DataError(
            f"{path.name} is cut short: it declares {size:,} bytes. Received: {len(content):,}. Copy it again."
        )
    if more:
        raise DataError(f"{path.name} holds more than the {size:,} bytes that it declares. Copy it again.")
    return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="))


def is_idx(path: Path) -> bool:
    """Whether the file begins like an IDX file."""
    try:
        with _opened(path) as file:
            start = file.read(4)
    except (OSError, EOFError, zlib.error):
        return False
    return len(start) == 4 and start[:2] == b"\0\0" and start[2] in _TYPES and 1 <= start[3] <= 4


def read_idx_files(path: Path) -> RawData:
    """Pictures and labels from IDX files that are named like MNIST's.

    path: one file of pictures, such as `train-images-idx3-ubyte.gz`, or the folder that holds it. The labels
    are beside it, with `labels` and `idx1` in the name; if the name says `train`, the test part is there too, with
    `t10k` or `test` in the name.
    Raises `DataError` if a file is missing or damaged.
    """
    x_train, y_train, *test = map(read_idx, idx_files(path))
    x_test, y_test = test or (None, None)
    return RawData(x_train, y_train, x_test, y_test)


def idx_files(path: Path) -> list[Path]:
    """The files that `read_idx_files` reads: pictures and labels, and those of the test part, if there is one.

    Raises `DataError` if one is missing.
    """
    images = _images_in(path) if path.is_dir() else path
    if "images" not in images.name:
        raise DataError(
            f"{images.name} must be the file of pictures, with images in its name. The labels are found beside it: "
            "name it like train-images-idx3-ubyte."
        )
    test = next((found for word in ("t10k", "test") if (found := _beside(images, "train", word))), None)
    return [file for part in (images, test) if part for file in (part, _labels_of(part))]


def has_idx_files(folder: Path) -> bool:
    """Whether a folder holds IDX files of pictures."""
    return any(_names_images(file) for file in folder.iterdir())


def _images_in(folder: Path) -> Path:
    files = sorted(filter(_names_images, folder.iterdir()))
    return next((file for file in files if "train" in file.name), files[0])


def _names_images(file: Path) -> bool:
    # Hidden files don't count: macOS puts `._train-images-idx3-ubyte` beside a file that it copies.
    return not file.name.startswith(".") and re.search(r"images[.-]idx\d-", file.name) is not None


def _labels_of(images: Path) -> Path:
    labels = _beside(images, "images", "labels")
    if labels is None:
        expected = _renamed(images.name, "images", "labels")
        raise DataError(f"The labels of {images.name} are missing. Put {expected} beside it, in {images.parent}.")
    return labels


def _beside(file: Path, word: str, other: str) -> Path | None:
    """The file of the same name with one word replaced, gzipped or not; None if there is none."""
    if word not in file.name:
        return None
    name = _renamed(file.name, word, other).removesuffix(".gz")
    return next((path for path in (file.with_name(name), file.with_name(f"{name}.gz")) if path.is_file()), None)


def _renamed(name: str, word: str, other: str) -> str:
    name = name.replace(word, other)
    return re.sub(r"idx\d", "idx1", name) if other == "labels" else name


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if zipped else path.open("rb")  # type: ignore[return-value]


def _header(path: Path, file: BinaryIO) -> tuple[tuple[int, ...], np.dtype[np.generic]]:
    start = file.read(4)
    if len(start) < 4 or start[:2] != b"\0\0" or start[2] not in _TYPES or not 1 <= start[3] <= 4:
        raise DataError(
            f"{path.name} is not an IDX file: it must start with 0, 0, a type and 1 to 4 axes. Copy it again."
        )
    sizes = file.read(4 * start[3])
    if len(sizes) < 4 * start[3]:
        raise DataError(f"{path.name} is cut short within its first bytes. Copy it again.")
    return tuple(np.frombuffer(sizes, ">u4").tolist()), np.dtype(_TYPES[start[2]])
