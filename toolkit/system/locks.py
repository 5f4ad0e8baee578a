"""Locks that die with their process, however it dies. What Windows lacks is here and in jobs/processes.py."""

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

#: A probe holds a shared lock for microseconds and can get in the way of a claim: so claims try again.
_CLAIM_TRIES, _CLAIM_PAUSE = 5, 0.01


def check_system() -> None:
    """See that the system has what runs are kept by; raises `ToolkitError` on Windows, which lacks it."""
    if fcntl is None:
        raise ToolkitError(
            "Runs need Linux or macOS: Windows lacks the locks that tell who trains a run. "
            "On Windows, install WSL (wsl --install), and start the toolkit in there."
        )


class FileLock:
    """A lock on a file, exclusive or shared, for as long as this object is open.

    The kernel frees it when the process ends, kill -9 included; nothing needs cleaning up after a crash.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def claim(cls, path: Path, *, shared: bool = False) -> Self | None:
        """Take the lock, or return None where somebody else holds it. Makes the file if need be.

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
        """Put a short text into the locked file, for others to read."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)

    def release(self) -> None:
        """Give the lock back."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()


def is_locked(path: Path, *, shared: bool = False) -> bool:
    """Whether some process holds the exclusive lock now, or with `shared` any lock at all.

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
