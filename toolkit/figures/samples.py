"""Random samples of a data set as one Plotly figure: pictures with their class, or a table's columns."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ..datasets.pictures import shown_pictures
from .style import plain

#: A figure stays readable with this many pictures, columns of a table, and rows of it.
MOST_PICTURES, MOST_FEATURES, MOST_ROWS = 40, 12, 1000
_ACROSS, _LONGEST_TITLE = 8, 16


def samples(
    x: np.ndarray,
    y: np.ndarray,
    class_names: Sequence[str],
    *,
    feature_names: Sequence[str] = (),
    seed: int = 0,
) -> go.Figure:
    """Random rows, evenly from all classes, as many as there is room for.

    x: pictures of shape (rows, height, width) or (rows, height, width, 3), uint8 or float, each drawn
    with its class above; or a table of shape (rows, values), drawn as one chart per column, for the first columns,
    with the distribution of its values in each class. y: integers of shape (rows,). feature_names: the columns' names.
    """
    random = np.random.default_rng(seed)
    if x.ndim > 2:
        rows = _spread_over_classes(y, MOST_PICTURES, random)
        return _pictures(shown_pictures(x[rows]), [class_names[label] for label in y[rows]])
    rows = _spread_over_classes(y, MOST_ROWS, random)
    names = feature_names or [f"column {number}" for number in range(1, x.shape[1] + 1)]
    return _columns(x[rows, :MOST_FEATURES], y[rows], class_names, names[:MOST_FEATURES])


def _spread_over_classes(y: np.ndarray, most: int, random: np.random.Generator) -> np.ndarray:
    """Row numbers: one of each class in turn, until there are `most`."""
    shuffled = random.permutation(len(y))
    turn = np.empty(len(y), int)
    for label in np.unique(y):
        of_label = shuffled[y[shuffled] == label]
        turn[of_label] = np.arange(len(of_label))
    return np.lexsort((y, turn))[:most]


def _pictures(pictures: np.ndarray, titles: Sequence[str]) -> go.Figure:
    down = -(-len(pictures) // _ACROSS)
    short = [plain(title, _LONGEST_TITLE) for title in titles]
    gaps = {"horizontal_spacing": 0.012, "vertical_spacing": 0.22 / down}
    figure = make_subplots(rows=down, cols=_ACROSS, subplot_titles=short, **gaps)
    for index, picture in enumerate(pictures):
        colours = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=-1)
        figure.add_trace(go.Image(z=colours, hoverinfo="skip"), row=index // _ACROSS + 1, col=index % _ACROSS + 1)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.update_layout(height=60 + 150 * down, width=1000, margin={"l": 8, "r": 8, "t": 40, "b": 8})
    return figure


def _columns(x: np.ndarray, y: np.ndarray, class_names: Sequence[str], names: Sequence[str]) -> go.Figure:
    """One small chart per column: the values of each class, side by side."""
    across = min(4, len(names))
    down = -(-len(names) // across)
    figure = make_subplots(rows=down, cols=across, subplot_titles=list(map(plain, names)))
    for index in range(len(names)):
        for label in np.unique(y):
            figure.add_trace(
                go.Box(
                    y=x[y == label, index],
                    name=plain(class_names[label]),
                    boxpoints="all",
                    jitter=0.5,
                    pointpos=0,
                    marker={"size": 4, "opacity": 0.5, "color": _COLOURS[label % len(_COLOURS)]},
                    showlegend=False,
                ),
                row=index // across + 1,
                col=index % across + 1,
            )
    figure.update_layout(height=60 + 260 * down, width=1000, margin={"l": 8, "r": 8, "t": 40, "b": 8})
    return figure


#: P. Tol's bright scheme, whose colours red-green colour-blind people can tell apart.
_COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb")
