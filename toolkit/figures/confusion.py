"""Which classes a network mixes up."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ..analysis.metrics import Evaluation
from ..formatting import percent
from .style import MARGIN, TEMPLATE, class_axis, plain

#: Up to this many classes, each cell shows its count.
_MOST_WITH_COUNTS = 20
_RIGHT_SCALE = [[0, "#d3f2d9"], [1, "#2b8a3e"]]
_WRONG_SCALE = [[0, "#ffe3e3"], [1, "#c92a2a"]]


def confusion_matrix(matrix: np.ndarray | Evaluation, class_names: Sequence[str] | None = None) -> go.Figure:
    """True classes down, predicted classes across: correct ones green on the diagonal, mistakes red off it.

    matrix: integers of shape (classes, classes), or what `evaluate` returned, which knows the names of its classes;
    without names, classes are numbered. The larger a cell's share of its row, the darker it is; mistakes are
    scaled to the most frequent one, since a good network makes few. Hovering shows the share.
    The points that carry the hover text, and `customdata` (true class, predicted class), can be selected, which a
    heatmap's cells can't.
    """
    if isinstance(matrix, Evaluation):
        class_names, matrix = class_names or matrix.class_names, matrix.confusion_matrix
    count = len(matrix)
    class_names = class_names or [str(number) for number in range(count)]
    rows = matrix.sum(axis=1, keepdims=True)
    shares = np.divide(matrix, rows, out=np.zeros(matrix.shape), where=rows > 0)
    diagonal = np.eye(count, dtype=bool)
    mistakes = float(shares[~diagonal].max(initial=0)) or 1.0
    figure = go.Figure(
        [
            _cells(matrix, shares, diagonal, _RIGHT_SCALE, 1.0),
            _cells(matrix, shares, ~diagonal, _WRONG_SCALE, mistakes),
            _points(matrix, shares, class_names),
        ]
    )
    axis = {**class_axis(class_names), "range": [-0.5, count - 0.5], "showgrid": False, "zeroline": False}
    figure.update_layout(
        template=TEMPLATE,
        height=min(760, max(300, 160 + 28 * count)),
        margin=MARGIN,
        hovermode="closest",
        showlegend=False,
        xaxis={**axis, "title": {"text": "predicted"}},
        yaxis={**axis, "title": {"text": "true"}, "range": [count - 0.5, -0.5]},
    )
    return figure


def _cells(
    matrix: np.ndarray, shares: np.ndarray, chosen: np.ndarray, scale: list[list[Any]], top: float
) -> dict[str, Any]:
    """The chosen cells that hold a row; the others stay transparent."""
    shown = chosen & (matrix > 0)
    few = len(matrix) <= _MOST_WITH_COUNTS
    return {
        "type": "heatmap",
        "z": np.where(shown, shares, np.nan),
        "text": [[f"{count:,}" if count else "" for count in row] for row in np.where(shown, matrix, 0).tolist()],
        "texttemplate": "%{text}" if few else None,
        "textfont": {"size": 13 if len(matrix) <= 10 else 10},
        "colorscale": scale,
        "zmin": 0,
        "zmax": top,
        "xgap": 1 if few else 0,
        "ygap": 1 if few else 0,
        "showscale": False,
        "hoverinfo": "skip",
    }


def _points(matrix: np.ndarray, shares: np.ndarray, class_names: Sequence[str]) -> dict[str, Any]:
    """An invisible point on each cell that holds a row."""
    places = np.argwhere(matrix).tolist()
    words = []
    for row, column in places:
        of_row = f"{matrix[row, column]:,}, which is {percent(shares[row, column], digits=1)} of its rows"
        words.append(f"true: {plain(class_names[row])}<br>predicted: {plain(class_names[column])}<br>{of_row}")
    return {
        "type": "scatter",
        "x": [column for _, column in places],
        "y": [row for row, _ in places],
        "customdata": places,
        "mode": "markers",
        "marker": {"symbol": "square", "size": 20, "opacity": 0},
        "hovertext": words,
        "hoverinfo": "text",
    }
