"""What can be found wrong with an experiment before TensorFlow is imported."""

from functools import lru_cache
from math import ceil
from pathlib import Path

from . import limits
from .config import ExperimentConfig
from .config.shapes import LayerShape, shown, trace_shapes
from .datasets import UNKNOWN_DATA, DatasetInfo, dataset_info, fingerprint, is_own, load_dataset
from .datasets.preprocessing import split_row_numbers
from .errors import ConfigError, DataError, Problem, RunError
from .models.weight_transfer import fit_weights, remedy
from .runs import RunFolder, open_run, told_command
from .runs.artifacts import check_data, saved_file
from .runs.disk_space import checkpoint_bytes


def check_experiment(config: ExperimentConfig, root: Path, weights_from: str | None = None) -> None:
    """Find mistakes without TensorFlow: the data, the shapes, the split, the run to take weights from.

    And a network that is larger than a run may take. Raises `ConfigError`, `DataError` or `RunError`, or
    `ModelFileError` where the weights are not those that the run saved.
    """
    info = dataset_info(config.dataset, label=config.label)
    _check_size(config, sum(layer.parameters for layer in trace_shapes(config, info.row_shape, info.num_classes)))
    _check_split(config, info)
    if weights_from is None:
        return
    source = open_run(root, weights_from)
    if not source.weights_path.is_file():
        raise RunError(f"The run {source.id} has no saved weights: it is {source.state}. Choose one that has ended.")
    if source.state == "diverged":
        raise RunError(f"The weights of the run {source.id} are no numbers any more: it diverged. Choose another run.")
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
    """Raises `RunError` where a run can't go on: only what was stopped or interrupted can, by this version.

    Raises `DataError` where data of one's own are no longer those that it has learnt from.
    """
    run.refuse_newer()
    if run.state not in ("stopped", "interrupted"):
        raise RunError(
            f"The run {run.id} is {run.state}: only a stopped or interrupted run can be resumed. {_instead(run)}"
        )
    check_data(run)


def _instead(run: RunFolder) -> str:
    """What to do with a run that can't go on: only what `check_experiment` would not refuse."""
    if run.state == "diverged":
        return "Start another one with a smaller learning rate."
    if not run.weights_path.is_file() or not gives_all_weights(run):
        return "Start another one."
    asked = ("train", "--config", str(run.path / "config.json"), "--weights-from", run.id)
    return f"Train further from its weights: {told_command(*asked, root=run.path.parent)}"


#: With more validation rows than this a class, none is left out by chance; a look at the labels is spared.
_ROWS_ENOUGH = 100
#: What decides which rows are held back.
_SPLIT_FIELDS = ("dataset", "label", "validation_split", "validation_rows", "stratify", "seed")


def _check_split(config: ExperimentConfig, info: DatasetInfo) -> None:
    """Look at the split's classes where that costs little, or where it matters."""
    # Rounded up, as scikit-learn does: the smallest share holds one row back.
    held = config.validation_rows or ceil((config.validation_split or 0) * info.train_rows)
    own = is_own(config.dataset)
    if held and not info.missing() and (own or held < _ROWS_ENOUGH * info.num_classes):
        split_alone = ExperimentConfig(**{name: getattr(config, name) for name in _SPLIT_FIELDS})
        if problem := _split_problem(split_alone, fingerprint(Path(config.dataset).expanduser()) if own else ""):
            raise DataError(problem)


# Remembered: a form asks after each change, and where several people use files of their own, each would be read anew.
@lru_cache(maxsize=256)
def _split_problem(config: ExperimentConfig, state_of_file: str) -> str:
    """What is wrong with the split, in a sentence; empty where nothing is."""
    data = load_dataset(config.dataset, label=config.label)
    try:
        split_row_numbers(data, config)
    except DataError as error:
        return str(error)
    return ""


def _check_imported(source: RunFolder) -> None:
    """Raises `RunError` where it is not known of an imported run what its weights would have to fit."""
    if source.imported and not gives_all_weights(source):
        unnamed = ", ".join(source.imported.get("unnamed_layers") or ["its data"])
        raise RunError(
            f"The weights of the run {source.id} fit no other network: it was imported, and a config can't name all "
            f"that it is made of ({unnamed}). Choose another run."
        )


def gives_all_weights(run: RunFolder) -> bool:
    """Whether the config of a run names all layers whose weights it saved, and data for them."""
    return not run.imported or (bool(run.imported.get("holds_all_weights")) and run.config.dataset != UNKNOWN_DATA)


def _check_fit(config: ExperimentConfig, source: RunFolder) -> None:
    fits = fit_weights(config, source.config)
    misfit = next((fit for fit in fits if not fit.fits), None)
    if misfit is None:
        return
    asked, has = _described(misfit.needed), _described(misfit.stored)
    if misfit.needed and misfit.stored and asked == has:  # the biases make the difference, or the kernel's size
        asked, has = (f"{asked} ({one.parameters:,} numbers)" for one in (misfit.needed, misfit.stored))
    expected = f"a run with the same network: {asked} as layer {misfit.number} with weights"
    received = f"{source.id}, which has {has} there"
    raise ConfigError([Problem("weights_from", expected, received, remedy(fits))])


def _described(layer: LayerShape | None) -> str:
    return f"{layer.kind} {shown(layer.input_shape)} → {shown(layer.output_shape)}" if layer else "nothing"
