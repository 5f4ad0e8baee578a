"""What a network gives each class for one row."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from .style import INK, MARGIN, RIGHT, TEMPLATE, WRONG, percent, plain

#: So many classes have a bar: all of them, or the most probable ones and the true one.
MOST_BARS = 12
_LONGEST_NAME = 16


def probability_bars(
    probabilities: np.ndarray, class_names: Sequence[str], *, true_label: int | None = None
) -> go.Figure:
    """A bar a class, in the order of the classes: the true one green, a wrong answer red and hatched, others grey.

    probabilities: shape (classes,); NaN where the weights are no numbers: then there are words and no bars.
    true_label: the row's class, where it is known. Words beside the bars say what the colours do.
    """
    answer = int(np.argmax(probabilities))
    shown = sorted(
        {*np.argsort(-probabilities, kind="stable")[:MOST_BARS].tolist(), answer if true_label is None else true_label}
    )
    wrong = [true_label is not None and label == answer != true_label for label in shown]
    figure = go.Figure()
    figure.add_bar(
        x=[float(np.nan_to_num(probabilities[label])) for label in shown],
        y=list(range(len(shown))),
        orientation="h",
        marker={
            "color": [
                WRONG if miss else RIGHT if label == true_label else INK
                for label, miss in zip(shown, wrong, strict=True)
            ],
            "pattern": {"shape": ["/" if miss else "" for miss in wrong], "fillmode": "overlay", "fgopacity": 0.3},
        },
        text=[percent(float(probabilities[label])) + _role(label, answer, true_label) for label in shown],
        textposition="outside",
        textfont={"size": 14},
        cliponaxis=False,
        hoverinfo="skip",
    )
    figure.update_layout(
        template=TEMPLATE,
        height=40 + 28 * len(shown),
        margin=MARGIN,
        showlegend=False,
        # The room at the right is for the words beside a full bar.
        xaxis={"range": [0, 1.75], "visible": False, "fixedrange": True},
        yaxis={
            "tickvals": list(range(len(shown))),
            "ticktext": [plain(class_names[label], _LONGEST_NAME) for label in shown],
            "range": [len(shown) - 0.4, -0.6],
            "showgrid": False,
            "fixedrange": True,
        },
    )
    return figure


def _role(label: int, answer: int, true_label: int | None) -> str:
    if label not in (answer, true_label):
        return ""
    if true_label is None:
        return " · its answer"
    if label == true_label:
        return " · its answer, right" if label == answer else " · in truth"
    return " · its answer, wrong"
