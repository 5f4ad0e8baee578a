"""How a model of anybody's making takes rows and labels; what can't be trained is explained before it starts."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np

from ..config.shapes import Shape, shown
from ..datasets import Dataset
from ..errors import DataError
from ..formatting import shortened
from ..models.prediction import input_shape_of

Targets = Literal["one_hot", "numbers", "one_unit"]


@dataclass(frozen=True)
class ModelInterface:
    """What a model expects.

    input_shape: of a row, without the batch. targets: labels as one-hot rows, as numbers for a sparse loss, or as 0 and
    1 for a single unit that answers with the probability of the second class.
    """

    input_shape: Shape
    targets: Targets


def interface_of(model: keras.Model, data: Dataset) -> ModelInterface:
    """How the model takes rows of that data set; a model that is not built yet is built for them.

    Raises `DataError` if the model can't be trained on these data with `train`.
    """
    if not isinstance(model, keras.Model):
        raise DataError(f"train takes a Keras model. Received: {type(model).__name__}. Use build_model.")
    if getattr(model, "optimizer", None) is None:
        raise DataError("train takes a compiled model. Received: one without an optimizer. Use build_model.")
    outputs = _outputs(model, data)
    takes = input_shape_of(model, data.row_shape)
    gives = outputs[-1]
    alone = gives == 1 and data.num_classes == 2
    if math.prod(takes) != math.prod(data.row_shape) or len(outputs) != 1 or (gives != data.num_classes and not alone):
        one_unit = " One unit tells two classes apart, no more." if gives == 1 else ""
        raise DataError(
            f"The model takes rows of {shown(takes)} and gives {shown(outputs)} numbers. Received: {data.name} with "
            f"rows of {shown(data.row_shape)} and {data.num_classes:,} classes.{one_unit} Build the model for these "
            "data."
        )
    return ModelInterface(takes, "one_unit" if alone else "numbers" if takes_numbers(model) else "one_hot")


def takes_numbers(model: keras.Model) -> bool:
    """Whether the model's loss takes labels as whole numbers rather than one-hot rows."""
    return "sparse" in loss_name(model)


def loss_name(model: keras.Model) -> str:
    """The name of the model's loss in Keras's spelling, such as `sparse_categorical_crossentropy`; empty if none."""
    loss = getattr(model, "loss", None)
    return str(getattr(loss, "name", None) or getattr(loss, "__name__", None) or loss or "").lower()


def _outputs(model: keras.Model, data: Dataset) -> Shape:
    """The shape of the model's answer to one row."""
    inputs = getattr(model, "inputs", None)
    if inputs is not None and len(inputs) > 1:
        raise _several(f"{len(inputs)} inputs")
    if isinstance(model.loss, dict | list | tuple):
        raise _several("several losses")
    answer = _answer(model, data) if not model.built or _shape_of_output(model) is None else model.output
    if not hasattr(answer, "shape"):
        raise _several("several outputs")
    return tuple(answer.shape[1:])


def _shape_of_output(model: keras.Model) -> Any:
    try:
        return model.output
    except AttributeError:  # A subclassed model knows its output only once it is called.
        return None


def _answer(model: keras.Model, data: Dataset) -> Any:
    """The answer to a row of zeros, which also builds the model."""
    row = np.zeros((1, *input_shape_of(model, data.row_shape)), np.float32)
    try:
        return model(row)
    except Exception as error:  # Keras raises many types of exceptions for rows that a layer can't take.
        reason = shortened(str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__, 200)
        raise DataError(
            f"The model can't take rows of {shown(data.row_shape)}, as {data.name} has them: {reason} Begin it with "
            f"keras.Input({data.row_shape}), and Flatten before a Dense layer."
        ) from None


def _several(what: str) -> DataError:
    return DataError(
        f"train takes a model with one input, one output and one loss. Received: one with {what}. Train it with "
        "model.fit; find_overfitting reads what that returns."
    )
