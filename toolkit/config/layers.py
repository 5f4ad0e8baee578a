"""The layers that a config can name: one checked, frozen record a kind, in Keras's words."""

import math
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ..errors import listed

Activation = Literal["linear", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "tanh", "sigmoid", "softmax"]
Padding = Literal["valid", "same"]

#: name -> (what its one number means, its value when left out); None: the initializer takes no number.
INITIALIZERS: dict[str, tuple[str, float] | None] = {
    "glorot_uniform": None,
    "glorot_normal": None,
    "he_uniform": None,
    "he_normal": None,
    "lecun_uniform": None,
    "lecun_normal": None,
    "zeros": None,
    "ones": None,
    "random_normal": ("stddev", 0.05),
    "truncated_normal": ("stddev", 0.05),
    "constant": ("value", 0.0),
}
INITIALIZER_HELP = f"{listed(INITIALIZERS)}; a number may follow, as in random_normal(0.01)"


def parse_initializer(text: str) -> tuple[str, dict[str, float]]:
    """Split `"random_normal(0.01)"` into `("random_normal", {"stddev": 0.01})`.

    Raises `ValueError` for an unknown name, or a number where the initializer takes none.
    """
    match = re.fullmatch(r"\s*(\w+)\s*(?:\(\s*(?:\w+\s*=\s*)?(-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*\))?\s*", text)
    if match is None or match[1] not in INITIALIZERS:
        raise ValueError(INITIALIZER_HELP)
    number = INITIALIZERS[match[1]]
    if number is None:
        if match[2] is not None:
            raise ValueError(f"{match[1]} without a number")
        return match[1], {}
    value = number[1] if match[2] is None else float(match[2])
    if not math.isfinite(value):
        raise ValueError(f"{match[1]} with a finite number")
    if number[0] == "stddev" and value <= 0:
        raise ValueError(f"{match[1]} with a standard deviation above 0")
    return match[1], {number[0]: value}


def _checked_initializer(text: str) -> str:
    parse_initializer(text)
    return text.strip()


Initializer = Annotated[str, AfterValidator(_checked_initializer)]


class Layer(BaseModel):
    """What all layers share: frozen, and unknown words are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    kind: str


class _Weighted(Layer):
    """A layer with weights. What is None here is taken from the config's field of the same name."""

    activation: Activation = "relu"
    kernel_initializer: Initializer | None = None
    bias_initializer: Initializer | None = None
    use_bias: bool | None = None


class Dense(_Weighted):
    """Every unit sees every input."""

    kind: Literal["dense"] = "dense"
    units: int = Field(64, ge=1, le=4096)


class Conv2D(_Weighted):
    """Small filters slide over the picture; each draws a map of where it fits."""

    kind: Literal["conv2d"] = "conv2d"
    filters: int = Field(32, ge=1, le=512)
    kernel_size: int = Field(3, ge=1, le=15)
    strides: int = Field(1, ge=1, le=8)
    padding: Padding = "same"


class _Pooling(Layer):
    pool_size: int = Field(2, ge=2, le=8)
    strides: int | None = Field(None, ge=1, le=8)
    padding: Padding = "valid"


class MaxPooling2D(_Pooling):
    """Keeps the largest value of each small square: half the width and height."""

    kind: Literal["max_pooling2d"] = "max_pooling2d"


class AveragePooling2D(_Pooling):
    """Keeps the mean of each small square."""

    kind: Literal["average_pooling2d"] = "average_pooling2d"


class GlobalAveragePooling2D(Layer):
    """One number a map: its mean."""

    kind: Literal["global_average_pooling2d"] = "global_average_pooling2d"


class Flatten(Layer):
    """Lays a picture out as one long row of numbers."""

    kind: Literal["flatten"] = "flatten"


class Dropout(Layer):
    """Switches this share of the values off at random while training: a remedy for overfitting."""

    kind: Literal["dropout"] = "dropout"
    rate: float = Field(0.2, ge=0, lt=1)


class BatchNormalization(Layer):
    """Keeps each value's mean near 0 and spread near 1 within a batch; steadier, faster training."""

    kind: Literal["batch_normalization"] = "batch_normalization"
    momentum: float = Field(0.99, ge=0, lt=1)


class ActivationLayer(Layer):
    """An activation on its own, for example after batch normalisation."""

    kind: Literal["activation"] = "activation"
    activation: Activation = "relu"


AnyLayer = (
    Dense
    | Conv2D
    | MaxPooling2D
    | AveragePooling2D
    | GlobalAveragePooling2D
    | Flatten
    | Dropout
    | BatchNormalization
    | ActivationLayer
)

#: kind -> class, in the order in which a form offers them.
LAYER_KINDS: dict[str, type[Layer]] = {
    layer_class.model_fields["kind"].default: layer_class for layer_class in AnyLayer.__args__
}

#: Layers that need a picture (height, width, channels) rather than a row of numbers.
PICTURE_KINDS = frozenset({"conv2d", "max_pooling2d", "average_pooling2d", "global_average_pooling2d"})


def snake_case(name: str) -> str:
    """`MaxPooling2D` as Keras spells it in a file: `max_pooling2d`."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
