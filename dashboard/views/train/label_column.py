"""The field that chooses the label column of an uploaded table."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from dashboard import texts
from dashboard.shared import state
from dashboard.shared.fields import show_problem
from toolkit.config import ExperimentConfig
from toolkit.datasets import is_own
from toolkit.datasets.csv_table import read_columns
from toolkit.errors import ToolkitError


def choose_label(problems: Mapping[str, str]) -> None:
    """A field to choose the column that holds the classes, if the draft's data are an uploaded table."""
    columns = _columns(state.draft()["dataset"])
    if columns:
        chosen = state.draft()["label"]
        st.selectbox(
            texts.form.LABEL,
            columns,
            index=columns.index(chosen) if chosen in columns else len(columns) - 1,
            key=state.key("label"),
            help=ExperimentConfig.model_fields["label"].description,
        )
    show_problem(problems, "label")


def _columns(dataset: str) -> tuple[str, ...]:
    """The columns of an uploaded table; empty if it is no table or unreadable (the data field shows the error)."""
    path = Path(dataset).expanduser()
    if not is_own(dataset) or path.suffix.lower() != ".csv":
        return ()
    try:
        return _columns_in(path, path.stat().st_mtime_ns)
    except (OSError, ToolkitError):
        return ()


@st.cache_data(max_entries=20, show_spinner=False)
def _columns_in(path: Path, changed: int) -> tuple[str, ...]:
    return read_columns(path)[0]
