"""Untrusted zip files: checked before anything in them is unpacked."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from stat import S_ISLNK
from typing import BinaryIO
from unicodedata import normalize
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from ..errors import DataError
from ..formatting import shortened
from .zip_records import ENCRYPTED, MismatchError, Record, find_list, read_records, unicode_name

MOST_MEMBERS = 100_000
#: The size of the list of 100,000 files with rather long names, in bytes.
_LONGEST_LIST = 30_000_000


@contextmanager
def opened_zip(source: Path | BinaryIO, name: str, *, most_bytes: int, kind: str = "a zip file") -> Iterator[ZipFile]:
    """Open a zip file, after checking that its members are few, small, plain files with paths inside one folder.

    source: a path, or an open file; name, kind: what messages call it. most_bytes: the limit for all members together,
    unpacked.
    Raises `DataError` if the file is missing or damaged, or if programs would disagree about its members; also for
    errors while its members are read.
    """
    try:
        with source.open("rb") if isinstance(source, Path) else source as file:
            _check_list(file, name)
            with ZipFile(file) as archive:
                _take_unicode_names(archive, read_records(file))
                _check_members(archive.infolist(), name, most_bytes)
                yield archive
    except MismatchError as error:
        raise DataError(
            f"{name} holds one thing for some programs and another for others: {error}. Make the zip again from plain "
            "files."
        ) from None
    except (BadZipFile, OSError, EOFError, zlib.error, struct.error, UnicodeDecodeError, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"{name} can't be read as {kind} ({reason}). It may be cut short: copy or save it again."
        ) from None


def _check_list(file: BinaryIO, name: str) -> None:
    """Refuse a list of members that would take too much memory: `ZipFile` reads all of it, however long."""
    place = find_list(file)
    if place is None:
        return
    if place.length <= _LONGEST_LIST:
        file.seek(place.start)
        if file.read(place.length).count(b"PK\x01\x02") <= MOST_MEMBERS:
            return
    raise DataError(f"{name} holds too many files; at most {MOST_MEMBERS:,} are read. Remove some.")


def _take_unicode_names(archive: ZipFile, records: list[Record]) -> None:
    """Take members' names from their Unicode field, as later versions of Python do. Raises `MismatchError`."""
    in_unicode = {record.offset: unicode_name(record) for record in records}
    for member in archive.infolist():
        if name := in_unicode[member.header_offset]:
            member.filename = name
            archive.NameToInfo[name] = member


def _check_members(members: list[ZipInfo], name: str, most_bytes: int) -> None:
    places = Counter(_place(member) for member in members)
    twice = next((place for place, count in places.items() if count > 1), None)
    if twice is not None:
        raise DataError(f"{name} holds two files of the same name: {shortened(twice)}. Make the zip again.")
    for member in members:
        if reason := _oddity(member):
            raise DataError(f"{name}: {shortened(member.filename)} {reason}. Make the zip again from plain files.")
    if (total := sum(member.file_size for member in members)) > most_bytes:
        raise DataError(
            f"{name} unpacks to {total / 1e6:,.0f} MB; at most {most_bytes / 1e6:,.0f} MB are read. Keep a part of it."
        )


def _place(member: ZipInfo) -> str:
    """A member's path when unpacked, normalised: `cat/./a.png` and `cat\\a.png` are one file."""
    return normalize("NFC", str(PurePosixPath(member.filename.replace("\\", "/"))))


def _oddity(member: ZipInfo) -> str | None:
    """What makes a member more than a plain file; None for a plain file."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or "".join(path.parts[:1]).endswith(":"):
        return "lies outside the folder that was zipped"
    if member.flag_bits & ENCRYPTED:
        return "is encrypted"
    if S_ISLNK(member.external_attr >> 16):
        return "is a link to another file"
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return "is packed in an unusual way"
    return None
