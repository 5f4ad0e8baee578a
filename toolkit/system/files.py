"""Files that are complete or absent: written under a temporary name, synced, then moved into place."""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

#: Prefix of the temporary folders; the id of the writing process follows it.
_UNFINISHED = ".writing-"


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make the file under a temporary name in the same folder, then move it into place.

    A reader sees the old file or the new one, never half of one; if writing fails (a full disk), the old
    file is untouched. The temporary name keeps the suffix, since Keras chooses the format by it.
    """
    with tempfile.TemporaryDirectory(prefix=f"{_UNFINISHED}{os.getpid()}-", dir=path.parent) as folder:
        temporary = Path(folder) / path.name
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    make_durable(path.parent)


def unfinished_files(folder: Path, pid: int | None) -> list[Path]:
    """What `write_atomically` left behind in a process that was killed while writing."""
    return [] if pid is None else list(folder.glob(f"{_UNFINISHED}{pid}-*"))


def make_durable(folder: Path) -> None:
    """Make new names in a folder survive a power failure."""
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
