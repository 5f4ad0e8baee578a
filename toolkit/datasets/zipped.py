"""A zip of a data set: pictures are read from it; files of arrays and tables are unpacked for a moment."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ..errors import DataError
from .idx_files import named_as_idx
from .picture_files import is_picture
from .picture_folder import read_picture_folder
from .raw import RawData
from .stored_files import StoredFile, files_of

_MOST_BYTES = 1_000_000_000
_MOST_FILES = 1_000
#: Other files of a data set than pictures and IDX files, and EMNIST's list of classes.
_SUFFIXES = (".npy", ".npz", ".csv")
_MAPPING = "mapping.txt"


def read_zip(path: Path, read_folder: Callable[[Path], RawData]) -> RawData:
    """Read a zip of pictures, of IDX files, or of one of the other kinds of files.

    read_folder: reads the folder to which files other than pictures are unpacked; it is removed afterwards.
    Raises `DataError` if the zip is damaged or unpacks to too much, and what the reading of its files raises.
    """
    with files_of(path) as files:
        has_idx = any(named_as_idx(file.place.name) for file in files)
        arrays = [file for file in files if named_as_idx(file.place.name) or file.place.suffix.lower() in _SUFFIXES]
        if has_idx or (arrays and not any(map(is_picture, files))):
            arrays += [file for file in files if file.name.endswith(_MAPPING)]
            with TemporaryDirectory(prefix="toolkit-") as folder:
                return read_folder(_unpacked(path, arrays, Path(folder)))
    return read_picture_folder(path)


def _unpacked(path: Path, files: Sequence[StoredFile], folder: Path) -> Path:
    """The innermost folder with all these files, called like the zip. Their declared sizes are checked before."""
    if len(files) > _MOST_FILES:
        raise DataError(
            f"{path.name} holds {len(files):,} files of arrays; at most {_MOST_FILES:,} are read. Keep those of one "
            "data set."
        )
    if (size := sum(file.size for file in files)) > _MOST_BYTES:
        raise DataError(
            f"{path.name} unpacks to {size / 1e6:,.0f} MB of arrays; at most {_MOST_BYTES / 1e6:,.0f} MB are read. "
            "Keep a part of it."
        )
    whole = folder / "whole"
    for file in files:
        target = whole.joinpath(*file.place.parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        with file.content() as packed, target.open("xb") as unpacked:
            shutil.copyfileobj(packed, unpacked)
    innermost = whole
    while len(inner := list(innermost.iterdir())) == 1 and inner[0].is_dir():
        innermost = inner[0]
    return innermost.rename(folder / path.name)
