"""Which runs wait for a worker: the runs folder itself is the queue."""

import time
from pathlib import Path

from ..errors import RunError
from ..runs import RunFolder, run_folders

#: File-system timestamps are up to this many nanoseconds coarse: a more recent listing may have missed a run.
_CLOCK_TICK = 2_000_000_000


class Queue:
    """The submitted runs of a folder that have not ended, oldest first.

    Cheap enough for twenty looks a second: new and resumed runs show in the folder's modification time, each config
    is read once, and runs that have ended are forgotten.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: set[str] = set()
        self._open: list[RunFolder] = []
        self._listed: int | None = None

    def look(self) -> list[tuple[RunFolder, str]]:
        """Each open run with its state; a run that has ended or lost its worker is listed once more."""
        self._notice_changes()
        seen = [(run, run.state) for run in self._open]
        self._open = [run for run, state in seen if state in ("queued", "running")]
        return seen

    def waiting(self) -> list[RunFolder]:
        """The queued runs; the first one starts next."""
        return [run for run, state in self.look() if state == "queued"]

    def _notice_changes(self) -> None:
        try:
            changed = self._root.stat().st_mtime_ns
        except FileNotFoundError:
            self._open = []
            return
        if changed == self._listed:
            return
        # A time far ahead is not recent: the clock was set back, and the next change gets another time.
        self._listed = changed if abs(time.time_ns() - changed) > _CLOCK_TICK else None
        folders = {run.id: run for run in run_folders(self._root)}
        still_there = {run.id: run for run in self._open if run.id in folders}
        looked_at = [run for name, run in folders.items() if name not in still_there]
        new = [run for run in looked_at if (run.id not in self._known or run.resume_requested) and _is_for_workers(run)]
        # New runs come last whatever their timestamps: the clock may have been set back meanwhile.
        self._open = [*still_there.values(), *sorted(new, key=lambda run: (run.queued_since, run.id))]
        self._known = set(folders)


def _is_for_workers(run: RunFolder) -> bool:
    """Whether the run was submitted to workers, new or to be resumed, not trained by the process that made it."""
    try:
        return bool(run.about.get("queued")) or run.resume_requested
    except RunError:
        return False
