"""A zip of a data set: pictures are read from it; files of arrays and tables are unpacked for a moment."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ..config.reading import is_table_name
from ..errors import DataError
from .dataset import Dataset
from .idx_files import named_as_idx
from .picture_files import is_picture
from .picture_folder import read_picture_folder
from .raw import to_dataset
from .stored_files import StoredFile, files_of

_MOST_BYTES = 1_000_000_000
_MOST_FILES = 1_000
#: EMNIST's list of classes.
_MAPPING = "mapping.txt"


def holds_whole_data(name: str) -> bool:
    """Whether a file is named like a table or an .npz file, which hold a whole data set. Other texts may be notes."""
    return name.lower().endswith(".npz") or (is_table_name(name) and ".txt" not in name.lower())


def read_zip(path: Path, load_folder: Callable[[Path], Dataset]) -> Dataset:
    """Read a zip of pictures, of IDX files, or of one of the other kinds of files.

    load_folder: reads the folder to which files other than pictures are unpacked; it is removed afterwards.
    Raises `DataError` if the zip is damaged or unpacks to too much, and what the reading of its files raises.
    """
    with files_of(path) as files:
        has_idx = any(named_as_idx(file.place.name) for file in files)
        arrays = [file for file in files if _is_array(file.place.name)]
        if has_idx or (arrays and not any(map(is_picture, files))):
            arrays += [file for file in files if file.name.endswith(_MAPPING)]
            with TemporaryDirectory(prefix="toolkit-") as folder:
                return load_folder(_unpacked(path, arrays, Path(folder)))
    return to_dataset(path.name, read_picture_folder(path))


def _is_array(name: str) -> bool:
    return named_as_idx(name) or name.lower().endswith(".npy") or holds_whole_data(name)


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
