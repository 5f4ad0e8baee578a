"""Makes sure that one supervisor is at work for a runs folder, and tells it that somebody wants it."""

import signal
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..errors import RunError, ToolkitError
from ..limits import check_limits
from ..runs import RunFolder
from ..system.locks import FileLock, is_locked
from .heartbeat import Watch, beat
from .processes import end_process, exists, jobs_folder, max_workers, runs_module, start_module

_SUPERVISOR = "toolkit.jobs.supervisor"
#: Between two looks at the supervisor.
_PAUSE = 1.0
#: For the kernel to take its lock from a supervisor that was ended.
_PATIENCE = 5.0


@dataclass(frozen=True)
class _Tie:
    """What this process keeps for a runs folder: the lock that says it wants workers, and what it started."""

    wanted: FileLock
    started: subprocess.Popen[bytes]


_ties: dict[Path, _Tie] = {}
_ties_lock = threading.Lock()
_watches: dict[Path, Watch] = {}


def supervisor_lock(root: Path) -> Path:
    """Held by the supervisor while it is at work."""
    return jobs_folder(root) / "supervisor.lock"


def wanted_lock(root: Path) -> Path:
    """Shared by all processes that want workers to be ready."""
    return jobs_folder(root) / "wanted.lock"


def keep_workers(root: Path) -> None:
    """See that runs in this folder find a worker, for as long as this process lives. Costs nothing when all is well.

    A supervisor that does not answer is ended, and another one takes its place, without another call.
    Raises `RunError` if the folder can't be written, `ToolkitError` if TOOLKIT_WORKERS or a limit makes no sense.
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
            started = start_module(_SUPERVISOR, str(root), log=_log(root))
        except OSError as error:
            raise RunError(
                f"No run can be trained in {root} ({error}). Choose a folder that can be written."
            ) from error
        beat(root, started.pid)  # From now on it must get on, though it can't say so yet.
        if wanted is not None:
            _ties[root] = _Tie(wanted, started)
            threading.Thread(target=_watch_over, args=(root, _ties[root]), daemon=True).start()


def release_workers(root: Path) -> None:
    """Say that this process wants no workers any more: the supervisor leaves when nobody does."""
    with _ties_lock:
        tie = _ties.pop(root.resolve(), None)
        if tie is not None:
            tie.wanted.release()


def silence(root: Path, run: RunFolder) -> float:
    """For how many seconds a run that trains has not answered, at least; 0 while there is no reason to doubt it.

    To be asked every second or so: only what is watched counts.
    """
    pid = run.worker_pid
    return 0.0 if pid is None else _watch(root.resolve()).silence(pid)


def supervisor_silence(root: Path) -> float:
    """For how many seconds the supervisor has not answered, as `silence` of a run."""
    pid = _at_work(root.resolve())
    return 0.0 if pid is None else _watch(root.resolve()).silence(pid)


def _watch(root: Path) -> Watch:
    return _watches.setdefault(root, Watch(root))


def _watch_over(root: Path, tie: _Tie) -> None:
    """See that the supervisor gets on, for as long as that tie holds: with another supervisor, there is another tie."""
    was_ended = False
    while _ties.get(root) is tie:
        pid = _at_work(root) or (tie.started.pid if _is_starting(tie) else None)
        seconds = 0.0 if pid is None else _watch(root).silence(pid)
        if pid is not None and seconds:
            was_ended = _end(root, pid, seconds) or was_ended
        if was_ended:
            with suppress(ToolkitError):  # The next page that asks for workers says so.
                keep_workers(root)
        time.sleep(_PAUSE)


def _at_work(root: Path) -> int | None:
    """The supervisor that holds the lock."""
    try:
        text = supervisor_lock(root).read_text() if is_locked(supervisor_lock(root)) else ""
        return int(text) if text.isdecimal() else None
    except (OSError, ValueError):
        return None


def _end(root: Path, pid: int, seconds: float) -> bool:
    """End a supervisor that does not answer, which no polite signal reaches; False if the process is another."""
    if not runs_module(pid, _SUPERVISOR, root):
        return False
    end_process(pid, signal.SIGKILL)
    now = time.strftime("%Y-%m-%d %H:%M:%S")
    with suppress(OSError), _log(root).open("a") as file:
        file.write(f"{now} supervisor {pid} had not answered for {seconds:.0f} s: SIGKILL\n")
    deadline = time.monotonic() + _PATIENCE
    # Its number goes before its lock does: its threads end one after the other.
    while (exists(pid) or is_locked(supervisor_lock(root))) and time.monotonic() < deadline:
        time.sleep(0.05)
    return True


def _log(root: Path) -> Path:
    return jobs_folder(root) / "supervisor.log"


def _is_starting(tie: _Tie) -> bool:
    """Whether the supervisor that was started here is on its way to its lock, or has it."""
    return tie.started.poll() is None
