"""Shapes and parameter counts against Keras's own, and mistakes explained before Keras sees them."""

from collections.abc import Callable
from typing import Any

import pytest

from toolkit.config import ExperimentConfig
from toolkit.config.layers import LAYER_KINDS, PICTURE_KINDS
from toolkit.config.presets import PRESETS, preset
from toolkit.config.shapes import count_parameters, input_shape, shown, takes_pictures, trace_shapes
from toolkit.datasets import DATASETS, Dataset
from toolkit.errors import ConfigError
from toolkit.models.build import build_model


def assert_shapes_are_those_of_keras(config: ExperimentConfig, data: Dataset) -> None:
    """Layer by layer: what arrives, what leaves, and how many numbers are held."""
    model = build_model(config, data)
    traced = trace_shapes(config, data.row_shape, data.num_classes)
    assert [step.kind for step in traced] == [*(layer.kind for layer in config.layers), "dense"]
    assert len(traced) == len(model.layers)
    for step, layer in zip(traced, model.layers, strict=True):
        assert step.input_shape == tuple(layer.input.shape[1:]), step.kind
        assert step.output_shape == tuple(layer.output.shape[1:]), step.kind
        assert step.parameters == layer.count_params(), step.kind
        assert step.weights == tuple(tuple(weight.shape) for weight in layer.weights), step.kind
    assert count_parameters(config, data.row_shape, data.num_classes) == model.count_params()


@pytest.mark.parametrize(
    ("name", "dataset"),
    [
        (name, dataset)
        for name in PRESETS
        for dataset in ("digits", "cifar10", "iris")
        if dataset != "iris" or not takes_pictures(preset(name))
    ],
)
def test_every_preset_has_the_shapes_that_keras_finds(
    name: str, dataset: str, make_toy: Callable[..., Dataset]
) -> None:
    info = DATASETS[dataset]
    data = make_toy(info.row_shape, info.num_classes, train_rows=10, test_rows=10)
    assert_shapes_are_those_of_keras(preset(name), data)


WINDOWS = [
    {"kind": kind, size: window, "strides": strides, "padding": padding}
    for kind, size in (("conv2d", "kernel_size"), ("max_pooling2d", "pool_size"), ("average_pooling2d", "pool_size"))
    for window in (2, 3)
    for strides in (1, 2, 3)
    for padding in ("same", "valid")
]


@pytest.mark.parametrize("layer", WINDOWS, ids=lambda layer: "-".join(str(value) for value in layer.values()))
def test_windows_slide_as_keras_slides_them(layer: dict[str, Any], make_toy: Callable[..., Dataset]) -> None:
    config = ExperimentConfig(layers=[layer, {"kind": "flatten"}])
    assert_shapes_are_those_of_keras(config, make_toy((9, 7, 2), 4, train_rows=4, test_rows=4))


@pytest.mark.parametrize(
    ("layers", "row_shape"),
    [
        ([], (6, 6)),
        ([], (5,)),
        ([{"kind": "dense", "units": 7, "use_bias": False}], (6, 6, 3)),
        ([{"kind": "flatten"}, {"kind": "dense", "units": 7}], (6, 6, 3)),
        ([{"kind": "flatten"}, {"kind": "dense", "units": 7}], (5,)),
        ([{"kind": "max_pooling2d", "pool_size": 3}, {"kind": "flatten"}], (8, 8)),
        ([{"kind": "average_pooling2d", "pool_size": 3, "padding": "same"}, {"kind": "flatten"}], (8, 8)),
        ([{"kind": "conv2d", "filters": 4, "use_bias": False}, {"kind": "global_average_pooling2d"}], (6, 6)),
        (
            [
                {"kind": "conv2d", "filters": 4},
                {"kind": "batch_normalization"},
                {"kind": "activation", "activation": "tanh"},
                {"kind": "dropout"},
                {"kind": "flatten"},
                {"kind": "dense", "units": 5},
                {"kind": "batch_normalization"},
            ],
            (6, 6, 3),
        ),
    ],
)
def test_every_kind_of_layer_has_the_shape_that_keras_finds(
    layers: list[dict[str, Any]], row_shape: tuple[int, ...], make_toy: Callable[..., Dataset]
) -> None:
    assert_shapes_are_those_of_keras(ExperimentConfig(layers=layers), make_toy(row_shape, train_rows=3, test_rows=3))


