"""Several runs in one chart."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import plotly.graph_objects as go

from ..analysis.overfitting import OverfittingReport
from ..training.history import counts_steps
from .curves import Metric, best_position, has_values, position_axis, value_axis
from .style import MARGIN, TEMPLATE, plain
from .thinning import thinned

if TYPE_CHECKING:
    import pandas as pd

Unit = Literal["epoch", "step"]

#: Runs get none of the colours that have a meaning. Colour-blind people can tell these apart, on light and dark
#: backgrounds; symbols differ too.
_COLORS = ("#8e5bd0", "#b58100", "#0b95b8", "#c2478f", "#0f9d94", "#7d8228")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star")


class _Style(NamedTuple):
    color: str
    symbol: str


def comparison(
    frames: Mapping[str, "pd.DataFrame"],
    reports: Mapping[str, OverfittingReport],
    metric: Metric,
    *,
    by: Literal["epoch", "seconds"] = "epoch",
    log_axis: bool = False,
) -> go.Figure:
    """The curves of several runs: one colour and symbol per run, validation solid, training dotted, best point marked.

    frames: `History.frame` by the name in the legend. reports: the verdicts by the same names.
    by: the x axis: epochs (steps, if any run was measured by steps) or training time.
    The training curve is the one measured after the epoch, or Keras's own if there is no other.
    """
    import pandas as pd

    unit: Unit = "step" if any(counts_steps(frame) for frame in frames.values()) else "epoch"
    figure = go.Figure()
    for number, (name, frame) in enumerate(frames.items()):
        style = _Style(_COLORS[number % len(_COLORS)], _SYMBOLS[number % len(_SYMBOLS)])
        places = frame["seconds"].cumsum() if by == "seconds" else frame[unit]
        figure.add_traces(list(_lines(name, places, frame, metric, style)))
        best = best_position(reports[name], metric, unit)
        if best is not None and best in set(frame[unit]) and has_values(frame, f"val_{metric}"):
            figure.add_trace(_mark(name, places[frame[unit] == best], frame[frame[unit] == best], metric, style))
    figure.update_layout(
        template=TEMPLATE,
        height=380,
        margin=MARGIN,
        hovermode="closest",
        legend={"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0},
        xaxis=_axis(frames, unit, by),
        yaxis=value_axis(pd.concat(frames.values()), metric, log_axis) if frames else {},
    )
    return figure


def _axis(frames: Mapping[str, "pd.DataFrame"], unit: Unit, by: str) -> dict[str, Any]:
    if by == "seconds":
        return {"title": {"text": "seconds of training"}, "rangemode": "tozero"}
    return position_axis(unit, max([1, *(int(frame[unit].max()) for frame in frames.values() if len(frame))]))


def _lines(name: str, places: "pd.Series", frame: "pd.DataFrame", metric: Metric, style: _Style) -> Any:
    """Validation, which gets the legend entry, and training; if there is only one of them, that one gets it."""
    training = f"honest_{metric}" if has_values(frame, f"honest_{metric}") else metric
    columns = [(f"val_{metric}", "validation", "solid"), (training, "training", "dot")]
    shown = [(column, words, dash) for column, words, dash in columns if has_values(frame, column)]
    value = "%{y:.2%}" if metric == "accuracy" else "%{y:.4f}"
    for index, (column, words, dash) in enumerate(shown):
        measured = frame[column].notna()
        x, y = places[measured].to_numpy(), frame.loc[measured, column].to_numpy()
        drawn = thinned(x, y)
        yield {
            "type": "scatter",
            "x": x[drawn].tolist(),
            "y": y[drawn].tolist(),
            "name": plain(name),
            "legendgroup": name,
            "showlegend": index == 0,
            "mode": "lines+markers" if measured.sum() < 2 else "lines",
            "line": {"color": style.color, "dash": dash, "width": 3 if dash == "solid" else 2},
            "marker": {"symbol": style.symbol, "size": 8},
            "hovertemplate": f"{words} {value} at %{{x:,.6~g}}<extra>%{{fullData.name}}</extra>",
        }


def _mark(name: str, place: "pd.Series", row: "pd.DataFrame", metric: Metric, style: _Style) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": place.tolist()[:1],
        "y": row[f"val_{metric}"].tolist()[:1],
        "name": plain(name),
        "legendgroup": name,
        "showlegend": False,
        "mode": "markers",
        "marker": {"color": style.color, "symbol": style.symbol, "size": 13, "line": {"color": "white", "width": 2}},
        "cliponaxis": False,
        "hovertemplate": f"best: %{{y:{'.2%' if metric == 'accuracy' else '.4f'}}}<extra>%{{fullData.name}}</extra>",
    }
