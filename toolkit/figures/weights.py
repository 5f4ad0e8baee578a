"""The first layer's weights, drawn in the shape of the data."""

from collections.abc import Sequence
from math import isqrt, prod
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from ..datasets import Dataset
from ..errors import DataError
from ..models.first_layer import first_weights
from .pictures import picture_grid
from .style import AGAINST, FOR, MARGIN, TEMPLATE, plain

if TYPE_CHECKING:
    import keras

#: Below this side length, values in a row are rather those of a table than pixels.
_SMALLEST_SIDE = 8
#: At most this many units are drawn: those with the largest weights.
MOST_UNITS = 20


def templates(
    weights: "np.ndarray | keras.Model",
    row_shape: tuple[int, ...] | Dataset | None = None,
    *,
    class_names: Sequence[str] = (),
) -> go.Figure:
    """The first layer's weights as pictures: blue speaks for the unit or class, orange against it, transparent is zero.

    weights: a dense layer's kernel, of shape (inputs, units), or a convolution's, of shape (height, width,
    channels, filters). row_shape: one row of the data: the shape in which dense units are drawn. All pictures
    share one colour scale; colour channels are averaged. class_names: if each unit is a class, as in softmax
    regression: one template per class; otherwise the units with the largest L2 norms are drawn. For a table, the
    weights become one chart, with a row per column of the table.

    `templates(model)` draws a model's own first layer, in the shape of its input; `templates(model, data)` in the shape
    of the data's rows, with the names of the classes.

    Raises `DataError` if the dense layer's input is not the rows themselves, or the model has no layer with weights.
    """
    if isinstance(row_shape, Dataset):
        class_names, row_shape = class_names or row_shape.class_names, row_shape.row_shape
    if not isinstance(weights, np.ndarray):
        row_shape = row_shape or _input_picture(weights)
        weights = _weights_of(weights)
    row_shape = row_shape or weights.shape[:1]
    if len(class_names) != weights.shape[-1]:
        class_names = ()
    if weights.ndim == 2 and len(row_shape) == 1:
        return _table(weights, class_names)
    units = np.moveaxis(weights, -1, 0).reshape(-1, *_picture_shape(weights, row_shape))
    strength = np.sqrt((units**2).sum(axis=tuple(range(1, units.ndim))))
    drawn = np.arange(len(units)) if class_names else np.argsort(-strength, kind="stable")[:MOST_UNITS]
    kind = "unit" if weights.ndim == 2 else "filter"
    names = [class_names[index] if class_names else f"{kind} {index + 1}" for index in drawn]
    shown = units[drawn].mean(axis=-1) if units.ndim == 4 else units[drawn]
    hover = [f"{name}\nweights from {one.min():.3f} to {one.max():.3f}" for name, one in zip(names, shown, strict=True)]
    return picture_grid(diverging(shown), names, hover=hover)


def _weights_of(model: "keras.Model") -> np.ndarray:
    weights = first_weights(model)
    if weights is None:
        raise DataError("There is nothing to draw: no layer of the model has weights of the kind called a kernel.")
    return weights


def _input_picture(model: "keras.Model") -> tuple[int, ...]:
    """The shape of one input; a row of pixels, such as 784, is taken for a square picture."""
    shape = tuple(model.input_shape[1:])
    side = isqrt(prod(shape))
    standardised = any(type(layer).__name__ == "Normalization" for layer in model.layers)
    is_square = len(shape) == 1 and side * side == shape[0] and side >= _SMALLEST_SIDE and not standardised
    return (side, side) if is_square else shape


def _picture_shape(weights: np.ndarray, row_shape: tuple[int, ...]) -> tuple[int, ...]:
    if weights.ndim == 4:
        return weights.shape[:3]
    if prod(row_shape) != len(weights):
        raise DataError(
            f"The first layer with weights must see {prod(row_shape):,} values, one for each of a row of shape "
            f"{tuple(row_shape)}, to be drawn as pictures. Received: weights of shape {weights.shape}."
        )
    return row_shape


def diverging(values: np.ndarray) -> np.ndarray:
    """Numbers as RGBA: blue above zero, orange below, and more transparent towards zero.

    values: any shape. Returns uint8 of that shape plus a last axis of 4.
    """
    strongest = float(np.abs(values).max()) or 1.0
    colors = np.array([_rgb(AGAINST), _rgb(FOR)], np.uint8)[(values > 0).astype(int)]
    clear = (255 * np.abs(values) / strongest).round().astype(np.uint8)
    return np.concatenate([colors, clear[..., None]], axis=-1)


def diverging_scale() -> list[tuple[float, str]]:
    """The same colours as a Plotly colour scale with zero in the middle."""
    places = ((0, AGAINST, 1), (0.5, AGAINST, 0), (0.5, FOR, 0), (1, FOR, 1))
    return [(place, f"rgba{(*_rgb(color), alpha)}") for place, color, alpha in places]


def _rgb(color: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(color[1:]))


def _table(weights: np.ndarray, class_names: Sequence[str]) -> go.Figure:
    strongest = float(np.abs(weights).max()) or 1.0
    names = [plain(name) for name in class_names] or [f"unit {index + 1}" for index in range(weights.shape[1])]
    figure = go.Figure()
    figure.add_heatmap(
        z=weights,
        colorscale=diverging_scale(),
        zmin=-strongest,
        zmax=strongest,
        hovertemplate="value %{y}, %{x}: %{z:.3f}<extra></extra>",
        x=names,
        y=list(range(1, len(weights) + 1)),
    )
    figure.update_layout(
        template=TEMPLATE,
        height=min(760, 120 + 24 * len(weights)),
        margin=MARGIN,
        xaxis={"showgrid": False},
        yaxis={"title": {"text": "value"}, "autorange": "reversed", "showgrid": False, "dtick": 1 + len(weights) // 30},
    )
    return figure
