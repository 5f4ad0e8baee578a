"""What a network says of one row: a bar a class."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from .style import HIDDEN_AXIS, INK, MARGIN, RIGHT, TEMPLATE, WRONG, plain, whole_percent

_MOST_BARS, _LONGEST_NAME = 10, 16
#: Any class but the likeliest, and the whole way to 100 %.
_FAINT, _TRACK = "rgba(139, 147, 161, 0.6)", "rgba(139, 147, 161, 0.12)"
_HATCHED = {"fillmode": "overlay", "fgopacity": 0.25}


def answer_bars(probabilities: np.ndarray, class_names: Sequence[str], *, true_label: int | None = None) -> go.Figure:
    """A bar a class, as long as the network is sure of it; the longest stands out.

    probabilities: shape (classes,), NaN where the weights are no numbers. Of more than ten classes the ten highest
    are drawn. true_label: where it is known, its bar is green, and a longest bar that is another one red and hatched.
    """
    known = np.nan_to_num(probabilities)
    top = int(known.argmax())
    shown = sorted(np.argsort(-known, kind="stable")[:_MOST_BARS].tolist())
    colours = {top: INK} if true_label is None else {top: WRONG, true_label: RIGHT}
    missed = true_label is not None and true_label != top
    places = list(range(len(shown)))
    figure = go.Figure()
    figure.add_bar(x=[1] * len(shown), y=places, orientation="h", marker={"color": _TRACK}, hoverinfo="skip")
    figure.add_bar(
        x=[float(known[label]) for label in shown],
        y=places,
        orientation="h",
        marker={
            "color": [colours.get(label, _FAINT) for label in shown],
            "pattern": {"shape": ["/" if missed and label == top else "" for label in shown], **_HATCHED},
        },
        text=[_words(float(probabilities[label]), is_top=label == top) for label in shown],
        textposition="outside",
        textfont={"size": 14},
        cliponaxis=False,
        hoverinfo="skip",
    )
    names = [class_names[label] for label in shown]
    figure.update_layout(
        template=TEMPLATE,
        height=20 + 27 * len(shown),
        margin={**MARGIN, "r": 56},
        barmode="overlay",
        bargap=0.25,
        showlegend=False,
        xaxis={**HIDDEN_AXIS, "range": [0, 1]},
        yaxis={
            "tickvals": places,
            "ticktext": [_name(name, is_top=label == top) for name, label in zip(names, shown, strict=True)],
            "tickfont": {"size": 15},
            "autorange": "reversed",
            "showgrid": False,
            "fixedrange": True,
        },
    )
    return figure


def _words(share: float, *, is_top: bool) -> str:
    return _bold(whole_percent(share), is_top) if is_top or share >= 0.01 else ""


def _name(name: str, *, is_top: bool) -> str:
    return _bold(plain(name, longest=_LONGEST_NAME), is_top)


def _bold(text: str, is_bold: bool) -> str:
    return f"<b>{text}</b>" if is_bold else text
