"""The network that a model's JSON describes: a chain of known layers, or a refusal. Keras is not involved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

from ...errors import ModelFileError
from .flows import Flow, MisfitError, Shape
from .layers import COMMON, LAYERS
from .limits import (
    MOST_BATCH,
    MOST_LAYERS,
    MOST_NESTED,
    MOST_PARAMETERS,
    MOST_PRODUCTS,
    MOST_VALUES,
    MOST_VALUES_TOGETHER,
)
from .members import Member, check_build, check_settings, groups_of, itself, members_of, name_of
from .objects import FLOAT32, is_object
from .refusals import REMEDY, did_you_mean, refusal, shown_origin
from .rules import exactly, list_of, optional, whole


@dataclass(frozen=True)
class KnownLayer:
    """One checked layer. Only words from our own lists, numbers and booleans are passed on to Keras.

    class_name: a key of `LAYERS`. config: all its settings in the file, for the record. group: where a `.keras` file
    stores its weights, "layers/dense_1". place: the path of names to it in an `.h5` file, its own last.
    """

    class_name: str
    config: Mapping[str, Any] = field(repr=False)
    input_shape: Shape
    flow: Flow
    group: str
    place: tuple[str, ...]

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments to build its class with."""
        return {name: self.config[name] for name in LAYERS[self.class_name].settings if name in self.config}


@dataclass(frozen=True)
class Architecture:
    """A chain of layers. Shapes leave out the batch."""

    input_shape: Shape
    layers: tuple[KnownLayer, ...]

    @property
    def output_shape(self) -> Shape:
        """The output shape of the last layer."""
        return self.layers[-1].flow.output_shape


def read_architecture(document: Mapping[str, Any], *, legacy: bool = False) -> Architecture:
    """Check Keras's description of a Sequential model, or of a Functional one whose layers form a chain.

    legacy: whether it comes from an `.h5` file, in which Keras omits the modules of layers.
    Raises `ModelFileError` for everything that is not exactly as Keras writes it, and for a network that is too
    large.
    """
    reader = _Reader(legacy)
    arriving, layers = reader.read(document, None, "layers", ())
    output = layers[-1].flow.output_shape
    if len(output) != 1:
        remedy = "Add a Flatten or GlobalAveragePooling2D layer, and a Dense one with a unit for each class."
        raise refusal("The network's output", "a row of numbers, one for each class", list(output), remedy)
    return Architecture(arriving, tuple(layers))


