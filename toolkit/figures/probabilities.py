"""A network's prediction for one row: one bar per class."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ..formatting import whole_percent
from ..models.classes import NO_CLASS
from .style import HIDDEN_AXIS, INK, MARGIN, RIGHT, TEMPLATE, WRONG, plain

#: At most this many classes get a bar: all of them, or the likeliest and the true one.
MOST_BARS = 10
_LONGEST_NAME = 16
#: The colours of all classes but the likeliest, and of the track up to 100 %.
_FAINT, _TRACK = "rgba(139, 147, 161, 0.6)", "rgba(139, 147, 161, 0.12)"
_HATCHED = {"fillmode": "overlay", "fgopacity": 0.25}


def probability_bars(
    probabilities: np.ndarray, class_names: Sequence[str], *, true_label: int | None = None
) -> go.Figure:
    """One bar per class, in class order, as long as its probability; the longest stands out.

    probabilities: shape (classes,). If one is NaN or infinite, no class is predicted: all bars have length 0.
    true_label: if given, its bar is green, and the longest bar, if it is another one, red and hatched; the text
    beside them says so too.
    """
    answered = bool(np.isfinite(probabilities).all())
    known = probabilities if answered else np.zeros_like(probabilities)
    top = int(known.argmax()) if answered else NO_CLASS
    likeliest = np.argsort(-known, kind="stable")[:MOST_BARS].tolist()
    shown = sorted({*likeliest, likeliest[0] if true_label is None else true_label})
    places = list(range(len(shown)))
    figure = go.Figure()
    figure.add_bar(x=[1] * len(shown), y=places, orientation="h", marker={"color": _TRACK}, hoverinfo="skip")
    figure.add_bar(
        x=[float(known[label]) for label in shown],
        y=places,
        orientation="h",
        marker=_marker(shown, top, true_label),
        text=[_bold(_words(label, float(probabilities[label]), top, true_label), label == top) for label in shown],
        textposition="outside",
        textfont={"size": 14},
        cliponaxis=False,
        hoverinfo="skip",
    )
    names = [_bold(plain(class_names[label], _LONGEST_NAME), label == top) for label in shown]
    figure.update_layout(
        template=TEMPLATE,
        height=20 + 27 * len(shown),
        # Room for the text beside a full bar.
        margin={**MARGIN, "r": 56 if true_label is None else 112},
        barmode="overlay",
        bargap=0.25,
        showlegend=False,
        xaxis={**HIDDEN_AXIS, "range": [0, 1]},
        yaxis=_class_axis(places, names),
    )
    return figure


def _marker(shown: Sequence[int], top: int, true_label: int | None) -> dict[str, Any]:
    colours = {top: INK} if true_label is None else {top: WRONG, true_label: RIGHT}
    missed = true_label is not None and true_label != top != NO_CLASS
    return {
        "color": [colours.get(label, _FAINT) for label in shown],
        "pattern": {"shape": ["/" if missed and label == top else "" for label in shown], **_HATCHED},
    }


def _words(label: int, share: float, top: int, true_label: int | None) -> str:
    if true_label is None or label not in (top, true_label):
        return whole_percent(share) if label == top or share >= 0.01 else "–" if top == NO_CLASS else ""
    if top == NO_CLASS:
        return "– · in truth"
    role = "in truth" if label != top else "right" if label == true_label else "wrong"
    return f"{whole_percent(share)} · {role}"


def _class_axis(places: Sequence[int], names: Sequence[str]) -> dict[str, Any]:
    return {
        "tickvals": list(places),
        "ticktext": list(names),
        "tickfont": {"size": 15},
        "autorange": "reversed",
        "showgrid": False,
        "fixedrange": True,
    }


def _bold(text: str, is_bold: bool) -> str:
    return f"<b>{text}</b>" if is_bold and text else text
