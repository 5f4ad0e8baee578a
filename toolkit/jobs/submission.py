"""Submits experiments as runs that wait for a worker, within the limits of each browser.

`session` names a browser; it is the same in all its tabs and after a reload. Scripts on this machine pass none, and
have no such limits.
"""

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .. import limits
from ..config import ExperimentConfig
from ..config.schema_version import RUN_SECTION
from ..errors import RunError
from ..runs import RunFolder, create_run
from .processes import max_workers
from .queue import Queue
from .supervisor_client import keep_workers
from .turns import Turns

_queues: dict[Path, tuple[Queue, Turns]] = {}
_queues_lock = threading.Lock()
#: Of two simultaneous starts, the second one sees the first.
_start_lock = threading.Lock()
#: The resolution of times in run folders.
_A_MOMENT = timedelta(milliseconds=1)


def submit(
    root: Path, config: ExperimentConfig, *, asked_by: str, weights_from: str | None = None, session: str | None = None
) -> RunFolder:
    """Create a queued run, which a worker process takes as soon as it can.

    weights_from: the id of a run whose weights to start from. session: the browser that submits it.
    Raises `ConfigError` or `RunError`, before anything is written, if the run can't work, has no room, or the
    browser has too many open runs; `RunError` if the folder can't be written.
    """
    # The supervisor imports this package and does not need NumPy: 13 MB.
    from ..preflight import check_experiment
    from ..runs.disk_space import check_room

    check_experiment(config, root, weights_from)
    about: dict[str, Any] = {"weights_from": weights_from, "queued": True}
    if session:
        about["session"] = session
    with _start_lock:
        _check_waiting(root, session)
        check_room(config, root, for_class=bool(session))
        run = create_run(root, config, asked_by=asked_by, **about | _made_last(root))
    # In this order: a supervisor that is about to leave releases its lock and then looks for runs once more.
    keep_workers(root)
    return run


def _made_last(root: Path) -> dict[str, str]:
    """The creation time to record if the clock was set back: later than that of every waiting run."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    latest = max((run.queued_since for run, state in _open_runs(root) if state == "queued"), default="")
    if latest < now:
        return {}
    with suppress(ValueError):  # A time that was edited by hand.
        return {"created": (datetime.fromisoformat(latest) + _A_MOMENT).isoformat(timespec="milliseconds")}
    return {}


def resubmit(root: Path, run: RunFolder, *, session: str | None = None) -> None:
    """Let a worker resume a stopped or interrupted run; it queues behind those that wait already.

    session: the browser that the run belongs to from now on, whoever created it. A run that waits or trains already
    stays as it is, so that a double click counts once.
    Raises `RunError` if the run has ended, can't be written or has no room, or the browser has too many open runs;
    `DataError` if the run's data have changed.
    """
    from ..preflight import check_resume
    from ..runs.disk_space import check_room

    if run.state in ("queued", "running"):
        return
    check_resume(run)
    with _start_lock:
        _check_waiting(root, session)
        check_room(run.config, root, for_class=bool(session))
        _charge(run, session)
        run.request_resume()
    keep_workers(root)


def queue_place(root: Path, run: RunFolder) -> int | None:
    """1 for the next run to start, 2 for the one after it; None if the run does not wait for a worker."""
    waiting = [one.id for one in _waiting(root, _open_runs(root))]
    return waiting.index(run.id) + 1 if run.id in waiting else None


def runs_before(root: Path, run: RunFolder) -> int:
    """How many runs come before a waiting one: those ahead of it and, if all places are taken, those that train."""
    seen = _open_runs(root)
    waiting = [one.id for one in _waiting(root, seen)]
    training = sum(state == "running" for _, state in seen)
    ahead = waiting.index(run.id) if run.id in waiting else 0
    return ahead + (training if training >= max_workers() else 0)


def training_runs(root: Path) -> list[RunFolder]:
    """The runs that workers train now."""
    return [run for run, state in _open_runs(root) if state == "running"]


def _check_waiting(root: Path, session: str | None) -> None:
    """Raises `RunError` if a browser has as many open runs as it may have."""
    most = limits.WAITING.value
    if not session or not most:
        return
    under_way = [run for run, state in _open_runs(root) if state in ("queued", "running") and run.session == session]
    if len(under_way) + 1 > most:
        raise RunError(limits.too_many_waiting(len(under_way)))


def _charge(run: RunFolder, session: str | None) -> None:
    """Record in the run which browser it belongs to now."""
    if run.session == (session or ""):
        return
    about = {name: value for name, value in run.about.items() if name != "session"}
    try:
        run.rewrite(**{RUN_SECTION: {**about, "session": session} if session else about})
    except (OSError, ValueError) as error:
        raise RunError(f"The run {run.id} can't be resumed ({error}). Free some space.") from error


def _waiting(root: Path, seen: list[tuple[RunFolder, str]]) -> list[RunFolder]:
    turns = _known(root)[1]
    return turns.in_turn([run for run, state in seen if state == "queued"])


def _open_runs(root: Path) -> list[tuple[RunFolder, str]]:
    with _queues_lock:
        return _known(root)[0].look()


def _known(root: Path) -> tuple[Queue, Turns]:
    folder = root.resolve()
    return _queues.get(folder) or _queues.setdefault(folder, (Queue(folder), Turns(folder)))
