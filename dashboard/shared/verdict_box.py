"""A box with a run's verdict on overfitting."""

import streamlit as st

from dashboard.shared.formatting import plain

_KINDS = {"confirmed": "warning", "possible": "warning", "guessing": "warning", "diverged": "error"}
_ICONS = {
    "still_learning": ":material/trending_down:",
    "flat": ":material/trending_flat:",
    "possible": ":material/help:",
    "confirmed": ":material/trending_up:",
    "diverged": ":material/error:",
    "guessing": ":material/casino:",
    "cannot_tell": ":material/hourglass_empty:",
}


def show_verdict(verdict: str, sentence: str) -> None:
    """Draw the box; verdict: the state of an `OverfittingReport`. The sentence may hold names of classes."""
    # Keeps a number and its per cent sign on one line.
    headline, colon, rest = plain(sentence).replace(" %", "\u00a0%").partition(": ")
    box = {"warning": st.warning, "error": st.error}.get(_KINDS.get(verdict, ""), st.info)
    box(f"**{headline}:** {rest}" if colon else headline, icon=_ICONS.get(verdict))
