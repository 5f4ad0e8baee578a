"""Stores uploaded data in the runs folder, under safe names and once per content."""

import gzip
import hashlib
import os
import re
import shutil
import sys
import tempfile
import threading
import time
import unicodedata
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from pathlib import Path

from dashboard import texts
from dashboard.shared.dataset_cache import dataset_shown
from dashboard.shared.offered import FOLDER
from dashboard.shared.table_columns import columns_of
from toolkit.config.reading import RECOGNISED, Reading, is_table_name
from toolkit.datasets.archives import opened_zip
from toolkit.datasets.array_names import choose_arrays
from toolkit.datasets.csv_table import test_part_name
from toolkit.datasets.idx_files import named_as_idx, parse_idx_name
from toolkit.errors import DataError, ToolkitError
from toolkit.runs import datasets_needed
from toolkit.system.files import make_durable, write_atomically

MOST_BYTES, MOST_BYTES_UNPACKED = 500_000_000, 200_000_000
_LONGEST_NAME = 40
_KEPT_SECONDS = 7 * 24 * 3600

# Reading takes several times the file's size in memory, so one at a time; it also makes removing files safe.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class UploadedData:
    """The result of an upload: the path of the data, or the problem with them.

    columns, label: the column names of a table, and those that hold the classes. reading: how the data were read.
    """

    path: str | None = None
    columns: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    reading: Reading = field(default_factory=lambda: RECOGNISED)
    problem: str = ""


def take_files(root: Path, files: Mapping[str, bytes], reading: Reading = RECOGNISED) -> UploadedData:
    """Store files in the runs folder `root` and read them; files that can't be used are removed again.

    files: contents by file name. reading: how a table file is read.
    """
    with _one_at_a_time:
        try:
            forget_unused(root)
            path, is_new = keep_files(root / FOLDER, files)
        except ToolkitError as error:
            return UploadedData(problem=str(error))
        uploaded = UploadedData()
        try:
            uploaded = _read(path, reading)
        finally:
            if uploaded.path is None and is_new:
                shutil.rmtree(path.parent)
        return uploaded


def keep_files(folder: Path, files: Mapping[str, bytes]) -> tuple[Path, bool]:
    """Store files atomically in a folder of their own, unless the same files are already there.

    Returns the path of the data, and whether they are new.
    Raises `DataError` if the files don't belong together, are too large when unpacked, or there is no room for them.
    """
    contents = _named(files)
    if sum(map(_unpacked_size, contents.values())) > MOST_BYTES_UNPACKED:
        raise DataError(texts.data.TOO_MUCH_UNPACKED.format(most=MOST_BYTES_UNPACKED / 1e6))
    place = folder / _digest(contents)
    try:
        if place.exists():
            os.utime(place)  # keeps it for another week
            return _main_file(place), False
        folder.mkdir(parents=True, exist_ok=True)
        kept = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        if kept + sum(map(len, contents.values())) > MOST_BYTES:
            raise DataError(texts.data.NO_ROOM.format(most=MOST_BYTES / 1e6, folder=folder))
        with tempfile.TemporaryDirectory(prefix=".new-", dir=folder) as temporary:
            building = Path(temporary) / "data"
            building.mkdir()
            for name, content in contents.items():
                write_atomically(building / name, partial(_write, content))
            building.rename(place)
        make_durable(folder)
    except OSError as error:
        raise DataError(texts.data.NOT_KEPT.format(folder=folder, reason=error.strerror or error)) from error
    return _main_file(place), True


def forget_unused(root: Path) -> None:
    """Remove data that were uploaded more than a week ago and that no run in `root` uses."""
    folder = (root / FOLDER).resolve()
    needed = {parent for name in datasets_needed(root) for parent in Path(name).parents}
    for place in folder.glob("*"):
        if place not in needed and time.time() - place.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(place, ignore_errors=True)