class _Reader:
    """Reads one model and the models within it, and counts what has a limit."""

    def __init__(self, legacy: bool) -> None:
        self._legacy = legacy
        self._num_layers = self._parameters = self._products = self._values = 0

    def read(
        self, model: Member, arriving: Shape | None, path: str, place: tuple[str, ...]
    ) -> tuple[Shape, list[KnownLayer]]:
        """The model's input shape and its layers. arriving: None for the outermost; path, place: as in `KnownLayer`."""
        if len(place) > MOST_NESTED:
            raise refusal("Models within models", f"nested at most {MOST_NESTED} deep", "a deeper one")
        chain = members_of(model, legacy=self._legacy)
        shape = taken = _input_shape(chain[0], legacy=self._legacy)
        if arriving is not None and arriving != taken:
            raise refusal("A model within the model", f"one for the shape {list(arriving)}", list(taken))
        layers: list[KnownLayer] = []
        for entry, group in zip(chain[1:], groups_of(chain[1:]), strict=True):
            inner = (*place, name_of(entry))
            if entry.get("class_name") in ("Sequential", "Functional"):
                layers += self.read(entry, shape, f"{path}/{group}/layers", inner)[1]
            else:
                layers.append(self._layer(entry, shape, f"{path}/{group}", inner))
            shape = layers[-1].flow.output_shape if layers else shape
        if not layers:
            raise refusal("The model", "one with at least one layer", "none")
        return taken, layers

    def _layer(self, entry: Member, shape: Shape, group: str, place: tuple[str, ...]) -> KnownLayer:
        self._num_layers += 1
        if self._num_layers > MOST_LAYERS:
            raise refusal("The network", f"one of at most {MOST_LAYERS} layers", "more")
        class_name = _known_class(entry, self._num_layers, legacy=self._legacy)
        where = f"Layer {self._num_layers} ({class_name})"
        config = _settings(entry, class_name, where)
        try:
            flow = LAYERS[class_name].flow(config, shape)
        except MisfitError as error:
            raise refusal(where, error.expected, error.received) from None
        self._count(flow, where)
        return KnownLayer(class_name, config, shape, flow, group, place)

    def _count(self, flow: Flow, where: str) -> None:
        """Refuse a layer whose output is empty or too large, and a network that it makes too large."""
        if min(flow.output_shape) < 1 or prod(flow.output_shape) > MOST_VALUES:
            raise refusal(where, f"one that gives 1 to {MOST_VALUES:,} numbers a row", list(flow.output_shape))
        self._parameters += sum(map(prod, flow.weights.values()))
        self._products += flow.products
        self._values += prod(flow.output_shape)
        for most, number, what in (
            (MOST_PARAMETERS, self._parameters, "{} parameters"),
            (MOST_PRODUCTS, self._products, "{} multiplications a row"),
            (MOST_VALUES_TOGETHER, self._values, "{} numbers a row in all its layers"),
        ):
            if number > most:
                expected, received = f"one of at most {what.format(f'{most:,}')}", f"{number:,}"
                raise refusal("The network", expected, received, "Choose a smaller network.")


def _input_shape(member: Member, *, legacy: bool) -> Shape:
    if not is_object(itself(member), "keras.layers", {"InputLayer"}, legacy=legacy):
        remedy = "Begin the model with keras.Input, or let it see data once, before you save it."
        raise refusal("The model's first layer", "an InputLayer", dict(member), remedy)
    rules = {
        "batch_shape": list_of(optional(whole(1, MOST_VALUES)), range(2, 5)),
        "dtype": FLOAT32,
        "sparse": exactly(False),
        "ragged": exactly(False),
        "optional": exactly(False),
    }
    config = {name: value for name, value in member["config"].items() if name != "name"}
    check_settings(config, rules, "The input")
    batch, *sizes = config.get("batch_shape", [None])
    # A model that was built by calling it on data stores their number of rows.
    if (batch or 0) > MOST_BATCH or not sizes or None in sizes or prod(sizes) > MOST_VALUES:
        expected = f"at most {MOST_BATCH:,} rows, or any number, each of at most {MOST_VALUES:,} values"
        raise refusal("The input's batch_shape", expected, config.get("batch_shape"))
    return tuple(sizes)


def _known_class(member: Member, number: int, *, legacy: bool) -> str:
    """The layer's class, if it is one of ours and written as Keras writes it."""
    name = member.get("class_name")
    if isinstance(name, str) and name not in LAYERS:
        raise refusal(f"Layer {number}", "one of Keras's plain layers", name, did_you_mean(name, list(LAYERS)))
    if not is_object(itself(member), "keras.layers", LAYERS, legacy=legacy):
        raise ModelFileError(
            f"Layer {number} must be one of Keras's own, with its module keras.layers and nothing registered. "
            f"Received: {shown_origin(member)}. {REMEDY}"
        )
    return str(name)


def _settings(member: Member, class_name: str, where: str) -> dict[str, Any]:
    """The layer's settings, each of them checked."""
    check_build(member, where)
    rule = LAYERS[class_name]
    config = {name: value for name, value in member["config"].items() if name != "name"}
    check_settings(config, {**COMMON, **rule.settings, **rule.aside}, where)
    for name in rule.needed:
        if name not in config:
            raise refusal(f"{where}: {name}", rule.settings[name].expected, "nothing")
    return config
