"""What the list of models says of each run: read once and kept until its files change, for lists of hundreds."""

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

    dataset: as its config says. layers: the hidden ones in words. parameters: None for data of one's own, which
    would have to be read for that. created: ISO 8601 in UTC. accuracy: on the test part, 0 to 1.
    size: bytes of the saved model and of its weights, 0 where no model is saved.
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
    """All runs but damaged ones, newest first. Raises `RunError` where the folder can't be read."""
    runs = [one for run in run_folders(root) if (one := listed(run))]
    return sorted(runs, key=lambda run: (run.created, run.run_id), reverse=True)


def listed(run: RunFolder) -> ListedRun | None:
    """What a list says of one run; None where it is damaged."""
    if run.newer:
        return _newer(run.path, run.stamp)
    kept = _read(run.path, run.stamp)
    if kept is None:
        return None
    size = _size(run.model_path)
    # One that was stopped may be waiting to go on by now.
    state = run.state if kept.state in ("", "stopped") else kept.state
    return replace(kept, state=state, size=size and size + _size(run.weights_path))


@lru_cache(maxsize=4096)
def _newer(path: Path, stamp: object) -> ListedRun:
    """What names a run that only a newer version of the toolkit can read."""
    run = RunFolder(path)
    return ListedRun(run.id, run.title, dataset_of(run), "", None, run.created, None, NEWER)


@lru_cache(maxsize=4096)
def _read(path: Path, stamp: object) -> ListedRun | None:
    """All that changes with the run's stamp alone; state: empty before the end. None: the run is damaged."""
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
