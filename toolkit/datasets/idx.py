"""The format IDX, in which MNIST was published: a header, then the numbers. Gzipped or not."""

import gzip
import zlib
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..errors import DataError

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
