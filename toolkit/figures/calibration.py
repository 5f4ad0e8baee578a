"""Whether a network's confidence matches its accuracy."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from ..analysis.metrics import Calibration, ConfidenceBin, Evaluation
from ..errors import DataError
from ..formatting import percent
from .style import INK, MARGIN, RIGHT, TEMPLATE

#: The height above the bars for each bin's number of rows.
_ROWS_AT = 1.07


def calibration(record: Calibration | Evaluation) -> go.Figure:
    """A reliability diagram: accuracy by confidence, against the ideal diagonal.

    A bar is a bin, with its number of rows above it; the point marks the bin's mean confidence. Points below the
    diagonal: overconfident. Above: underconfident.

    record: what `calibrate` returned, or the `Evaluation` that holds it. Raises `DataError` if it holds none.

    Reference: Guo et al., "On calibration of modern neural networks", 2017, figure 1.
    """
    if isinstance(record, Evaluation):
        if record.calibration is None:
            raise DataError("There is no calibration to draw: the network has no finite answer for any row.")
        record = record.calibration
    filled = [one for one in record.bins if one.rows]
    diagonal = {"mode": "lines", "line": {"color": INK, "dash": "dash", "width": 2}, "name": "ideal"}
    figure = go.Figure(_bars(filled))
    figure.add_scatter(x=[0, 1], y=[0, 1], hoverinfo="skip", **diagonal)
    figure.add_scatter(**_points(filled))
    figure.add_scatter(**_counts(filled))
    error = f"expected calibration<br>error {percent(record.expected_calibration_error, digits=1)}"
    for text, y in (("rows", _ROWS_AT), (error, 0.86)):
        figure.add_annotation(text=text, x=0, y=y, xanchor="left", yanchor="middle", align="left", showarrow=False)
    ticks = {"tickformat": ".0%", "tickvals": [0, 0.2, 0.4, 0.6, 0.8, 1]}
    figure.update_layout(
        template=TEMPLATE,
        height=360,
        margin=MARGIN,
        hovermode="closest",
        legend={"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0},
        xaxis={"title": {"text": "how sure"}, "range": [0, 1.01], **ticks},
        yaxis={"title": {"text": "how often right"}, "range": [0, 1.14], **ticks},
    )
    return figure


def _middles(bins: Sequence[ConfidenceBin]) -> list[float]:
    return [(one.lower + one.upper) / 2 for one in bins]


def _bars(bins: Sequence[ConfidenceBin]) -> go.Bar:
    return go.Bar(
        x=_middles(bins),
        y=[one.accuracy for one in bins],
        width=[one.upper - one.lower for one in bins],
        marker={"color": RIGHT, "opacity": 0.55, "line": {"color": RIGHT, "width": 1}},
        name="share that was right",
        hoverinfo="skip",
    )


def _points(bins: Sequence[ConfidenceBin]) -> dict[str, Any]:
    return {
        "x": [one.mean_confidence for one in bins],
        "y": [one.accuracy for one in bins],
        "mode": "markers",
        "marker": {"color": INK, "symbol": "diamond", "size": 11, "line": {"color": "white", "width": 1.5}},
        "name": "mean confidence",
        "hovertext": [
            f"sure by {percent(one.mean_confidence, digits=1)}, "
            f"right in {percent(one.accuracy, digits=1)} of {one.rows:,} rows"
            for one in bins
        ],
        "hoverinfo": "text",
    }


def _counts(bins: Sequence[ConfidenceBin]) -> dict[str, Any]:
    return {
        "x": _middles(bins),
        "y": [_ROWS_AT] * len(bins),
        "text": [f"{one.rows:,}" for one in bins],
        "mode": "text",
        "textfont": {"size": 10},
        "showlegend": False,
        "hoverinfo": "skip",
    }
