"""What a run folder holds for its report, and for each missing part a sentence that says why."""

from dataclasses import dataclass
from zipfile import BadZipFile

import numpy as np

from ..analysis.metrics import Evaluation
from ..analysis.overfitting import OverfittingReport, find_overfitting
from ..datasets import Dataset
from ..errors import RunError, ToolkitError
from ..models.classes import NO_CLASS, have_answers
from ..models.first_layer import first_saved_weights
from ..runs import RunFolder
from ..runs.artifacts import load_data
from ..runs.schema import Event, Outcome, SamplesEvent
from ..training.history import History


@dataclass(frozen=True)
class Samples:
    """The tracked test rows with their latest predictions. x: (rows, …); probabilities: (rows, classes)."""

    x: np.ndarray
    true_labels: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray
    class_names: tuple[str, ...]


@dataclass(frozen=True)
class Contents:
    """A run as its report shows it. In place of a missing part stands a sentence that says why."""

    run: RunFolder
    state: str
    result: Outcome
    history: History
    verdict: OverfittingReport
    evaluation: Evaluation | str
    data: Dataset | str
    samples: Samples | str
    weights: np.ndarray | str


def read_contents(run: RunFolder) -> Contents:
    """Everything there is on a run in any state; without TensorFlow, so that pages can call it.

    Raises `RunError` if config.json or result.json is damaged.
    """
    events, result = run.events(), run.result or Outcome()
    history = run.history(events)
    try:
        evaluation = Evaluation.from_dict(result)
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"The result.json of the run {run.id} is damaged ({error!r}). Train it again.") from error
    data = _read_data(run)
    return Contents(
        run=run,
        state=run.state,
        result=result,
        history=history,
        verdict=find_overfitting(history, run.config),
        evaluation=evaluation or f"The network was not tested on the test rows: {why(run.state)}.",
        data=data,
        samples=_read_samples(run, events),
        weights=_read_weights(run),
    )


def why(state: str) -> str:
    """Why a run in that state lacks a part, as the end of a sentence."""
    return _REASONS.get(state, "its files are not in the run folder")


_REASONS = {
    "queued": "the run is still waiting",
    "running": "the run is still running",
    "failed": "the run failed",
    "interrupted": "the run broke off",
    "imported": "the model came as a file, and not with all that a training leaves",
}


def _read_data(run: RunFolder) -> Dataset | str:
    try:
        return load_data(run)
    except ToolkitError as error:
        return f"The rows can't be shown. {error}"


def _read_samples(run: RunFolder, events: list[Event]) -> Samples | str:
    newest = next((event for event in reversed(events) if isinstance(event, SamplesEvent)), None)
    if newest is None:
        return f"No test row was predicted: {why(run.state)}."
    try:
        with np.load(run.samples_path, allow_pickle=False) as file:
            x, true_labels, names = file["x"], file["y"], tuple(map(str, file["class_names"]))
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return "The test rows that were followed can't be read: samples.npz is missing or damaged."
    probabilities = np.array(newest.probabilities, float)
    labels = np.where(have_answers(probabilities), newest.labels, NO_CLASS)
    return Samples(x, true_labels, labels, probabilities, names)


def _read_weights(run: RunFolder) -> np.ndarray | str:
    if not run.weights_path.exists():
        return f"No weights were saved: {why(run.state)}."
    try:
        weights = first_saved_weights(run.weights_path, run.config)
    except ToolkitError as error:
        return str(error)
    if not np.isfinite(weights).all():
        return "The weights can't be shown: they are NaN."
    return weights
