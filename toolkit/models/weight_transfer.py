"""Whether the weights of one network fit another: layer by layer, from their configs alone."""

from dataclasses import dataclass
from itertools import zip_longest

from ..config import ExperimentConfig
from ..config.shapes import LayerShape, trace_shapes
from ..datasets import dataset_info


@dataclass(frozen=True)
class LayerFit:
    """A target layer beside the source layer of its weights; None if there is no such layer.

    number: counts the layers with weights, from 1. is_output: whether the target is the output layer.
    """

    number: int
    needed: LayerShape | None
    stored: LayerShape | None
    is_output: bool = False

    @property
    def fits(self) -> bool:
        """Whether the weights can be loaded: the same kind of layer, and the same shapes."""
        if self.needed is None or self.stored is None:
            return False
        return (self.needed.kind, self.needed.weights) == (self.stored.kind, self.stored.weights)


def fit_weights(config: ExperimentConfig, source: ExperimentConfig) -> list[LayerFit]:
    """Compare the network of `config` with the source of its weights, layer by layer.

    Layers without weights (dropout, pooling, flatten) don't matter, nor do activations.
    Raises `ConfigError` or `DataError` if the data or the layers of either one are invalid.
    """
    needed, stored = _weighted_layers(config), _weighted_layers(source)
    return [
        LayerFit(number, our, their, is_output=number == len(needed))
        for number, (our, their) in enumerate(zip_longest(needed, stored), 1)
    ]


def remedy(fits: list[LayerFit]) -> str:
    """A sentence that says what to change in the target network. At least one of `fits` must not fit."""
    needed, stored = sum(fit.needed is not None for fit in fits), sum(fit.stored is not None for fit in fits)
    if needed != stored:
        return f"Use {stored} layers with weights instead of {needed}."
    misfit = next(fit for fit in fits if not fit.fits)
    assert misfit.needed is not None  # equally many layers on both sides
    assert misfit.stored is not None
    return _remedy(misfit.needed, misfit.stored, is_output=misfit.is_output)


def _remedy(needed: LayerShape, stored: LayerShape, *, is_output: bool) -> str:
    """The first difference, in the order of the data flow."""
    is_convolution = stored.kind == "conv2d"
    ours, theirs = needed.weights[0], stored.weights[0]
    if needed.kind != stored.kind:
        return f"Make that layer a {stored.kind} layer."
    if ours[-2:-1] != theirs[-2:-1] or len(theirs) == 1:  # batch normalisation has one weight per value
        values = f"{theirs[-2:][0]:,} {'channels' if is_convolution else 'values'}"
        return f"Give that layer an input of {values}: use the data, padding and pooling of the other network."
    if ours[:-2] != theirs[:-2]:
        return f"Give that layer the kernel size {theirs[0]}."
    if ours[-1] != theirs[-1]:
        units = f"{theirs[-1]:,} {'filters' if is_convolution else 'units'}"
        return f"Choose data with {theirs[-1]:,} classes." if is_output else f"Give that layer {units}."
    return f"Switch that layer's biases {'on' if len(stored.weights) > len(needed.weights) else 'off'}."


def _weighted_layers(config: ExperimentConfig) -> list[LayerShape]:
    info = dataset_info(config.dataset, **config.reading)
    return [layer for layer in trace_shapes(config, info.row_shape, info.num_classes) if layer.weights]
