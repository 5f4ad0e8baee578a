"""Asks saved networks, and shows a spinner or an error on the page."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from dashboard import texts
from dashboard.shared import state
from dashboard.shared.formatting import plain
from toolkit import jobs
from toolkit.errors import ToolkitError

Answer = TypeVar("Answer")


def ask(question: Callable[[jobs.Predictor], Answer]) -> Answer | None:
    """Return the answer to a question such as `lambda predictor: predictor.predict(run.id, x)`.

    Returns None if there is no answer; the page then shows why.
    """
    predictor = jobs.predictor(state.ROOT)
    before = predictor.comebacks
    try:
        with st.spinner(texts.PREDICTING, show_time=True):
            return question(predictor)
    except ToolkitError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None
    finally:
        if predictor.comebacks > before:
            st.info(texts.PREDICTOR_CAME_BACK, icon=":material/restart_alt:")
