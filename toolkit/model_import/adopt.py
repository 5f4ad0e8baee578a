"""Adopts a network from a file: the nearest experiment that a config can name, and a test if data fit."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..config import ExperimentConfig
from ..config.losses import LOSSES
from ..config.shapes import Shape, shown
from ..datasets import DATASETS, UNKNOWN_DATA, Dataset, dataset_info, dataset_title, load_dataset
from ..errors import ConfigError, DataError
from ..runs import RunFolder
from ..runs.artifacts import keep_probabilities, keep_samples
from .guard.model import FoundModel
from .guard.naming import NamedLayers
from .labels import LABELS_FILE
from .pixels import PixelChoice, choose_pixels, pixels_by_layers

if TYPE_CHECKING:
    import keras


_ROWS_AT_ONCE, _ROWS_TIMED = 128, 4


@dataclass(frozen=True)
class FittingData:
    """The data that a network may have learned. name: as in a config. guessed: whether the user did not name them."""

    name: str
    label: str | None
    guessed: bool

    @property
    def is_known(self) -> bool:
        """Whether data were found."""
        return self.name != UNKNOWN_DATA


def find_data(
    input_shape: Shape,
    outputs: int,
    dataset: str | None,
    label: str | None = None,
    labels: Sequence[str] | None = None,
) -> FittingData:
    """The named data set, if it fits; without a name, the first known one on this machine that fits.

    input_shape: of the network, without the batch. outputs: how many numbers it outputs. labels: the names of its
    classes, if they are known: without a name, the data must have the same.
    Raises `DataError` if the named one does not fit, or is not on this machine; `ConfigError` for an unknown name.
    """
    if dataset is None:
        fitting = (name for name, info in DATASETS.items() if _fits(name, None, input_shape, outputs))
        here = (name for name in fitting if not DATASETS[name].missing())
        alike = (name for name in here if labels is None or load_dataset(name).class_names == tuple(labels))
        name = next(alike, UNKNOWN_DATA)
        return FittingData(name, None, guessed=True)
    info = dataset_info(dataset, label=label)
    if missing := info.missing():
        raise DataError(missing)
    if not _fits(dataset, label, input_shape, outputs):
        raise DataError(
            f"The network takes rows of {shown(input_shape)} and gives {outputs:,} numbers. Received: {dataset} with "
            f"rows of {shown(info.row_shape)} and {info.num_classes:,} classes. Name the data that it learned, or none."
        )
    return FittingData(dataset, label, guessed=False)


def _fits(dataset: str, label: str | None, input_shape: Shape, outputs: int) -> bool:
    info = dataset_info(dataset, label=label)
    forms = ((math.prod(info.row_shape),), info.row_shape, (*info.row_shape, 1))
    return tuple(input_shape) in forms and outputs == info.num_classes


def experiment_of(
    named: NamedLayers, data: FittingData, name: str, loss: str | None = None
) -> tuple[ExperimentConfig, bool]:
    """The nearest config, and whether its layers hold all of the network's weights.

    Whatever the file does not say, above all how it was trained, has its default.
    """
    about: dict[str, Any] = {"name": name, "dataset": data.name, "label": data.label, "from_logits": named.from_logits}
    if loss in LOSSES:
        about["loss"] = loss
    try:
        return ExperimentConfig(layers=named.layers, **about), named.holds_all_weights
    except ConfigError:  # More layers than a config allows.
        return ExperimentConfig(layers=(), **about), False


def labels_misfit(count: int, outputs: int, *, may_differ: bool) -> str:
    """What is said of class names that are too many or too few. Raises `DataError` unless they may be."""
    misfit = f"names {count:,} classes, and the network gives {outputs:,} numbers"
    if not may_differ:
        raise DataError(f"The file with the class names {misfit}. Name a file of {outputs:,} lines, or none.")
    return f"{LABELS_FILE} beside it was left out: it {misfit}."


def pixels_of(model: "keras.Model", found: FoundModel, data: FittingData, *, seconds: float) -> PixelChoice:
    """Which pixels the network learned, as far as its data tell, or its layers. seconds: about how long that may take.

    found: what the model was rebuilt from.
    """
    if not data.is_known:
        return pixels_by_layers(found.network)
    from ..models.prediction import ends_in_logits

    tested, by_surprise = load_dataset(data.name, label=data.label), found.loss in LOSSES
    if found.loss is None:
        by_surprise = not ends_in_logits(model)
    duration = _seconds_a_row(model, tested)
    return choose_pixels(model, tested, seconds_per_row=duration, seconds=seconds, by_surprise=by_surprise)


def evaluate_imported(
    model: "keras.Model",
    config: ExperimentConfig,
    data: FittingData,
    folder: Path,
    *,
    seconds: float,
    has_labels: bool = False,
) -> dict[str, Any]:
    """The test metrics as result.json stores them, and under "message" why there are none, or what was assumed.

    Writes what else the page Results needs into the folder, as for any run. seconds: a test that would take longer
    is skipped. has_labels: whether the names of its classes are known without data.
    """
    if not data.is_known:
        return {"message": _unknown(model, has_labels)}
    from ..analysis.evaluation import evaluate
    from ..models.build import compile_model
    from ..models.prediction import rows_at_once

    tested = load_dataset(data.name, label=data.label)
    if _seconds_a_row(model, tested) * len(tested.x_test) > seconds:
        return {"message": f"It was not tested, since that would take longer than {seconds:.0f} s."}
    if not model.compiled:
        compile_model(model, config)
    evaluation = evaluate(model, tested, batch_size=min(_ROWS_AT_ONCE, rows_at_once(model)))
    run = RunFolder(folder)
    if evaluation.probabilities is not None:
        keep_probabilities(run, evaluation.probabilities)
    keep_samples(run, tested)
    assumed = (
        f"It was tested on {dataset_title(data.name)}, whose rows and classes fit; if it learned other data, import it "
        "again and name them."
    )
    told = [evaluation.complaint, assumed if data.guessed else ""]
    return {**evaluation.as_dict(), "message": " ".join(filter(None, told))}


def _seconds_a_row(model: "keras.Model", data: Dataset) -> float:
    from ..models.prediction import raw_outputs

    model.jit_compile = False  # XLA would compile a graph for each number of rows.
    few = np.resize(data.x_test, (_ROWS_TIMED, *data.row_shape))
    raw_outputs(model, few)  # The first call builds the graph.
    started = time.perf_counter()
    raw_outputs(model, few)
    return (time.perf_counter() - started) / _ROWS_TIMED


def _unknown(model: "keras.Model", has_labels: bool) -> str:
    if model.output_shape[-1] == 1:
        return "It was not tested: it gives one number, where networks here give one for each class."
    fits = f"rows of {shown(model.input_shape[1:])} and {model.output_shape[-1]:,} classes"
    if has_labels:
        return f"It was not tested, since its data, {fits}, are not here; it can be asked about pictures."
    return (
        f"It was not tested: no data set here has {fits}. Import the file again and name its data, and it can be "
        "tested and asked."
    )


def notes_of(precision: str, own_loss: str | None, loss: str, *, tested: bool) -> list[str]:
    """What is said of a network's precision and loss.

    own_loss: the one it was compiled with, if that is known. loss: the one it has now.
    """
    notes = []
    if precision != "float32":
        notes.append(
            f"It was saved for {precision}; here it computes with float32, so its answers may differ a little."
        )
    if tested and own_loss is not None and own_loss not in LOSSES:
        own = own_loss.replace("_", " ")
        notes.append(
            f"It was compiled with the loss {own}, and its test loss is that."
            if own_loss == loss
            else f"It was compiled with the loss {own}, which its outputs do not fit; its test loss is "
            f"{loss.replace('_', ' ')}."
        )
    return notes


def describe(facts: Mapping[str, Any], file_name: str) -> str:
    """An import described in a few sentences. facts: what the worker found."""
    # The first one was put before the others here, which is said already.
    unnamed = list(dict.fromkeys(facts["unnamed_layers"][1 if facts["pixels"] else 0 :]))
    words = f"These of its layers can't be set up here: {', '.join(unnamed)}." if unnamed else ""
    return " ".join(filter(None, [f"Imported from {file_name}.", *facts["notes"], facts["message"], words]))
