"""The files of a folder, or of a zip of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import IO
from zipfile import ZipFile, ZipInfo

from ..errors import DataError
from ..formatting import shortened
from .archives import MOST_MEMBERS, opened_zip

_MOST_FILES, _MOST_BYTES = MOST_MEMBERS, 2_000_000_000
#: The flag of a zip member whose name is in UTF-8.
_IS_UTF8 = 0x800
#: Files and folders that Windows and macOS add; those that begin with a dot are hidden too.
_OF_THE_SYSTEM = frozenset({"__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r"})


@dataclass(frozen=True)
class StoredFile:
    """A file in the folder or zip: its name there, its place (the path that counts), its size, and how to open it."""

    name: str
    place: PurePath
    size: int
    content: Callable[[], IO[bytes]]


@contextmanager
def files_of(path: Path) -> Iterator[list[StoredFile]]:
    """All files that are not hidden, sorted by name; those of a zip can be opened as long as this lasts.

    Raises `DataError` if there are too many, or the zip is damaged or unpacks to too much.
    """
    if path.is_dir():
        found = [file for file in path.rglob("*") if file.is_file()]
        yield _limited(path, [_on_disk(file, file.relative_to(path)) for file in found])
        return
    with opened_zip(path, path.name, most_bytes=_MOST_BYTES) as archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
        yield _limited(path, [_in_zip(path, archive, one) for one in members])


def _on_disk(file: Path, place: Path) -> StoredFile:
    return StoredFile(str(place), place, file.stat().st_size, lambda: file.open("rb"))


def _in_zip(path: Path, archive: ZipFile, member: ZipInfo) -> StoredFile:
    name = _name(path, member)
    return StoredFile(name, PurePosixPath(name), member.file_size, lambda: archive.open(member))


def _name(path: Path, member: ZipInfo) -> str:
    """A member's name as its author saw it. Without the UTF-8 flag, Python decodes names as CP437.

    macOS writes UTF-8 without the flag, and Korean Windows writes CP949, most bytes of which are not letters in CP437.
    """
    name = member.filename
    # It differs from `orig_filename` if a later Python took it from the Unicode field.
    if name.isascii() or member.flag_bits & _IS_UTF8 or name != member.orig_filename:
        return name
    in_bytes = name.encode("cp437")
    with suppress(UnicodeDecodeError):
        return in_bytes.decode("utf-8")
    if all(one.isascii() or one.isalpha() for one in name):
        return name
    with suppress(UnicodeDecodeError):
        return in_bytes.decode("cp949")
    raise DataError(
        f"{path.name}: the name of a file must be in UTF-8, or in the Korean of Windows. Received: {shortened(name)}. "
        "Name folders and pictures in English letters and make the zip again."
    )


def _limited(path: Path, files: list[StoredFile]) -> list[StoredFile]:
    visible = [file for file in files if not any(map(_is_hidden, file.place.parts))]
    if len(visible) > _MOST_FILES:
        raise DataError(f"{path.name} holds {len(visible):,} files; at most {_MOST_FILES:,} are read. Remove some.")
    return sorted(visible, key=lambda file: file.place)


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__MACOSX")) or name.lower() in _OF_THE_SYSTEM
