"""NumPy's .npz files, with Keras's four keys, or with `x` and `y`."""

import zlib
from io import BytesIO
from math import prod
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

import numpy as np

from ..errors import DataError
from ..formatting import shortened
from .archives import opened_zip
from .raw import RawData

#: Unpacked size: the 60,000 pictures of CIFAR-10 as float32 are 737 MB.
_MOST_BYTES = 1_000_000_000
#: The file may hold more arrays than those that are read.
_MOST_BYTES_OF_ALL = 4_000_000_000
#: The header with an array's shape and dtype takes about 130 bytes; NumPy reads at most 10,000.
_LONGEST_HEADER = 10_100
_KIND = "an .npz file"
_FOUR, _TWO = ("x_train", "y_train", "x_test", "y_test"), ("x", "y")


def read_npz(path: Path) -> RawData:
    """The arrays `x_train, y_train, x_test, y_test` of an .npz file, or `x, y`; others are ignored.

    The arrays' headers are checked before anything is unpacked, and nothing is unpickled.
    Raises `DataError` if the file is damaged, lacks an array, or holds Python objects or more than 1 GB.
    """
    with opened_zip(path, path.name, most_bytes=_MOST_BYTES_OF_ALL, kind=_KIND) as archive:
        found = [name.removesuffix(".npy") for name in archive.namelist()]
        keys = next((keys for keys in (_FOUR, _TWO) if {f"{key}.npy" for key in keys} <= {*archive.namelist()}), None)
        if keys is None:
            raise DataError(
                f"{path.name} must hold the arrays {', '.join(_FOUR)}, or x and y. Received: "
                f"{shortened(', '.join(sorted(found)) or 'none')}. Save it with np.savez({path.name!r}, x=…, y=…)."
            )
        try:
            _check_headers(path, archive, keys)
            arrays: list[Any] = [_read(archive, key) for key in keys]
        except (DataError, BadZipFile, OSError, EOFError, zlib.error):  # `opened_zip` reports faults of the zip.
            raise
        except Exception as error:  # NumPy raises many types of exceptions for a damaged array.
            raise DataError(
                f"{path.name} can't be read as {_KIND} ({shortened(str(error))}). It may be cut short: copy or "
                "save it again."
            ) from None
    return RawData(*arrays)


def _read(archive: ZipFile, key: str) -> np.ndarray:
    with archive.open(f"{key}.npy") as member:
        return np.atleast_1d(np.lib.format.read_array(member, allow_pickle=False))


def _check_headers(path: Path, archive: ZipFile, keys: tuple[str, ...]) -> None:
    total = 0
    for key in keys:
        with archive.open(f"{key}.npy") as member:
            shape, dtype = _header(BytesIO(member.read(_LONGEST_HEADER)))
        if dtype.hasobject:
            raise DataError(
                f"{path.name}: {key} holds Python objects, which can run code when they are read. Save plain numbers "
                f"or text, for example {key}.astype(str) for labels; rows of different sizes must be made equal first."
            )
        size = prod(shape) * dtype.itemsize
        total += size
        if min(shape, default=0) < 0 or archive.getinfo(f"{key}.npy").file_size < size <= _MOST_BYTES:
            raise ValueError(f"{key} holds fewer numbers than it declares")
    if total > _MOST_BYTES:
        raise DataError(
            f"{path.name} holds {total / 1e9:,.1f} GB of numbers; at most {_MOST_BYTES / 1e9:g} GB are read. "
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
