"""The picture files of a folder, or of a zip of it, with their part and class."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePath, PurePosixPath
from typing import BinaryIO
from zipfile import ZipFile, ZipInfo

from ..errors import DataError
from ..formatting import shortened
from .archives import MOST_MEMBERS, opened_zip

_SUFFIXES = (".png", ".jpg", ".jpeg")
_MOST_PICTURES, _MOST_FILE_BYTES, _MOST_BYTES = MOST_MEMBERS, 20_000_000, 2_000_000_000
#: The flag of a zip member whose name is in UTF-8.
_IS_UTF8 = 0x800
#: Usual names of a data set's parts; if all classes have such names, that is taken for a mistake.
_NAMES_OF_PARTS = frozenset({"train", "training", "test", "testing", "val", "valid", "validation"})
_EXPECTED = "Expected one sub-folder of PNG or JPEG pictures per class."


@dataclass(frozen=True)
class PictureFile:
    """A file in the folder or zip: its name there, its place (the path that counts), and how to open it."""

    name: str
    place: PurePath
    content: Callable[[], BinaryIO]


@contextmanager
def files_of(path: Path) -> Iterator[list[PictureFile]]:
    """All files that are not hidden, sorted by name."""
    if path.is_dir():
        found = [file for file in path.rglob("*") if file.is_file()]
        yield _limited(path, [_on_disk(file, file.relative_to(path)) for file in found])
        return
    with opened_zip(path, path.name, most_bytes=_MOST_BYTES) as archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
        yield _limited(path, [_in_zip(path, archive, one) for one in members])


def pictures_in(folder: Path) -> list[Path]:
    """The pictures of all of a folder's classes and parts. Raises `DataError` as `picture_parts` does."""
    with files_of(folder) as files:
        return [folder / file.name for of_part in picture_parts(folder, files).values() for file in of_part]


def _on_disk(file: Path, place: Path) -> PictureFile:
    return PictureFile(str(place), place, lambda: file.open("rb"))


def _in_zip(path: Path, archive: ZipFile, member: ZipInfo) -> PictureFile:
    name = _name(path, member)
    return PictureFile(name, PurePosixPath(name), lambda: _unpacked(path, archive, member, name))


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


def _limited(path: Path, files: list[PictureFile]) -> list[PictureFile]:
    visible = [file for file in files if not any(part.startswith((".", "__MACOSX")) for part in file.place.parts)]
    if len(visible) > _MOST_PICTURES:
        raise DataError(f"{path.name} holds {len(visible):,} files; at most {_MOST_PICTURES:,} are read. Remove some.")
    return sorted(visible, key=lambda file: file.place)


def _unpacked(path: Path, archive: ZipFile, member: ZipInfo, name: str) -> BinaryIO:
    """A member's bytes, in memory; their number is checked first."""
    if member.file_size > _MOST_FILE_BYTES:
        raise DataError(
            f"{path.name}: {shortened(name)} is {member.file_size / 1e6:,.0f} MB; at most "
            f"{_MOST_FILE_BYTES / 1e6:.0f} MB are read. Scale the picture down."
        )
    return BytesIO(archive.read(member))


def picture_parts(path: Path, files: list[PictureFile]) -> dict[str, list[PictureFile]]:
    """The pictures of each part, "train" and possibly "test", with places that begin with the class.

    Raises `DataError` if there are no folders of pictures, or parts other than train and test.
    """
    if not files:
        raise DataError(f"{path.name} is empty. {_EXPECTED}")
    in_folders = _in_folders([file for file in files if file.place.suffix.lower() in _SUFFIXES])
    if not in_folders:
        raise DataError(f"{path.name} holds {len(files):,} files and no folder of pictures. {_EXPECTED}")
    if {_top(file).lower() for file in in_folders} <= _NAMES_OF_PARTS:
        return _train_and_test(path, in_folders)
    return {"train": in_folders}


def _in_folders(pictures: list[PictureFile]) -> list[PictureFile]:
    """The pictures inside the folders of classes or parts; pictures beside these folders, such as a cover, don't count.

    There are at least two classes, so a single folder can't be one: if it contains folders, it wraps all the others.
    """
    in_folders = _deeper_than(1, pictures)
    while len(set(map(_top, in_folders))) == 1 and (deeper := _deeper_than(2, in_folders)):
        in_folders = list(map(_below, deeper))
    return in_folders


def _train_and_test(path: Path, pictures: list[PictureFile]) -> dict[str, list[PictureFile]]:
    tops = sorted(set(map(_top, pictures)))
    if {top.lower() for top in tops} != {"train", "test"}:
        raise DataError(
            f"{path.name}: folders of parts must be train and test alone. Received: {', '.join(tops)}. Name them so, "
            "and move pictures for validation into train: the toolkit splits the validation part off itself."
        )
    # Pictures beside folders are strays only here: a class may hold both pictures and folders of pictures.
    in_classes = _deeper_than(2, pictures)
    parts = {part: [_below(one) for one in in_classes if _top(one).lower() == part] for part in ("train", "test")}
    if empty := next((part for part, of_part in parts.items() if not of_part), None):
        raise DataError(
            f"{path.name}: train and test must each hold one sub-folder of pictures per class. Received: none in "
            f"{empty}. Sort its pictures into such folders, or leave out the folder test."
        )
    return parts


def _top(file: PictureFile) -> str:
    return file.place.parts[0]


def _deeper_than(level: int, files: list[PictureFile]) -> list[PictureFile]:
    return [file for file in files if len(file.place.parts) > level]


def _below(file: PictureFile) -> PictureFile:
    return PictureFile(file.name, file.place.relative_to(_top(file)), file.content)
