"""Plotly figures from tables and records: they only draw, and compute nothing.

Each function takes numbers or records and returns a `plotly.graph_objects.Figure` on a transparent background,
legible on light and dark pages; whatever differs in colour also differs in shape, dash or words.
"""

from .activations import MOST_FILTERS, MOST_UNITS, activations
from .balance import class_balance
from .calibration import calibration
from .comparison import comparison
from .confusion import confusion_matrix
from .curves import LOG_FACTOR, Metric, curves, spans_widely
from .graph import computation_graph
from .inputs import Patch, Shades, one_hot_boxes, pixel_picture, value_grid, value_strip
from .network import network
from .pictures import picture_grid
from .predictions import prediction_grid, worst_mistakes
from .probabilities import probability_bars
from .samples import samples
from .style import MARK, REGION, RUNNING, TRAINING, VALIDATION
from .weights import templates

__all__ = [
    "LOG_FACTOR",
    "MARK",
    "MOST_FILTERS",
    "MOST_UNITS",
    "REGION",
    "RUNNING",
    "TRAINING",
    "VALIDATION",
    "Metric",
    "Patch",
    "Shades",
    "activations",
    "calibration",
    "class_balance",
    "comparison",
    "computation_graph",
    "confusion_matrix",
    "curves",
    "network",
    "one_hot_boxes",
    "picture_grid",
    "pixel_picture",
    "prediction_grid",
    "probability_bars",
    "samples",
    "spans_widely",
    "templates",
    "value_grid",
    "value_strip",
    "worst_mistakes",
]
