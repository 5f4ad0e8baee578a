"""Which runs wait for a worker: the runs folder itself is the queue."""

import time
from pathlib import Path

from ..errors import RunError
from ..runs import RunFolder, run_folders

#: Clocks of file systems tick in up to this many nanoseconds: a younger listing may have missed a run.
_CLOCK_TICK = 2_000_000_000


class Queue:
    """The runs of a folder that were submitted and have not ended, oldest first.

    Cheap enough for twenty looks a second: a new run, and one that is to be resumed, is seen by the folder's time of
    change, each config is read once, and a run that has come to its end is forgotten.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: set[str] = set()
        self._open: list[RunFolder] = []
        self._listed: int | None = None

    def look(self) -> list[tuple[RunFolder, str]]:
        """Each open run with its state; a run that has ended or lost its worker is told of once."""
        self._notice_changes()
        seen = [(run, run.state) for run in self._open]
        self._open = [run for run, state in seen if state in ("queued", "running")]
        return seen

    def waiting(self) -> list[RunFolder]:
        """The queued runs; the first is the next to start."""
        return [run for run, state in self.look() if state == "queued"]

    def _notice_changes(self) -> None:
        try:
            changed = self._root.stat().st_mtime_ns
        except FileNotFoundError:
            self._open = []
            return
        if changed == self._listed:
            return
        # A time far ahead is no young one: the clock was set back, and the next change gets another time.
        self._listed = changed if abs(time.time_ns() - changed) > _CLOCK_TICK else None
        folders = {run.id: run for run in run_folders(self._root)}
        still_there = {run.id: run for run in self._open if run.id in folders}
        looked_at = [run for name, run in folders.items() if name not in still_there]
        new = [run for run in looked_at if (run.id not in self._known or run.resume_requested) and _is_for_workers(run)]
        # New ones come last whatever the time that they tell: the clock may have been set back meanwhile.
        self._open = [*still_there.values(), *sorted(new, key=lambda run: (run.queued_since, run.id))]
        self._known = set(folders)


def _is_for_workers(run: RunFolder) -> bool:
    """Whether the run was submitted, now or to be resumed, rather than trained by the process that made it."""
    try:
        return bool(run.about.get("queued")) or run.resume_requested
    except RunError:
        return False
