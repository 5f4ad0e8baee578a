"""A run's test results: its metrics, its test rows, and the network's predictions."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from dashboard import texts
from dashboard.shared.ask_network import ask
from dashboard.shared.dataset_cache import data_of
from dashboard.shared.formatting import plain
from toolkit import jobs
from toolkit.analysis.metrics import Evaluation
from toolkit.datasets import Dataset
from toolkit.errors import ToolkitError
from toolkit.formatting import count
from toolkit.runs import RunFolder
from toolkit.runs.artifacts import read_probabilities
from toolkit.runs.schema import Outcome


@dataclass(frozen=True)
class RunEvaluation:
    """The test of a run. data: None if its rows can't be shown; `problem` then says why."""

    run: RunFolder
    evaluation: Evaluation
    data: Dataset | None
    problem: str = ""

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes, as the user wrote them."""
        return self.data.class_names if self.data else self.evaluation.class_names

    @property
    def is_pictures(self) -> bool:
        """Whether the rows are pictures that can be shown."""
        return self.data is not None and self.data.is_pictures

    def rows(self, number: int) -> str:
        """`10,000 test pictures`."""
        return count(number, texts.results.TEST_PICTURE if self.is_pictures else texts.results.TEST_ROW)


def open_test(run: RunFolder) -> RunEvaluation | None:
    """The test of a run, or None if it has none or it can't be read."""
    try:
        evaluation = Evaluation.from_dict(run.result or Outcome())
    except (KeyError, TypeError, ValueError):  # result.json is damaged
        return None
    if evaluation is None or evaluation.test_accuracy is None:
        return None
    if evaluation.confusion_matrix.shape != (len(evaluation.class_names),) * 2:
        return None
    try:
        data = data_of(run)
    except ToolkitError as error:
        return RunEvaluation(run, evaluation, None, str(error))
    if (len(data.x_test), data.num_classes) != (evaluation.num_rows, len(evaluation.class_names)):
        return RunEvaluation(run, evaluation, None, texts.results.OTHER_ROWS)
    return RunEvaluation(run, evaluation, data)


def kept_probabilities(tested: RunEvaluation) -> np.ndarray | None:
    """The saved probabilities of every test row: float32 of shape (rows, classes), read-only.

    None if the run has saved none, or if its rows can't be shown.
    """
    path = tested.run.predictions_path
    if tested.data is None or not path.is_file():
        return None
    found = _kept(str(tested.run.path), path.stat().st_mtime_ns)
    fits = found is not None and found.shape == (len(tested.data.x_test), tested.data.num_classes)
    return found if fits else None


def probabilities_of(tested: RunEvaluation) -> np.ndarray | None:
    """As `kept_probabilities`, but computes and saves them if needed. If that fails, the page shows why."""
    if tested.data is None:
        st.info(plain(tested.problem), icon=":material/hide_image:")
        return None
    if (found := kept_probabilities(tested)) is None and ask(lambda predictor: _predict_test(predictor, tested.run)):
        found = kept_probabilities(tested)
    return found


def _predict_test(predictor: jobs.Predictor, run: RunFolder) -> bool:
    predictor.predict_test(run.id)
    return True


@st.cache_resource(max_entries=8, show_spinner=False)
def _kept(folder: str, changed: int) -> np.ndarray | None:
    found = read_probabilities(RunFolder(Path(folder)))
    if found is not None:
        found.flags.writeable = False
    return found
