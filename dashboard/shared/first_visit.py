"""Starts a session: sets every key, and opens the run or settings named in the URL."""

import re
from typing import Any

import streamlit as st

from dashboard.shared import state
from dashboard.shared.links import QUERY_CONFIG, linked_config
from toolkit.config import ExperimentConfig
from toolkit.config.presets import preset
from toolkit.errors import ToolkitError


def initialise() -> None:
    """Set every key once per session, and open the run or load the settings that the URL names."""
    if state.DRAFT in st.session_state:
        return
    for name, value in _first_values().items():
        st.session_state[name] = value
    run = state.shown_run()
    try:
        linked, problem = _linked_config(), None
    except ToolkitError as error:
        linked, problem = None, str(error)
    if run and not linked:
        state.load_settings(run)
    else:
        state.load_config(linked or preset(state.FIRST_PRESET))
    st.session_state[state.PROBLEM] = problem


def _first_values() -> dict[str, Any]:
    row = st.query_params.get(state.QUERY_ROW, "")
    return {
        state.GENERATION: 0,
        state.RUN: st.query_params.get(state.QUERY_RUN),
        state.PROBLEM: None,
        state.STARTED: None,
        state.TOUR: None,
        state.CODE_SHOWN: False,
        state.RESULTS_RUN: (None, None),
        state.TEST_ROW: int(row) if re.fullmatch("[0-9]{1,9}", row) else None,
        state.CLEARED: 0,
        state.TRIED_ROW: 0,
        state.COMPARED: None,
        state.LOOKED_AT: None,
        state.OWN_DATA: {},
        state.UPLOADED: None,
        state.SAMPLES: 0,
        state.CHOSEN: (None, None),
        state.MODEL_ROWS: [],
        state.BROUGHT: None,
        state.PREDICTED: {},
        state.DELETED: [],
    }


def _linked_config() -> ExperimentConfig | None:
    """The settings in the URL, or None. Raises `ToolkitError` if they can't be read."""
    text = st.query_params.get(QUERY_CONFIG)
    if text is None:
        return None
    try:
        return linked_config(text, state.ROOT)
    except ToolkitError:
        st.query_params.pop(QUERY_CONFIG)
        raise
