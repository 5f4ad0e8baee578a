"""What a zip file says twice: every member's name and sizes stand in its list and before its data, and must agree.

Programs trust one or the other. A file in which they differ holds one thing for the program that checks it and another
for the one that opens it; so does one with gaps, with two lists, or with a name that ends for some at a NUL.
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
#: What stands where a number needs 64 bits and so is kept elsewhere.
_SMALL_ELSEWHERE, _ELSEWHERE = 0xFFFF, 0xFFFF_FFFF
#: Flags: encrypted, sizes behind the data, patched, strongly encrypted, the name is UTF-8, masked headers.
SIZES_BEHIND, IS_UTF8 = 0x8, 0x800
ENCRYPTED = 0x1 | 0x40 | 0x2000
_TOLD_TWICE = SIZES_BEHIND | IS_UTF8 | ENCRYPTED | 0x20
#: Extra fields: sizes of 64 bits, a comment and a name in Unicode, which some programs take in place of the plain one.
_ZIP64, UNICODE_COMMENT, UNICODE_PATH = 0x0001, 0x6375, 0x7075
#: macOS gives this name, with its line end, to the icon of a folder.
_ICON = b"Icon\r"


class MismatchError(ValueError):
    """Two programs would read the file differently. Its message is a clause that says where."""


class ListPlace(NamedTuple):
    """Where the list of members lies, and how many it holds, as the record at the end of the file says."""

    start: int
    length: int
    members: int
    #: Whether the number of members is known by its last 16 bits alone: macOS writes no more of it.
    members_wrapped: bool


class Record(NamedTuple):
    """A member as the list has it. fields: its extra fields, those before its data too."""

    name: bytes
    flags: int
    method: int
    checksum: int
    packed: int
    size: int
    offset: int
    fields: Mapping[int, bytes]


def find_list(file: BinaryIO) -> ListPlace | None:
    """Where the members are listed; None where no such record is at the end, as in what is no zip.

    Raises `MismatchError` where several records could be the last one, or 64-bit numbers contradict the others.
    """
    size = file.seek(0, os.SEEK_END)
    tail_start = max(0, size - _LONGEST_COMMENT - _END.size)
    tail = _read(file, tail_start, size - tail_start)
    marks = list(_places(tail, _END_MARK))
    if not marks:
        return None
    ends = [place for place in marks if place + _END.size <= len(tail) and _comment_fits(tail, place)]
    if len(ends) != 1 or ends[0] != marks[-1]:
        raise MismatchError("it has more than one end")
    place = tail_start + ends[0]
    _, disk, first_disk, here, members, length, start, _ = _END.unpack_from(tail, ends[0])
    if disk or first_disk or here != members:
        raise MismatchError("it says to be a part of several files")
    found = _large_list(file, place, (members, length, start)) or ListPlace(start, length, members, True)
    end = place - (_LOCATOR.size + _LARGE_END.size if not found.members_wrapped else 0)
    if found.start + found.length != end:
        raise MismatchError("its list of members lies elsewhere than it says")
    return found


def _comment_fits(tail: bytes, place: int) -> bool:
    return place + _END.size + int.from_bytes(tail[place + 20 : place + 22], "little") == len(tail)


def _large_list(file: BinaryIO, end: int, told: tuple[int, int, int]) -> ListPlace | None:
    """What the record with 64-bit numbers says, where there is one; told: members, length and start by the other."""
    place = end - _LOCATOR.size - _LARGE_END.size
    both = _read(file, place, _LARGE_END.size + _LOCATOR.size) if place >= 0 else b""
    if both[_LARGE_END.size :][:4] != _LOCATOR_MARK:
        return None
    _, disk, position, disks = _LOCATOR.unpack_from(both, _LARGE_END.size)
    mark, length_of_record, _, _, *disks_of_list, here, members, length, start = _LARGE_END.unpack_from(both)
    if mark != _LARGE_END_MARK or position != place or length_of_record != _LARGE_END.size - 12:
        raise MismatchError("its end for large files lies elsewhere than it says")
    if disk or disks > 1 or any(disks_of_list) or here != members:
        raise MismatchError("it says to be a part of several files")
    elsewhere = (_SMALL_ELSEWHERE, _ELSEWHERE, _ELSEWHERE)
    if any(small not in pair for small, *pair in zip(told, (members, length, start), elsewhere, strict=True)):
        raise MismatchError("its two ends contradict each other")
    return ListPlace(start, length, members, False)


def read_records(file: BinaryIO) -> list[Record]:
    """The members of a zip in the order of their data, each told alike in the list and before its data.

    file: one that can be sought; the list is read at once, so that its length is to be checked before. Nothing is
    unpacked.
    Raises `MismatchError` where anything is told in two ways, where the members don't follow each other from the first
    byte to the list, and for names with NUL or other control characters.
    """
    place = find_list(file)
    if place is None:
        raise MismatchError("it has no end")
    listed = sorted(_listed(_read(file, place.start, place.length), place), key=lambda one: one.offset)
    starts = [*(one.offset for one in listed), place.start]
    if starts[0] != 0:
        raise MismatchError("something lies before its first member")
    return [_checked(file, one, end) for one, end in zip(listed, starts[1:], strict=True)]


def unicode_name(record: Record) -> str | None:
    """The name that the Unicode field of a member tells in place of the plain one; None where there is none.

    Raises `MismatchError` where it is not that name in another encoding: in UTF-8, Windows's Korean, or the first PC's.
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
            raise MismatchError("it says to be a part of several files")
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
    """A member whose own header says what the list says, and whose data end where the next member begins."""
    header = _read(file, listed.offset, _LOCAL.size)
    if len(header) < _LOCAL.size or header[:4] != _LOCAL_MARK:
        raise MismatchError("a member does not lie where the list says")
    _, _, flags, method, _, _, checksum, packed, size, name_length, extra_length = _LOCAL.unpack(header)
    rest = _read(file, listed.offset + _LOCAL.size, name_length + extra_length)
    if rest[:name_length] != listed.name:
        raise MismatchError("a member has two names")
    if (flags ^ listed.flags) & _TOLD_TWICE or method != listed.method:
        raise MismatchError("a member is told to be packed in two ways")
    fields = _fields(rest[name_length:])
    size, packed, _ = _numbers(fields, size, packed, 0)
    for own, by_list in ((checksum, listed.checksum), (size, listed.size), (packed, listed.packed)):
        if own != by_list and not (flags & SIZES_BEHIND and own in (0, _ELSEWHERE)):
            raise MismatchError("a member has two sizes or check sums")
    if method == 0 and packed and listed.size != listed.packed and not flags & ENCRYPTED:
        raise MismatchError("a member that is not compressed has two sizes")
    data_end = listed.offset + _LOCAL.size + name_length + extra_length + listed.packed
    _check_behind(file, listed, data_end, end)
    return listed._replace(fields=_together(fields, listed.fields))


