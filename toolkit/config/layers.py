"""The layers that a config can name: one validated, frozen record per kind, in Keras's terms.

A kind's class holds all that form, command line, export, shapes and figures need to know about it. To add a kind,
write its class, add it to `AnyLayer` and regenerate docs/choices.md; tests/config/test_choices.py reports what is
missing.
"""

import re
from collections.abc import Iterator, Mapping
from math import ceil, prod
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

# The initializers' names are part of this module's interface too.
from .initializers import INITIALIZER_HELP as INITIALIZER_HELP
from .initializers import INITIALIZERS as INITIALIZERS
from .initializers import Initializer as Initializer
from .initializers import parse_initializer as parse_initializer

#: Keras's name -> the display name, in the order in which a form offers them.
ACTIVATIONS: dict[str, str] = {
    "linear": "none",
    "relu": "ReLU",
    "leaky_relu": "Leaky ReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "softmax": "softmax",
}
if TYPE_CHECKING:  # Type checkers accept no Literal that is built at run time.
    Activation = str
else:
    Activation = Literal[tuple(ACTIVATIONS)]
Padding = Literal["valid", "same"]

Shape = tuple[int, ...]
Arriving = Literal["picture", "row", "any"]
#: A layer's output shape, and the shapes of its weights, in Keras's order.
Traced = tuple[Shape, tuple[Shape, ...]]


class Layer(BaseModel):
    """Base class of all layers: frozen, and unknown fields are rejected.

    title: the display name; short_title: an abbreviation, if the title is long. keras_class: its class in
    keras.layers; `kind` is that name in snake case. keras_defaults: Keras's defaults of its arguments, in the order
    in which a script writes them; arguments without a default come first, as positional ones.
    takes: the input it needs. keeps_shape: whether it changes only values. has_kernel: whether its first weights are
    a kernel, as in dense layers and convolutions. main_field: the field that a short description names;
    shown_field: the field shown beside a short title.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    title: ClassVar[str]
    short_title: ClassVar[str] = ""
    keras_class: ClassVar[str]
    keras_defaults: ClassVar[Mapping[str, Any]] = {}
    takes: ClassVar[Arriving] = "any"
    keeps_shape: ClassVar[bool] = False
    has_kernel: ClassVar[bool] = False
    main_field: ClassVar[str] = ""
    shown_field: ClassVar[str] = ""

    kind: str

    def __repr_args__(self) -> Iterator[tuple[str, Any]]:
        """What is not as by default."""
        fields = type(self).model_fields
        return ((name, value) for name, value in self if value != fields[name].default)

    def trace(self, shape: Shape, *, use_bias: bool) -> Traced:
        """The output shape for an input of `shape`, and the shapes of the weights; here: the same shape, no weights.

        use_bias: whether the layer has biases, if its kind can.
        """
        return shape, ()


class _Weighted(Layer):
    """A layer with weights. A field that is None takes the value of the config's field of the same name."""

    has_kernel = True

    activation: Activation = "relu"
    kernel_initializer: Initializer | None = None
    bias_initializer: Initializer | None = None
    use_bias: bool | None = None


#: Keras's defaults for the fields that `_Weighted` leaves None.
_WEIGHTED_DEFAULTS = {"use_bias": True, "kernel_initializer": "glorot_uniform", "bias_initializer": "zeros"}


class Dense(_Weighted):
    """Every unit sees every input."""

    title = "Dense"
    keras_class = "Dense"
    keras_defaults: ClassVar[Mapping[str, Any]] = {"activation": "linear", **_WEIGHTED_DEFAULTS}
    takes = "row"
    main_field = "units"

    kind: Literal["dense"] = "dense"
    units: int = Field(64, ge=1, le=4096)

    def trace(self, shape: Shape, *, use_bias: bool) -> Traced:
        """A row with one number per unit."""
        kernel = (shape[0], self.units)
        return (self.units,), (kernel, (self.units,)) if use_bias else (kernel,)


