"""How frequent each class is among the training, validation and test rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ..formatting import percent
from .style import INK, MARGIN, TEMPLATE, TRAINING, VALIDATION, class_axis

#: Part -> its colour and its pattern, so that the parts differ without colour too.
_LOOKS = {"training": (TRAINING, ""), "validation": (VALIDATION, "/"), "test": (INK, ".")}


def class_balance(counts: Mapping[str, Sequence[int] | np.ndarray], class_names: Sequence[str]) -> go.Figure:
    """Grouped bars: each class's share of each part; a dotted line marks equal shares.

    counts: for "training", "validation" and "test" the rows of each class, in the order of `class_names`; parts
    without rows are left out. Shares rather than rows, since the parts differ in size; hovering shows both.
    """
    figure = go.Figure()
    for part, rows in counts.items():
        if (of_part := np.asarray(rows)).sum() > 0:
            figure.add_bar(**_bars(part, of_part))
    equal = 1 / len(class_names)
    figure.add_hline(equal, line={"color": INK, "width": 1.5, "dash": "dot"})
    figure.update_layout(
        template=TEMPLATE,
        height=300,
        margin=MARGIN,
        barmode="group",
        bargap=0.25,
        hovermode="x unified",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        xaxis={**class_axis(class_names), "showgrid": False},
        yaxis={"tickformat": ".0%", "rangemode": "tozero", "title": {"text": "share of the part"}},
    )
    return figure


def _bars(part: str, rows: np.ndarray) -> dict[str, Any]:
    color, pattern = _LOOKS[part]
    shares = rows / rows.sum()
    return {
        "x": list(range(len(rows))),
        "y": shares,
        "name": part,
        "marker": {"color": color, "pattern": {"shape": pattern, "fillmode": "overlay", "fgopacity": 0.6, "size": 5}},
        "customdata": [
            f"{percent(share, digits=1)}, {count:,} rows" for share, count in zip(shares, rows.tolist(), strict=True)
        ],
        "hovertemplate": "%{customdata}",
    }
