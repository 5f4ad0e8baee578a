"""Whose turn it is, so that nobody's runs keep the others waiting for hours.

The training time of a browser's runs within the last hour is read from their events, so that a restart changes
nothing. Once it exceeds `limits.SHARED_MINUTES`, and only while other runs wait, they make way: waiting ones let the
others go first, the training one is stopped.
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
#: Seconds for which training times are cached: pages and workers ask far more often.
_GOOD_FOR = 10.0


class Turns:
    """How long each browser's runs have trained in a runs folder.

    good_for: seconds for which these times are cached.
    """

    def __init__(self, root: Path, *, good_for: float = _GOOD_FOR) -> None:
        self._root, self._good_for = root, good_for
        self._found: set[str] = set()
        self._looked: float | None = None

    def in_turn(self, waiting: Sequence[RunFolder]) -> list[RunFolder]:
        """The waiting runs, the next to start first: those of browsers that have used up their minutes come last."""
        if len({run.session for run in waiting}) < 2 or not SHARED_MINUTES.value:
            return list(waiting)
        had_enough = self._had_enough()
        return sorted(waiting, key=lambda run: run.session in had_enough)

    def to_make_way(self, training: Sequence[RunFolder], waiting: Sequence[RunFolder]) -> list[RunFolder]:
        """The runs to stop so that others can start: no more of them than wait, and none while places are free.

        waiting: the runs that could start. training: all that hold a place.
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
    """The total seconds that each browser's runs have trained within the last hour."""
    used: defaultdict[str, float] = defaultdict(float)
    now = time.time()
    for run in run_folders(root):
        is_old = run.events_stamp[0] / 1e9 < now - _WINDOW
        if is_old and (run.stamp[1] is not None or run.worker_pid is None):
            continue
        try:
            session = run.session
        except RunError:  # Damaged: it counts against nobody.
            continue
        if session:
            used[session] += _seconds_between(run, now - _WINDOW, now)
    return used


def _seconds_between(run: RunFolder, begin: float, end: float) -> float:
    """How long the run has held a place: from each "running" event to the last event before the next one."""
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
