"""Which files of a folder, or of a zip of it, are pictures of a class, and of which part."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePath, PurePosixPath
from typing import BinaryIO
from zipfile import ZipFile, ZipInfo

from ..archives import MOST_MEMBERS, opened_zip
from ..errors import DataError, shortened

_SUFFIXES = (".png", ".jpg", ".jpeg")
_MOST_PICTURES, _MOST_FILE_BYTES, _MOST_BYTES = MOST_MEMBERS, 20_000_000, 2_000_000_000
_EXPECTED = "Expected one sub-folder of PNG or JPEG pictures a class."


@dataclass(frozen=True)
class PictureFile:
    """A file below the folder, or in the zip: its name there, its place below what counts, and how to read it."""

    name: str
    place: PurePath
    content: Callable[[], BinaryIO]


@contextmanager
def files_of(path: Path) -> Iterator[list[PictureFile]]:
    """All files that are not hidden, in the order of their names."""
    if path.is_dir():
        found = [file for file in path.rglob("*") if file.is_file()]
        yield _limited(path, [_on_disk(file, file.relative_to(path)) for file in found])
        return
    with opened_zip(path, path.name, most_bytes=_MOST_BYTES) as archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
        yield _limited(path, [_in_zip(path, archive, one) for one in members])


def _on_disk(file: Path, place: Path) -> PictureFile:
    return PictureFile(str(place), place, lambda: file.open("rb"))


def _in_zip(path: Path, archive: ZipFile, member: ZipInfo) -> PictureFile:
    return PictureFile(member.filename, PurePosixPath(member.filename), lambda: _unpacked(path, archive, member))


def _limited(path: Path, files: list[PictureFile]) -> list[PictureFile]:
    visible = [file for file in files if not any(part.startswith((".", "__MACOSX")) for part in file.place.parts)]
    if len(visible) > _MOST_PICTURES:
        raise DataError(f"{path.name} holds {len(visible):,} files; at most {_MOST_PICTURES:,} are read. Remove some.")
    return sorted(visible, key=lambda file: file.place)


def _unpacked(path: Path, archive: ZipFile, member: ZipInfo) -> BinaryIO:
    """A member's bytes, in memory; how many they are is checked before."""
    if member.file_size > _MOST_FILE_BYTES:
        raise DataError(
            f"{path.name}: {shortened(member.filename)} has {member.file_size / 1e6:,.0f} MB; at most "
            f"{_MOST_FILE_BYTES / 1e6:.0f} MB are read. Scale the picture down."
        )
    return BytesIO(archive.read(member))


def picture_parts(path: Path, files: list[PictureFile]) -> dict[str, list[PictureFile]]:
    """The pictures of each part, their places beginning with the class."""
    pictures = [file for file in files if file.place.suffix.lower() in _SUFFIXES]
    if not files:
        raise DataError(f"{path.name} is empty. {_EXPECTED}")
    while len({file.place.parts[0] for file in pictures}) == 1 and all(len(one.place.parts) > 2 for one in pictures):
        pictures = [_below(file) for file in pictures]
    in_classes = [file for file in pictures if len(file.place.parts) > 1]
    if not in_classes:
        raise DataError(f"{path.name} holds {len(files):,} files and no folder of pictures. {_EXPECTED}")
    tops = {file.place.parts[0] for file in in_classes}
    if tops == {"train", "test"} and all(len(file.place.parts) > 2 for file in in_classes):
        return {
            part: [_below(file) for file in in_classes if file.place.parts[0] == part] for part in ("train", "test")
        }
    return {"train": in_classes}


def _below(file: PictureFile) -> PictureFile:
    return PictureFile(file.name, file.place.relative_to(file.place.parts[0]), file.content)
