"""From an experiment to a run that waits for a worker."""

import threading
from pathlib import Path

from ..config import ExperimentConfig
from ..runs import RunFolder, create_run
from .processes import max_workers
from .queue import Queue
from .supervisor_client import keep_workers

_queues: dict[Path, Queue] = {}
_queues_lock = threading.Lock()


def submit(root: Path, config: ExperimentConfig, *, asked_by: str, weights_from: str | None = None) -> RunFolder:
    """Make a queued run, which a worker process takes as soon as it can.

    weights_from: the id of a run whose weights to start from.
    Raises `ConfigError` or `RunError`, before anything is written, where the run can't work or has no room; `RunError`
    where the folder can't be written.
    """
    # The supervisor imports this package and can do without NumPy: 13 MB.
    from ..preflight import check_experiment
    from ..runs.disk_space import check_room

    check_experiment(config, root, weights_from)
    check_room(config, root)
    run = create_run(root, config, asked_by=asked_by, weights_from=weights_from, queued=True)
    # In this order: a supervisor that is about to leave lets go of its lock and then looks for runs once more.
    keep_workers(root)
    return run


def resubmit(root: Path, run: RunFolder) -> None:
    """Let a worker go on with a run that was stopped or interrupted; it waits behind those that wait already.

    Whoever made the run; nothing happens where it waits or trains already, so that two clicks are one.
    Raises `RunError` where the run has come to its end, can't be written or has no room, `DataError` where its data
    have changed.
    """
    from ..preflight import check_resume
    from ..runs.disk_space import check_room

    if run.state in ("queued", "running"):
        return
    check_resume(run)
    check_room(run.config, root)
    run.request_resume()
    keep_workers(root)


def queue_place(root: Path, run: RunFolder) -> int | None:
    """1 for the next run to start, 2 for the one after it; None where the run does not wait for a worker."""
    waiting = [one.id for one, state in _open_runs(root) if state == "queued"]
    return waiting.index(run.id) + 1 if run.id in waiting else None


def runs_before(root: Path, run: RunFolder) -> int:
    """How many runs come before a waiting one: those that wait longer, and, where all places are taken, those there."""
    states = {one.id: state for one, state in _open_runs(root)}
    waiting = [name for name, state in states.items() if state == "queued"]
    training = sum(state == "running" for state in states.values())
    ahead = waiting.index(run.id) if run.id in waiting else 0
    return ahead + (training if training >= max_workers() else 0)


def _open_runs(root: Path) -> list[tuple[RunFolder, str]]:
    folder = root.resolve()
    with _queues_lock:
        return _queues.setdefault(folder, Queue(folder)).look()
