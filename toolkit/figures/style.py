"""What all figures share: colours, type, and how names and shares are written.

A colour has one meaning: validation orange, training measured after the epoch blue, Keras's running average grey
and dotted, the overfitting region pale orange; right green, wrong red, which a mark or the place tells too. Only
weights, which are never drawn beside curves, take blue and orange again: a pair that colour-blind people tell apart.
"""

from collections.abc import Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go

from ..formatting import shortened

VALIDATION, TRAINING, RUNNING = "#e8590c", "#2f6fed", "#8b93a1"
REGION = "rgba(232, 89, 12, 0.10)"
RIGHT, WRONG = "#2f9e44", "#e03131"

#: Weights above and below zero.
FOR, AGAINST = TRAINING, VALIDATION
#: What is being looked at.
MARK = "#ae3ec9"
#: Type that is read on white (contrast 4.1) and on Streamlit's and Jupyter's dark grounds (4.6).
INK = "#757d8a"
GRID = "rgba(128, 128, 128, 0.22)"
MARGIN = {"l": 8, "r": 12, "t": 8, "b": 8}

_AXIS = {"gridcolor": GRID, "zerolinecolor": GRID, "automargin": True, "ticklabelstandoff": 6, "title": {"standoff": 8}}
TEMPLATE = go.layout.Template(
    layout={
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "font": {"color": INK, "size": 13, "family": "system-ui, sans-serif"},
        "hoverlabel": {"align": "left"},
        "xaxis": {**_AXIS, "showgrid": False},
        "yaxis": _AXIS,
    }
)
#: An axis that only places things.
HIDDEN_AXIS: dict[str, Any] = {"visible": False, "fixedrange": True}


#: Up to so many classes each has its label, which is cut to this.
_MOST_LABELS, _LONGEST_NAME = 40, 14


def class_axis(class_names: Sequence[str]) -> dict[str, Any]:
    """An axis with a place a class, from 0; of many classes only some have their label."""
    step = -(-len(class_names) // _MOST_LABELS)
    names = [plain(name, _LONGEST_NAME) for name in class_names[::step]]
    return {"tickvals": list(range(0, len(class_names), step)), "ticktext": names}


def plain(text: str, longest: int | None = None) -> str:
    """Somebody's words, so that Plotly shows them as they are and not as HTML; cut where they are too long."""
    return escape(text if longest is None else shortened(text, longest), quote=False)
