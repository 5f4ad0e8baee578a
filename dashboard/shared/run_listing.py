"""A run's entry in the list of models, cached until its files change, so that lists of hundreds stay fast."""

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from stat import S_ISREG

from dashboard import texts
from toolkit.analysis.comparison import describe_layers
from toolkit.config import ExperimentConfig
from toolkit.config.shapes import count_parameters
from toolkit.datasets import DATASETS
from toolkit.errors import ToolkitError
from toolkit.runs import NEWER, RunFolder, dataset_of, run_folders
from toolkit.runs.schema import Outcome


@dataclass(frozen=True)
class ListedRun:
    """A run in the list.

    dataset: as in its config. layers: the hidden layers in words. parameters: None for a user's own data, which would
    have to be read to count them. created: ISO 8601 in UTC. accuracy: on the test rows, 0 to 1.
    size: bytes of the saved model and its weights, 0 if no model is saved.
    """

    run_id: str
    title: str
    dataset: str
    layers: str
    parameters: int | None
    created: str
    accuracy: float | None
    state: str
    size: int = 0


def listed_runs(root: Path) -> list[ListedRun]:
    """All runs except damaged ones, newest first. Raises `RunError` if the folder can't be read."""
    runs = [one for run in run_folders(root) if (one := listed(run))]
    return sorted(runs, key=lambda run: (run.created, run.run_id), reverse=True)


def listed(run: RunFolder) -> ListedRun | None:
    """The entry of one run; None if it is damaged."""
    if run.newer:
        return _newer(run.path, run.stamp)
    kept = _read(run.path, run.stamp)
    if kept is None:
        return None
    size = _size(run.model_path)
    # A stopped run may be waiting to resume by now.
    state = run.state if kept.state in ("", "stopped") else kept.state
    return replace(kept, state=state, size=size and size + _size(run.weights_path))


@lru_cache(maxsize=4096)
def _newer(path: Path, stamp: object) -> ListedRun:
    """The entry of a run that only a newer version of the toolkit can read."""
    run = RunFolder(path)
    return ListedRun(run.id, run.title, dataset_of(run), "", None, run.created, None, NEWER)


@lru_cache(maxsize=4096)
def _read(path: Path, stamp: object) -> ListedRun | None:
    """Everything that depends only on the run's stamp; state: empty until the run has ended. None if damaged."""
    run = RunFolder(path)
    try:
        config = run.config
    except ToolkitError:
        return None
    result = run.result or Outcome()
    return ListedRun(
        run_id=run.id,
        title=config.name,
        dataset=config.dataset,
        layers=describe_layers(config.layers) + (texts.models.AND_OTHERS if run.imported.get("unnamed_layers") else ""),
        parameters=result.parameters if run.imported else _parameters(config),
        created=run.created,
        accuracy=result.test_accuracy,
        state=result.state,
    )


def _parameters(config: ExperimentConfig) -> int | None:
    if (info := DATASETS.get(config.dataset)) is None:
        return None
    with suppress(ToolkitError):
        return count_parameters(config, info.row_shape, info.num_classes)
    return None


def _size(path: Path) -> int:
    try:
        status = path.stat()
    except OSError:
        return 0
    return status.st_size if S_ISREG(status.st_mode) else 0