def _check_behind(file: BinaryIO, listed: Record, start: int, end: int) -> None:
    """Between a member's data and the next member lies nothing but its sizes, where they are told there."""
    if start > end:
        raise MismatchError("members lie over each other")
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
        raise MismatchError("something lies between its members")


def _together(own: Mapping[int, bytes], listed: Mapping[int, bytes]) -> Mapping[int, bytes]:
    """The extra fields from both places. Those with names must be the same where both have them."""
    for kind in (UNICODE_PATH, UNICODE_COMMENT):
        if kind in own and own[kind] != listed.get(kind, own[kind]):
            raise MismatchError("a member has two names in Unicode")
    return {**own, **listed}


def _fields(extra: bytes) -> dict[int, bytes]:
    """Extra fields by their kind. A rest of zeros too short for a field is room that a packer has left."""
    found: dict[int, bytes] = {}
    position = 0
    while len(extra) - position >= 4:
        kind, length = struct.unpack_from("<2H", extra, position)
        content = extra[position + 4 : position + 4 + length]
        if len(content) < length or (kind in (_ZIP64, UNICODE_PATH, UNICODE_COMMENT) and kind in found):
            raise MismatchError("what is noted beside a member is damaged")
        found[kind] = content
        position += 4 + length
    if extra[position:].strip(b"\0"):
        raise MismatchError("what is noted beside a member is damaged")
    return found


def _numbers(fields: Mapping[int, bytes], *told: int) -> tuple[int, int, int]:
    """Size, packed size and offset, from the field with 64-bit numbers where they stand there."""
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
