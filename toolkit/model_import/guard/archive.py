"""A `.keras` file: a zip with three members, taken apart without trusting what it says about itself."""

import os
import stat
import struct
import zlib
from pathlib import Path
from typing import BinaryIO, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, LargeZipFile, ZipFile, ZipInfo

from ...datasets.zip_records import ENCRYPTED, SIZES_BEHIND, UNICODE_COMMENT, UNICODE_PATH, MismatchError, read_records
from ...errors import ModelFileError
from .limits import MOST_JSON, MOST_UNPACKED
from .refusals import REMEDY, harmless, refusal

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_MEMBERS = (_METADATA, _CONFIG, _WEIGHTS)
#: Keras makes this folder for layers that store more than weights; ours never do.
_EMPTY_FOLDER = "assets/"
_START = b"PK\x03\x04"
#: The end of a zip: signature, disk numbers, member counts, size and offset of the directory, comment length.
_END, _END_MARK = struct.Struct("<4s4H2LH"), b"PK\x05\x06"
_MOST_MEMBERS, _LONGEST_LIST = 16, 4096
#: The highest compression ratio of a large member; weights hardly compress.
_MOST_RATIO = 100
_BLOCK = 1 << 20


class Unpacked(NamedTuple):
    """The content of the members; the weights as a file."""

    config: bytes
    metadata: bytes
    weights: Path


def unpack(path: Path, folder: Path) -> Unpacked:
    """Take a `.keras` file apart; its weights go into a folder under a name that we choose.

    Raises `ModelFileError` for anything but a zip with exactly the members that Keras writes, for one that is
    encrypted, lies about its sizes or unpacks to too much, and for a damaged one: each member has a checksum.
    """
    _check_ends(path)
    try:
        with ZipFile(path) as archive:
            members = _checked(archive, path)
            contents = {name: _read(archive, members[name]) for name in (_CONFIG, _METADATA)}
            weights = folder / "weights.h5"
            _extract(archive, members[_WEIGHTS], weights)
    except ModelFileError:
        raise
    except (BadZipFile, LargeZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ModelFileError(f"The .keras file is damaged or cut off ({harmless(str(error))}). {REMEDY}") from None
    return Unpacked(contents[_CONFIG], contents[_METADATA], weights)


def _check_ends(path: Path) -> None:
    """Refuse a zip that does not begin and end where the file does, or that lists too many members."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(len(_START)) != _START:
            raise refusal("A .keras file", "a zip archive from its first byte", "another kind of file")
        file.seek(max(0, size - _END.size))
        last = file.read(_END.size)
    mark, *_, members, bytes_of_list, start_of_list, comment = _END.unpack(last.rjust(_END.size, b"\0"))
    if mark != _END_MARK or comment or start_of_list + bytes_of_list + _END.size != size:
        raise refusal("A .keras file", "a zip archive up to its last byte, without a comment", "another end")
    if members > _MOST_MEMBERS or bytes_of_list > _LONGEST_LIST:
        raise refusal("A .keras file", f"a zip archive of {', '.join(_MEMBERS)}", "a long list of members")


def _checked(archive: ZipFile, path: Path) -> dict[str, ZipInfo]:
    """The members by name, not read yet."""
    members = archive.infolist()
    for member in members:
        _check_member(member)
    names = sorted(member.filename for member in members if member.filename != _EMPTY_FOLDER)
    if names != sorted(_MEMBERS) or len(members) > len(_MEMBERS) + 1:
        found = harmless(", ".join(names[:6])) or "no member"
        raise refusal("A .keras file", f"a zip archive of {', '.join(_MEMBERS)}, each once", found)
    if sum(member.file_size for member in members) > MOST_UNPACKED:
        raise refusal("What is in the .keras file", f"at most {MOST_UNPACKED:,} bytes unpacked", "more")
    _check_records(path, members)
    return {member.filename: member for member in members}


def _check_member(member: ZipInfo) -> None:
    """Refuse a member that is not a plain file, or that no honest program packs."""
    where, kind = f"The member {harmless(member.filename)}", stat.S_IFMT(member.external_attr >> 16)
    if member.filename == _EMPTY_FOLDER and member.file_size == 0:
        return
    if kind not in (0, stat.S_IFREG) or member.is_dir():
        raise refusal(where, "a plain file", "a link or a folder")
    if member.flag_bits & ENCRYPTED:
        raise refusal(where, "readable without a password", "an encrypted one")
    if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise refusal(where, "stored, or compressed with deflate", f"method {member.compress_type}")
    if member.filename != _WEIGHTS and member.file_size > MOST_JSON:
        raise refusal(where, f"at most {MOST_JSON:,} bytes", f"{member.file_size:,} bytes")
    if member.file_size > max(_BLOCK, _MOST_RATIO * member.compress_size):
        raise refusal(where, f"at most {_MOST_RATIO} times as large as packed", f"{member.file_size:,} bytes")


def _check_records(path: Path, members: list[ZipInfo]) -> None:
    """Refuse a zip whose members' names or bytes another program could read differently."""
    with path.open("rb") as file:
        try:
            records = read_records(file)
        except MismatchError as error:
            raise refusal("A .keras file", "a zip archive that every program reads alike", str(error)) from None
        for record in records:
            where = f"The member {harmless(record.name.decode('utf-8', 'replace'))}"
            if UNICODE_PATH in record.fields or UNICODE_COMMENT in record.fields:
                raise refusal(where, "named once", "a second name in Unicode")
            if record.flags & SIZES_BEHIND:
                raise refusal(where, "one whose size stands before its data, as Keras writes it", "one without")
        for member in members:
            if member.compress_type == ZIP_DEFLATED and not _fills_its_place(file, member):
                raise refusal(f"The member {harmless(member.filename)}", "packed in one piece", "something behind it")


def _fills_its_place(file: BinaryIO, member: ZipInfo) -> bool:
    """Whether the packed data end where the archive says: anything after that would be hidden."""
    file.seek(member.header_offset + 26)
    name_length, extra_length = struct.unpack("<2H", file.read(4))
    file.seek(name_length + extra_length, os.SEEK_CUR)
    unpacker, left = zlib.decompressobj(-zlib.MAX_WBITS), member.compress_size
    while left and not unpacker.eof:
        block = file.read(min(left, _BLOCK))
        left -= len(block)
        while block and not unpacker.eof:
            unpacker.decompress(block, _BLOCK)
            block = unpacker.unconsumed_tail
    return unpacker.eof and not left and not unpacker.unused_data


def _read(archive: ZipFile, member: ZipInfo) -> bytes:
    with archive.open(member) as file:
        content = file.read(member.file_size + 1)
        # Reads one byte more than the size, since the checksum is compared only at the end of the data.
        if len(content) != member.file_size or file.read(1):
            raise refusal(f"The member {harmless(member.filename)}", "as large as the archive says", "another size")
    return content


def _extract(archive: ZipFile, member: ZipInfo, path: Path) -> None:
    left = member.file_size
    with archive.open(member) as file, path.open("xb") as target:
        while block := file.read(_BLOCK):
            left -= len(block)
            if left < 0:
                break
            target.write(block)
    if left:
        raise refusal(f"The member {_WEIGHTS}", "as large as the archive says", "another size")
