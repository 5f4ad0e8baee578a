"""A network as a picture: how wide each layer is, how many there are, and where the parameters are."""

from collections.abc import Sequence
from math import log2
from typing import Any

import plotly.graph_objects as go

from ..config.layers import LAYER_KINDS
from ..config.shapes import LayerShape, Shape, shown
from .style import GRID, HIDDEN_AXIS, INK, TEMPLATE, plain

#: The colour of what is learned, which no curve has.
PARAMETERS = "#845ef7"
_ROW_HEIGHT = 46
#: Up to this many units, each has a dot; beyond, the number of dots grows with the logarithm.
_FEW = 10
#: The distance between dots, and between sheets; the widest layers reach from -1 to 1.
_DOT_STEP, _SHEET_STEP, _SHEET_RISE = 0.075, 0.09, 0.025
#: In pixels: a dot, the smallest sheet's side, and what the largest sheet adds to that.
_DOT, _SHEET, _SHEET_MORE = 4.5, 13, 19
_PAPER = "#a3abb8"


def network(shapes: Sequence[LayerShape], names: Sequence[str] = ()) -> go.Figure:
    """The layers from the top down: a row of numbers as dots, maps as stacked sheets, widths by their logarithm.

    shapes: as `trace_shapes` gives them. names: what to call each of these layers; by default its kind. A layer's
    parameters are above it, at its connections: the larger the layer's share of all, the stronger their colour.
    """
    steps = [shapes[0].input_shape, *(one.output_shape for one in shapes)]
    titles = ["Input", *(names or [_name(one) for one in shapes[:-1]] + ["Output"])]
    labels = [
        _label(-row, text, side)
        for row, (step, title) in enumerate(zip(steps, titles, strict=True))
        for text, side in ((f"<b>{plain(title)}</b>", "left"), (shown(step), "right"))
    ]
    counts = [
        _label(-row - 0.5, f"{layer.parameters:,}", "right", color=PARAMETERS)
        for row, layer in enumerate(shapes)
        if layer.parameters
    ]
    layout = {
        "template": TEMPLATE,
        "height": _ROW_HEIGHT * len(steps) + 8,
        "margin": {"l": 4, "r": 4, "t": 4, "b": 4},
        "showlegend": False,
        "shapes": _connections(shapes),
        "annotations": [*labels, *counts],
        "xaxis": {**HIDDEN_AXIS, "range": [-1.15, 1.15], "domain": [0.34, 0.73]},
        "yaxis": {**HIDDEN_AXIS, "range": [-len(steps) + 0.5, 0.5]},
    }
    return go.Figure(_rows(shapes, steps, titles), layout)


def _name(layer: LayerShape) -> str:
    layer_class = LAYER_KINDS[layer.kind]
    return layer_class.short_title or layer_class.title


def _rows(shapes: Sequence[LayerShape], steps: Sequence[Shape], titles: Sequence[str]) -> list[dict[str, Any]]:
    """One trace per layer, the input first."""
    largest = max((step[0] for step in steps if len(step) == 3), default=1)
    # Hollow: layers that change values but not the shape.
    hollow = [False, *(LAYER_KINDS[one.kind].keeps_shape for one in shapes)]
    return [
        {
            **_marks(-row, step, hollow[row], largest),
            "hovertext": f"{plain(title)}: {shown(step)}",
            "hoverinfo": "text",
            "cliponaxis": False,
        }
        for row, (step, title) in enumerate(zip(steps, titles, strict=True))
    ]


def _places(shape: Shape) -> list[float]:
    """The positions of a layer's marks, centred: dots for units, or sheets for feature maps."""
    size, few, step = (shape[2], 3, _SHEET_STEP) if len(shape) == 3 else (shape[0], _FEW, _DOT_STEP)
    count = size if size <= few else few + round(2 * log2(size / few) * (1 if len(shape) == 1 else 0.5))
    return [step * (index - (count - 1) / 2) for index in range(count)]


def _marks(y: float, shape: Shape, hollow: bool, largest: int) -> dict[str, Any]:
    places, rise = _places(shape), 0.0
    sizes: list[float]
    if len(shape) == 3:
        rise = _SHEET_RISE / _SHEET_STEP
        sizes = [_SHEET + _SHEET_MORE * shape[0] / largest] * len(places)
        fill, line, symbol = _PAPER, 1.0, "square"
    else:
        # If not every unit has a dot, three small dots in the middle say so.
        middle = len(places) // 2
        left_out = {middle - 1, middle, middle + 1} if len(places) < shape[0] else set()
        sizes = [_DOT / 2 if index in left_out else _DOT for index in range(len(places))]
        fill, line, symbol = INK, 0.0, "circle"
    return {
        "type": "scatter",
        "x": places,
        "y": [y + rise * place for place in places],
        "mode": "markers",
        "marker": {
            "symbol": symbol,
            "size": sizes,
            "color": "rgba(0, 0, 0, 0)" if hollow else fill,
            "line": {"color": INK, "width": 1.0 if hollow else line},
            "opacity": 1,
        },
    }


def _connections(shapes: Sequence[LayerShape]) -> list[dict[str, Any]]:
    """The area between each layer and the one before it: the more parameters, the stronger the colour."""
    total = sum(layer.parameters for layer in shapes) or 1
    bands = []
    for row, layer in enumerate(shapes):
        above, below = (max(_places(shape)[-1], 0.05) for shape in (layer.input_shape, layer.output_shape))
        top, bottom = -row - 0.28, -row - 0.72
        color = f"rgba(132, 94, 247, {0.10 + 0.6 * layer.parameters / total:.2f})" if layer.parameters else GRID
        bands.append(
            {
                "type": "path",
                "path": f"M {-above},{top} L {above},{top} L {below},{bottom} L {-below},{bottom} Z",
                "fillcolor": color if layer.parameters else "rgba(0, 0, 0, 0)",
                "line": {"color": color, "width": 1},
                "layer": "below",
            }
        )
    return bands


def _label(y: float, text: str, side: str, color: str = INK) -> dict[str, Any]:
    return {
        "xref": "paper",
        "x": 0 if side == "left" else 1,
        "y": y,
        "xanchor": side,
        "text": text,
        "showarrow": False,
        "font": {"size": 13, "color": color},
    }
