"""Whose turn it is: nobody's runs keep the others waiting for hours.

What a browser's runs have trained within the last hour is found in their lines, so that a restart changes nothing. Once
it is more than `limits.SHARED_MINUTES`, and only while other runs wait, they make way: those that wait let the others
go first, the one that trains is stopped.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from ..errors import RunError
from ..limits import SHARED_MINUTES
from ..runs import RunFolder, run_folders
from ..runs.schema import Event, StateEvent
from .processes import max_workers

_WINDOW = 3600.0
#: Seconds for which the minutes that were found are good: pages and workers ask far more often.
_GOOD_FOR = 10.0


class Turns:
    """Who has trained for how long in a runs folder.

    good_for: seconds for which that is not looked up again.
    """

    def __init__(self, root: Path, *, good_for: float = _GOOD_FOR) -> None:
        self._root, self._good_for = root, good_for
        self._found: set[str] = set()
        self._looked: float | None = None

    def in_turn(self, waiting: Sequence[RunFolder]) -> list[RunFolder]:
        """The runs that wait, the next to start first: those of browsers that have had their minutes come last."""
        if len({run.session for run in waiting}) < 2 or not SHARED_MINUTES.value:
            return list(waiting)
        had_enough = self._had_enough()
        return sorted(waiting, key=lambda run: run.session in had_enough)

    def to_make_way(self, training: Sequence[RunFolder], waiting: Sequence[RunFolder]) -> list[RunFolder]:
        """The runs that are to stop, so that others begin: no more of them than wait, and none while places are free.

        waiting: those that wait and may start, training: all that hold a place.
        """
        if not (waiting and SHARED_MINUTES.value and any(run.session for run in training)):
            return []
        if len(training) < max_workers():
            return []
        had_enough = self._had_enough()
        others = [run for run in waiting if run.session not in had_enough]
        leaving = sum(run.stop_requested for run in training)
        blocking = [run for run in training if run.session in had_enough and not run.stop_requested]
        return blocking[: max(0, len(others) - leaving)]

    def _had_enough(self) -> set[str]:
        now = time.monotonic()
        if self._looked is None or now - self._looked >= self._good_for:
            most = 60 * SHARED_MINUTES.value
            used = seconds_trained(self._root)
            self._found, self._looked = {session for session, seconds in used.items() if seconds >= most}, now
        return self._found


def seconds_trained(root: Path) -> dict[str, float]:
    """What the runs of each browser have trained within the last hour, together."""
    used: defaultdict[str, float] = defaultdict(float)
    now = time.time()
    for run in run_folders(root):
        is_old = run.events_stamp[0] / 1e9 < now - _WINDOW
        if is_old and (run.stamp[1] is not None or run.worker_pid is None):
            continue
        try:
            session = run.session
        except RunError:  # Damaged: nobody can be held to it.
            continue
        if session:
            used[session] += _seconds_between(run, now - _WINDOW, now)
    return used


def _seconds_between(run: RunFolder, begin: float, end: float) -> float:
    """For how long the run has held a place: from each line that says it runs to the last one before the next."""
    total = 0.0
    before: float | None = None
    for event in run.events():
        at = event.time
        if not isinstance(at, int | float):
            continue
        if before is not None and not _begins(event):
            total += max(0.0, min(at, end) - max(before, begin))
        before = at
    if before is not None and run.state == "running":
        total += max(0.0, end - max(before, begin))
    return total


def _begins(event: Event) -> bool:
    return isinstance(event, StateEvent) and event.state == "running"
