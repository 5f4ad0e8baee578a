"""The text of a table file, as UTF-8: its size is limited, also when unpacked, and UTF-16 with a mark is converted."""

import gzip
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path

from ..errors import DataError

#: Fashion-MNIST's training part as CSV is 133 MB.
_MOST_BYTES = 150_000_000
_AS_UTF8 = "Save it as UTF-8: in Excel, Save As, CSV UTF-8 (comma delimited)."


def read_text(path: Path) -> bytes:
    """The content of a table file in UTF-8, without a byte order mark; a .gz file is unpacked.

    Raises `DataError` if it is empty, damaged, in another encoding or larger than 150 MB.
    """
    return as_utf8(path.name, _unpacked(path) if path.suffix.lower() == ".gz" else _plain(path))


def as_utf8(name: str, content: bytes) -> bytes:
    """The content of a table file in UTF-8, without a byte order mark. Raises `DataError` as `read_text` does."""
    if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        content = _from_utf16(name, content)
    content = content.removeprefix(BOM_UTF8)
    if not content.strip():
        raise DataError(f"{name} is empty. Expected a line of column names, then a row a line.")
    if b"\0" in content:
        raise DataError(f"{name} is encoded as UTF-16. {_AS_UTF8}")
    return content


def decoded(name: str, content: bytes) -> str:
    """UTF-8 as text. Raises `DataError` that names the first line that is not UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(f"{name}, line {line}: a character is not UTF-8. {_AS_UTF8}") from None


def with_single_spaces(content: bytes) -> bytes:
    """A table whose cells are separated by spaces, with one space between cells and none around a line."""
    # By whole replacements: a list of all lines, or of all matches, can take a hundred times the file's size.
    content = content.replace(b"\t", b" ").replace(b"\r\n", b"\n")
    while b"  " in content:
        content = content.replace(b"  ", b" ")
    return content.replace(b" \n", b"\n").replace(b"\n ", b"\n").strip(b" ")


def _plain(path: Path) -> bytes:
    _check_size(path, path.stat().st_size)
    return path.read_bytes()


def _unpacked(path: Path) -> bytes:
    _check_size(path, path.stat().st_size)
    try:
        with gzip.open(path) as file:
            content = file.read(_MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path.name} can't be unpacked ({error}). It may be cut short: copy it again.") from None
    if len(content) > _MOST_BYTES:
        raise DataError(
            f"{path.name} unpacks to more than {_MOST_BYTES / 1e6:.0f} MB. Keep a part of the rows or columns."
        )
    return content


def _check_size(path: Path, size: int) -> None:
    if size > _MOST_BYTES:
        raise DataError(
            f"{path.name} is {size / 1e6:,.0f} MB; at most {_MOST_BYTES / 1e6:.0f} MB are read. "
            "Keep a part of the rows or columns."
        )


def _from_utf16(name: str, content: bytes) -> bytes:
    try:
        return content.decode("utf-16").encode()
    except UnicodeDecodeError:
        raise DataError(f"{name} is damaged: it begins as UTF-16 and isn't. {_AS_UTF8}") from None
