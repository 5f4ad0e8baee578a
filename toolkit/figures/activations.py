"""A layer's activations for one row: units as cells, filters as pictures."""

import numpy as np
import plotly.graph_objects as go

from .pictures import picture_grid
from .style import HIDDEN_AXIS, INK, TEMPLATE
from .weights import diverging, diverging_scale

#: At most this many of a layer's units or filters are drawn: the first ones.
MOST_UNITS, MOST_FILTERS = 256, 32
_UNITS_ACROSS, _FILTERS_ACROSS = 32, 8
_ROW_HEIGHT = 26


def activations(values: np.ndarray) -> go.Figure:
    """The outputs of a layer for one row: blue above zero, orange below, transparent at zero.

    values: a `LayerOutput`'s, of shape (units,) or (height, width, channels). Units become cells in the layer's
    order, left to right and top to bottom, with a dot if a unit's output is exactly zero; channels become pictures.
    All cells or pictures share one colour scale. NaN and infinity are drawn as zero.
    """
    values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    return _cells(values[:MOST_UNITS]) if values.ndim == 1 else _pictures(values[..., :MOST_FILTERS])


def _pictures(values: np.ndarray) -> go.Figure:
    channels = np.moveaxis(values, -1, 0)
    hover = [f"filter {number}\nfrom {one.min():.3f} to {one.max():.3f}" for number, one in enumerate(channels, 1)]
    captions = [str(number) for number in range(1, len(channels) + 1)]
    return picture_grid(diverging(channels), captions, hover=hover, columns=_FILTERS_ACROSS)


def _cells(values: np.ndarray) -> go.Figure:
    deep = -(-len(values) // _UNITS_ACROSS)
    cells = np.full(deep * _UNITS_ACROSS, np.nan)
    cells[: len(values)] = values
    places = np.arange(len(cells)).reshape(deep, _UNITS_ACROSS)
    strongest = float(np.abs(values).max(initial=0)) or 1.0
    figure = go.Figure()
    figure.add_heatmap(
        z=cells.reshape(places.shape),
        zmin=-strongest,
        zmax=strongest,
        colorscale=diverging_scale(),
        showscale=False,
        xgap=1,
        ygap=1,
        customdata=places + 1,
        hovertemplate="unit %{customdata}: %{z:.4f}<extra></extra>",
        hoverongaps=False,
        text=np.where(cells == 0, "·", "").reshape(places.shape),
        texttemplate="%{text}",
        textfont={"color": INK},
    )
    figure.update_layout(
        template=TEMPLATE,
        height=_ROW_HEIGHT * deep + 8,
        margin={"l": 0, "r": 0, "t": 4, "b": 4},
        xaxis={**HIDDEN_AXIS, "range": [-0.5, _UNITS_ACROSS - 0.5]},
        yaxis={**HIDDEN_AXIS, "range": [deep - 0.5, -0.5]},
    )
    return figure
