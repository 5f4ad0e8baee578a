"""A figure of the toolkit on a page."""

from typing import Any

import streamlit as st
from plotly.graph_objects import Figure


def show_figure(figure: Figure, key: str, alt: str) -> None:
    """Draw a figure as wide as its place, in the type of the page, larger where the projector switch is on.

    alt: what it shows, in a sentence, for those who can't see it.
    """
    size = 18 if st.session_state.get("projector") else 13
    figure.update_layout(font_size=size, width=None)
    figure.update_xaxes(tickfont_size=size, title_font_size=size)
    figure.update_yaxes(tickfont_size=size, title_font_size=size)
    draw(figure, key, alt)


def draw(figure: Figure, key: str, alt: str, **selection: Any) -> None:
    """Draw a figure as it is, in the page's colours. selection: what a click does, as `st.plotly_chart` takes it."""
    # The theme sets colours and type, and the figure's own template would only be sent along.
    figure.layout.template = {}
    st.plotly_chart(
        figure.to_dict(), key=key, alt=alt, config={"displayModeBar": False, "scrollZoom": False}, **selection
    )
