"""How the data's shape changes from layer to layer, and how many numbers each layer learns.

Plain arithmetic without TensorFlow: forms show it after every change, and mistakes are explained
before a model is built.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, prod
from typing import Any

from ..errors import ConfigError, Problem
from .experiment import ExperimentConfig
from .layers import PICTURE_KINDS, Conv2D, Dense, Layer

Shape = tuple[int, ...]
_Weights = tuple[Shape, ...]


@dataclass(frozen=True)
class LayerShape:
    """One layer's way: shapes without the batch axis, and those of the weights it holds, in Keras's order."""

    kind: str
    input_shape: Shape
    output_shape: Shape
    weights: tuple[Shape, ...]

    @property
    def parameters(self) -> int:
        """How many numbers the weights are."""
        return sum(prod(shape) for shape in self.weights)


def shown(shape: Shape) -> str:
    """A shape as a person writes it: `28 × 28 × 1`."""
    return " × ".join(f"{size:,}" for size in shape)


def takes_pictures(config: ExperimentConfig) -> bool:
    """Whether the network gets pictures as they are; otherwise each row is flattened before it."""
    return any(layer.kind in PICTURE_KINDS or layer.kind == "flatten" for layer in config.layers)


def input_shape(config: ExperimentConfig, row_shape: Shape) -> Shape:
    """What arrives at the first layer: (height, width, channels), or (values,) once flattened.

    `row_shape` is one row of the data: (28, 28), (32, 32, 3) or (values,).
    """
    if not takes_pictures(config) or len(row_shape) == 1:
        return (prod(row_shape),)
    return row_shape if len(row_shape) == 3 else (*row_shape, 1)


def trace_shapes(config: ExperimentConfig, row_shape: Shape, num_classes: int) -> list[LayerShape]:
    """Follow the shape through every layer, the output layer last.

    Raises `ConfigError` at the first layer that can't take what arrives: which layer, what arrives,
    what it needs and what to add.
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
    """All the numbers that the network holds, batch normalisation's running figures included."""
    return sum(layer.parameters for layer in trace_shapes(config, row_shape, num_classes))


def _misfit(index: int, layer: Any, shape: Shape) -> Problem | None:
    field, arrives = f"layers.{index}", f"{layer.kind} with {shown(shape)} arriving"
    if layer.kind in PICTURE_KINDS and len(shape) != 3:
        remedy = "Move it before flatten and dense layers, and use data made of pictures."
        return Problem(field, "a layer that takes a row of numbers", arrives, remedy)
    if layer.kind == "dense" and len(shape) != 1:
        return Problem(field, "a layer that takes height × width × channels", arrives, "Add a flatten layer before it.")
    window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
    if window and layer.padding == "valid" and min(shape[:2]) < window:
        remedy = "Remove the layer, or choose padding same."
        return Problem(field, f"given a picture of at least {window} × {window}", arrives, remedy)
    return None


def _dense(layer: Any, shape: Shape, bias: bool) -> tuple[Shape, _Weights]:
    kernel = (shape[0], layer.units)
    return (layer.units,), (kernel, (layer.units,)) if bias else (kernel,)


def _convolution(layer: Any, shape: Shape, bias: bool) -> tuple[Shape, _Weights]:
    kernel = (layer.kernel_size, layer.kernel_size, shape[2], layer.filters)
    output_shape = (*_slid(layer, layer.kernel_size, layer.strides, shape), layer.filters)
    return output_shape, (kernel, (layer.filters,)) if bias else (kernel,)


def _pooling(layer: Any, shape: Shape, bias: bool) -> tuple[Shape, _Weights]:
    return (*_slid(layer, layer.pool_size, layer.strides or layer.pool_size, shape), shape[2]), ()


def _slid(layer: Any, window: int, strides: int, shape: Shape) -> Shape:
    """Height and width after a window has slid over them."""
    room = 0 if layer.padding == "same" else window - 1
    return tuple(ceil((size - room) / strides) for size in shape[:2])


#: kind -> (layer, shape, whether it has a bias) -> its output shape and its weights; others change nothing.
_RULES: dict[str, Callable[[Any, Shape, bool], tuple[Shape, _Weights]]] = {
    "dense": _dense,
    "conv2d": _convolution,
    "max_pooling2d": _pooling,
    "average_pooling2d": _pooling,
    "global_average_pooling2d": lambda layer, shape, bias: ((shape[2],), ()),
    "flatten": lambda layer, shape, bias: ((prod(shape),), ()),
    # Scale and shift, and the running mean and variance.
    "batch_normalization": lambda layer, shape, bias: (shape, 4 * ((shape[-1],),)),
}


def _follow(layer: Layer, shape: Shape, config: ExperimentConfig) -> LayerShape:
    use_bias = config.use_bias if not isinstance(layer, (Dense, Conv2D)) or layer.use_bias is None else layer.use_bias
    rule = _RULES.get(layer.kind)
    output_shape, weights = rule(layer, shape, use_bias) if rule else (shape, ())
    return LayerShape(layer.kind, shape, output_shape, weights)