def _write(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def _read(path: Path, reading: Reading) -> UploadedData:
    """Read the data as the page will."""
    columns = columns_of(str(path))
    try:
        encoding = dataset_shown(str(path), reading).encoding
    except ToolkitError as error:
        return UploadedData(columns=columns, reading=reading, problem=str(error))
    return UploadedData(str(path), columns, encoding.label if encoding else (), reading)


def is_one_of_several(name: str) -> bool:
    """Whether a file belongs to others by its name: it is an IDX file, a single array, or EMNIST's list of classes."""
    return named_as_idx(name) or _is_mapping(name) or name.lower().endswith(".npy")


def _named(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The contents under safe names of letters, digits and hyphens; IDX files and arrays get their usual names."""
    if any(map(named_as_idx, files)):
        return _named_as_mnist(files)
    suffixes = {Path(name).suffix.lower() for name in files}
    if suffixes == {".npy"} or (suffixes == {".npz"} and len(files) > 1):
        return _named_by_role(files)
    contents = {_safe_name(name): content for name, content in files.items()}
    if len(files) > 1 and (len(contents) < len(files) or _training_part(contents) is None):
        raise DataError(texts.data.ONE_FILE)
    return contents


def _training_part(names: Collection[str]) -> str | None:
    """The name of the training part, if these are two tables, a training part and its test part."""
    if len(names) != 2 or not all(map(is_table_name, names)):
        return None
    return next((name for name in names if test_part_name(name) in names), None)


def _safe_name(name: str) -> str:
    suffix = Path(name).suffix.lower()
    if suffix == ".gz" and is_table_name(name):
        suffix = f"{Path(name).with_suffix('').suffix.lower()}.gz"
    stem = name.rpartition("/")[2][: -len(suffix)] if suffix else Path(name).stem
    words = re.sub(r"\W+", "-", unicodedata.normalize("NFC", stem))[:_LONGEST_NAME].strip("-_")
    return (words or "data") + (suffix if re.fullmatch(r"(\.[a-z0-9]{1,8}){1,2}", suffix) else "")


def _named_as_mnist(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """IDX files under MNIST's names, in front of which stands what tells the data set, such as `emnist-letters`."""
    if not all(named_as_idx(name) or _is_mapping(name) for name in files):
        raise DataError(texts.data.IDX_PAIRS)
    names = {name: parse_idx_name(name) for name in files if not _is_mapping(name)}
    has_train = any(one.part != "test" for one in names.values())
    contents = {}
    for name, one in names.items():
        part = "t10k" if one.part == "test" and has_train else "train"
        contents[f"{part}-{'images-idx3' if one.what == 'images' else 'labels-idx1'}-ubyte"] = files[name]
    pairs = len(contents) == len(names) in (2, 4) and len({one.data for one in names.values()}) == 1
    if not pairs or not all(name.replace("images-idx3", "labels-idx1") in contents for name in contents):
        raise DataError(texts.data.IDX_PAIRS)
    data = next(one.data for one in names.values())[:_LONGEST_NAME]
    start = f"{data}-" if data else ""
    mappings = [files[name] for name in files if _is_mapping(name)]
    return {f"{start}{name}": content for name, content in contents.items()} | {
        f"{start}mapping.txt": content for content in mappings
    }


def _is_mapping(name: str) -> bool:
    return re.fullmatch(r"emnist-[a-z]+-mapping\.txt", name) is not None


def _named_by_role(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Files of one array each under the names of Keras: `x_train.npy`."""
    stems = {Path(name).stem: name for name in files}
    roles = choose_arrays(stems)
    if roles is None:
        raise DataError(texts.data.ARRAY_PAIRS)
    return {f"{role}{Path(stems[stem]).suffix.lower()}": files[stems[stem]] for role, stem in roles.items()}


def _main_file(place: Path) -> Path:
    """The path that identifies the data: the training pictures, the training part of a table, or the only file."""
    names = sorted(file.name for file in place.iterdir())
    arrays = (name for name in names if re.search(r"train-images-idx3-ubyte$|^x_train\.np[yz]$", name))
    return (place / (next(arrays, None) or _training_part(names) or names[0])).resolve()


def _digest(contents: Mapping[str, bytes]) -> str:
    """A digest of the contents; a single file's name does not matter, but its suffix does."""
    digest = hashlib.sha256()
    for name in sorted(contents):
        kind = name if len(contents) > 1 else Path(name).suffix
        digest.update(f"{kind} {len(contents[name])}\n".encode() + contents[name])
    return digest.hexdigest()[:12]


def _unpacked_size(content: bytes, *, may_hold_packed: bool = True) -> int:
    """The unpacked size of a zip, .npz or gzipped file; 0 if damaged, which is reported when it is read.

    may_hold_packed: whether packed files in a zip are unpacked too.
    """
    try:
        if content.startswith(b"PK"):
            with opened_zip(BytesIO(content), "the file", most_bytes=sys.maxsize) as archive:
                size = sum(member.file_size for member in archive.infolist())
                packed = [name for name in archive.namelist() if name.lower().endswith((".gz", ".npz"))]
                while may_hold_packed and packed and size <= MOST_BYTES_UNPACKED:
                    size += _unpacked_size(archive.read(packed.pop()), may_hold_packed=False)
                return size
        if content.startswith(b"\x1f\x8b"):
            with gzip.open(BytesIO(content)) as file:
                size = 0
                while size <= MOST_BYTES_UNPACKED and (block := file.read(1 << 20)):
                    size += len(block)
                return size
    except (DataError, OSError, EOFError, zlib.error):
        return 0
    return len(content)
