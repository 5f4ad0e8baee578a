"""Campaign 10: encrypted zips, as data and as model files, must be refused with a sentence that says so.

    python -m benchmarks.reliability.encrypted_zips

Classic zip encryption is implemented here as Windows and `zip -P` do it; for AES (WinZip, 7-Zip, macOS tools) and
strong encryption (PKWARE), only the headers are real. Each kind encrypts all members, or only one.
"""

import struct
import tempfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from PIL import Image

from benchmarks.reliability import Outcome, tell
from toolkit.datasets import load_dataset
from toolkit.errors import ToolkitError
from toolkit.model_import.guard.model import read_model

_PASSWORD = b"class 3b"
_WORDS = ("encrypted", "password")
_LOCAL, _LISTED, _END = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s4H2LH")
_AES = struct.pack("<2HH2sBH", 0x9901, 7, 2, b"AE", 3, 0)
#: Kind -> flags, method, extra field.
_KINDS = {
    "classic": (0x1, 0, b""),
    "AES": (0x1, 99, _AES),
    "strong": (0x41, 0, b""),
    "masked headers": (0x2041, 0, b""),
}


def _crc_step(crc: int, value: int) -> int:
    return ~zlib.crc32(bytes([value]), ~crc & 0xFFFF_FFFF) & 0xFFFF_FFFF


def _encrypted(content: bytes) -> bytes:
    """Encrypt as in section 6.1 of PKWARE's APPNOTE: a header of twelve bytes, the last one from the checksum."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def mix(value: int) -> None:
        keys[0] = _crc_step(keys[0], value)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFF_FFFF
        keys[2] = _crc_step(keys[2], keys[1] >> 24)

    for value in _PASSWORD:
        mix(value)
    found = bytearray()
    for value in bytes(11) + bytes([zlib.crc32(content) >> 24]) + content:
        mask = (keys[2] & 0xFFFF) | 2
        found.append(value ^ ((mask * (mask ^ 1)) >> 8 & 0xFF))
        mix(value)
    return bytes(found)


def encrypted_zip(members: dict[str, bytes], kind: str, only: str | None = None) -> bytes:
    """A zip with all members encrypted, or only one."""
    whole, listing = bytearray(), bytearray()
    for name, content in members.items():
        flags, method, extra = _KINDS[kind] if only in (None, name) else (0, 0, b"")
        packed = _encrypted(content) if flags else content
        fields = (20, flags, method, 0, 33, zlib.crc32(content), len(packed), len(content))
        offset = len(whole)
        whole += _LOCAL.pack(b"PK\3\4", *fields, len(name), len(extra)) + name.encode() + extra + packed
        entry = _LISTED.pack(b"PK\1\2", 20, *fields, len(name), len(extra), 0, 0, 0, 0, offset)
        listing += entry + name.encode() + extra
    count = len(members)
    return bytes(whole + listing + _END.pack(b"PK\5\6", 0, 0, count, count, len(listing), len(whole), 0))


def _samples(folder: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """File name -> its members before encryption."""
    picture, arrays = BytesIO(), BytesIO()
    Image.fromarray(np.zeros((6, 5), np.uint8)).save(picture, "PNG")
    np.savez(arrays, x=np.zeros((20, 4)), y=np.arange(20) % 2)
    yield "pets.zip", {f"{name}/{number}.png": picture.getvalue() for name in ("cat", "dog") for number in range(5)}
    with ZipFile(arrays) as archive:
        yield "mine.npz", {name: archive.read(name) for name in archive.namelist()}
    yield "model.keras", {"metadata.json": b"{}", "config.json": b"{}", "model.weights.h5": bytes(64)}


def try_all(folder: Path) -> Outcome:
    """Read each kind of file, encrypted in each way."""
    faults, tried = [], 0
    for file_name, members in _samples(folder):
        first = next(iter(members))
        for kind in _KINDS:
            for only in (None, first):
                content, tried = encrypted_zip(members, kind, only), tried + 1
                where = f"{file_name}, {kind}, {'all members' if only is None else 'one member'}"
                faults += [f"{where}: {fault}" for fault in _faults(folder / file_name, content)]
    classic = encrypted_zip({"a": b"content"}, "classic")
    with ZipFile(BytesIO(classic)) as archive:
        if archive.read("a", _PASSWORD) != b"content":
            faults.append("what is encrypted here can't be decrypted with its password")
    return Outcome({"encrypted files": tried}, faults)


def _faults(path: Path, content: bytes) -> Iterator[str]:
    path.write_bytes(content)
    try:
        read_model(path, path.parent) if path.suffix == ".keras" else load_dataset(str(path))
    except ToolkitError as error:
        if not any(word in str(error) for word in _WORDS):
            yield f"it does not say that it is encrypted: {error}"
    except Exception as error:
        yield f"{error!r}"
    else:
        yield "it was taken"


def main() -> None:
    """Run the campaign, which takes a second."""
    with tempfile.TemporaryDirectory() as folder:
        tell(try_all(Path(folder)))


if __name__ == "__main__":
    main()
