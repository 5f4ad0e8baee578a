"""NumPy's files: arrays in one .npz, or in .npy files beside each other."""

from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path
from zipfile import ZipFile

import numpy as np

from ..errors import DataError
from ..formatting import shortened
from .archives import opened_zip
from .array_names import ROLES, choose_arrays, describe_choice
from .npy_format import Opening, read_arrays
from .raw import RawData

#: The file may hold more arrays than those that are read.
_MOST_BYTES_OF_ALL = 4_000_000_000
_KIND = "an .npz file"
_EXPECTED = (
    "x_train, y_train, x_test, y_test, or x and y, or the same under another usual name, such as train_images, "
    "train_labels"
)


def read_npz(path: Path) -> RawData:
    """The arrays `x_train, y_train, x_test, y_test` of an .npz file, or `x, y`; others are ignored.

    Other usual names are recognised, and a note says which were taken: `train_images, train_labels, val_images, …`,
    `images, labels`, `X, y`, `data, target`. A file with a single array is read with those beside it, like .npy files.
    The arrays' headers are checked before anything is unpacked, and nothing is unpickled.
    Raises `DataError` if the file is damaged, lacks an array, or holds Python objects or more than 1 GB.
    """
    with _opened(path) as archive:
        names = _arrays_in(archive)
        roles = choose_arrays(names)
        if not names or (roles is None and len(names) > 1):
            raise DataError(
                f"{path.name} must hold the arrays {_EXPECTED}. Received: "
                f"{shortened(', '.join(sorted(names)) or 'none')}. Save it with np.savez({path.name!r}, x=…, y=…)."
            )
        if roles is not None:
            openings: dict[str, Opening] = {name: partial(archive.open, f"{name}.npy") for name in roles.values()}
            sizes = {name: archive.getinfo(f"{name}.npy").file_size for name in roles.values()}
            arrays = _read(path, openings, sizes)
            return _raw(roles, arrays, describe_choice(path.name, roles, names))
    return read_array_files(path)


def read_array_files(path: Path) -> RawData:
    """Arrays in files of their own: `x_train.npy` and, beside it, `y_train.npy`, `x_test.npy`, `y_test.npy`.

    path: any of them, or their folder. The names may be others, as those in an .npz file may.
    Raises `DataError` if a file is damaged or missing, or holds Python objects, or all hold more than 1 GB.
    """
    roles = _chosen(path)
    with ExitStack() as stack:
        openings: dict[str, Opening] = {}
        sizes: dict[str, int] = {}
        for file in roles.values():
            openings[file.stem], sizes[file.stem] = _single_array(file, stack)
        arrays = _read(path, openings, sizes)
    read = ", ".join(f"{file.name} as {role}" for role, file in roles.items())
    names = {role: file.stem for role, file in roles.items()}
    return _raw(names, arrays, (f"Read for {path.name}: {read}.",))


def array_files(path: Path) -> list[Path]:
    """The files that `read_array_files` reads. Raises `DataError` if labels are missing."""
    return list(_chosen(path).values())


def has_array_files(folder: Path) -> bool:
    """Whether a folder holds files of arrays with usual names, rows and labels."""
    return choose_arrays([file.stem for file in _array_files(folder)]) is not None


def _array_files(folder: Path) -> list[Path]:
    files = [file for file in folder.iterdir() if file.suffix.lower() in (".npy", ".npz") and file.is_file()]
    return sorted(file for file in files if not file.name.startswith("."))


def _chosen(path: Path) -> dict[str, Path]:
    """Role -> file."""
    folder = path if path.is_dir() else path.parent
    files = {file.stem: file for file in _array_files(folder) if path.is_dir() or file.suffix == path.suffix}
    roles = choose_arrays(files.keys(), like=None if path.is_dir() else path.stem)
    if roles is None and path.suffix == ".npz":
        raise DataError(
            f"{path.name} holds rows or labels alone. Save both in it with np.savez({path.name!r}, x=…, y=…)."
        )
    if roles is None:
        raise DataError(
            f"{path.name} needs rows and labels, a file of each: call them x_train{path.suffix} and "
            f"y_train{path.suffix}, in one folder, and x_test{path.suffix} and y_test{path.suffix} for the test part. "
            "Received: "
            f"{shortened(', '.join(sorted(file.name for file in files.values())), 200)}."
        )
    return {role: files[name] for role, name in roles.items()}


def _single_array(file: Path, stack: ExitStack) -> tuple[Opening, int]:
    """How to open the only array of a file, and its size."""
    if file.suffix.lower() == ".npy":
        return lambda: file.open("rb"), file.stat().st_size
    archive = stack.enter_context(_opened(file))
    names = _arrays_in(archive)
    if len(names) != 1:
        raise DataError(f"{file.name} must hold one array. Received: {shortened(', '.join(sorted(names)) or 'none')}.")
    member = archive.getinfo(f"{names[0]}.npy")
    return partial(archive.open, member), member.file_size


def _opened(path: Path) -> AbstractContextManager[ZipFile]:
    return opened_zip(path, path.name, most_bytes=_MOST_BYTES_OF_ALL, kind=_KIND)


def _arrays_in(archive: ZipFile) -> list[str]:
    return [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]


def _read(path: Path, openings: dict[str, Opening], sizes: dict[str, int]) -> dict[str, np.ndarray]:
    try:
        return read_arrays(path.name, openings, sizes)
    except (DataError, OSError):
        raise
    except Exception as error:  # NumPy and zipfile raise many types of exceptions for a damaged array.
        kind = f"an {path.suffix} file" if path.is_file() else "arrays of NumPy"
        raise DataError(
            f"{path.name} can't be read as {kind} ({shortened(str(error))}). It may be cut short: copy or save it "
            "again."
        ) from None


def _raw(roles: dict[str, str], arrays: dict[str, np.ndarray], notes: tuple[str, ...]) -> RawData:
    x_train, y_train, x_test, y_test, x_val, y_val = (arrays.get(roles.get(role, "")) for role in ROLES)
    if x_train is None or y_train is None:
        raise AssertionError("arrays are chosen only if there are rows with labels to train with")
    return RawData(x_train, y_train, x_test, y_test, x_val, y_val, notes=notes)
