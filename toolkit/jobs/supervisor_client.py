"""Makes sure that one supervisor is running for a runs folder, and shows it that it is needed."""

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
#: Seconds between two looks at the supervisor.
_PAUSE = 1.0
#: Seconds for the kernel to release the lock of a supervisor that was ended.
_PATIENCE = 5.0


@dataclass(frozen=True)
class _Tie:
    """What this process holds for a runs folder: the lock that says it wants workers, and what it started."""

    wanted: FileLock
    started: subprocess.Popen[bytes]


_ties: dict[Path, _Tie] = {}
_ties_lock = threading.Lock()
_watches: dict[Path, Watch] = {}


def supervisor_lock(root: Path) -> Path:
    """The lock that the supervisor holds while it runs."""
    return jobs_folder(root) / "supervisor.lock"


def wanted_lock(root: Path) -> Path:
    """The lock shared by all processes that want workers to be ready."""
    return jobs_folder(root) / "wanted.lock"


def keep_workers(root: Path) -> None:
    """Keep workers available for runs in this folder while this process lives. Cheap if a supervisor runs already.

    A hung supervisor is ended and replaced without another call.
    Raises `RunError` if the folder can't be written, `ToolkitError` if TOOLKIT_WORKERS or a limit is invalid.
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
        beat(root, started.pid)  # Watched from now on, though it has no heartbeat of its own yet.
        if wanted is not None:
            _ties[root] = _Tie(wanted, started)
            threading.Thread(target=_watch_over, args=(root, _ties[root]), daemon=True).start()


def release_workers(root: Path) -> None:
    """Release this process's claim on workers; the supervisor exits when no process has one."""
    with _ties_lock:
        tie = _ties.pop(root.resolve(), None)
        if tie is not None:
            tie.wanted.release()


def silence(root: Path, run: RunFolder) -> float:
    """For how many seconds, at least, a training run has been hung; 0 if it is not.

    Call this about every second: only watched time counts.
    """
    pid = run.worker_pid
    return 0.0 if pid is None else _watch(root.resolve()).silence(pid)


def supervisor_silence(root: Path) -> float:
    """For how many seconds the supervisor has been hung, like `silence` of a run."""
    pid = _at_work(root.resolve())
    return 0.0 if pid is None else _watch(root.resolve()).silence(pid)


def _watch(root: Path) -> Watch:
    return _watches.setdefault(root, Watch(root))


def _watch_over(root: Path, tie: _Tie) -> None:
    """Watch the supervisor for as long as that tie holds: another supervisor gets another tie."""
    was_ended = False
    while _ties.get(root) is tie:
        pid = _at_work(root) or (tie.started.pid if _is_starting(tie) else None)
        seconds = 0.0 if pid is None else _watch(root).silence(pid)
        if pid is not None and seconds:
            was_ended = _end(root, pid, seconds) or was_ended
        if was_ended:
            with suppress(ToolkitError):  # The next page that asks for workers shows the error.
                keep_workers(root)
        time.sleep(_PAUSE)


def _at_work(root: Path) -> int | None:
    """The process number of the supervisor that holds the lock."""
    try:
        text = supervisor_lock(root).read_text() if is_locked(supervisor_lock(root)) else ""
        return int(text) if text.isdecimal() else None
    except (OSError, ValueError):
        return None


def _end(root: Path, pid: int, seconds: float) -> bool:
    """Kill a hung supervisor, which ignores politer signals; False if the process is another one."""
    if not runs_module(pid, _SUPERVISOR, root):
        return False
    end_process(pid, signal.SIGKILL)
    now = time.strftime("%Y-%m-%d %H:%M:%S")
    with suppress(OSError), _log(root).open("a") as file:
        file.write(f"{now} supervisor {pid} had not answered for {seconds:.0f} s: SIGKILL\n")
    deadline = time.monotonic() + _PATIENCE
    # Its process number goes before its lock does, since its threads end one after the other.
    while (exists(pid) or is_locked(supervisor_lock(root))) and time.monotonic() < deadline:
        time.sleep(0.05)
    return True


def _log(root: Path) -> Path:
    return jobs_folder(root) / "supervisor.log"


def _is_starting(tie: _Tie) -> bool:
    """Whether the supervisor that was started here is about to take its lock, or holds it."""
    return tie.started.poll() is None
