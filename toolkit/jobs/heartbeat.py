"""Signs of life. A lock says that a process is there; that it also gets on, its heartbeat says.

Each process of a runs folder touches a file once a second, from a thread, so that long native code does not matter.
Whoever watches counts the seconds without a beat by its own clock and only while it looks itself: a clock that is set,
or a laptop that was shut, says nothing about anybody.
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
#: Seconds without a beat of a process that has not worked at all meanwhile: it is stopped, or waits for ever. On a
#: machine that has far too much to do, each process works a little in that time.
SILENT_AFTER = 5.0
#: Seconds without a beat of one that works, or waits for the disk: in native code that lets Python never in. Also
#: where the system does not tell whether it works.
DEAF_AFTER = 30.0
#: What one look can add to the seconds: whoever watches may have been stopped itself.
_LONGEST_GAP = 2.0
#: Thirty pages that watch one process look but once.
_LOOK_AGAIN = 0.2


def beat(root: Path, pid: int) -> None:
    """Show that a process gets on: its first word, or that of its starter until it can speak."""
    with suppress(OSError):
        _beats(root).mkdir(exist_ok=True)  # Its parent stays away once the runs folder was deleted.
        (_beats(root) / str(pid)).touch()


def beat_again(root: Path, pid: int) -> None:
    """Show that it still does; where its file was taken away, whoever deletes the folder is not disturbed."""
    try:
        os.utime(_beats(root) / str(pid))
    except OSError:  # A disk that takes no beats is no proof against anybody.
        forget(root, pid)


def keep_beating(root: Path) -> None:
    """Show that this process gets on, for as long as it does."""
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
    """The processes that have shown themselves; some may have ended since, and their numbers be another's."""
    try:
        return [int(name) for name in os.listdir(_beats(root)) if name.isdecimal()]
    except OSError:
        return []


def forget(root: Path, pid: int) -> None:
    """Take away what a process leaves that has ended."""
    with suppress(OSError):
        (_beats(root) / str(pid)).unlink(missing_ok=True)


def _beats(root: Path) -> Path:
    return jobs_folder(root) / "beats"


@dataclass
class _Seen:
    """What was seen of a process, when, and for how many watched seconds it has shown neither beats nor work."""

    beat: int
    work: int | None
    looked: float
    silent: float = 0.0
    deaf: float = 0.0


class Watch:
    """Notices which processes of a runs folder do not get on; threads may share it.

    silent_after, deaf_after: None: `SILENT_AFTER`, `DEAF_AFTER`.
    """

    def __init__(self, root: Path, *, silent_after: float | None = None, deaf_after: float | None = None) -> None:
        self._root = root
        self._silent_after, self._deaf_after = silent_after, deaf_after
        self._seen: dict[int, _Seen] = {}
        self._lock = threading.Lock()

    def silence(self, pid: int) -> float:
        """For how many seconds the process has not answered, at least; 0 while there is no reason to doubt it.

        To be asked every second or so: only what is watched counts. Of a process that has ended, or that has never
        shown itself, nothing is said.
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
