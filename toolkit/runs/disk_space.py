"""The room that runs take on the disk: the one that is to start, those that wait or train, and all together."""

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
#: A log, the samples, the result, and what files take beside their numbers.
_USUAL = 10_000_000


def checkpoint_bytes(config: ExperimentConfig) -> int:
    """What a checkpoint holds for each number of the network: itself, the optimizer's slots, and the best weights."""
    return _NUMBER * (2 + _num_slots(config))


def check_room(config: ExperimentConfig, root: Path, *, for_class: bool = False) -> None:
    """Raises `RunError` where the disk that holds the runs is too full for this one.

    Counted as taken is also what the runs that wait or train will write yet.
    for_class: whether all runs together are held to `limits.RUNS_GB` too.
    To be called when a run is to start: what a disk has room for changes at any moment. As `check_experiment`,
    it raises `ConfigError` or `DataError` for layers or data that can't be used.
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
    """Raises `RunError` where all runs together, with what those that wait or train will write, would take too much.

    needed: the bytes of a run that is to come. promised: what the others will write, where that is known already.
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
    """The bytes of a run, at most."""
    info = dataset_info(config.dataset, label=config.label)
    parameters = count_parameters(config, info.row_shape, info.num_classes)
    return _bytes_of_files(config) * parameters + _bytes_of_lines(config, info) + _USUAL


def _promised(root: Path) -> int:
    """The bytes that the runs which wait or train will write yet."""
    promised = 0
    for run in run_folders(root):
        # Of most runs, one look says that they have ended.
        if _has_ended(run):
            continue
        with suppress(ToolkitError):  # Damaged, or its data have gone: it will not write much.
            if run.state in ("queued", "running"):
                promised += max(0, _needed(run.config) - run.size())
    return promised


def _size(root: Path) -> int:
    """The bytes of all that lies in the folder."""
    runs, total = {run.id: run for run in run_folders(root)}, 0
    with suppress(OSError):
        for entry in os.scandir(root):
            run = runs.get(entry.name, RunFolder(root / entry.name))
            with suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                # What has ended changes no more, but by files that come or go.
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
    """For each number: two checkpoints, one of which is being written; the model with the optimizer's slots; its
    weights, and once more while they are written.
    """
    return 2 * checkpoint_bytes(config) + _NUMBER * (1 + _num_slots(config) + 2)


def _bytes_of_lines(config: ExperimentConfig, info: DatasetInfo) -> int:
    """What events.jsonl takes at most: for each measurement a line of figures, and one of ten predictions."""
    steps_per_epoch = -(-info.train_rows // config.batch_size)
    steps = config.steps or (config.epochs or 0) * steps_per_epoch
    measurements = steps // (config.log_every or steps_per_epoch) + 2
    return measurements * (600 + 100 * info.num_classes)


def _shown(size: float) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e10 else f"{size / 1e6:,.0f} MB"
