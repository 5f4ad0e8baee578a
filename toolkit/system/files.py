"""Files that are whole or absent: written beside, made durable, then put in place."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

#: Folders of files that are being written, followed by the process that does.
_UNFINISHED = ".writing-"


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make the file under another name in the same folder, then put it in place.

    A reader sees the old file or the new one, never half of one; if writing fails (a full disk), the old
    file is untouched. The other name keeps the suffix, since Keras chooses the format by it.
    """
    with tempfile.TemporaryDirectory(prefix=f"{_UNFINISHED}{os.getpid()}-", dir=path.parent) as folder:
        temporary = Path(folder) / path.name
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    make_durable(path.parent)


def unfinished_files(folder: Path, pid: int | None) -> list[Path]:
    """What `write_atomically` left there in a process that was killed while it wrote."""
    return [] if pid is None else list(folder.glob(f"{_UNFINISHED}{pid}-*"))


def make_durable(folder: Path) -> None:
    """Make new names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Readable JSON, written atomically. `value` holds no NaN."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    write_atomically(path, lambda temporary: temporary.write_text(text + "\n", encoding="utf-8"))


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
