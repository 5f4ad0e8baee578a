"""How the data's shape changes from layer to layer, and how many parameters each layer has.

Plain arithmetic without TensorFlow: forms update it after every change, and errors are explained before a
model is built.
"""

from dataclasses import dataclass
from math import prod
from typing import Any

from ..errors import ConfigError, Problem
from .experiment import ExperimentConfig
from .layers import PICTURE_KINDS, Dense, Layer
from .layers import Shape as Shape


@dataclass(frozen=True)
class LayerShape:
    """One layer's input, output and weight shapes, without the batch axis, in Keras's order."""

    kind: str
    input_shape: Shape
    output_shape: Shape
    weights: tuple[Shape, ...]

    @property
    def parameters(self) -> int:
        """How many parameters the layer has."""
        return sum(prod(shape) for shape in self.weights)


def shown(shape: Shape) -> str:
    """A shape as a person writes it: `28 × 28 × 1`."""
    return " × ".join(f"{size:,}" for size in shape)


def takes_pictures(config: ExperimentConfig) -> bool:
    """Whether the network takes pictures as they are; otherwise each row is flattened first."""
    return any(layer.kind in PICTURE_KINDS or layer.kind == "flatten" for layer in config.layers)


def input_shape(config: ExperimentConfig, row_shape: Shape) -> Shape:
    """The input shape of the first layer: (height, width, channels), or (values,) once flattened.

    `row_shape` is one row of the data: (28, 28), (32, 32, 3) or (values,).
    """
    if not takes_pictures(config) or len(row_shape) == 1:
        return (prod(row_shape),)
    return row_shape if len(row_shape) == 3 else (*row_shape, 1)


def trace_shapes(config: ExperimentConfig, row_shape: Shape, num_classes: int) -> list[LayerShape]:
    """Follow the shape through every layer, the output layer last.

    Raises `ConfigError` at the first layer that can't take its input: which layer, what it receives, what it
    needs and what to add.
    """
    shape, traced = input_shape(config, row_shape), []
    for index, layer in enumerate(config.layers):
        if problem := _misfit(index, layer, shape):
            raise ConfigError([problem])
        traced.append(_follow(layer, shape, config))
        shape = traced[-1].output_shape
    if len(shape) != 1:
        remedy = "Add a flatten or global_average_pooling2d layer at the end."
        raise ConfigError(
            [Problem("layers", "layers that end in a row of numbers, for the output", shown(shape), remedy)]
        )
    output = Dense(units=num_classes)
    return [*traced, _follow(output, shape, config)]


def count_parameters(config: ExperimentConfig, row_shape: Shape, num_classes: int) -> int:
    """How many parameters the network has, including batch normalisation's running averages."""
    return sum(layer.parameters for layer in trace_shapes(config, row_shape, num_classes))


def _misfit(index: int, layer: Any, shape: Shape) -> Problem | None:
    field, received = f"layers.{index}", f"{layer.kind} with an input of {shown(shape)}"
    if layer.takes == "picture" and len(shape) != 3:
        remedy = "Move it before flatten and dense layers, and use data made of pictures."
        return Problem(field, "a layer that takes a row of numbers", received, remedy)
    if layer.takes == "row" and len(shape) != 1:
        remedy = "Add a flatten layer before it."
        return Problem(field, "a layer that takes height × width × channels", received, remedy)
    window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if window and layer.padding == "valid" and min(shape[:2]) < window:
        remedy = "Remove the layer, or choose padding same."
        return Problem(field, f"given a picture of at least {window} × {window}", received, remedy)
    return None


def _follow(layer: Layer, shape: Shape, config: ExperimentConfig) -> LayerShape:
    own = getattr(layer, "use_bias", None)
    output_shape, weights = layer.trace(shape, use_bias=config.use_bias if own is None else own)
    return LayerShape(layer.kind, shape, output_shape, weights)
