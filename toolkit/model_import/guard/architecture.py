"""The network that a model's JSON describes: known layers and their links, or a refusal. Keras is not involved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, NamedTuple

from ...errors import ModelFileError
from .flows import Flow, MisfitError, Shape
from .layers import COMMON, LAYERS
from .limits import (
    MOST_BATCH,
    MOST_LAYERS,
    MOST_MERGED,
    MOST_NESTED,
    MOST_PARAMETERS,
    MOST_PRODUCTS,
    MOST_VALUES,
    MOST_VALUES_TOGETHER,
)
from .members import Entry, check_build, check_settings, groups_of, itself, members_of, name_of
from .objects import PRECISION, is_object, precision_of
from .refusals import OF_LAYERS, PLAIN_LAYERS, REMEDY, SMALLER, did_you_mean, refusal, shown_origin
from .rules import either, exactly, list_of, optional, whole


@dataclass(frozen=True)
class KnownLayer:
    """One checked layer. Only words from our own lists, numbers and booleans are passed on to Keras.

    class_name: a key of `LAYERS`. config: all its settings in the file, for the record. group: where a `.keras` file
    stores its weights, "layers/dense_1". place: the path of names to it in an `.h5` file, its own last. takes: the
    numbers of the layers whose outputs it takes; −1 is the network's input. input_shape: of the first of them.
    """

    class_name: str
    config: Mapping[str, Any] = field(repr=False)
    input_shape: Shape
    flow: Flow
    group: str
    place: tuple[str, ...]
    takes: tuple[int, ...]

    @property
    def precision(self) -> str:
        """What it computes with in the file, such as mixed_float16; here it is rebuilt with float32."""
        return precision_of(self.config.get("dtype", "float32")) or ""

    @property
    def settings(self) -> dict[str, Any]:
        """The arguments to build its class with."""
        return {name: self.config[name] for name in LAYERS[self.class_name].settings if name in self.config}


@dataclass(frozen=True)
class Architecture:
    """Layers, each after those whose outputs it takes; the last one's output is the network's. Shapes leave out the
    batch.
    """

    input_shape: Shape
    layers: tuple[KnownLayer, ...]

    @property
    def is_chain(self) -> bool:
        """Whether each layer takes the output of the one before it."""
        return all(layer.takes == (number - 1,) for number, layer in enumerate(self.layers))

    @property
    def precision(self) -> str:
        """What its layers compute with: float32, or the first other precision that one of them names."""
        return next((layer.precision for layer in self.layers if layer.precision != "float32"), "float32")

    @property
    def output_shape(self) -> Shape:
        """The output shape of the last layer."""
        return self.layers[-1].flow.output_shape


def read_architecture(document: Mapping[str, Any], *, legacy: bool = False) -> Architecture:
    """Check Keras's description of a Sequential model, or of a Functional one.

    legacy: whether it comes from an `.h5` file, in which Keras omits the modules of layers.
    Raises `ModelFileError` for everything that is not exactly as Keras writes it, and for a network that is too
    large.
    """
    reader = _Reader(legacy)
    arriving, leaving = reader.read(document, None, "layers", ())
    if len(leaving.shape) != 1:
        remedy = "Add a Flatten or GlobalAveragePooling2D layer, and a Dense one with a unit for each class."
        raise refusal("The network's output", "a row of numbers, one for each class", list(leaving.shape), remedy)
    return Architecture(arriving, tuple(reader.layers))


class _Output(NamedTuple):
    """What a layer gives. number: of the layer in the whole network, −1 for its input."""

    number: int
    shape: Shape


class _Reader:
    """Reads one model and the models within it into one list of layers, and counts what has a limit."""

    def __init__(self, legacy: bool) -> None:
        self.layers: list[KnownLayer] = []
        self._legacy = legacy
        self._parameters = self._products = self._values = 0

    def read(self, model: Entry, arriving: _Output | None, path: str, place: tuple[str, ...]) -> tuple[Shape, _Output]:
        """The model's input shape, and its output. arriving: None for the outermost; path, place: see `KnownLayer`."""
        if len(place) > MOST_NESTED:
            raise refusal("Models within models", f"nested at most {MOST_NESTED} deep", "a deeper one")
        first, *members = members_of(model, legacy=self._legacy)
        taken = _input_shape(first.entry, legacy=self._legacy)
        if arriving is not None and arriving.shape != taken:
            raise refusal("A model within the model", f"one for the shape {list(arriving.shape)}", list(taken))
        if not members:
            raise refusal("The model", "one with at least one layer", "none")
        outputs = [arriving or _Output(-1, taken)]
        for member, group in zip(members, groups_of([one.entry for one in members]), strict=True):
            inner, inputs = (*place, name_of(member.entry)), [outputs[number] for number in member.takes]
            if member.entry.get("class_name") in ("Sequential", "Functional"):
                if len(inputs) > 1:
                    raise refusal("A model within the model", "one with a single input", f"{len(inputs)}")
                outputs.append(self.read(member.entry, inputs[0], f"{path}/{group}/layers", inner)[1])
            else:
                outputs.append(self._layer(member.entry, inputs, f"{path}/{group}", inner))
        return taken, outputs[-1]

    def _layer(self, entry: Entry, inputs: list[_Output], group: str, place: tuple[str, ...]) -> _Output:
        number = len(self.layers) + 1
        if number > MOST_LAYERS:
            raise refusal("The network", f"one of at most {MOST_LAYERS} layers", "more", SMALLER)
        class_name = _known_class(entry, number, legacy=self._legacy)
        where = f"Layer {number} ({class_name})"
        config, rule = _settings(entry, class_name, where), LAYERS[class_name]
        if len(inputs) not in (range(2, MOST_MERGED + 1) if rule.merges else (1,)):
            expected = f"given 2 to {MOST_MERGED} outputs" if rule.merges else "given one output"
            raise refusal(where, expected, f"{len(inputs)}", "Build the model again, and save it.")
        try:
            flow = rule.flow(config, *(one.shape for one in inputs))
        except MisfitError as error:
            raise refusal(where, error.expected, error.received) from None
        self._count(flow, where)
        takes = tuple(one.number for one in inputs)
        self.layers.append(KnownLayer(class_name, config, inputs[0].shape, flow, group, place, takes))
        return _Output(number - 1, flow.output_shape)

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
                raise refusal("The network", expected, received, SMALLER)


