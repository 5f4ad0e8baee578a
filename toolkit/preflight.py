"""Checks of an experiment that need no TensorFlow."""

from functools import lru_cache
from math import ceil
from pathlib import Path

from . import limits
from .config import ExperimentConfig
from .config.reading import RECOGNISED
from .config.shapes import LayerShape, shown, trace_shapes
from .datasets import UNKNOWN_DATA, DatasetInfo, dataset_info, fingerprint, is_own, load_dataset
from .datasets.preprocessing import split_row_numbers
from .errors import ConfigError, DataError, Problem, RunError
from .models.weight_transfer import fit_weights, remedy
from .runs import RunFolder, open_run, told_command
from .runs.artifacts import check_data, saved_file
from .runs.disk_space import checkpoint_bytes


def check_experiment(config: ExperimentConfig, root: Path, weights_from: str | None = None) -> None:
    """Check an experiment without TensorFlow: data, shapes, split, size, and the run to take weights from.

    Raises `ConfigError`, `DataError` or `RunError`, or `ModelFileError` if the weights are not those that the run
    saved.
    """
    info = dataset_info(config.dataset, **config.reading)
    _check_size(config, sum(layer.parameters for layer in trace_shapes(config, info.row_shape, info.num_classes)))
    _check_split(config, info)
    if weights_from is None:
        return
    source = open_run(root, weights_from)
    if not source.weights_path.is_file():
        raise RunError(f"The run {source.id} has no saved weights: it is {source.state}. Choose one that has ended.")
    if source.state == "diverged":
        raise RunError(f"The weights of the run {source.id} are NaN: it diverged. Choose another run.")
    _check_imported(source)
    _check_fit(config, source)
    saved_file(source, "weights")


def _check_size(config: ExperimentConfig, parameters: int) -> None:
    most = int(min(limits.PARAMETERS.value, limits.FILE_MB.value * 1e6 / checkpoint_bytes(config)))
    if parameters > most:
        variable = limits.PARAMETERS if most == limits.PARAMETERS.value else limits.FILE_MB
        expected = f"a network of at most {most:,} parameters ({variable.variable} limits it)"
        remedy = "Choose fewer units or filters, or pool before the dense layers."
        raise ConfigError([Problem("layers", expected, f"one of {parameters:,}", remedy)])


def check_resume(run: RunFolder) -> None:
    """Raises `RunError` if a run can't be resumed: only stopped or interrupted ones that this version can read can.

    Raises `DataError` if the user's own data have changed since the run learned from them.
    """
    run.refuse_newer()
    if run.state not in ("stopped", "interrupted"):
        raise RunError(
            f"The run {run.id} is {run.state}: only a stopped or interrupted run can be resumed. {_instead(run)}"
        )
    check_data(run)


def _instead(run: RunFolder) -> str:
    """What to do with a run that can't be resumed: only what `check_experiment` would not refuse."""
    if run.state == "diverged":
        return "Start another one with a smaller learning rate."
    if not run.weights_path.is_file() or not gives_all_weights(run):
        return "Start another one."
    asked = ("train", "--config", str(run.path / "config.json"), "--weights-from", run.id)
    return f"Train further from its weights: {told_command(*asked, root=run.path.parent)}"


#: With more validation rows per class than this, no class is left out by chance, so the labels need no look.
_ROWS_ENOUGH = 100
#: The fields that decide which rows are held out.
_SPLIT_FIELDS = ("dataset", *RECOGNISED, "validation_split", "validation_rows", "stratify", "seed")


def _check_split(config: ExperimentConfig, info: DatasetInfo) -> None:
    """Check the split's classes if that is cheap or matters."""
    # Rounded up, as scikit-learn does: the smallest share holds out one row.
    held = config.validation_rows or ceil((config.validation_split or 0) * info.train_rows)
    own = is_own(config.dataset)
    if held and not info.missing() and (own or held < _ROWS_ENOUGH * info.num_classes):
        split_alone = ExperimentConfig(**{name: getattr(config, name) for name in _SPLIT_FIELDS})
        if problem := _split_problem(split_alone, fingerprint(Path(config.dataset).expanduser()) if own else ""):
            raise DataError(problem)


# Cached: a form asks after each change, and with several people, each one's own file would be read again each time.
@lru_cache(maxsize=256)
def _split_problem(config: ExperimentConfig, state_of_file: str) -> str:
    """What is wrong with the split, in a sentence; empty if nothing is."""
    data = load_dataset(config.dataset, **config.reading)
    try:
        split_row_numbers(data, config)
    except DataError as error:
        return str(error)
    return ""


def _check_imported(source: RunFolder) -> None:
    """Raises `RunError` if a config can't name all that an imported run's weights belong to."""
    if source.imported and not gives_all_weights(source):
        unnamed = ", ".join(source.imported.get("unnamed_layers") or ["its data"])
        raise RunError(
            f"The weights of the run {source.id} fit no other network: it was imported, and a config can't name all "
            f"that it is made of ({unnamed}). Choose another run."
        )


def gives_all_weights(run: RunFolder) -> bool:
    """Whether a run's config names its data and all layers whose weights it saved."""
    return not run.imported or (bool(run.imported.get("holds_all_weights")) and run.config.dataset != UNKNOWN_DATA)


def _check_fit(config: ExperimentConfig, source: RunFolder) -> None:
    fits = fit_weights(config, source.config)
    misfit = next((fit for fit in fits if not fit.fits), None)
    if misfit is None:
        return
    asked, has = _described(misfit.needed), _described(misfit.stored)
    if misfit.needed and misfit.stored and asked == has:  # they differ in the biases, or in the kernel's size
        asked, has = (f"{asked} ({one.parameters:,} numbers)" for one in (misfit.needed, misfit.stored))
    expected = f"a run with the same network: {asked} as layer {misfit.number} with weights"
    received = f"{source.id}, which has {has} there"
    raise ConfigError([Problem("weights_from", expected, received, remedy(fits))])


def _described(layer: LayerShape | None) -> str:
    return f"{layer.kind} {shown(layer.input_shape)} → {shown(layer.output_shape)}" if layer else "nothing"
