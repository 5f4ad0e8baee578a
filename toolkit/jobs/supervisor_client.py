"""Makes sure that one supervisor is at work for a runs folder, and tells it that somebody wants it."""

import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from ..errors import RunError
from ..limits import check_limits
from ..system.locks import FileLock, is_locked
from .processes import jobs_folder, max_workers, start_module


@dataclass(frozen=True)
class _Tie:
    """What this process keeps for a runs folder: the lock that says it wants workers, and what it started."""

    wanted: FileLock
    started: subprocess.Popen[bytes]


_ties: dict[Path, _Tie] = {}
_ties_lock = threading.Lock()


def supervisor_lock(root: Path) -> Path:
    """Held by the supervisor while it is at work."""
    return jobs_folder(root) / "supervisor.lock"


def wanted_lock(root: Path) -> Path:
    """Shared by all processes that want workers to be ready."""
    return jobs_folder(root) / "wanted.lock"


def keep_workers(root: Path) -> None:
    """See that runs in this folder find a worker, for as long as this process lives. Costs nothing when all is well.

    Raises `RunError` where the folder can't be written, `ToolkitError` where TOOLKIT_WORKERS or a limit makes no sense.
    """
    root = root.resolve()
    with _ties_lock:
        tie = _ties.get(root)
        if tie is not None and (is_locked(supervisor_lock(root)) or _is_starting(tie)):
            return
        max_workers()
        check_limits()
        if tie is not None:
            _ties.pop(root).wanted.release()
        try:
            jobs_folder(root).mkdir(parents=True, exist_ok=True)
            wanted = FileLock.claim(wanted_lock(root), shared=True)
            started = start_module("toolkit.jobs.supervisor", str(root), log=jobs_folder(root) / "supervisor.log")
        except OSError as error:
            raise RunError(
                f"No run can be trained in {root} ({error}). Choose a folder that can be written."
            ) from error
        if wanted is not None:
            _ties[root] = _Tie(wanted, started)


def release_workers(root: Path) -> None:
    """Say that this process wants no workers any more: the supervisor leaves when nobody does."""
    with _ties_lock:
        tie = _ties.pop(root.resolve(), None)
        if tie is not None:
            tie.wanted.release()


def _is_starting(tie: _Tie) -> bool:
    """Whether the supervisor that was started here is on its way to its lock, or has it."""
    return tie.started.poll() is None
