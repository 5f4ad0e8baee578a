"""The trash of a runs folder: it keeps deleted runs, to be restored, until they are old or take too much room.

saved_models/.trash/<run_id>-<when>/ is the run's folder, moved by a single rename: a process that is killed meanwhile
leaves the run whole, in one place or the other. <when>: milliseconds since 1970, hexadecimal.
"""

import errno
import os
import re
import shutil
import time
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from ..config.schema_version import unknown_file
from ..errors import RunError, ToolkitError, nearest
from ..limits import TRASH_DAYS, TRASH_MB
from ..system.files import make_durable
from ..system.locks import FileLock
from .root import told_command

TRASH = ".trash"
#: The prefix of a folder that is being removed for good.
DELETED = ".deleted-"
#: Free bytes to keep on the disk: with less, the trash is emptied early.
KEPT_FREE = 500_000_000

_ENTRY = re.compile(r"([a-z0-9][a-z0-9-]*)-([0-9a-f]{11})")
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_SECONDS_A_DAY = 24 * 60 * 60


@dataclass(frozen=True)
class TrashedRun:
    """A run in the trash. path: its folder there. run_id: its id once restored. when: its deletion, as `time.time`."""

    path: Path
    run_id: str
    when: float

    @cached_property
    def size(self) -> int:
        """The bytes that removing it for good frees; for a link, those of the link itself."""
        return self.path.lstat().st_size if self.path.is_symlink() else folder_size(self.path)

    @property
    def deleted(self) -> str:
        """When it was deleted, ISO 8601 in UTC."""
        return datetime.fromtimestamp(self.when, UTC).isoformat(timespec="milliseconds")

    @property
    def is_left_alone(self) -> bool:
        """Whether a newer version of the toolkit made it: this version neither restores nor removes it."""
        return unknown_file(self.path) is not None


def folder_size(folder: Path) -> int:
    """How many bytes the files in a folder take."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # A file that is being moved into place has another name by now.
                total += os.lstat(os.path.join(place, name)).st_size
    return total


def trashed_runs(root: Path) -> list[TrashedRun]:
    """The runs in the trash of this folder, last deleted first. Raises `RunError` on an I/O error."""
    try:
        names = os.listdir(root / TRASH)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(f"The trash in {root} can't be read ({error.strerror}). Remove {root / TRASH}.") from error
    entries = [(root / TRASH / name, found) for name in names if (found := _ENTRY.fullmatch(name))]
    runs = [TrashedRun(path, found[1], int(found[2], 16) / 1000) for path, found in entries]
    return sorted(runs, key=lambda run: (run.when, run.run_id), reverse=True)


def put_into_trash(run: Path) -> Path | None:
    """Move the folder of a run, or the link to it, into the trash.

    Returns its place there, or None if the disk has no room even for that: the run is then removed for good.
    Raises `RunError` if the run is training or its folder can't be moved, `ToolkitError` if TOOLKIT_TRASH_DAYS or
    TOOLKIT_TRASH_MB is invalid; the run then stays as it was.
    """
    _ = TRASH_DAYS.value, TRASH_MB.value
    try:
        lock = _lock_out_workers(run)
        if lock is None:
            raise RunError(f"The run {run.name} is training. Stop it first.")
        with lock:
            try:
                return _move(run)
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    raise
                _remove(run, run.parent)
                return None
    except OSError as error:
        raise RunError(f"The run {run.name} can't be deleted ({error}). Remove {run} by hand.") from error


def _lock_out_workers(run: Path) -> AbstractContextManager[object] | None:
    """A lock that keeps workers from claiming the run; None if one trains it."""
    try:
        return FileLock.claim(run / "worker.lock")
    except PermissionError:
        raise
    except OSError:  # Damaged, or the disk is full: no worker gets this lock either.
        return nullcontext()


def _move(run: Path) -> Path:
    folder = run.parent / TRASH
    folder.mkdir(exist_ok=True)
    place = run.rename(folder / f"{run.name}-{time.time_ns() // 1_000_000:011x}")
    for changed in (folder, run.parent):
        with suppress(OSError):
            make_durable(changed)
    return place


def restore_run(root: Path, run_id: str) -> Path:
    """Restore the run of that id that was deleted last. Returns its folder.

    Raises `RunError` if none is in the trash, the id is taken, or the folder can't be written.
    """
    trashed = trashed_runs(root)
    found = next((one for one in trashed if one.run_id == run_id), None)
    if found is None:
        raise RunError(_not_there(root, run_id, [one.run_id for one in trashed]))
    if found.is_left_alone:
        raise RunError(
            f"The run {run_id} was deleted by a newer version of the toolkit. Update the toolkit to bring it back, or "
            f"move {found.path} by hand."
        )
    place = root / run_id
    if os.path.lexists(place):
        raise RunError(f"The run {run_id} can't be brought back: there is {place} already. Delete that one first.")
    try:
        found.path.rename(place)
    except OSError as error:
        raise RunError(f"The run {run_id} can't be brought back ({error}). Move {found.path} by hand.") from error
    for changed in (root, root / TRASH):
        with suppress(OSError):
            make_durable(changed)
    return place


def empty_trash(root: Path, *, everything: bool = False) -> list[TrashedRun]:
    """Remove for good runs that are too old, and the oldest while the trash is too large or the disk nearly full.

    everything: remove all runs. Returns the removed ones. Raises `RunError` if the trash can't be read,
    `ToolkitError` if TOOLKIT_TRASH_DAYS or TOOLKIT_TRASH_MB is invalid.
    """
    oldest, most = time.time() - TRASH_DAYS.value * _SECONDS_A_DAY, TRASH_MB.value * 1e6
    trashed = [one for one in trashed_runs(root) if not one.is_left_alone]
    together, removed = sum(one.size for one in trashed), []
    for one in reversed(trashed):
        if not (everything or one.when <= oldest or together > most or _is_nearly_full(root)):
            break
        together -= one.size
        with suppress(OSError):  # Another process empties it, or restores this run.
            _remove(one.path, root)
            removed.append(one)
    return removed


def empty_trash_quietly(root: Path) -> None:
    """Like `empty_trash`, but without errors: what can't be removed now is left for the next time."""
    with suppress(OSError, ToolkitError):
        empty_trash(root)


def keeps_runs(num_bytes: int = 0) -> bool:
    """Whether the settings would let a run of that size be restored if it were deleted now.

    Raises `ToolkitError` if TOOLKIT_TRASH_DAYS or TOOLKIT_TRASH_MB is invalid.
    """
    return TRASH_DAYS.value > 0 and 0 < TRASH_MB.value * 1e6 >= num_bytes


def is_in_trash(root: Path, run_id: str) -> bool:
    """Whether a run of that id can be restored."""
    with suppress(RunError):
        return any(one.run_id == run_id for one in trashed_runs(root))
    return False


def _remove(path: Path, root: Path) -> None:
    """Remove a run for good. It is renamed first, so that nobody finds half a run if this process is killed."""
    going = path.rename(root / f"{DELETED}{path.name}-{time.time_ns() // 1_000_000:011x}")
    going.unlink() if going.is_symlink() else shutil.rmtree(going)


def _is_nearly_full(root: Path) -> bool:
    return shutil.disk_usage(root).free < KEPT_FREE


def _not_there(root: Path, run_id: str, known: list[str]) -> str:
    listing = f"List what is there with: {told_command('trash', root=root)}"
    remedy = nearest(run_id, known) if len(known) in range(1, 10) else listing
    return f"There is no run {run_id or 'without a name'} in the trash of {root}. {remedy}"
