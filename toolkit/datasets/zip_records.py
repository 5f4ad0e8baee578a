"""Checks that the two records of every member of a zip agree: the one in the central directory (the list of members)
and the one before the member's data.

Programs trust one or the other. If the two differ, a file shows one thing to the program that checks it and another
to the one that opens it; so does a file with gaps, with two lists, or with a name that some programs end at a NUL.
"""

import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import BinaryIO, NamedTuple

_END, _END_MARK = struct.Struct("<4s4H2LH"), b"PK\x05\x06"
_LARGE_END, _LARGE_END_MARK = struct.Struct("<4sQ2H2L4Q"), b"PK\x06\x06"
_LOCATOR, _LOCATOR_MARK = struct.Struct("<4sLQL"), b"PK\x06\x07"
_LISTED, _LISTED_MARK = struct.Struct("<4s6H3L5H2L"), b"PK\x01\x02"
_LOCAL, _LOCAL_MARK = struct.Struct("<4s5H3L2H"), b"PK\x03\x04"
_DESCRIPTOR_MARK = b"PK\x07\x08"
_LONGEST_COMMENT = 65_535
#: The placeholders for a number that needs 64 bits and is stored elsewhere.
_SMALL_ELSEWHERE, _ELSEWHERE = 0xFFFF, 0xFFFF_FFFF
#: Flags: encrypted, sizes behind the data, patched, strongly encrypted, the name is UTF-8, masked headers.
SIZES_BEHIND, IS_UTF8 = 0x8, 0x800
ENCRYPTED = 0x1 | 0x40 | 0x2000
_TOLD_TWICE = SIZES_BEHIND | IS_UTF8 | ENCRYPTED | 0x20
#: Extra fields: sizes of 64 bits, a comment and a name in Unicode, which some programs use instead of the plain one.
_ZIP64, UNICODE_COMMENT, UNICODE_PATH = 0x0001, 0x6375, 0x7075
#: macOS gives this name, which ends in a carriage return, to the icon of a folder.
_ICON = b"Icon\r"


class MismatchError(ValueError):
    """Programs would read the file differently. The message is a clause that says why."""


class ListPlace(NamedTuple):
    """Where the list of members is and how many it holds, according to the record at the end of the file."""

    start: int
    length: int
    members: int
    #: Whether only the last 16 bits of the number of members are known: macOS writes no more.
    members_wrapped: bool


class Record(NamedTuple):
    """A member's record in the list. fields: its extra fields, including those before its data."""

    name: bytes
    flags: int
    method: int
    checksum: int
    packed: int
    size: int
    offset: int
    fields: Mapping[int, bytes]


def find_list(file: BinaryIO) -> ListPlace | None:
    """Where the list of members is; None without an end record, as in a file that is not a zip.

    Raises `MismatchError` if several records could be the end record, or 64-bit numbers contradict the others.
    """
    size = file.seek(0, os.SEEK_END)
    tail_start = max(0, size - _LONGEST_COMMENT - _END.size)
    tail = _read(file, tail_start, size - tail_start)
    marks = list(_places(tail, _END_MARK))
    if not marks:
        return None
    ends = [place for place in marks if place + _END.size <= len(tail) and _comment_fits(tail, place)]
    if len(ends) != 1 or ends[0] != marks[-1]:
        raise MismatchError("it has more than one end record")
    place = tail_start + ends[0]
    _, disk, first_disk, here, members, length, start, _ = _END.unpack_from(tail, ends[0])
    if disk or first_disk or here != members:
        raise MismatchError("it claims to be part of a split archive")
    found = _large_list(file, place, (members, length, start)) or ListPlace(start, length, members, True)
    end = place - (_LOCATOR.size + _LARGE_END.size if not found.members_wrapped else 0)
    if found.start + found.length != end:
        raise MismatchError("its list of members is not where it should be")
    return found


def _comment_fits(tail: bytes, place: int) -> bool:
    return place + _END.size + int.from_bytes(tail[place + 20 : place + 22], "little") == len(tail)


