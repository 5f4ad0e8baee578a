"""Locks that end with their process, however it ends. What Windows lacks is here and in jobs/processes.py."""

import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from ..errors import ToolkitError

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]

#: A probe holds a shared lock for microseconds and can make a claim fail: so claims are retried.
_CLAIM_TRIES, _CLAIM_PAUSE = 5, 0.01


def check_system() -> None:
    """Check that the system has the locks that runs need; raises `ToolkitError` on Windows, which lacks them."""
    if fcntl is None:
        raise ToolkitError(
            "Runs need Linux or macOS: Windows lacks the locks that tell which process trains a run. "
            "On Windows, install WSL (wsl --install) and start the toolkit there."
        )


class FileLock:
    """A lock on a file, exclusive or shared, for as long as this object is open.

    The kernel releases it when the process ends, even by kill -9; nothing needs cleaning up after a crash.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def claim(cls, path: Path, *, shared: bool = False) -> Self | None:
        """Take the lock, or return None if another process holds it. Creates the file if needed.

        Raises `ToolkitError` on Windows.
        """
        check_system()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        for _ in range(_CLAIM_TRIES):
            try:
                fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
                return cls(descriptor)
            except BlockingIOError:
                time.sleep(_CLAIM_PAUSE)
        os.close(descriptor)
        return None

    def write(self, text: str) -> None:
        """Write a short text into the locked file, for other processes to read."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)

    def release(self) -> None:
        """Release the lock."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()


def is_locked(path: Path, *, shared: bool = False) -> bool:
    """Whether any process holds the exclusive lock now, or with `shared` any lock at all.

    Raises `ToolkitError` on Windows.
    """
    check_system()
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if shared else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
