"""Disk space: what a new run needs, what queued and running ones have yet to write, and what all runs take."""

import os
import shutil
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from .. import limits
from ..config import ExperimentConfig
from ..config.optimizers import OPTIMIZERS
from ..config.shapes import count_parameters
from ..datasets import DatasetInfo, dataset_info
from ..errors import RunError, ToolkitError
from .folder import RunFolder
from .store import run_folders

#: A weight is float32.
_NUMBER = 4
#: A log, the samples, the result, and the overhead of each file.
_USUAL = 10_000_000


def checkpoint_bytes(config: ExperimentConfig) -> int:
    """The bytes of a checkpoint per parameter: its value, the optimizer's slots, and its value in the best weights."""
    return _NUMBER * (2 + _num_slots(config))


def check_room(config: ExperimentConfig, root: Path, *, for_class: bool = False) -> None:
    """Raises `RunError` if the disk that holds the runs has no room for this one.

    What queued and running runs have yet to write counts as taken.
    for_class: whether the limit `limits.RUNS_GB` on all runs together applies too.
    Call this right before a run starts: the free space changes at any moment. Like `check_experiment`, it raises
    `ConfigError` or `DataError` for layers or data that can't be used.
    """
    needed, promised = _needed(config), _promised(root)
    place = next(folder for folder in (root.resolve(), *root.resolve().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free < needed + promised:
        others = f", and the runs that wait or train need {_shown(promised)} of them" if promised else ""
        raise RunError(
            f"The run needs {_shown(needed)} in {root}, where {_shown(free)} are free{others}. Free some space, "
            "choose smaller layers, or choose another folder."
        )
    if for_class:
        check_folder(root, needed, promised=promised)


def check_folder(root: Path, needed: int, *, promised: int | None = None) -> None:
    """Raises `RunError` if all runs together, with what queued and running ones have yet to write, take too much.

    needed: the bytes of the new run. promised: what the others have yet to write, if that is known already.
    """
    if not limits.RUNS_GB.value:
        return
    promised = _promised(root) if promised is None else promised
    taken, most = _size(root), limits.RUNS_GB.value * 1e9
    if taken + promised + needed > most:
        others = f", to which the runs that wait or train will add {_shown(promised)}" if promised else ""
        raise RunError(
            f"The run needs {_shown(needed)}, and all runs together may take {_shown(most)} "
            f"({limits.RUNS_GB.variable}). They take {_shown(taken)} now{others}. Delete runs on Models that nobody "
            "needs, or choose smaller layers."
        )


def _needed(config: ExperimentConfig) -> int:
    """The most bytes that a run can take."""
    info = dataset_info(config.dataset, **config.reading)
    parameters = count_parameters(config, info.row_shape, info.num_classes)
    return _bytes_of_files(config) * parameters + _bytes_of_lines(config, info) + _USUAL


def _promised(root: Path) -> int:
    """The bytes that queued and running runs have yet to write."""
    promised = 0
    for run in run_folders(root):
        # Most runs have ended, which takes one look to see.
        if _has_ended(run):
            continue
        with suppress(ToolkitError):  # Damaged, or its data are missing: it will not write much.
            if run.state in ("queued", "running"):
                promised += max(0, _needed(run.config) - run.size())
    return promised


def _size(root: Path) -> int:
    """The bytes of everything in the folder."""
    runs, total = {run.id: run for run in run_folders(root)}, 0
    with suppress(OSError):
        for entry in os.scandir(root):
            run = runs.get(entry.name, RunFolder(root / entry.name))
            with suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                # A run that has ended changes only when files are added or removed.
                ended = entry.name in runs and _has_ended(run)
                size = _size_of_ended(run.path, run.stamp, status.st_mtime_ns) if ended else run.size()
                total += size if entry.is_dir(follow_symlinks=False) else status.st_size
    return total


def _has_ended(run: RunFolder) -> bool:
    return run.stamp[1] is not None and not run.resume_requested


@lru_cache(maxsize=16384)
def _size_of_ended(path: Path, stamp: object, changed: int) -> int:
    return RunFolder(path).size()


def _num_slots(config: ExperimentConfig) -> int:
    chosen = OPTIMIZERS[config.optimizer]
    return chosen.slots + (chosen.momentum_slots if config.momentum else 0)


def _bytes_of_files(config: ExperimentConfig) -> int:
    """Per parameter: two checkpoints, one of which is being written; the model with the optimizer's slots; its
    weights, twice while they are being written.
    """
    return 2 * checkpoint_bytes(config) + _NUMBER * (1 + _num_slots(config) + 2)


def _bytes_of_lines(config: ExperimentConfig, info: DatasetInfo) -> int:
    """The most bytes that events.jsonl can take: a line of metrics and one of ten predictions per measurement."""
    steps_per_epoch = -(-info.train_rows // config.batch_size)
    steps = config.steps or (config.epochs or 0) * steps_per_epoch
    measurements = steps // (config.log_every or steps_per_epoch) + 2
    return measurements * (600 + 100 * info.num_classes)


def _shown(size: float) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e10 else f"{size / 1e6:,.0f} MB"