def test_without_bias_each_weighted_layer_holds_its_kernel_alone() -> None:
    config = ExperimentConfig(layers=[{"kind": "dense", "units": 7}], use_bias=False)
    assert [step.parameters for step in trace_shapes(config, (6, 6), 10)] == [36 * 7, 7 * 10]


def test_the_figures_of_the_published_network_are_the_textbook_ones() -> None:
    traced = trace_shapes(preset("keras-mlp"), (28, 28), 10)
    assert [step.parameters for step in traced] == [784 * 64 + 64, 64 * 32 + 32, 32 * 10 + 10]
    assert traced[0].input_shape == (784,)


@pytest.mark.parametrize("kind", list(LAYER_KINDS))
def test_pictures_stay_pictures_only_where_a_layer_needs_them(kind: str) -> None:
    config = ExperimentConfig(layers=[{"kind": kind}])
    assert takes_pictures(config) == (kind in PICTURE_KINDS or kind == "flatten")


@pytest.mark.parametrize(
    ("kind", "row_shape", "arriving"),
    [
        ("dense", (28, 28), (784,)),
        ("dense", (4, 4, 3), (48,)),
        ("dense", (5,), (5,)),
        ("conv2d", (28, 28), (28, 28, 1)),
        ("conv2d", (4, 4, 3), (4, 4, 3)),
        ("flatten", (5,), (5,)),
    ],
)
def test_the_input_follows_the_data(kind: str, row_shape: tuple[int, ...], arriving: tuple[int, ...]) -> None:
    assert input_shape(ExperimentConfig(layers=[{"kind": kind}]), row_shape) == arriving


@pytest.mark.parametrize(("shape", "text"), [((28, 28, 1), "28 × 28 × 1"), ((3136,), "3,136")])
def test_a_shape_reads_as_a_person_writes_it(shape: tuple[int, ...], text: str) -> None:
    assert shown(shape) == text


@pytest.mark.parametrize(
    ("kinds", "row_shape", "sentence"),
    [
        (
            ["conv2d", "dense"],
            (28, 28),
            "layer 2 must be a layer that takes height × width × channels. "
            "Received: dense with an input of 28 × 28 × 32. Add a flatten layer before it.",
        ),
        (
            ["dense", "flatten"],
            (28, 28),
            "layer 1 must be a layer that takes height × width × channels. "
            "Received: dense with an input of 28 × 28 × 1. Add a flatten layer before it.",
        ),
        (
            ["flatten", "dense", "conv2d"],
            (28, 28),
            "layer 3 must be a layer that takes a row of numbers. Received: conv2d with an input of 64. "
            "Move it before flatten and dense layers, and use data made of pictures.",
        ),
        (
            ["max_pooling2d"],
            (30,),
            "layer 1 must be a layer that takes a row of numbers. Received: max_pooling2d with an input of 30. "
            "Move it before flatten and dense layers, and use data made of pictures.",
        ),
        (
            ["conv2d"],
            (28, 28),
            "layers must be layers that end in a row of numbers, for the output. Received: 28 × 28 × 32. "
            "Add a flatten or global_average_pooling2d layer at the end.",
        ),
        (
            ["max_pooling2d"] * 4 + ["flatten"],
            (8, 8),
            "layer 4 must be given a picture of at least 2 × 2. Received: max_pooling2d with an input of 1 × 1 × 1. "
            "Remove the layer, or choose padding same.",
        ),
    ],
)
def test_a_layer_that_cannot_take_what_arrives_is_explained(
    kinds: list[str], row_shape: tuple[int, ...], sentence: str
) -> None:
    config = ExperimentConfig(layers=[{"kind": kind} for kind in kinds])
    with pytest.raises(ConfigError) as caught:
        trace_shapes(config, row_shape, 10)
    assert str(caught.value) == sentence


def test_a_small_picture_is_no_problem_with_padding_same() -> None:
    layers = [{"kind": "conv2d", "kernel_size": 15, "padding": "same"}, {"kind": "flatten"}]
    assert trace_shapes(ExperimentConfig(layers=layers), (4, 4), 10)[0].output_shape == (4, 4, 32)


def test_the_problem_stands_at_its_layers_field_of_the_form() -> None:
    config = ExperimentConfig(layers=[{"kind": "conv2d"}, {"kind": "dense"}])
    with pytest.raises(ConfigError) as caught:
        count_parameters(config, (28, 28), 10)
    assert [problem.field for problem in caught.value.problems] == ["layers.1"]
