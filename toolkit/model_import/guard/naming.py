"""Names the layers of a file as a config does, as far as it can."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ...config import ExperimentConfig
from ...config.initializers import INITIALIZERS
from ...config.layers import (
    ActivationLayer,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Layer,
    MaxPooling2D,
    snake_case,
)
from .architecture import Architecture, KnownLayer

#: The factor that scales pixels here before they enter a network.
_PIXEL = 1 / 255


@dataclass(frozen=True)
class NamedLayers:
    """layers: the hidden ones that a config can name. from_logits: whether the output has no softmax.

    unnamed: the classes of the others, in order, without a preparation that every network gets here anyway.
    holds_all_weights: whether none of them has weights.
    """

    layers: tuple[Layer, ...]
    from_logits: bool
    unnamed: tuple[str, ...]
    holds_all_weights: bool


def name_layers(network: Architecture) -> NamedLayers:
    """Name what a config can name. Neither the output layer nor the softmax after it is a hidden layer."""
    last = network.layers[-1]
    follows = _activation(last) == "softmax" and last.class_name != "Dense"
    hidden = list(network.layers[:-1] if follows else network.layers)
    ends_in_dense = bool(hidden) and hidden[-1].class_name == "Dense"
    output = hidden.pop() if ends_in_dense else last
    named = [(layer, _named(layer)) for layer in hidden]
    unnamed = [layer for layer, name in named[_num_preparing(hidden) :] if name is None]
    return NamedLayers(
        tuple(name for _, name in named if name is not None),
        from_logits=not follows and _activation(output) in (None, "linear"),
        unnamed=tuple(layer.class_name for layer in unnamed),
        holds_all_weights=network.is_chain and ends_in_dense and not any(layer.flow.weights for layer in unnamed),
    )


def _num_preparing(layers: Sequence[KnownLayer]) -> int:
    """1 if the first layer prepares rows as every network's are here: scaled pixels, standardised columns; else 0."""
    first = layers[0] if layers else None
    if first is None or first.class_name not in ("Rescaling", "Normalization"):
        return 0
    divides = math.isclose(first.config.get("scale", 0), _PIXEL, rel_tol=1e-6) and not first.config.get("offset", 0)
    return int(divides if first.class_name == "Rescaling" else len(first.input_shape) == 1)


def _activation(layer: KnownLayer) -> str | None:
    """A layer's activation; None if the layer has none."""
    if layer.class_name == "Softmax":
        return "softmax"
    if "activation" in layer.config or layer.class_name in ("Dense", "Conv2D"):
        return str(layer.config.get("activation", "linear"))
    return None


def _named(layer: KnownLayer) -> Layer | None:
    try:
        return _NAMES[layer.class_name](layer.config) if layer.class_name in _NAMES else None
    except ValidationError:  # Larger than a config allows.
        return None


def _dense(config: Mapping[str, Any]) -> Layer:
    return Dense(units=config["units"], **_weighted(config))


def _convolution(config: Mapping[str, Any]) -> Layer | None:
    kernel, strides = config["kernel_size"], config.get("strides", [1, 1])
    if not (_is_square(kernel) and _is_square(strides)) or config.get("dilation_rate", [1, 1]) != [1, 1]:
        return None
    sizes = {"filters": config["filters"], "kernel_size": kernel[0], "strides": strides[0]}
    return Conv2D(**sizes, padding=config.get("padding", "valid"), **_weighted(config))


def _weighted(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that differ from a config's defaults, as a person would write them."""
    starts = {name: _initializer(config.get(name)) for name in ("kernel_initializer", "bias_initializer")}
    settings = {**starts, "use_bias": config.get("use_bias", True)}
    usual = {name: ExperimentConfig.model_fields[name].default for name in settings}
    unusual = {name: value for name, value in settings.items() if value != usual[name]}
    return {"activation": config.get("activation", "linear"), **unusual}


def _initializer(value: Mapping[str, Any] | None) -> str | None:
    """`random_normal(0.01)`; None if a config has no name for it, or it is Keras's default."""
    name = snake_case(value["class_name"]) if value else ""
    if not value or name not in INITIALIZERS or value["config"].get("mean"):
        return None
    number = INITIALIZERS[name]
    return name if number is None else f"{name}({value['config'].get(number[0], number[1])})"


def _pooling(layer_class: type[MaxPooling2D] | type[AveragePooling2D]) -> Callable[[Mapping[str, Any]], Layer | None]:
    def name(config: Mapping[str, Any]) -> Layer | None:
        window, strides = config["pool_size"], config.get("strides") or config["pool_size"]
        if not (_is_square(window) and _is_square(strides)):
            return None
        apart = None if strides == window else strides[0]
        return layer_class(pool_size=window[0], strides=apart, padding=config.get("padding", "valid"))

    return name


def _batch_normalization(config: Mapping[str, Any]) -> Layer | None:
    usual = config.get("scale", True) and config.get("center", True) and config.get("epsilon", 0.001) == 0.001
    return BatchNormalization(momentum=config.get("momentum", 0.99)) if usual else None


def _own_layer(activation: str, **usual: float | None) -> Callable[[Mapping[str, Any]], Layer | None]:
    """An activation layer, if its settings are those of the activation of that name."""

    def name(config: Mapping[str, Any]) -> Layer | None:
        same = all(_is_near(config.get(setting, value), value) for setting, value in usual.items())
        return ActivationLayer(activation=activation) if same else None

    return name


def _is_near(value: float | None, other: float | None) -> bool:
    return value == other or (value is not None and other is not None and math.isclose(value, other))


def _is_square(sides: Sequence[int]) -> bool:
    return sides[0] == sides[1]


_NAMES: dict[str, Callable[[Mapping[str, Any]], Layer | None]] = {
    "Dense": _dense,
    "Conv2D": _convolution,
    "MaxPooling2D": _pooling(MaxPooling2D),
    "AveragePooling2D": _pooling(AveragePooling2D),
    "GlobalAveragePooling2D": lambda config: GlobalAveragePooling2D(),
    "Flatten": lambda config: Flatten(),
    "Dropout": lambda config: Dropout(rate=config.get("rate", 0.0)),
    "BatchNormalization": _batch_normalization,
    "Activation": lambda config: ActivationLayer(activation=config["activation"]),
    "ReLU": _own_layer("relu", max_value=None, negative_slope=0.0, threshold=0.0),
    "LeakyReLU": _own_layer("leaky_relu", negative_slope=0.2),
    "ELU": _own_layer("elu", alpha=1.0),
    "Softmax": _own_layer("softmax"),
}
