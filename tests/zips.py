"""Zips written byte by byte, so that what they say twice can differ."""

import struct
import zlib
from dataclasses import dataclass, field, replace
from typing import Any

LOCAL, LISTED, END = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s4H2LH")
LARGE_END, LOCATOR = struct.Struct("<4sQ2H2L4Q"), struct.Struct("<4sLQL")


def extra(kind: int, content: bytes) -> bytes:
    """An extra field."""
    return struct.pack("<2H", kind, len(content)) + content


def unicode_path(name: bytes, told: str, *, kind: int = 0x7075) -> bytes:
    """The extra field in which a packer tells a name, or with another kind a comment, in Unicode."""
    return extra(kind, b"\1" + zlib.crc32(name).to_bytes(4, "little") + told.encode())


@dataclass(frozen=True)
class Side:
    """What one of the two places says of a member; numbers that are None follow from its content."""

    name: bytes
    flags: int = 0
    method: int = 0
    checksum: int | None = None
    packed: int | None = None
    size: int | None = None
    extra: bytes = b""


@dataclass(frozen=True)
class Member:
    """A member: what lies before its data, what the list says, and what lies behind its data."""

    local: Side
    listed: Side
    content: bytes
    behind: bytes = b""
    offset: int | None = None
    more: dict[str, Any] = field(default_factory=dict)


def member(name: bytes, content: bytes = b"1", **both: Any) -> Member:
    """An honest member; both: of either place."""
    side = Side(name, **both)
    return Member(side, side, content)


def differing(one: Member, *, local: dict[str, Any] | None = None, listed: dict[str, Any] | None = None) -> Member:
    """A member of which the two places tell something else."""
    return replace(one, local=replace(one.local, **(local or {})), listed=replace(one.listed, **(listed or {})))


def descriptor(content: bytes, *, mark: bytes = b"PK\x07\x08", wide: bool = False) -> bytes:
    """The sizes of a stored member behind its data."""
    return mark + struct.pack("<L2Q" if wide else "<3L", zlib.crc32(content), len(content), len(content))


def streamed(name: bytes, content: bytes = b"1", **options: Any) -> Member:
    """A member as it is written by who can't go back: its sizes stand behind its data."""
    one = member(name, content, flags=8)
    one = differing(one, local={"checksum": 0, "packed": 0, "size": 0})
    return replace(one, behind=descriptor(content, **options))


def _numbers(side: Side, content: bytes) -> tuple[int, int, int]:
    told = (side.checksum, side.packed, side.size)
    real = (zlib.crc32(content), len(content), len(content))
    checksum, packed, size = (one if one is not None else other for one, other in zip(told, real, strict=True))
    return checksum, packed, size


def zip_bytes(*members: Member, before: bytes = b"", comment: bytes = b"", behind: bytes = b"", **end: int) -> bytes:
    """A zip of members. before, behind: bytes around it; end: members, length, start that its last record tells."""
    whole, listing = bytearray(before), bytearray()
    for one in members:
        local, listed, offset = one.local, one.listed, len(whole) if one.offset is None else one.offset
        lengths = len(local.name), len(local.extra)
        numbers = _numbers(local, one.content)
        whole += LOCAL.pack(b"PK\3\4", 20, local.flags, local.method, 0, 33, *numbers, *lengths)
        whole += local.name + local.extra + one.content + one.behind
        lengths = len(listed.name), len(listed.extra)
        numbers = _numbers(listed, one.content)
        listing += LISTED.pack(
            b"PK\1\2", 20, 20, listed.flags, listed.method, 0, 33, *numbers, *lengths, 0, 0, 0, 0, offset
        )
        listing += listed.name + listed.extra
    told = {"members": len(members), "length": len(listing), "start": len(whole)} | end
    last = END.pack(b"PK\5\6", 0, 0, *2 * (told["members"],), told["length"], told["start"], len(comment))
    return bytes(whole + listing + last + comment + behind)


def with_large_end(content: bytes, *, small: dict[str, int] | None = None, **large: int) -> bytes:
    """A zip with the record for 64-bit numbers too. small, large: what the two records say instead."""
    *_, members, length, start, _ = END.unpack(content[-END.size :])
    told = {"members": members, "length": length, "start": start, "position": len(content) - END.size} | large
    numbers = (told["members"], told["members"], told["length"], told["start"])
    record = LARGE_END.pack(b"PK\6\6", 44, 45, 45, 0, 0, *numbers) + LOCATOR.pack(b"PK\6\7", 0, told["position"], 1)
    less = {"members": 0xFFFF, "length": 0xFFFF_FFFF, "start": 0xFFFF_FFFF} | (small or {})
    last = END.pack(b"PK\5\6", 0, 0, *2 * (less["members"],), less["length"], less["start"], 0)
    return content[: -END.size] + record + last
