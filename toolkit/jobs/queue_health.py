"""Why runs wait in vain: no worker can start, or the disk is full."""

import shutil
from contextlib import suppress
from pathlib import Path

from .processes import jobs_folder

#: Bytes without which no run can begin.
_ROOM = 1 << 20


def trouble(root: Path) -> str:
    """Why no waiting run is taken, in a sentence; empty where all is well."""
    with suppress(OSError):
        if shutil.disk_usage(root).free < _ROOM:
            return "The disk is full, so no run can begin. Free some space; what waits then starts by itself."
    try:
        return _note(root).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def note_failed_start(root: Path, how: str) -> None:
    """Keep that a worker ended before it was ready, and how, until another one is ready."""
    log = jobs_folder(root) / "supervisor.log"
    sentence = f"No worker can start: the last one {how}. {log} says why; another try follows by itself."
    with suppress(OSError):
        _note(root).write_text(sentence, encoding="utf-8")


def forget_failed_start(root: Path) -> None:
    """A worker is ready."""
    with suppress(OSError):
        _note(root).unlink(missing_ok=True)


def _note(root: Path) -> Path:
    return jobs_folder(root) / "trouble"
