"""Model files whose zip another program would read differently than Python does, by what is wrong with them."""

import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

from files import write_keras
from zips import (
    Member,
    descriptor,
    differing,
    extra,
    member,
    streamed,
    unicode_path,
    with_large_end,
    zip_bytes,
)

Members = list[Member]
Make = Callable[[Path], object]
_CONFIG = b"config.json"


def _members(path: Path) -> Members:
    with ZipFile(write_keras(path)) as archive:
        return [member(one.filename.encode(), archive.read(one)) for one in archive.infolist()]


def _zip(change: Callable[[Members], Members], finish: Callable[[bytes], bytes] = lambda content: content) -> Make:
    """A sound model file, its members changed, and then the whole."""
    return lambda path: path.write_bytes(finish(zip_bytes(*change(_members(path)))))


def _config(change: Callable[[Member], Member], finish: Callable[[bytes], bytes] = lambda content: content) -> Make:
    """A sound model file with a change in what is told of config.json."""
    return _zip(lambda members: [change(one) if one.local.name == _CONFIG else one for one in members], finish)


def _both(**changes: object) -> Make:
    return _config(lambda one: differing(one, local=changes, listed=changes))


def _local(**changes: object) -> Make:
    return _config(lambda one: differing(one, local=changes))


def _listed(**changes: object) -> Make:
    return _config(lambda one: differing(one, listed=changes))


def _hidden(path: Path) -> None:
    """Deflated, with more behind the end of what is packed."""
    members = _members(path)
    packer = zlib.compressobj(wbits=-15)
    content = members[1].content
    packed = packer.compress(content) + packer.flush() + b"import os"
    told = {"method": 8, "checksum": zlib.crc32(content), "size": len(content)}
    members[1] = replace(differing(members[1], local=told, listed=told), content=packed)
    path.write_bytes(zip_bytes(*members))


def _ended_twice(path: Path) -> None:
    """Its end, with another end as its comment."""
    content = write_keras(path).read_bytes()
    path.write_bytes(content[:-2] + struct.pack("<H", 22) + content[-22:])


#: The file that is spoiled in all others.
write_sound = _zip(lambda members: [*members, member(b"assets/", b"")])

ZIPS: dict[str, Make] = {
    "a name cut at NUL": _config(
        lambda one: differing(one, local={"name": b"config.json\0.py"}, listed={"name": b"config.json\0.py"})
    ),
    "a name cut at NUL in the list": _listed(name=b"config.json\0"),
    "a name cut at NUL before its data": _local(name=b"config.json\0"),
    "a second member behind NUL": _zip(lambda members: [*members, member(b"assets/\0../../x", b"")]),
    "a control character in the empty folder's name": _zip(lambda members: [*members, member(b"assets/\n", b"")]),
    "another name in Unicode": _both(extra=unicode_path(_CONFIG, "../../x")),
    "another name in Unicode in the list": _listed(extra=unicode_path(_CONFIG, "metadata.json")),
    "another name in Unicode before its data": _local(extra=unicode_path(_CONFIG, "metadata.json")),
    "the same name in Unicode": _both(extra=unicode_path(_CONFIG, "config.json")),
    "a name in Unicode for another plain name": _both(extra=unicode_path(b"x", "y")),
    "a comment in Unicode": _both(extra=unicode_path(b"", "config.py", kind=0x6375)),
    "a name in Unicode behind another note": _both(
        extra=extra(0x5455, b"\1" + bytes(4)) + unicode_path(_CONFIG, "../../x")
    ),
    "another name before its data": _local(name=b"config.jso_"),
    "another name in UTF-8": _local(flags=0x800),
    "encrypted in the list alone": _listed(flags=1),
    "encrypted before its data alone": _local(flags=1),
    "AES": _both(flags=1, method=99, extra=extra(0x9901, b"\2\0AE\3\0\0")),
    "strong encryption": _both(flags=0x41),
    "a masked header": _both(flags=0x2000),
    "patched data": _both(flags=0x20),
    "another method before its data": _local(method=8),
    "another check sum before its data": _local(checksum=7),
    "another size before its data": _local(size=7),
    "another packed size before its data": _local(packed=7),
    "64-bit sizes that differ": _both(extra=extra(1, struct.pack("<2Q", 9, 9))),
    "sizes behind its data": _config(lambda one: streamed(one.local.name, one.content)),
    "false sizes behind its data": _config(
        lambda one: replace(streamed(one.local.name, one.content), behind=descriptor(b"other"))
    ),
    "something between two members": _config(lambda one: replace(one, behind=b"import os")),
    "a member that is not listed": _config(lambda one: replace(one, behind=zip_bytes(member(_CONFIG, b"{}"))[:43])),
    "something behind what is packed": _hidden,
    "two members in one place": _zip(lambda members: [*members[:2], replace(members[2], offset=0)]),
    "more members than it says": _zip(
        lambda members: members, lambda content: content[:-14] + b"\2\0\2\0" + content[-10:]
    ),
    "two ends": _ended_twice,
    "a large end with another list": _zip(lambda members: members, lambda content: with_large_end(content, start=0)),
    "a large end beside a small one": _zip(
        lambda members: members, lambda content: with_large_end(content, small={"members": 2})
    ),
}
