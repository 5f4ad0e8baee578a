"""Whether a network is right as often as it is sure."""

import plotly.graph_objects as go

from ..metrics import Calibration
from .style import INK, MARGIN, RIGHT, TEMPLATE, WRONG, percent


def calibration(record: Calibration) -> go.Figure:
    """A reliability diagram: how often the network was right, by how sure it was, against the ideal diagonal.

    A bar is a bin, with its number of rows above it; the point lies at the bin's mean confidence. Points below
    the diagonal: surer than it should be. Above: it could be surer.

    Reference: Guo et al., "On calibration of modern neural networks", 2017, figure 1.
    """
    filled = [one for one in record.bins if one.rows]
    figure = go.Figure()
    figure.add_bar(
        x=[(one.lower + one.upper) / 2 for one in filled],
        y=[one.accuracy for one in filled],
        width=[one.upper - one.lower for one in filled],
        marker={"color": RIGHT, "opacity": 0.55, "line": {"color": RIGHT, "width": 1}},
        name="share that was right",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": INK, "dash": "dash", "width": 2},
        name="ideal",
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[one.mean_confidence for one in filled],
        y=[one.accuracy for one in filled],
        mode="markers",
        marker={"color": WRONG, "symbol": "diamond", "size": 11, "line": {"color": "white", "width": 1.5}},
        name="mean confidence",
        hovertext=[
            f"sure by {percent(one.mean_confidence)}, right in {percent(one.accuracy)} of {one.rows:,} rows"
            for one in filled
        ],
        hoverinfo="text",
    )
    figure.add_scatter(
        x=[(one.lower + one.upper) / 2 for one in filled],
        y=[1.07] * len(filled),
        text=[f"{one.rows:,}" for one in filled],
        mode="text",
        textfont={"size": 10},
        showlegend=False,
        hoverinfo="skip",
    )
    error = f"expected calibration<br>error {percent(record.expected_calibration_error)}"
    for text, y in (("rows", 1.07), (error, 0.86)):
        place = {"x": 0, "y": y, "xanchor": "left", "yanchor": "middle", "showarrow": False}
        figure.add_annotation(text=text, align="left", **place)
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
