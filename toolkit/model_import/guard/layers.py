"""The exact list of accepted layers, with all allowed values of their settings; nothing else gets through."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ...config.layers import ACTIVATIONS
from . import flows
from .limits import MOST_SIDE, MOST_UNITS, MOST_VALUES, MOST_WINDOW
from .objects import CONSTRAINT, INITIALIZER, PRECISION, REGULARIZER
from .rules import (
    FLAG,
    NOTHING,
    Rule,
    either,
    exactly,
    list_of,
    nested_numbers,
    number,
    one_of,
    optional,
    pair_of,
    whole,
)

Rules = Mapping[str, Rule]


@dataclass(frozen=True)
class LayerRule:
    """One kind of layer. flow: what it does to a shape.

    settings: those that decide its output, passed to Keras when it is rebuilt; `needed` are the required ones.
    aside: those that matter only to training, checked and then left out.
    merges: whether it takes several outputs at once.
    """

    flow: Callable[..., flows.Flow] = flows.unchanged
    needed: tuple[str, ...] = ()
    settings: Rules = field(default_factory=dict)
    aside: Rules = field(default_factory=dict)
    merges: bool = False


_ACTIVATION = one_of(
    *ACTIVATIONS,
    *("softplus", "softsign", "relu6", "hard_sigmoid", "hard_silu", "hard_tanh", "mish", "celu", "exponential"),
)
_PADDING = one_of("valid", "same")
_CHANNELS_LAST = Rule(
    "left out or channels_last",
    lambda value: value in (None, "channels_last"),
    "Build the network with channels_last, transpose and set its weights, and save it.",
)
_SEED = optional(whole(0, 2**63))
_RATE = number(0, 1)
_WINDOW, _SIDE = pair_of(whole(1, MOST_WINDOW)), whole(1, MOST_SIDE)
_MARGIN = pair_of(pair_of(whole(0, MOST_SIDE)))
_AXIS = either(whole(-1, 3), list_of(whole(-1, 3), range(1, 2)))
_AXES = either(NOTHING, whole(-3, 3), list_of(whole(-3, 3), range(4)))
_UNITS, _VALUES = whole(1, MOST_UNITS), nested_numbers(3, MOST_UNITS)
_FACTOR, _RANGE = either(number(-10, 10), pair_of(number(-10, 10))), pair_of(number())
_INTERPOLATION = one_of("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")

#: Settings that every layer has besides its own.
COMMON: Rules = {"trainable": FLAG, "dtype": PRECISION}


def _trained(*names: str) -> Rules:
    """The settings of a weight that matter only before and during training."""
    rules = {"initializer": INITIALIZER, "regularizer": REGULARIZER, "constraint": CONSTRAINT}
    return {f"{name}_{what}": rule for name in names for what, rule in rules.items()}


_LEARNED: Rules = {"activity_regularizer": REGULARIZER, **_trained("bias")}
_SLIDING: Rules = {"kernel_size": _WINDOW, "strides": _WINDOW, "padding": _PADDING, "dilation_rate": _WINDOW}
_ANSWER: Rules = {"activation": _ACTIVATION, "use_bias": FLAG}
_AS_USUAL: Rules = {"data_format": _CHANNELS_LAST}
_SCALED: Rules = {"epsilon": number(0, 1), "center": FLAG, "scale": FLAG}
_AT_RANDOM: Rules = {"seed": _SEED, "rng_type": optional(one_of("stateful", "stateless")), **_AS_USUAL}
_FILLED: Rules = {
    "fill_mode": one_of("reflect", "wrap", "constant", "nearest"),
    "fill_value": number(),
    "interpolation": one_of("nearest", "bilinear"),
}


def _dropping(**settings: Rule) -> LayerRule:
    return LayerRule(settings=settings, aside={"seed": _SEED, "noise_shape": NOTHING, **_AS_USUAL})


def _augmenting(**settings: Rule) -> LayerRule:
    return LayerRule(flows.picture_unchanged, settings=settings, aside=_AT_RANDOM)


_SHADING = _augmenting(factor=_FACTOR, value_range=_RANGE)
_POOLING = LayerRule(
    flows.pooling,
    ("pool_size",),
    {"pool_size": _WINDOW, "strides": optional(_WINDOW), "padding": _PADDING},
    _AS_USUAL,
)
_MERGING = LayerRule(flows.merged, merges=True)
_GLOBAL_POOLING = LayerRule(flows.global_pooling, aside={"keepdims": exactly(False), **_AS_USUAL})

#: Keras's class -> its rule. All are in the module keras.layers.
LAYERS: dict[str, LayerRule] = {
    "Dense": LayerRule(
        flows.dense,
        ("units",),
        {"units": _UNITS, **_ANSWER},
        {"quantization_config": NOTHING, **_trained("kernel"), **_LEARNED},
    ),
    "Conv2D": LayerRule(
        flows.convolution,
        ("filters", "kernel_size"),
        {"filters": _UNITS, **_SLIDING, **_ANSWER},
        {"groups": exactly(1), "quantization_config": NOTHING, **_trained("kernel"), **_LEARNED, **_AS_USUAL},
    ),
    "DepthwiseConv2D": LayerRule(
        flows.depthwise_convolution,
        ("kernel_size",),
        {"depth_multiplier": whole(1, 64), **_SLIDING, **_ANSWER},
        {"groups": exactly(1), **_trained("depthwise"), **_LEARNED, **_AS_USUAL},
    ),
    "SeparableConv2D": LayerRule(
        flows.separable_convolution,
        ("filters", "kernel_size"),
        {"filters": _UNITS, "depth_multiplier": whole(1, 64), **_SLIDING, **_ANSWER},
        {"groups": exactly(1), **_trained("kernel", "depthwise", "pointwise"), **_LEARNED, **_AS_USUAL},
    ),
    "MaxPooling2D": _POOLING,
    "AveragePooling2D": _POOLING,
    "GlobalAveragePooling2D": _GLOBAL_POOLING,
    "GlobalMaxPooling2D": _GLOBAL_POOLING,
    **dict.fromkeys(("Add", "Multiply", "Average", "Maximum", "Minimum"), _MERGING),
    "Concatenate": LayerRule(flows.concatenated, settings={"axis": whole(-1, 3)}, merges=True),
    "Flatten": LayerRule(flows.flatten, aside=_AS_USUAL),
    "Reshape": LayerRule(
        flows.reshape, ("target_shape",), {"target_shape": list_of(whole(-1, MOST_VALUES), range(1, 4))}
    ),
    "Permute": LayerRule(flows.permute, ("dims",), {"dims": list_of(whole(1, 3), range(1, 4))}),
    "ZeroPadding2D": LayerRule(flows.zero_padding, ("padding",), {"padding": _MARGIN}, _AS_USUAL),
    "Cropping2D": LayerRule(flows.cropping, ("cropping",), {"cropping": _MARGIN}, _AS_USUAL),
    "UpSampling2D": LayerRule(
        flows.up_sampling, ("size",), {"size": _WINDOW, "interpolation": _INTERPOLATION}, _AS_USUAL
    ),
    "Resizing": LayerRule(
        flows.resized,
        ("height", "width"),
        {
            "height": _SIDE,
            "width": _SIDE,
            "interpolation": _INTERPOLATION,
            "crop_to_aspect_ratio": FLAG,
            "pad_to_aspect_ratio": FLAG,
        },
        {"fill_mode": exactly("constant"), "fill_value": number(), "antialias": exactly(False), **_AS_USUAL},
    ),
    "CenterCrop": LayerRule(flows.resized, ("height", "width"), {"height": _SIDE, "width": _SIDE}, _AS_USUAL),
    "Rescaling": LayerRule(settings={"scale": number(), "offset": number()}, needed=("scale",)),
    "Normalization": LayerRule(
        flows.normalization,
        settings={"axis": _AXES, "mean": optional(_VALUES), "variance": optional(_VALUES)},
        aside={"invert": exactly(False)},
    ),
    "BatchNormalization": LayerRule(
        flows.batch_normalization,
        settings={"axis": whole(-1, 3), "momentum": number(0, 1), **_SCALED},
        aside={
            **{"synchronized": exactly(False), "renorm": exactly(False), "renorm_clipping": NOTHING},
            **{"renorm_momentum": number(0, 1), **_trained("gamma", "beta", "moving_mean", "moving_variance")},
        },
    ),
    "LayerNormalization": LayerRule(
        flows.layer_normalization,
        settings={"axis": _AXIS, **_SCALED},
        aside={"rms_scaling": exactly(False), **_trained("gamma", "beta")},
    ),
    "Activation": LayerRule(needed=("activation",), settings={"activation": _ACTIVATION}),
    "ReLU": LayerRule(
        settings={
            "max_value": optional(number(0)),
            "negative_slope": number(0),
            "threshold": number(0),
        }
    ),
    "LeakyReLU": LayerRule(settings={"negative_slope": number(0)}),
    "ELU": LayerRule(settings={"alpha": number(0)}),
    "PReLU": LayerRule(
        flows.parametric_relu,
        settings={"shared_axes": optional(list_of(whole(1, 3), range(1, 4)))},
        aside=_trained("alpha"),
    ),
    "Softmax": LayerRule(settings={"axis": exactly(-1)}),
    "Dropout": _dropping(rate=_RATE),
    "SpatialDropout2D": _dropping(rate=_RATE),
    "GaussianDropout": _dropping(rate=_RATE),
    "AlphaDropout": _dropping(rate=_RATE),
    "GaussianNoise": _dropping(stddev=number(0)),
    "RandomFlip": _augmenting(mode=one_of("horizontal", "vertical", "horizontal_and_vertical")),
    "RandomRotation": _augmenting(factor=_FACTOR, **_FILLED),
    "RandomZoom": _augmenting(height_factor=_FACTOR, width_factor=optional(_FACTOR), **_FILLED),
    "RandomTranslation": _augmenting(height_factor=_FACTOR, width_factor=_FACTOR, **_FILLED),
    "RandomContrast": _SHADING,
    "RandomBrightness": _SHADING,
    "RandomHue": _SHADING,
    "RandomSaturation": _SHADING,
    "RandomSharpness": _SHADING,
    "RandomColorDegeneration": _SHADING,
    "RandomInvert": _SHADING,
    "RandomPosterization": _SHADING,
    "RandomGrayscale": _augmenting(factor=_FACTOR),
    "RandomErasing": _augmenting(
        factor=_FACTOR, scale=_FACTOR, value_range=_RANGE, fill_value=optional(either(number(), _RANGE))
    ),
    "RandomGaussianBlur": _augmenting(factor=_FACTOR, kernel_size=_WINDOW, sigma=_FACTOR, value_range=_RANGE),
    "RandomPerspective": _augmenting(
        factor=_FACTOR, scale=number(0, 10), interpolation=_INTERPOLATION, fill_value=number()
    ),
}
