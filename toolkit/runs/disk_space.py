"""The room that a run takes on the disk."""

import shutil
from pathlib import Path

from ..config import ExperimentConfig
from ..config.optimizers import OPTIMIZERS
from ..config.shapes import count_parameters
from ..datasets import DatasetInfo, dataset_info
from ..errors import RunError

#: A weight is float32.
_NUMBER = 4
#: A log, the samples, the result, and what files take beside their numbers.
_USUAL = 10_000_000


def checkpoint_bytes(config: ExperimentConfig) -> int:
    """What a checkpoint holds for each number of the network: itself, the optimizer's slots, and the best weights."""
    return _NUMBER * (2 + _num_slots(config))


def check_room(config: ExperimentConfig, root: Path) -> None:
    """Raises `RunError` where the disk that holds the runs is too full for this one.

    To be called when a run is to start: what a disk has room for changes at any moment. As `check_experiment`,
    it raises `ConfigError` or `DataError` for layers or data that can't be used.
    """
    info = dataset_info(config.dataset, label=config.label)
    parameters = count_parameters(config, info.row_shape, info.num_classes)
    needed = _bytes_of_files(config) * parameters + _bytes_of_lines(config, info) + _USUAL
    place = next(folder for folder in (root.resolve(), *root.resolve().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free < needed:
        raise RunError(
            f"The run needs {needed / 1e6:,.0f} MB in {root}, where {free / 1e6:,.0f} MB are free. Free some space, "
            "choose smaller layers, or choose another folder."
        )


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
