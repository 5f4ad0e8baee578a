"""Chooses the network on Try it."""

import numpy as np
import streamlit as st

from dashboard import texts
from dashboard.shared import state
from dashboard.shared.run_listing import listed
from dashboard.shared.run_picker import labels_of
from toolkit.datasets import DATASETS, is_own
from toolkit.runs import RunFolder
from toolkit.runs.artifacts import labelled_pictures


def picture_runs(runs: list[RunFolder]) -> list[RunFolder]:
    """The runs with a saved network that takes pictures."""
    return [run for run in runs if run.model_path.is_file() and _looks_at_pictures(run)]


def table_runs(runs: list[RunFolder]) -> list[RunFolder]:
    """The runs with a saved network that learned from the rows of an uploaded table."""
    pictures = {run.id for run in picture_runs(runs)}
    return [run for run in runs if run.model_path.is_file() and run.columns_path.is_file() and run.id not in pictures]


def _looks_at_pictures(run: RunFolder) -> bool:
    """Whether a run's data are pictures, without loading them: for uploaded data, its samples file tells."""
    if labelled_pictures(run):
        return True
    if not is_own(run.config.dataset):
        return len(DATASETS[run.config.dataset].row_shape) > 1
    try:
        with np.load(run.samples_path, allow_pickle=False) as samples:
            return bool(samples["x"].ndim > 2)
    except Exception:  # NumPy raises many kinds of errors for a damaged file; this run is skipped.
        return False


def choose_network(runs: list[RunFolder]) -> RunFolder:
    """A field to choose one of the runs, at least one."""
    ids = {run.id: run for run in runs}
    chosen = st.selectbox(
        texts.try_it.NETWORK,
        list(ids),
        index=list(ids).index(first_choice(runs).id),
        format_func=labels_of(runs).__getitem__,
        key=state.ASKED,
        persist_state="session",
    )
    return ids[chosen]


def first_choice(runs: list[RunFolder]) -> RunFolder:
    """The run that Train shows, else the best one on MNIST, else the best one."""
    shown = [run for run in runs if run.id == st.session_state[state.RUN]]
    on_mnist = [run for run in runs if run.config.dataset == "mnist"]
    return (shown or sorted(on_mnist or runs, key=_test_accuracy, reverse=True))[0]


def _test_accuracy(run: RunFolder) -> float:
    one = listed(run)
    return (one.accuracy if one else None) or 0.0