def _large_list(file: BinaryIO, end: int, told: tuple[int, int, int]) -> ListPlace | None:
    """The values of the 64-bit end record; None without one. told: members, length and start by the other one."""
    place = end - _LOCATOR.size - _LARGE_END.size
    both = _read(file, place, _LARGE_END.size + _LOCATOR.size) if place >= 0 else b""
    if both[_LARGE_END.size :][:4] != _LOCATOR_MARK:
        return None
    _, disk, position, disks = _LOCATOR.unpack_from(both, _LARGE_END.size)
    mark, length_of_record, _, _, *disks_of_list, here, members, length, start = _LARGE_END.unpack_from(both)
    if mark != _LARGE_END_MARK or position != place or length_of_record != _LARGE_END.size - 12:
        raise MismatchError("its 64-bit end record is not where it should be")
    if disk or disks > 1 or any(disks_of_list) or here != members:
        raise MismatchError("it claims to be part of a split archive")
    elsewhere = (_SMALL_ELSEWHERE, _ELSEWHERE, _ELSEWHERE)
    if any(small not in pair for small, *pair in zip(told, (members, length, start), elsewhere, strict=True)):
        raise MismatchError("its two end records contradict each other")
    return ListPlace(start, length, members, False)


def read_records(file: BinaryIO) -> list[Record]:
    """The members of a zip in the order of their data, each with the same record in the list and before its data.

    file: seekable. The whole list is read at once, so check its length first. Nothing is unpacked.
    Raises `MismatchError` if two records contradict each other, if the members don't follow each other from the first
    byte to the list, and for names with NUL or other control characters.
    """
    place = find_list(file)
    if place is None:
        raise MismatchError("it has no end record")
    listed = sorted(_listed(_read(file, place.start, place.length), place), key=lambda one: one.offset)
    starts = [*(one.offset for one in listed), place.start]
    if starts[0] != 0:
        raise MismatchError("there is something before its first member")
    return [_checked(file, one, end) for one, end in zip(listed, starts[1:], strict=True)]


def unicode_name(record: Record) -> str | None:
    """The name in a member's Unicode field; None without such a field.

    Raises `MismatchError` if it is not the plain name decoded as UTF-8, CP949 (Korean Windows) or CP437.
    """
    if UNICODE_PATH not in record.fields:
        return None
    field = record.fields[UNICODE_PATH]
    told = field[5:].decode("utf-8", "replace")
    same = {record.name.decode(encoding, "replace") for encoding in ("utf-8", "cp949", "cp437")}
    plain = record.name.isascii() or field[:1] != b"\1" or field[1:5] != zlib.crc32(record.name).to_bytes(4, "little")
    if plain or told not in same or "\N{REPLACEMENT CHARACTER}" in told:
        raise MismatchError("a member has another name in Unicode")
    return told


def _listed(content: bytes, place: ListPlace) -> Iterator[Record]:
    position = count = 0
    while position < len(content):
        if content[position : position + 4] != _LISTED_MARK or position + _LISTED.size > len(content):
            raise MismatchError("its list of members is damaged")
        entry = _LISTED.unpack_from(content, position)
        _, _, _, flags, method, _, _, checksum, packed, size, *lengths, disk, _, _, offset = entry
        start = position + _LISTED.size
        name, extra, _ = (content[a:b] for a, b in _spans(start, lengths))
        position, count = start + sum(lengths), count + 1
        if disk not in (0, _SMALL_ELSEWHERE):
            raise MismatchError("it claims to be part of a split archive")
        _check_name(name)
        fields = _fields(extra)
        size, packed, offset = _numbers(fields, size, packed, offset)
        yield Record(name, flags, method, checksum, packed, size, offset, fields)
    if position != len(content) or (count & 0xFFFF if place.members_wrapped else count) != place.members:
        raise MismatchError("its list holds more or fewer members than it says")


def _spans(start: int, lengths: list[int]) -> Iterator[tuple[int, int]]:
    for length in lengths:
        yield start, start + length
        start += length


def _check_name(name: bytes) -> None:
    plain = name[: -len(_ICON)] if name.endswith(_ICON) else name
    if not name:
        raise MismatchError("a member has no name")
    if any(letter < 0x20 or letter == 0x7F for letter in plain):
        raise MismatchError("the name of a member holds NUL or another control character")


