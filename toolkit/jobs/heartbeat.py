"""Heartbeats. A lock shows that a process exists; its heartbeat shows that it also makes progress.

Each process of a runs folder touches a file once a second, from a thread, so that long native code does not matter.
A watcher counts the seconds without a beat by its own monotonic clock, and only while it runs itself: neither a
changed clock nor a suspended laptop makes a process look hung.
"""

import atexit
import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .processes import exists, jobs_folder, work_of

_PERIOD = 1.0
#: Seconds without a beat after which a process that used no CPU time meanwhile is hung: it is stopped, or waits
#: forever. Even on an overloaded machine, each process gets some CPU time in that period.
SILENT_AFTER = 5.0
#: The same for a process that uses CPU time or waits for the disk: native code never lets Python run. Also used if
#: the system does not report CPU time.
DEAF_AFTER = 30.0
#: The most seconds that one look can add: the watcher may have been stopped itself.
_LONGEST_GAP = 2.0
#: Thirty pages that watch one process share one look.
_LOOK_AGAIN = 0.2


def beat(root: Path, pid: int) -> None:
    """Record the first heartbeat of a process: its own, or its starter's until it has imported what it needs."""
    with suppress(OSError):
        _beats(root).mkdir(exist_ok=True)  # Not its parent: a deleted runs folder stays deleted.
        (_beats(root) / str(pid)).touch()


def beat_again(root: Path, pid: int) -> None:
    """Record another heartbeat; a file that was removed is not created again, as the folder may be being deleted."""
    try:
        os.utime(_beats(root) / str(pid))
    except OSError:  # A process on a disk that takes no beats must not look hung.
        forget(root, pid)


def keep_beating(root: Path) -> None:
    """Record heartbeats of this process from a thread until it ends."""
    over = threading.Event()
    beat(root, os.getpid())

    def beat_on() -> None:
        while not over.wait(_PERIOD):
            beat_again(root, os.getpid())

    thread = threading.Thread(target=beat_on, daemon=True)
    thread.start()

    def stop() -> None:
        over.set()
        thread.join(_PERIOD)
        forget(root, os.getpid())

    atexit.register(stop)


def beating(root: Path) -> list[int]:
    """The processes with a heartbeat; some may have ended since, and their numbers belong to others."""
    try:
        return [int(name) for name in os.listdir(_beats(root)) if name.isdecimal()]
    except OSError:
        return []


def forget(root: Path, pid: int) -> None:
    """Remove the heartbeat of a process that has ended."""
    with suppress(OSError):
        (_beats(root) / str(pid)).unlink(missing_ok=True)


def _beats(root: Path) -> Path:
    return jobs_folder(root) / "beats"


@dataclass
class _Seen:
    """The last look at a process, and for how many watched seconds it has shown no beat or no work."""

    beat: int
    work: int | None
    looked: float
    silent: float = 0.0
    deaf: float = 0.0


class Watch:
    """Notices hung processes of a runs folder; threads may share it.

    silent_after, deaf_after: None for `SILENT_AFTER`, `DEAF_AFTER`.
    """

    def __init__(self, root: Path, *, silent_after: float | None = None, deaf_after: float | None = None) -> None:
        self._root = root
        self._silent_after, self._deaf_after = silent_after, deaf_after
        self._seen: dict[int, _Seen] = {}
        self._lock = threading.Lock()

    def silence(self, pid: int) -> float:
        """For how many seconds, at least, the process has been hung; 0 if it is not.

        Call this about every second: only watched time counts. A process that has ended, or that never had a heartbeat,
        is not hung.
        """
        with self._lock:
            seen = self._look(pid)
        if seen is None:
            return 0.0
        silent_after = SILENT_AFTER if self._silent_after is None else self._silent_after
        deaf_after = DEAF_AFTER if self._deaf_after is None else self._deaf_after
        is_hung = seen.deaf >= deaf_after or (seen.work is not None and seen.silent >= silent_after)
        return seen.deaf if is_hung else 0.0

    def _look(self, pid: int) -> _Seen | None:
        now, before = time.monotonic(), self._seen.get(pid)
        if before is not None and now - before.looked < _LOOK_AGAIN:
            return before
        stamp = self._stamp(pid)
        if stamp is None or not exists(pid):
            self._seen.pop(pid, None)
            return None
        worked, seen = work_of(pid), _Seen(stamp, None, now)
        if worked is not None:
            seen.work = worked.ticks
        if before is not None and before.beat == stamp:
            gap = min(now - before.looked, _LONGEST_GAP)
            seen.deaf = before.deaf + gap
            at_work = worked is not None and (worked.waits_for_disk or worked.ticks != before.work)
            seen.silent = 0.0 if at_work else before.silent + gap
        self._seen[pid] = seen
        return seen

    def _stamp(self, pid: int) -> int | None:
        try:
            return (_beats(self._root) / str(pid)).stat().st_mtime_ns
        except OSError:
            return None
