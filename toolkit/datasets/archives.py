"""Zip files that anybody may have made: looked at before anything in them is unpacked."""

import os
import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from stat import S_ISLNK
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from ..errors import DataError
from ..formatting import shortened

MOST_MEMBERS = 100_000
#: The list of 100,000 files with rather long names.
_LONGEST_LIST = 30_000_000
#: The record at the end of a zip file, with a comment of the greatest length.
_LONGEST_END = 22 + 65_535
#: What stands before that record where there are many members.
_LARGE_END = 76
_ENCRYPTED = 0x1


@contextmanager
def opened_zip(source: Path | BinaryIO, name: str, *, most_bytes: int, kind: str = "a zip file") -> Iterator[ZipFile]:
    """A zip file whose members are few, small, plain, and named as files below one folder are.

    source: a path, or an open file; name, kind: what messages call it. most_bytes: of all members together, unpacked.
    Raises `DataError` where it is damaged or no such file, also for what is found while its members are read.
    """
    try:
        with source.open("rb") if isinstance(source, Path) else source as file:
            _check_list(file, name)
            with ZipFile(file) as archive:
                _check_members(archive.infolist(), name, most_bytes)
                yield archive
    except (BadZipFile, OSError, EOFError, zlib.error, struct.error, UnicodeDecodeError, NotImplementedError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"{name} can't be read as {kind} ({reason}). It may be cut short: copy or save it again."
        ) from None


def _check_list(file: BinaryIO, name: str) -> None:
    """Refuse a list of members that would take much memory: it is read at once, however long it says that it is."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _LONGEST_END))
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0:
        return
    length = int.from_bytes(tail[end + 12 : end + 16], "little")
    if length <= _LONGEST_LIST:
        file.seek(max(0, size - len(tail) + end - _LARGE_END - length))
        if file.read(_LARGE_END + length).count(b"PK\x01\x02") <= MOST_MEMBERS:
            return
    raise DataError(f"{name} holds too many files; at most {MOST_MEMBERS:,} are read. Remove some.")


def _check_members(members: list[ZipInfo], name: str, most_bytes: int) -> None:
    twice = next((one for one, count in Counter(member.filename for member in members).items() if count > 1), None)
    if twice is not None:
        raise DataError(f"{name} holds two files of the same name: {shortened(twice)}. Make the zip again.")
    for member in members:
        if reason := _oddity(member):
            raise DataError(f"{name}: {shortened(member.filename)} {reason}. Make the zip again from plain files.")
    if (total := sum(member.file_size for member in members)) > most_bytes:
        raise DataError(
            f"{name} unpacks to {total / 1e6:,.0f} MB; at most {most_bytes / 1e6:,.0f} MB are read. Keep a part of it."
        )


def _oddity(member: ZipInfo) -> str | None:
    """What a member has that no plain file in a zip has."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or "".join(path.parts[:1]).endswith(":") or "\0" in member.filename:
        return "lies outside the folder that was zipped"
    if member.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if S_ISLNK(member.external_attr >> 16):
        return "is a link to another file"
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        return "is packed in an unusual way"
    return None
