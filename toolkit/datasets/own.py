"""A user's own data: what the path names decides how it is read."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path

from ..config.reading import RECOGNISED, Reading, is_table_name, reading_conflicts
from ..errors import ConfigError, DataError, Problem
from ..system.files import sha256_of
from .dataset import Dataset, DatasetInfo
from .raw import RawData, to_dataset

#: Identifies a state of a file or folder: the number of files, their total size, the latest change.
_Stamp = tuple[int, int, int]
_MOST_FILES = 200_000


def load_own(path: Path, reading: Reading = RECOGNISED) -> Dataset:
    """Read a file or folder: .npz, .npy, IDX, a table, or pictures in one folder per class, or a zip of these.

    reading: how a table is read.
    The last result is cached: reading an unchanged path again costs nothing.
    Raises `DataError` if it can't be used, `ConfigError` for a column that does not exist.
    """
    return _kept(path.resolve(), _stamp(path), *_values(reading))


def own_info(path: Path, reading: Reading = RECOGNISED) -> DatasetInfo:
    """The info of a path, which is read once for it. Raises as `load_own` does."""
    return _kept_info(path.resolve(), _stamp(path), *_values(reading))


def fingerprint(path: Path) -> str:
    """A value that changes with the data: a file's SHA-256, or, for a folder, that of its files' names and checksums.

    A table with a test part beside it counts as a folder of both.

    Only files that `load_own` reads count. Raises `DataError` if a folder has none, or a file can't be read.
    """
    return _kept_fingerprint(path.resolve(), _stamp(path))


_Values = tuple[str | None, tuple[str, ...], str | None]


def _values(reading: Reading) -> _Values:
    """A reading as what a cache can tell apart."""
    return reading["label"], tuple(reading["leave_out"]), reading["shape"]


# Only one: a large file takes as much memory as training a network.
@lru_cache(maxsize=1)
def _kept(path: Path, stamp: _Stamp, label: str | None, leave_out: tuple[str, ...], shape: str | None) -> Dataset:
    with _readable(path):
        return _load(path, {"label": label, "leave_out": leave_out, "shape": shape})


# Enough for a class, each learner with their own data.
@lru_cache(maxsize=64)
def _kept_info(
    path: Path, stamp: _Stamp, label: str | None, leave_out: tuple[str, ...], shape: str | None
) -> DatasetInfo:
    reading: Reading = {"label": label, "leave_out": leave_out, "shape": shape}
    data = load_own(path, reading)
    rows = len(data.x_train) + len(data.x_test)
    title = f"{path.name} · {rows:,} {'pictures' if data.is_pictures else 'rows'}"
    return DatasetInfo(title, data.row_shape, data.num_classes, len(data.x_train), lambda: load_own(path, reading))


@lru_cache(maxsize=64)
def _kept_fingerprint(path: Path, stamp: _Stamp) -> str:
    with _readable(path):
        files = sorted(_files_read(path))
        # Runs on disk keep this sum: for a file of IDX pictures, it is that of this file alone.
        if path.is_file() and (len(files) == 1 or "images" in path.name):
            return sha256_of(path)
        folder = path if path.is_dir() else path.parent
        lines = (f"{os.path.relpath(file, folder)} {sha256_of(file)}\n" for file in files)
        return hashlib.sha256("".join(lines).encode()).hexdigest()


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(f"{path} can't be read ({error.strerror or error}). Check the file's permissions.") from None


def _files_read(path: Path) -> list[Path]:
    """The files that a path stands for. Others, such as macOS's .DS_Store, don't change the data."""
    from .idx_files import has_idx_files, idx_files, named_as_idx
    from .npz import array_files, has_array_files
    from .picture_files import pictures_in

    if path.is_file():
        if path.suffix.lower() == ".npy":
            return array_files(path)
        return idx_files(path) if named_as_idx(path.name) else [path, *_test_part_beside(path)]
    if has_idx_files(path):
        return idx_files(path)
    if has_array_files(path):
        return array_files(path)
    single = _only_file(path)
    return _files_read(single) if single else pictures_in(path)


def _test_part_beside(path: Path) -> list[Path]:
    """The test part of a table, in another file beside it."""
    from .csv_table import test_part_beside

    beside = test_part_beside(path) if is_table_name(path.name) else None
    return [] if beside is None else [beside]


def _load(path: Path, reading: Reading) -> Dataset:
    # Imported here, since it imports pandas, Pillow and more, so that `--help` stays fast.
    from .zipped import read_zip

    if problems := list(reading_conflicts(str(path), reading)):
        raise ConfigError(problems)
    if path.is_dir():
        return _load_folder(path)
    if not path.is_file():
        raise ConfigError([Problem("dataset", "a file or a folder", path.name, "A device or a pipe can't be read.")])
    if is_table_name(path.name):
        from .csv_table import read_table

        return read_table(path, reading)
    if path.suffix.lower() == ".zip":
        return read_zip(path, _load_folder)
    return to_dataset(path.name, _read_arrays(path))


def _read_arrays(path: Path) -> RawData:
    from .idx import is_idx
    from .idx_files import read_idx_files
    from .npz import read_array_files, read_npz
    from .picture_formats import SUFFIXES

    match path.suffix.lower():
        case ".npz":
            return read_npz(path)
        case ".npy":
            return read_array_files(path)
    if is_idx(path):
        return read_idx_files(path)
    expected, remedy = "a .npz, .npy, CSV, zip or IDX file, or a folder of pictures", "Save your data as one of these."
    if path.suffix.lower() in SUFFIXES:
        remedy = "This is a single picture: name the folder of all of them, or ask a network with predict RUN PICTURE."
    raise ConfigError([Problem("dataset", expected, path.name, remedy)])


def _load_folder(path: Path) -> Dataset:
    from .idx_files import has_idx_files, read_idx_files
    from .npz import has_array_files, read_array_files
    from .picture_folder import read_picture_folder

    if has_idx_files(path):
        return to_dataset(path.name, read_idx_files(path))
    if has_array_files(path):
        return to_dataset(path.name, read_array_files(path))
    if single := _only_file(path):
        data = _load(single, RECOGNISED)
        note = f"Read from {path.name}: {single.name}, the only file of data in it."
        return replace(data, name=path.name, notes=(note, *data.notes))
    return to_dataset(path.name, read_picture_folder(path))


def _only_file(folder: Path) -> Path | None:
    """The table (with its test part) or .npz file that a folder holds, beside files of other kinds; None if there are
    several, or pictures.
    """
    from .csv_table import test_part_name
    from .picture_files import is_picture
    from .stored_files import files_of
    from .zipped import holds_whole_data

    with files_of(folder) as files:
        if any(map(is_picture, files)):
            return None
        names = [file.name for file in files if holds_whole_data(file.name)]
    tests = {test_part_name(name) for name in names}
    found = [name for name in names if name not in tests]
    return folder / found[0] if len(found) == 1 else None


def _files_beside(path: Path) -> list[Path]:
    """The files that are read with a path, and may lie outside it."""
    from .idx_files import named_as_idx

    return _files_read(path) if path.is_file() or named_as_idx(path.name) else []


def _stamp(path: Path) -> _Stamp:
    files = {path, *islice(path.rglob("*"), _MOST_FILES + 1)} if path.is_dir() else {path}
    with suppress(DataError):  # Reading the path reports it.
        files |= {*_files_beside(path)}
    if len(files) > _MOST_FILES:
        raise DataError(f"{path} holds more than {_MOST_FILES:,} files. Name the folder that holds the classes.")
    stats = [file.lstat() for file in files]
    return len(stats), sum(stat.st_size for stat in stats), max(stat.st_mtime_ns for stat in stats)