def _checked(file: BinaryIO, listed: Record, end: int) -> Record:
    """The member, if its own header agrees with the list, and its data end where the next member begins."""
    header = _read(file, listed.offset, _LOCAL.size)
    if len(header) < _LOCAL.size or header[:4] != _LOCAL_MARK:
        raise MismatchError("a member is not where the list says")
    _, _, flags, method, _, _, checksum, packed, size, name_length, extra_length = _LOCAL.unpack(header)
    rest = _read(file, listed.offset + _LOCAL.size, name_length + extra_length)
    if rest[:name_length] != listed.name:
        raise MismatchError("a member has two names")
    if (flags ^ listed.flags) & _TOLD_TWICE or method != listed.method:
        raise MismatchError("the two records of a member differ in flags or method")
    fields = _fields(rest[name_length:])
    size, packed, _ = _numbers(fields, size, packed, 0)
    for own, by_list in ((checksum, listed.checksum), (size, listed.size), (packed, listed.packed)):
        if own != by_list and not (flags & SIZES_BEHIND and own in (0, _ELSEWHERE)):
            raise MismatchError("a member has two sizes or checksums")
    if method == 0 and packed and listed.size != listed.packed and not flags & ENCRYPTED:
        raise MismatchError("a member that is not compressed has two sizes")
    data_end = listed.offset + _LOCAL.size + name_length + extra_length + listed.packed
    _check_behind(file, listed, data_end, end)
    return listed._replace(fields=_together(fields, listed.fields))


def _check_behind(file: BinaryIO, listed: Record, start: int, end: int) -> None:
    """Check that nothing but the member's data descriptor, if it has one, is between its data and the next member."""
    if start > end:
        raise MismatchError("its members overlap")
    if start == end and (not listed.flags & SIZES_BEHIND or not listed.size):
        return
    told = _read(file, start, end - start) if end - start <= 24 else b""
    known = {
        mark + struct.pack(numbers, listed.checksum, listed.packed, listed.size)
        for mark in (b"", _DESCRIPTOR_MARK)
        for numbers in ("<3L", "<L2Q")
        if max(listed.packed, listed.size) <= _ELSEWHERE or numbers == "<L2Q"
    }
    if not listed.flags & SIZES_BEHIND or told not in known:
        raise MismatchError("there is something between its members")


def _together(own: Mapping[int, bytes], listed: Mapping[int, bytes]) -> Mapping[int, bytes]:
    """The extra fields of both records. Unicode names and comments must agree if both records have them."""
    for kind in (UNICODE_PATH, UNICODE_COMMENT):
        if kind in own and own[kind] != listed.get(kind, own[kind]):
            raise MismatchError("a member has two names in Unicode")
    return {**own, **listed}


def _fields(extra: bytes) -> dict[int, bytes]:
    """Extra fields by kind. Trailing zeros, too short for a field, are padding."""
    found: dict[int, bytes] = {}
    position = 0
    while len(extra) - position >= 4:
        kind, length = struct.unpack_from("<2H", extra, position)
        content = extra[position + 4 : position + 4 + length]
        if len(content) < length or (kind in (_ZIP64, UNICODE_PATH, UNICODE_COMMENT) and kind in found):
            raise MismatchError("the extra fields of a member are damaged")
        found[kind] = content
        position += 4 + length
    if extra[position:].strip(b"\0"):
        raise MismatchError("the extra fields of a member are damaged")
    return found


def _numbers(fields: Mapping[int, bytes], *told: int) -> tuple[int, int, int]:
    """Size, packed size and offset, from the 64-bit field if they are stored there."""
    field = fields.get(_ZIP64, b"")
    numbers = []
    for one in told:
        if one == _ELSEWHERE and _ZIP64 in fields:
            if len(field) < 8:
                raise MismatchError("the 64-bit sizes of a member are cut short")
            one, field = int.from_bytes(field[:8], "little"), field[8:]
        numbers.append(one)
    if field and field != struct.pack("<3Q", *numbers)[: len(field)] and field != bytes(4):
        raise MismatchError("a member has other sizes in 64 bits")
    return numbers[0], numbers[1], numbers[2]


def _places(content: bytes, mark: bytes) -> Iterator[int]:
    place = content.find(mark)
    while place >= 0:
        yield place
        place = content.find(mark, place + 1)


def _read(file: BinaryIO, start: int, length: int) -> bytes:
    file.seek(start)
    return file.read(length)
