"""What a notebook shows for a record: a figure, or text where figures can't be shown.

Plotly picks the format for where it runs: Jupyter, VS Code and Colab each get one that they can draw offline, if
they have one.
"""

from collections.abc import Callable
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from ..analysis.metrics import Evaluation
from ..analysis.overfitting import OverfittingReport, find_overfitting
from ..training.history import History, counts_steps

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

_TITLE_WIDTH = 100
_HEADS = {
    "honest_loss": "training loss",
    "loss": "training loss",
    "val_loss": "validation loss",
    "honest_accuracy": "training accuracy",
    "accuracy": "training accuracy",
    "val_accuracy": "validation accuracy",
}


def history_bundle(history: History) -> dict[str, Any]:
    """The verdict, the loss curves with the overfitting point, and the best and last metrics, keyed by MIME type."""
    report, frame = find_overfitting(history), history.frame
    if frame.empty:
        return {"text/plain": report.sentence}
    table = best_and_last(frame, report)
    return _bundle(f"{report.sentence}\n{table.to_string(index=False)}", lambda: history_figure(frame, report, table))


def evaluation_bundle(evaluation: Evaluation) -> dict[str, Any]:
    """The confusion matrix under test accuracy and loss, keyed by MIME type."""

    def draw() -> "Figure":
        from ..figures import confusion_matrix

        return _titled(confusion_matrix(evaluation.confusion_matrix, evaluation.class_names), str(evaluation))

    return _bundle(str(evaluation), draw)


def history_figure(frame: "pd.DataFrame", report: OverfittingReport, table: "pd.DataFrame") -> "Figure":
    """The loss curves, with the verdict above and a short table below."""
    from ..figures import curves, spans_widely

    figure = curves(frame, report, "loss", log_axis=spans_widely(frame))
    clear = {"fill": {"color": "rgba(0, 0, 0, 0)"}, "line": {"color": "rgba(128, 128, 128, 0.22)"}, "height": 26}
    figure.add_table(
        header={"values": list(table.columns), **clear},
        cells={"values": [table[name].tolist() for name in table], **clear},
        domain={"y": [0, 0.2]},
    )
    figure.update_layout(height=470, yaxis={"domain": [0.42, 1]}, legend={"y": 0.28})
    return _titled(figure, report.sentence)


def best_and_last(frame: "pd.DataFrame", report: OverfittingReport) -> "pd.DataFrame":
    """Two rows as text: the measurement with the lowest validation loss, if there is one, and the last."""
    unit = "step" if counts_steps(frame) else "epoch"
    best = report.best_step if unit == "step" else report.best_epoch
    rows = frame[(frame[unit] == best) | (frame.index == frame.index[-1])]
    honest = "honest_" if frame["honest_loss"].notna().any() else ""
    columns = [f"{honest}loss", "val_loss", f"{honest}accuracy", "val_accuracy"]
    shown = rows[[unit]].astype(str)
    for name in columns:
        if frame[name].notna().any():
            digits = "{:.2%}" if name.endswith("accuracy") else "{:.4f}"
            shown[_HEADS[name]] = rows[name].map(digits.format).replace(["nan", "nan%"], "–")
    return shown


def _titled(figure: "Figure", text: str) -> "Figure":
    from html import escape

    lines = wrap(escape(text, quote=False), _TITLE_WIDTH)
    room = 24 + 20 * len(lines)
    title = {"text": "<br>".join(lines), "font": {"size": 14}, "x": 0, "xref": "paper", "y": 1, "yref": "container"}
    figure.update_layout(
        title={**title, "yanchor": "top", "pad": {"t": 16}}, margin_t=room, height=figure.layout.height + room
    )
    return figure


def _bundle(text: str, draw: Callable[[], "Figure"]) -> dict[str, Any]:
    """Text for a terminal, and the figure in the formats that Plotly picks, or as self-contained HTML."""
    try:
        figure = draw()
    except ImportError:  # without Plotly
        return {"text/plain": text}
    shown = figure._repr_mimebundle_() or {"text/html": figure.to_html(full_html=False, include_plotlyjs=True)}
    return {"text/plain": text, **shown}
