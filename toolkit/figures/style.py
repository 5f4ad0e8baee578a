"""What all figures share: colours, fonts, and how to write names.

A colour has one meaning: validation orange, training measured after the epoch blue, Keras's running average grey
and dotted, the overfitting region pale orange; right green, wrong red, which a mark or the position shows too. Only
weights, never drawn beside curves, use blue and orange again: a pair that colour-blind people can tell apart.
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
#: The selected element.
MARK = "#ae3ec9"
#: Text legible on white (contrast 4.1) and on the dark themes of Streamlit and Jupyter (4.6).
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
#: An invisible axis, only for positions.
HIDDEN_AXIS: dict[str, Any] = {"visible": False, "fixedrange": True}


#: Up to this many classes, each gets a label; labels are cut to this length.
_MOST_LABELS, _LONGEST_NAME = 40, 14


def class_axis(class_names: Sequence[str]) -> dict[str, Any]:
    """An axis with one position per class, from 0; if there are many classes, only some get a label."""
    step = -(-len(class_names) // _MOST_LABELS)
    names = [plain(name, _LONGEST_NAME) for name in class_names[::step]]
    return {"tickvals": list(range(0, len(class_names), step)), "ticktext": names}


def plain(text: str, longest: int | None = None) -> str:
    """A user's text, escaped so that Plotly shows it literally, not as HTML; cut to at most `longest` characters."""
    return escape(text if longest is None else shortened(text, longest), quote=False)
