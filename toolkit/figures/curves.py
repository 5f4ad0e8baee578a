"""Training and validation over epochs or steps, with the overfitting point."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import plotly.graph_objects as go

from ..analysis.histories import histories_of, history_frame, mean_frame
from ..analysis.overfitting import OverfittingReport, find_overfitting
from ..errors import DataError
from ..training.history import counts_steps
from .style import MARGIN, REGION, RUNNING, TEMPLATE, TRAINING, VALIDATION
from .thinning import thinned

if TYPE_CHECKING:
    import pandas as pd

Metric = Literal["loss", "accuracy"]

#: A loss that spans more than this factor is drawn on a logarithmic axis.
LOG_FACTOR = 20

_BAND_OPACITY = 0.18
#: column prefix -> name, line, marker.
_SERIES: dict[str, tuple[str, dict[str, Any], str]] = {
    "": ("training, as Keras counts it", {"color": RUNNING, "width": 2, "dash": "dot"}, "circle-open"),
    "honest_": ("training, measured after the epoch", {"color": TRAINING, "width": 3}, "square"),
    "val_": ("validation", {"color": VALIDATION, "width": 3}, "circle"),
}


def spans_widely(frame: "pd.DataFrame") -> bool:
    """Whether the losses span so wide a range that a logarithmic axis shows more."""
    losses = frame.filter(like="loss").to_numpy()
    losses = losses[losses > 0]
    return bool(losses.size and losses.max() / losses.min() > LOG_FACTOR)


def curves(
    history: Any,
    report: OverfittingReport | None = None,
    metric: str = "loss",
    *,
    last: int | None = None,
    log_axis: bool = False,
) -> go.Figure:
    """Training and validation over epochs (or steps), with the best point and the overfitting region.

    Very long curves are thinned to the points that are visible (`thinned`).
    history: whatever `history_frame` takes, such as what `train` or Keras's `fit` returned, or the path of a run or of
    a `CSVLogger` file. Of a list of such, the mean is drawn, in a band from the lowest to the highest.
    report: the verdict; by default, `find_overfitting` gives it. metric: "loss", "accuracy" or another one in the
    history. last: the planned last epoch or step, where the axis ends. log_axis: for the loss.

    Raises `DataError` if there is no history, or it does not hold that metric.
    """
    frames = [history_frame(one) for one in histories_of(history)]
    frame = mean_frame(frames)
    report = find_overfitting(history) if report is None else report
    _check_metric(frame, metric)
    unit = "step" if counts_steps(frame) else "epoch"
    end = int(frame[unit].max())
    best = best_position(report, metric, unit)
    traces = [_line(frame, unit, prefix, metric, keep=best) for prefix in _SERIES if has_values(frame, prefix + metric)]
    axis_end = max(last or 0, end, 1)
    if len(frames) > 1:
        traces = [*_bands([one[: len(frame)] for one in frames], frame[unit].tolist(), metric), *traces]
    if best is not None and best in set(frame[unit]):
        traces.append(_mark(frame, unit, metric, best, axis_end))
    shapes = []
    if metric == "loss" and report.state in ("possible", "confirmed") and best is not None:
        shapes.append(_region(best, end))
    layout = {
        "template": TEMPLATE,
        "height": 340,
        "margin": MARGIN,
        "hovermode": "x unified",
        "legend": {"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0},
        "shapes": shapes,
        "xaxis": position_axis(unit, axis_end),
        "yaxis": value_axis(frame, metric, log_axis),
    }
    # In one call: adding the parts one by one, Plotly would take three times as long to validate them.
    return go.Figure({"data": traces, "layout": layout})


def _check_metric(frame: "pd.DataFrame", metric: str) -> None:
    if not any(prefix + metric in frame for prefix in _SERIES):
        known = sorted({str(name).removeprefix("val_").removeprefix("honest_") for name in frame} - {"epoch", "step"})
        raise DataError(f"The history holds no {metric}. It holds: {', '.join(known) or 'nothing'}.")


def _bands(frames: Sequence["pd.DataFrame"], places: list[int], metric: str) -> Iterator[dict[str, Any]]:
    """For each curve of the mean, the band from the lowest to the highest of its members."""
    for prefix, (name, line, _) in _SERIES.items():
        values = [frame[prefix + metric].to_numpy(float) for frame in frames if has_values(frame, prefix + metric)]
        if not values:
            continue
        known = np.flatnonzero(np.isfinite(np.array(values)).all(axis=0))
        around = [places[index] for index in known]
        lowest, highest = np.min(values, axis=0)[known], np.max(values, axis=0)[known]
        yield {
            "type": "scatter",
            "x": [*around, *reversed(around)],
            "y": [*highest.tolist(), *lowest[::-1].tolist()],
            "fill": "toself",
            "fillcolor": f"rgba{(*bytes.fromhex(line['color'][1:]), _BAND_OPACITY)}",
            "line": {"width": 0},
            "mode": "lines",
            "name": name,
            "showlegend": False,
            "hoverinfo": "skip",
        }


def has_values(frame: "pd.DataFrame", name: str) -> bool:
    """Whether the table has that column with at least one value."""
    return name in frame and bool(frame[name].notna().any())


def _line(frame: "pd.DataFrame", unit: str, prefix: str, metric: str, *, keep: int | None) -> dict[str, Any]:
    name, line, symbol = _SERIES[prefix]
    measured = frame[frame[prefix + metric].notna()]
    shown = measured.iloc[thinned(measured[unit].to_numpy(), measured[prefix + metric].to_numpy(), keep=keep)]
    figures = "%{y:.2%}" if metric == "accuracy" else "%{y:.4f}"
    return {
        "type": "scatter",
        "x": shown[unit].tolist(),
        "y": shown[prefix + metric].tolist(),
        "name": name,
        "mode": "lines" if len(shown) > 1 else "markers",
        "line": line,
        "marker": {"symbol": symbol, "size": 8},
        "hovertemplate": f"{figures}<extra>{name}</extra>",
    }


def best_position(report: OverfittingReport, metric: str, unit: str) -> int | None:
    """The epoch (or step) with the best validation metric, or None."""
    if metric == "accuracy":
        return report.best_accuracy_step if unit == "step" else report.best_accuracy_epoch
    if metric != "loss":
        return None
    return report.best_step if unit == "step" else report.best_epoch


def _region(start: int, end: int) -> dict[str, Any]:
    """The overfitting region, behind the lines and over the full height."""
    return {
        "type": "rect",
        "x0": start,
        "x1": end,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "fillcolor": REGION,
        "line": {"width": 0},
        "layer": "below",
    }


def _mark(frame: "pd.DataFrame", unit: str, metric: str, best: int, axis_end: int) -> dict[str, Any]:
    """The best point of the validation curve, with its epoch beside it."""
    return {
        "type": "scatter",
        "x": [best],
        "y": frame.loc[frame[unit] == best, f"val_{metric}"].tolist()[:1],
        "mode": "markers+text",
        "marker": {"color": VALIDATION, "size": 13, "line": {"color": "white", "width": 2}},
        "text": [f"{unit} {best:,}"],
        "textposition": _beside(best, axis_end, "bottom" if metric == "accuracy" else "top"),
        "cliponaxis": False,
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _beside(best: int, end: int, above_or_below: str) -> str:
    """The label's position: towards the middle at both ends, where the chart would cut it off."""
    side = "right" if best <= end / 8 else "left" if best >= 7 * end / 8 else "center"
    return f"{above_or_below} {side}"


def position_axis(unit: str, end: int) -> dict[str, Any]:
    """Epochs or steps from 0; there is no half epoch to label."""
    whole = {"dtick": 1} if end <= 10 else {}
    return {"title": {"text": unit}, "range": [0, end], "automargin": True, **whole}


def value_axis(frame: "pd.DataFrame", metric: str, log_axis: bool) -> dict[str, Any]:
    """Losses from 0 (or logarithmic); accuracies as percentages, over the range reached by training; others as they
    are.
    """
    if metric == "loss":
        return {"type": "log", "dtick": 1} if log_axis else {"rangemode": "tozero"}
    if metric != "accuracy":
        return {}
    # The untrained network's accuracy would squeeze all others against the upper edge.
    trained = frame.loc[frame["step"] > 0].filter(like="accuracy").to_numpy()
    lowest = float(np.nanmin(trained)) if np.isfinite(trained).any() else 0.0
    return {"tickformat": ".0%", "range": [max(0.0, lowest - 0.03), 1.01]}
