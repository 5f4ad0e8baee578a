"""NumPy's format for one array: what its header declares is checked before it is read, and nothing is unpickled."""

from collections.abc import Callable
from io import BytesIO
from math import prod
from typing import IO, Any

import numpy as np

from ..errors import DataError

#: 60,000 pictures of CIFAR-10 as float32 are 737 MB.
_MOST_BYTES = 1_000_000_000
#: The header with an array's shape and dtype takes about 130 bytes; NumPy reads at most 10,000.
_LONGEST_HEADER = 10_100

#: Opens the file that an array is in.
Opening = Callable[[], IO[bytes]]


def read_arrays(name: str, openings: dict[str, Opening], sizes: dict[str, int]) -> dict[str, np.ndarray]:
    """The arrays of some files, after checking that they are numbers or text, and small enough together.

    name: what messages call the file or folder. openings, sizes: by the array's name, how to open its file, and that
    file's size.
    Raises `DataError` for Python objects and for more than 1 GB, `ValueError` and others for damaged arrays.
    """
    _check_headers(name, openings, sizes)
    return {key: _read(opening) for key, opening in openings.items()}


def _read(opening: Opening) -> np.ndarray:
    with opening() as file:
        return np.atleast_1d(np.lib.format.read_array(file, allow_pickle=False))


def _check_headers(name: str, openings: dict[str, Opening], sizes: dict[str, int]) -> None:
    total = 0
    for key, opening in openings.items():
        with opening() as file:
            shape, dtype = _header(BytesIO(file.read(_LONGEST_HEADER)))
        if dtype.hasobject:
            raise DataError(
                f"{name}: {key} holds Python objects, which can run code when they are read. Save plain numbers "
                f"or text, for example {key}.astype(str) for labels; rows of different sizes must be made equal first."
            )
        size = prod(shape) * dtype.itemsize
        total += size
        if min(shape, default=0) < 0 or sizes[key] < size <= _MOST_BYTES:
            raise ValueError(f"{key} holds fewer numbers than it declares")
    if total > _MOST_BYTES:
        raise DataError(
            f"{name} holds {total / 1e9:,.1f} GB of numbers; at most {_MOST_BYTES / 1e9:g} GB are read. "
            "Save fewer rows, or pixels as uint8."
        )


def _header(member: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """The shape and dtype that an array in the file declares."""
    version = np.lib.format.read_magic(member)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"unknown array format {version[0]}.{version[1]}")
    shape, _, dtype = readers[version](member)
    return shape, dtype
