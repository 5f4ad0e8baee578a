"""One process that trains one run: `python -m toolkit.jobs.worker ROOT SUPERVISOR_PID`.

It imports TensorFlow ahead of time, waits for a run, trains it and exits: memory, limits and Keras's global
state start clean in the next worker. Once it trains, it depends on no other process: it holds the locks of its
run and of its slot, which the kernel releases however it ends.
"""

import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from ..errors import RunError
from ..runs import RunFolder
from ..system.locks import FileLock, is_locked
from .heartbeat import keep_beating
from .processes import give_way, jobs_folder, limit_this_process, limit_time, max_workers
from .queue import Queue
from .queue_health import forget_failed_start
from .turns import Turns

_TICK = 0.05


class _Request:
    """Whether a signal has arrived; later ones change nothing."""

    made = False

    def note(self, number: int, frame: FrameType | None) -> None:
        self.made = True


def main(root: Path, supervisor: int) -> None:
    """Wait for a run, train it, and exit; exit earlier if the supervisor is gone.

    SIGTERM stops a training, and what was learned is kept; SIGHUP, which an exiting supervisor sends, does not.
    """
    keep_beating(root)
    give_way()
    _import_everything()
    _train_a_little()
    forget_failed_start(root)
    stop, leave = _Request(), _Request()
    signal.signal(signal.SIGTERM, stop.note)
    signal.signal(signal.SIGHUP, leave.note)
    queue, turns = Queue(root), Turns(root)
    while os.getppid() == supervisor and not stop.made and not leave.made:
        waiting = turns.in_turn([run for run in queue.waiting() if not run.stop_requested])
        slot = _free_slot(root) if waiting else None
        if slot is not None:
            with slot:
                if any(_train(run, stop) for run in waiting):
                    return
        time.sleep(_TICK)


def _import_everything() -> None:
    """Import everything that takes seconds, before a run waits for it."""
    from ..system.backend import import_tensorflow

    import_tensorflow()
    import sklearn.model_selection  # noqa: F401 (the data sets and the split import it late)
    import tensorflow as tf

    from .. import experiment  # noqa: F401 (imported ahead)
    from ..analysis import evaluation  # noqa: F401 (imported ahead)
    from ..models import build, prediction, storage  # noqa: F401 (imported ahead)
    from ..training import trainer  # noqa: F401 (imported ahead)

    # A GPU driver reserves more address space than any limit here.
    limit_this_process(addresses=not tf.config.list_physical_devices("GPU"))


def _train_a_little() -> None:
    """Do ahead what Keras and TensorFlow do only once: a run's first metrics come 0.1 s sooner.

    The run stays the same, bit for bit: its own seed is set when its network is built, and its layers are
    named as if they were the first.
    """
    import keras
    import numpy as np

    from ..analysis.evaluation import evaluate
    from ..config import ExperimentConfig
    from ..datasets import Dataset
    from ..models.build import build_model
    from ..training.trainer import train

    x, y = np.zeros((20, 2, 2), np.uint8), np.arange(20) % 2
    data, config = Dataset("rehearsal", x, y, x, y, ("even", "odd")), ExperimentConfig(epochs=1, batch_size=4)
    model = build_model(config, data)
    train(model, data, config)
    evaluate(model, data)
    keras.backend.clear_session()


def _free_slot(root: Path) -> FileLock | None:
    """One of the locks that a worker needs to train: they limit how many train at once, whatever is killed."""
    for number in range(max_workers()):
        path = jobs_folder(root) / f"slot-{number}.lock"
        if not is_locked(path) and (slot := FileLock.claim(path)):
            return slot
    return None


def _train(run: RunFolder, stop: _Request) -> bool:
    """Train the run; False if another worker was faster, the run was deleted, or its folder can't be written."""
    from ..experiment import run_experiment

    beginning = _Beginning(run)
    try:
        run_experiment(run, resume=run.resume_requested, report=beginning.follow, should_stop=lambda: stop.made)
    except RunError:
        return False
    return True


class _Beginning:
    """Acts once this process has the run: sends its output to worker.log, and starts its time limit."""

    def __init__(self, run: RunFolder) -> None:
        self._run, self._over = run, False

    def follow(self, event: dict[str, Any]) -> None:
        if self._over:
            return
        self._over = True
        limit_time()
        with self._run.log_path.open("ab", buffering=0) as file:
            os.dup2(file.fileno(), sys.stdout.fileno())
            os.dup2(file.fileno(), sys.stderr.fileno())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
