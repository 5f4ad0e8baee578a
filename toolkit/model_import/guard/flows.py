"""What a layer does to a shape: its output shape, the weights that it needs, and its number of multiplications.

Each function takes the layer's checked settings, as in the file, and its input shape, without the batch; those of
layers that merge several outputs take several shapes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

Shape = tuple[int, ...]
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Flow:
    """output_shape: without the batch. weights: shapes by name, in Keras's order. products: multiplications per row."""

    output_shape: Shape
    weights: Mapping[str, Shape] = field(default_factory=dict)
    products: int = 0


class MisfitError(ValueError):
    """A layer that can't take its input: what it needs, and what it got."""

    def __init__(self, expected: str, received: Any) -> None:
        super().__init__(expected, received)
        self.expected, self.received = expected, received


def unchanged(settings: Settings, shape: Shape) -> Flow:
    """An activation, dropout, noise."""
    return Flow(shape)


def picture_unchanged(settings: Settings, shape: Shape) -> Flow:
    """A layer that rotates, shifts or recolours pictures, only during training."""
    _need_picture(shape)
    return Flow(shape)


def flatten(settings: Settings, shape: Shape) -> Flow:
    """All values in one axis."""
    return Flow((prod(shape),))


def reshape(settings: Settings, shape: Shape) -> Flow:
    """The same values in another shape; −1 stands for the remaining ones."""
    target = tuple(settings["target_shape"])
    known = prod(size for size in target if size != -1)
    if target.count(-1) > 1 or not known or prod(shape) % known or (-1 not in target and known != prod(shape)):
        raise MisfitError(f"a form for {prod(shape):,} values", list(target))
    return Flow(tuple(prod(shape) // known if size == -1 else size for size in target))


def permute(settings: Settings, shape: Shape) -> Flow:
    """The axes in another order; they count from 1."""
    dims = settings["dims"]
    if sorted(dims) != list(range(1, len(shape) + 1)):
        raise MisfitError(f"an order of {len(shape)} axes", dims)
    return Flow(tuple(shape[axis - 1] for axis in dims))


def dense(settings: Settings, shape: Shape) -> Flow:
    """Each unit sees all values of the last axis."""
    units = settings["units"]
    weights = {"kernel": (shape[-1], units), **_bias(settings, units)}
    return Flow((*shape[:-1], units), weights, prod(shape) * units)


def convolution(settings: Settings, shape: Shape) -> Flow:
    """Filters that slide over a picture."""
    kernel = (*settings["kernel_size"], shape[-1], settings["filters"])
    output = (*_slid(settings, "kernel_size", shape), settings["filters"])
    return Flow(output, {"kernel": kernel, **_bias(settings, output[2])}, prod(output[:2]) * prod(kernel))


def depthwise_convolution(settings: Settings, shape: Shape) -> Flow:
    """Filters for each channel separately."""
    kernel = (*settings["kernel_size"], shape[-1], settings.get("depth_multiplier", 1))
    output = (*_slid(settings, "kernel_size", shape), kernel[2] * kernel[3])
    return Flow(output, {"kernel": kernel, **_bias(settings, output[2])}, prod(output[:2]) * prod(kernel))


def separable_convolution(settings: Settings, shape: Shape) -> Flow:
    """A depthwise convolution, then one with a window of 1."""
    depthwise = depthwise_convolution({**settings, "use_bias": False}, shape)
    pointwise = (1, 1, depthwise.output_shape[2], settings["filters"])
    output = (*depthwise.output_shape[:2], settings["filters"])
    kernels = {"depthwise_kernel": depthwise.weights["kernel"], "pointwise_kernel": pointwise}
    products = depthwise.products + prod(output[:2]) * prod(pointwise)
    return Flow(output, {**kernels, **_bias(settings, output[2])}, products)


def pooling(settings: Settings, shape: Shape) -> Flow:
    """The largest value or the mean of each window."""
    settings = {**settings, "strides": settings.get("strides") or settings["pool_size"]}
    output = (*_slid(settings, "pool_size", shape), shape[2])
    return Flow(output, products=prod(output) * prod(settings["pool_size"]))


def global_pooling(settings: Settings, shape: Shape) -> Flow:
    """One number per channel."""
    _need_picture(shape)
    return Flow((shape[2],))


def zero_padding(settings: Settings, shape: Shape) -> Flow:
    """A margin."""
    _need_picture(shape)
    (top, bottom), (left, right) = settings["padding"]
    return Flow((shape[0] + top + bottom, shape[1] + left + right, shape[2]))


def cropping(settings: Settings, shape: Shape) -> Flow:
    """A margin cut off."""
    _need_picture(shape)
    (top, bottom), (left, right) = settings["cropping"]
    return Flow((shape[0] - top - bottom, shape[1] - left - right, shape[2]))


def up_sampling(settings: Settings, shape: Shape) -> Flow:
    """Each pixel repeated."""
    _need_picture(shape)
    return Flow((shape[0] * settings["size"][0], shape[1] * settings["size"][1], shape[2]))


def resized(settings: Settings, shape: Shape) -> Flow:
    """A picture of another size."""
    _need_picture(shape)
    return Flow((settings["height"], settings["width"], shape[2]))


def batch_normalization(settings: Settings, shape: Shape) -> Flow:
    """Scale and shift, and the running mean and variance, of each value of the last axis."""
    if settings.get("axis", -1) not in (-1, len(shape)):
        raise MisfitError("along the last axis", settings["axis"])
    names = [*_scale_and_shift(settings), "moving_mean", "moving_variance"]
    return Flow(shape, dict.fromkeys(names, shape[-1:]))


def layer_normalization(settings: Settings, shape: Shape) -> Flow:
    """Scale and shift of each value of the last axis."""
    axis = settings.get("axis", -1)
    if axis not in (-1, len(shape), [-1], [len(shape)]):
        raise MisfitError("along the last axis", axis)
    return Flow(shape, dict.fromkeys(_scale_and_shift(settings), shape[-1:]))


def normalization(settings: Settings, shape: Shape) -> Flow:
    """Mean and variance of each column, given in the settings, or adapted and saved as weights."""
    kept = _kept_sizes(settings, shape)
    given = [settings.get("mean"), settings.get("variance")]
    if given == [None, None]:
        return Flow(shape, {"mean": kept, "variance": kept, "count": ()})
    sizes = [None if one is None else _shape_of(one) for one in given]
    # Fewer axes belong to the last ones.
    if sizes[0] is None or sizes[0] != kept[len(kept) - len(sizes[0]) :] or sizes[0] != sizes[1]:
        raise MisfitError(f"given a mean and a variance that fit {list(kept)}", next(filter(None, given), None))
    return Flow(shape)


def _kept_sizes(settings: Settings, shape: Shape) -> Shape:
    """The sizes of the axes along which means differ. Axes count with the batch, which can't be one of them."""
    axis = settings.get("axis", -1)
    axes = axis if isinstance(axis, list) else [] if axis is None else [axis]
    counted = sorted(one % (len(shape) + 1) if -len(shape) <= one <= len(shape) else 0 for one in axes)
    if 0 in counted or len(set(counted)) != len(counted):
        raise MisfitError(f"along axes from 1 to {len(shape)}", axis)
    return tuple(shape[one - 1] for one in counted)


def _shape_of(value: Any) -> Shape | None:
    """The shape of numbers in nested lists; None if the lists are of different lengths."""
    if not isinstance(value, list):
        return ()
    inner = {_shape_of(one) for one in value}
    shape = inner.pop()
    return None if inner or shape is None else (len(value), *shape)


def merged(settings: Settings, *shapes: Shape) -> Flow:
    """Several outputs of one shape, added, multiplied or compared value by value."""
    if len(set(shapes)) > 1:
        raise MisfitError("given outputs of one shape", [list(shape) for shape in shapes])
    return Flow(shapes[0], products=len(shapes) * prod(shapes[0]))


def concatenated(settings: Settings, *shapes: Shape) -> Flow:
    """Several outputs, one behind the other along the last axis."""
    if settings.get("axis", -1) not in (-1, len(shapes[0])) or len({shape[:-1] for shape in shapes}) > 1:
        raise MisfitError("given outputs that differ only in the last axis", [list(shape) for shape in shapes])
    return Flow((*shapes[0][:-1], sum(shape[-1] for shape in shapes)))


def parametric_relu(settings: Settings, shape: Shape) -> Flow:
    """A slope for each value, shared along some axes; they count from 1."""
    shared = settings.get("shared_axes") or []
    if any(axis > len(shape) for axis in shared):
        raise MisfitError(f"shared along axes from 1 to {len(shape)}", shared)
    return Flow(shape, {"alpha": tuple(1 if axis in shared else size for axis, size in enumerate(shape, 1))})


def _scale_and_shift(settings: Settings) -> list[str]:
    return [name for name, switch in (("gamma", "scale"), ("beta", "center")) if settings.get(switch, True)]


def _bias(settings: Settings, size: int) -> dict[str, Shape]:
    return {"bias": (size,)} if settings.get("use_bias", True) else {}


def _slid(settings: Settings, window: str, shape: Shape) -> Shape:
    """Output height and width of a sliding window."""
    _need_picture(shape)
    strides, dilation = settings.get("strides", [1, 1]), settings.get("dilation_rate", [1, 1])
    if max(strides) > 1 and max(dilation) > 1:
        raise MisfitError("given either strides or a dilation rate", strides)
    sizes = []
    for size, side, stride, apart in zip(shape, settings[window], strides, dilation, strict=False):
        room = 0 if settings.get("padding", "valid") == "same" else apart * (side - 1)
        sizes.append(-(-(size - room) // stride))
    return tuple(sizes)


def _need_picture(shape: Shape) -> None:
    if len(shape) != 3:
        raise MisfitError("given height × width × channels", list(shape))
