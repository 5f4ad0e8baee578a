"""Three sentences for a first visit, which can be opened again at any time."""

import streamlit as st

from dashboard import texts
from dashboard.shared import state


def show_tour(rows: str, *, first_visit: bool) -> None:
    """Show the tour on a first visit or on request, until it is dismissed.

    rows: the number of training rows, in words.
    """
    wanted = st.session_state[state.TOUR]
    if not (first_visit if wanted is None else wanted):
        return
    with st.container(border=True, gap="small", key="tour"):
        st.markdown(texts.train.TOUR.format(rows=rows))
        if st.button(texts.train.TOUR_DONE, key="tour-done"):
            st.session_state[state.TOUR] = False
            st.rerun()


def tour_button() -> None:
    """A button that opens the tour again."""
    if st.button("", key="tour-again", icon=":material/help:", type="tertiary", help=texts.train.TOUR_AGAIN):
        st.session_state[state.TOUR] = True
        st.rerun()
