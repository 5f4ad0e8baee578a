"""A row on its way into a network: a picture's pixels, the numbers in them, a strip of values, a label's boxes."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from .style import HIDDEN_AXIS, INK, MARK, TEMPLATE, class_axis

_DARK, _LIGHT = "#16191d", "#ffffff"
_MARGIN = {"l": 2, "r": 2, "t": 2, "b": 2}
#: Up to this many boxes, each shows its number.
_MOST_WITH_NUMBERS = 20


class Patch(NamedTuple):
    """A square part of a picture: its upper left pixel and its side."""

    top: int
    left: int
    side: int

    def of(self, picture: np.ndarray) -> np.ndarray:
        """The part itself; picture: shape (height, width, …)."""
        return picture[self.top : self.top + self.side, self.left : self.left + self.side]


class Shades(NamedTuple):
    """A grey scale: the values at its two ends, `low` and `high`, and whether high values are dark."""

    low: float
    high: float
    high_is_dark: bool = True

    @property
    def settings(self) -> dict[str, Any]:
        """The scale as a heatmap's arguments."""
        first, last = (_LIGHT, _DARK) if self.high_is_dark else (_DARK, _LIGHT)
        return {"zmin": self.low, "zmax": self.high, "colorscale": [[0, first], [1, last]], "showscale": False}


def pixel_picture(picture: np.ndarray, patch: Patch, shades: Shades) -> go.Figure:
    """A picture, enlarged, with a frame around a part of it.

    picture: shape (height, width), whose values show on hovering; or uint8 of shape (height, width, 3).
    """
    height, width = picture.shape[:2]
    figure = go.Figure()
    if picture.ndim == 3:
        figure.add_image(z=picture, hoverinfo="skip")
    else:
        hover = "row %{y}, column %{x}: %{z}<extra></extra>"
        figure.add_heatmap(z=picture, hovertemplate=hover, **shades.settings)
    figure.add_shape(
        type="rect",
        x0=patch.left - 0.5,
        y0=patch.top - 0.5,
        x1=patch.left + patch.side - 0.5,
        y1=patch.top + patch.side - 0.5,
        line={"color": MARK, "width": 3},
    )
    return _squares(figure, height, width)


def value_grid(values: np.ndarray, shades: Shades, *, decimals: int = 0) -> go.Figure:
    """A small part of a picture as numbers, each cell shaded by its value; values: shape (height, width)."""
    figure = go.Figure()
    figure.add_heatmap(
        z=values, texttemplate=f"%{{z:.{decimals}f}}", textfont={"size": 13}, hoverinfo="skip", **shades.settings
    )
    return _squares(figure, *values.shape)


def value_strip(values: np.ndarray, shades: Shades, *, marked: range = range(0)) -> go.Figure:
    """A row of numbers, as a network without convolutions receives a picture; hovering shows position and value.

    values: shape (values,). marked: the positions that get a frame.
    """
    figure = go.Figure()
    figure.add_heatmap(z=values[None], hovertemplate="number %{x:,}: %{z:.4g}<extra></extra>", **shades.settings)
    if marked:
        x0, x1 = marked.start - 0.5, marked.stop - 0.5
        figure.add_shape(type="rect", x0=x0, x1=x1, y0=-0.5, y1=0.5, line={"color": MARK, "width": 3})
    last = len(values) - 1
    ends = {"tickvals": [0, last], "ticktext": ["0", f"{last:,}"], "ticks": "", "automargin": True}
    margin = {"l": 8, "r": 24, "t": 2, "b": 30}
    figure.update_layout(template=TEMPLATE, height=90, margin=margin, xaxis=ends, yaxis=HIDDEN_AXIS)
    figure.update_xaxes(showgrid=False, zeroline=False)
    return _outlined(figure, 1, len(values))


def one_hot_boxes(encoded: np.ndarray, class_names: Sequence[str]) -> go.Figure:
    """A label as one box per class: all hold 0, except the true class, which holds 1.

    encoded: shape (classes,).
    """
    few = len(encoded) <= _MOST_WITH_NUMBERS
    figure = go.Figure()
    figure.add_heatmap(
        z=encoded[None],
        texttemplate="%{z:.0f}" if few else None,
        textfont={"size": 15},
        colorscale=[[0, "#e4e7eb"], [1, MARK]],
        zmin=0,
        zmax=1,
        xgap=3 if few else 0,
        showscale=False,
        hoverinfo="skip",
    )
    axis = {**class_axis(class_names), "showgrid": False, "zeroline": False, "side": "top", "color": INK}
    figure.update_layout(template=TEMPLATE, height=100, margin=_MARGIN, xaxis=axis, yaxis=HIDDEN_AXIS)
    return figure


def _squares(figure: go.Figure, height: int, width: int) -> go.Figure:
    """Pixels as squares, the first row at the top."""
    across = {**HIDDEN_AXIS, "range": [-0.5, width - 0.5], "constrain": "domain"}
    down = {**HIDDEN_AXIS, "range": [height - 0.5, -0.5], "scaleanchor": "x", "constrain": "domain"}
    figure.update_layout(template=TEMPLATE, height=340, margin=_MARGIN, xaxis=across, yaxis=down)
    return _outlined(figure, height, width)


def _outlined(figure: go.Figure, height: int, width: int) -> go.Figure:
    """A thin line around the cells: white ones would be invisible on a white page."""
    ends = {"x0": -0.5, "x1": width - 0.5, "y0": -0.5, "y1": height - 0.5}
    return figure.add_shape(type="rect", line={"color": INK, "width": 1}, layer="below", **ends)
