"""Starts a training, resumes a run, and repeats one with a tenth of its learning rate."""

import streamlit as st

from dashboard import texts
from dashboard.shared import state
from dashboard.shared.visitor import browser
from dashboard.views.train.form import CheckedDraft, check_draft
from toolkit import jobs
from toolkit.analysis.learning_rate import is_far_too_large, tenth_of
from toolkit.errors import DataError, ToolkitError
from toolkit.runs import RunFolder
from toolkit.training.history import History


def start(checked: CheckedDraft) -> None:
    """Queue the experiment in the form and show it; if that fails, say why."""
    assert checked.config is not None  # the button is disabled otherwise
    if state.is_double_click(checked.config):
        return
    st.session_state[state.PROBLEM] = None
    try:
        if not state.may_use(checked.config.dataset):
            raise DataError(texts.form.DATA_REFUSED)
        weights_from = st.session_state[state.WEIGHTS_FROM]
        run = jobs.submit(
            state.ROOT, checked.config, asked_by="dashboard", weights_from=weights_from, session=browser()
        )
    except ToolkitError as error:
        st.session_state[state.PROBLEM] = str(error)
    else:
        state.show_run(run.id)
    st.rerun()


def resume_button(run: RunFolder) -> None:
    """A button that resumes a stopped or interrupted run; if that fails, it says why."""
    if st.button(texts.train.RESUME, key="resume", icon=":material/resume:", help=texts.train.RESUME_HELP):
        st.session_state[state.PROBLEM] = None
        try:
            jobs.resubmit(state.ROOT, run, session=browser())
        except ToolkitError as error:
            st.session_state[state.PROBLEM] = str(error)
        st.rerun()


def offer_a_tenth(run: RunFolder, history: History) -> None:
    """If the learning rate was far too large, say what happened, and offer a button that tries a tenth of it."""
    if not is_far_too_large(history):
        return
    rate = run.config.learning_rate
    if history.state != "diverged":
        st.warning(texts.train.FAR_TOO_LARGE.format(rate=rate), icon=":material/speed:")
    label = texts.train.STOP_AND_TRY if history.state == "running" else texts.train.TRY
    if st.button(label.format(rate=tenth_of(rate)), key="tenth", icon=":material/replay:", help=texts.train.TRY_HELP):
        if history.state == "running":
            _stop(run)
        state.load_settings(run, learning_rate=tenth_of(rate))
        checked = check_draft()
        if checked.config is None:
            st.session_state[state.PROBLEM] = texts.train.FIX_FIRST
            st.rerun()
        start(checked)


def _stop(run: RunFolder) -> None:
    """Ask a run to stop; if that fails, say why and change nothing."""
    try:
        jobs.stop(run)
    except ToolkitError as error:
        st.session_state[state.PROBLEM] = str(error)
        st.rerun()
