"""Starts, limits and ends processes: with `locks.py`, the only place with calls that Windows lacks."""

import os
import signal
import site
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from .. import limits
from ..errors import ToolkitError
from ..system.backend import cores
from ..system.locks import check_system

try:
    import resource
except ImportError:
    resource = None  # type: ignore[assignment]

#: The folder that holds the package.
_PROJECT = Path(__file__).parents[2]
_LOG_LIMIT = 1_000_000

#: Training yields to the pages and to the machine's other programs.
_NICENESS = 10
#: How much likelier the kernel is to kill a training than other programs when memory runs out; at most 1000.
_SOONER = 500
_OPEN_FILES = 1024
_IDLE_SECONDS = 60.0


def jobs_folder(root: Path) -> Path:
    """The folder of the processes' locks and logs, apart from the runs."""
    return root / ".jobs"


def max_workers() -> int:
    """How many runs train at once: TOOLKIT_WORKERS, else half the cores. Raises `ToolkitError`."""
    text = os.environ.get("TOOLKIT_WORKERS", "") or str(max(1, cores() // 2))
    if not text.isdigit() or int(text) < 1:
        raise ToolkitError(f"TOOLKIT_WORKERS must be a whole number from 1. Received: {text}. Try 1.")
    return int(text)


def idle_seconds() -> float:
    """How long a process stays after nobody needs it, so that a restarted dashboard finds it ready."""
    return float(os.environ.get("TOOLKIT_IDLE_SECONDS") or _IDLE_SECONDS)


def start_module(module: str, *arguments: str, log: Path, talks: bool = False) -> subprocess.Popen[bytes]:
    """Run a module of the toolkit in a session of its own, so that it outlives its starter and its terminal.

    talks: standard input and output are pipes; else there is no input and both outputs go to the log.
    Raises `ToolkitError` on Windows.
    """
    check_system()
    with log.open("w" if log.exists() and log.stat().st_size > _LOG_LIMIT else "a") as output:
        return subprocess.Popen(
            # -P: a keras.py in the user's folder must not be imported.
            [sys.executable, "-P", "-m", module, *arguments],
            stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
            stdout=subprocess.PIPE if talks else output,
            stderr=output,
            env={**os.environ, **_paths_of_imports()},
            start_new_session=True,
        )


def _paths_of_imports() -> dict[str, str]:
    """The environment variable by which a new Python finds the toolkit; none if it is installed.

    For an installed toolkit, it would put the installed packages before Python's own modules.
    """
    if str(_PROJECT) in {*site.getsitepackages(), site.getusersitepackages()}:
        return {}
    paths = [str(_PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(paths)}


def give_way() -> None:
    """Let processes of normal priority go first, and survive when memory runs out."""
    os.nice(_NICENESS)
    with suppress(OSError):  # Only Linux has it.
        Path("/proc/self/oom_score_adj").write_text(str(_SOONER))


def limit_this_process(*, addresses: bool) -> None:
    """Keep a training from taking the whole machine; call it once everything is imported."""
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    # A file that grows beyond it fails as on a full disk: Python ignores the signal.
    _lower(resource.RLIMIT_FSIZE, int(limits.FILE_MB.value * 1e6))
    if addresses:
        _lower(resource.RLIMIT_AS, int(limits.MEMORY_GB.value * 2**30))


def limit_time() -> None:
    """Let the kernel end this process when its training takes too long, even in native code that never returns."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 60 * limits.MINUTES.value)


def limit_seconds(seconds: int, *, processor_seconds: int | None = None) -> None:
    """Let the kernel end this process after that time, even in native code; a later call replaces the limit.

    processor_seconds: CPU time since the process started; None: no limit.
    """
    signal.setitimer(signal.ITIMER_REAL, seconds)  # Nobody handles SIGALRM, so it ends the process.
    _set_for_now(resource.RLIMIT_CPU, processor_seconds)


def limit_memory(addresses: int) -> None:
    """Limit this process's address space to that many bytes; a later call may raise the limit."""
    _set_for_now(resource.RLIMIT_AS, addresses)


def end_process(pid: int, which: signal.Signals) -> None:
    """Send a signal to a process that `start_module` started and to its children."""
    with suppress(ProcessLookupError):
        os.killpg(pid, which)


class Work(NamedTuple):
    """What the system reports of a process: the CPU time that it has used, and whether it waits for a disk."""

    ticks: int
    waits_for_disk: bool


def work_of(pid: int) -> Work | None:
    """The work of a process so far, over all its threads; None if the system does not report it: only Linux does."""
    try:
        # The second field, the command in brackets, may contain anything.
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return Work(int(rest[10]) + int(rest[11]), state == "D")
    except (OSError, ValueError, IndexError):
        return None


def exists(pid: int) -> bool:
    """Whether there is a process of that number; a zombie does not count."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    with suppress(OSError):
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return True


def runs_module(pid: int, module: str, root: Path) -> bool:
    """Whether a process is one that `start_module` started for a runs folder: process numbers are reused."""
    return f" -m {module} {root} " in f"{_command_of(pid)} "


def _command_of(pid: int) -> str:
    """A process's command line, joined by blanks; empty if there is none or the system does not report it."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        asked = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
        with suppress(OSError):
            return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
        return ""


def _lower(limit: int, value: int) -> None:
    """Lower a limit for good; a limit that is lower already stays."""
    _, hard = resource.getrlimit(limit)
    bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (bound, bound))


def _set_for_now(limit: int, value: int | None) -> None:
    """Set a limit that may be raised again; None: the highest possible."""
    _, hard = resource.getrlimit(limit)
    bound = hard if value is None else value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(limit, (bound, hard))
