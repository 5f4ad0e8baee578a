"""Draws the toolkit's figures on a page."""

from typing import Any

import streamlit as st
from plotly.graph_objects import Figure


def show_figure(figure: Figure, key: str, alt: str) -> None:
    """Draw a figure in the full width of its container and the page's font, larger if the projector switch is on.

    alt: a sentence that describes it, for screen readers.
    """
    size = 18 if st.session_state.get("projector") else 13
    figure.update_layout(font_size=size, width=None)
    figure.update_xaxes(tickfont_size=size, title_font_size=size)
    figure.update_yaxes(tickfont_size=size, title_font_size=size)
    draw(figure, key, alt)


def draw(figure: Figure, key: str, alt: str, **selection: Any) -> None:
    """Draw a figure in the page's colours. selection: what a click does, as `st.plotly_chart` takes it."""
    # The theme sets colours and fonts; the figure's own template would only be sent in vain.
    figure.layout.template = {}
    st.plotly_chart(
        figure.to_dict(), key=key, alt=alt, config={"displayModeBar": False, "scrollZoom": False}, **selection
    )