class Conv2D(_Weighted):
    """Small filters slide over the picture; each draws a map of where it fits."""

    title = "Convolution"
    keras_class = "Conv2D"
    keras_defaults: ClassVar[Mapping[str, Any]] = {
        **{"strides": 1, "padding": "valid", "activation": "linear"},
        **_WEIGHTED_DEFAULTS,
    }
    takes = "picture"
    main_field = "filters"
    shown_field = "kernel_size"

    kind: Literal["conv2d"] = "conv2d"
    filters: int = Field(32, ge=1, le=512)
    kernel_size: int = Field(3, ge=1, le=15)
    strides: int = Field(1, ge=1, le=8)
    padding: Padding = "same"

    def trace(self, shape: Shape, *, use_bias: bool) -> Traced:
        """One map per filter."""
        kernel = (self.kernel_size, self.kernel_size, shape[2], self.filters)
        left = (*_slid(shape, self.kernel_size, self.strides, self.padding), self.filters)
        return left, (kernel, (self.filters,)) if use_bias else (kernel,)


class _Pooling(Layer):
    keras_defaults: ClassVar[Mapping[str, Any]] = {"pool_size": 2, "strides": None, "padding": "valid"}
    takes = "picture"
    main_field = "pool_size"

    pool_size: int = Field(2, ge=2, le=8)
    strides: int | None = Field(None, ge=1, le=8)
    padding: Padding = "valid"

    def trace(self, shape: Shape, *, use_bias: bool) -> Traced:
        """As many maps, smaller."""
        return (*_slid(shape, self.pool_size, self.strides or self.pool_size, self.padding), shape[2]), ()


def _slid(shape: Shape, window: int, strides: int, padding: str) -> Shape:
    """Height and width of the output of a sliding window."""
    room = 0 if padding == "same" else window - 1
    return tuple(ceil((size - room) / strides) for size in shape[:2])


class MaxPooling2D(_Pooling):
    """Keeps the largest value of each small square: half the width and height."""

    title = "Max pooling"
    keras_class = "MaxPooling2D"

    kind: Literal["max_pooling2d"] = "max_pooling2d"


class AveragePooling2D(_Pooling):
    """Keeps the mean of each small square."""

    title = "Average pooling"
    keras_class = "AveragePooling2D"
    keras_defaults: ClassVar[Mapping[str, Any]] = {"strides": None, "padding": "valid"}

    kind: Literal["average_pooling2d"] = "average_pooling2d"


class GlobalAveragePooling2D(Layer):
    """One number a map: its mean."""

    title = "Global average pooling"
    short_title = "Global average"
    keras_class = "GlobalAveragePooling2D"
    takes = "picture"

    kind: Literal["global_average_pooling2d"] = "global_average_pooling2d"

    def trace(self, shape: Shape, *, use_bias: bool) -> Traced:
        """A row with one number per map."""
        return (shape[2],), ()


class Flatten(Layer):
    """Lays a picture out as one long row of numbers."""

    title = "Flatten"
    keras_class = "Flatten"

    kind: Literal["flatten"] = "flatten"

    def trace(self, shape: Shape, *, use_bias: bool) -> Traced:
        """A row of all numbers."""
        return (prod(shape),), ()


class Dropout(Layer):
    """Switches this share of the values off at random while training: a remedy for overfitting."""

    title = "Dropout"
    keras_class = "Dropout"
    keeps_shape = True
    main_field = "rate"
    shown_field = "rate"

    kind: Literal["dropout"] = "dropout"
    rate: float = Field(0.2, ge=0, lt=1)


class BatchNormalization(Layer):
    """Keeps each value's mean near 0 and spread near 1 within a batch; steadier, faster training."""

    title = "Batch normalisation"
    short_title = "Batch norm"
    keras_class = "BatchNormalization"
    keras_defaults: ClassVar[Mapping[str, Any]] = {"momentum": 0.99}
    keeps_shape = True

    kind: Literal["batch_normalization"] = "batch_normalization"
    momentum: float = Field(0.99, ge=0, lt=1)

    def trace(self, shape: Shape, *, use_bias: bool) -> Traced:
        """The same shape; weights: scale, shift, running mean and running variance."""
        return shape, 4 * ((shape[-1],),)


class ActivationLayer(Layer):
    """An activation on its own, for example after batch normalisation."""

    title = "Activation"
    keras_class = "Activation"
    keeps_shape = True
    main_field = "activation"

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
PICTURE_KINDS = frozenset(kind for kind, layer_class in LAYER_KINDS.items() if layer_class.takes == "picture")


def snake_case(name: str) -> str:
    """`MaxPooling2D` as Keras writes it in a file: `max_pooling2d`."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