def _input_shape(entry: Entry, *, legacy: bool) -> Shape:
    if not is_object(itself(entry), "keras.layers", {"InputLayer"}, legacy=legacy):
        remedy = "Begin the model with keras.Input, or let it see data once, before you save it."
        raise refusal("The model's first layer", "an InputLayer", dict(entry), remedy)
    rules = {
        "batch_shape": list_of(optional(whole(1, MOST_VALUES)), range(2, 5)),
        "dtype": either(PRECISION, exactly("uint8")),
        "sparse": exactly(False),
        "ragged": exactly(False),
        "optional": exactly(False),
    }
    config = {name: value for name, value in entry["config"].items() if name != "name"}
    check_settings(config, rules, "The input")
    batch, *sizes = config.get("batch_shape", [None])
    # A model that was built by calling it on data stores their number of rows.
    if (batch or 0) > MOST_BATCH or not sizes or None in sizes or prod(sizes) > MOST_VALUES:
        expected = f"at most {MOST_BATCH:,} rows, or any number, each of at most {MOST_VALUES:,} values"
        raise refusal("The input's batch_shape", expected, config.get("batch_shape"))
    return tuple(sizes)


def _known_class(entry: Entry, number: int, *, legacy: bool) -> str:
    """The layer's class, if it is one of ours and written as Keras writes it."""
    name = entry.get("class_name")
    if isinstance(name, str) and name not in LAYERS:
        remedy = OF_LAYERS.get(name) or did_you_mean(name, list(LAYERS), PLAIN_LAYERS)
        raise refusal(f"Layer {number}", "one of Keras's plain layers", name, remedy)
    if not is_object(itself(entry), "keras.layers", LAYERS, legacy=legacy):
        raise ModelFileError(
            f"Layer {number} must be one of Keras's own, with its module keras.layers and nothing registered. "
            f"Received: {shown_origin(entry)}. {PLAIN_LAYERS if entry.get('registered_name') else REMEDY}"
        )
    return str(name)


def _settings(entry: Entry, class_name: str, where: str) -> dict[str, Any]:
    """The layer's settings, each of them checked."""
    check_build(entry, where)
    rule = LAYERS[class_name]
    config = {name: value for name, value in entry["config"].items() if name != "name"}
    check_settings(config, {**COMMON, **rule.settings, **rule.aside}, where)
    for name in rule.needed:
        if name not in config:
            raise refusal(f"{where}: {name}", rule.settings[name].expected, "nothing")
    return config
