"""The picture of a network: a row a layer, as wide as the layer, and its parameters where they are."""

from typing import Any

import pytest

from toolkit.config import ExperimentConfig
from toolkit.config.layers import LAYER_KINDS, Conv2D, Dense, Dropout, Flatten
from toolkit.config.presets import PRESETS
from toolkit.config.shapes import LayerShape, shown, trace_shapes
from toolkit.datasets import DATASETS
from toolkit.figures import network


def traced(config: ExperimentConfig) -> list[LayerShape]:
    info = DATASETS[config.dataset]
    return trace_shapes(config, info.row_shape, info.num_classes)


def rows(figure: Any) -> list[Any]:
    """The traces, from the input down."""
    return sorted(figure.data, key=lambda trace: -sum(trace.y) / len(trace.y))


def texts_of(figure: Any) -> list[str]:
    return [one.text for one in figure.layout.annotations]


def opacity(band: Any) -> float:
    return float(band.fillcolor.rstrip(")").split(",")[-1])


@pytest.mark.parametrize("name", PRESETS)
def test_every_layer_has_its_row_with_its_shape_and_its_parameters(name: str) -> None:
    shapes = traced(PRESETS[name].config)
    figure = network(shapes)
    assert len(figure.data) == len(shapes) + 1
    told = texts_of(figure)
    for layer in shapes:
        assert shown(layer.output_shape) in told
        assert (f"{layer.parameters:,}" in told) == (layer.parameters > 0)
    figure.to_json()


def test_wider_layers_are_drawn_wider_and_few_units_one_by_one() -> None:
    figure = network(traced(ExperimentConfig(layers=[Dense(units=4096), Dense(units=100), Dense(units=3)])))
    widths = [max(trace.x) - min(trace.x) for trace in rows(figure)]
    assert widths[1] == max(widths) <= 2
    assert widths[1] > widths[0] > widths[2] > widths[4] > widths[3] > 0
    assert [len(trace.x) for trace in rows(figure)][3:] == [3, 10]


def test_the_largest_share_of_the_parameters_is_the_darkest_and_none_is_not_coloured() -> None:
    shapes = traced(ExperimentConfig(layers=[Dense(units=64), Dropout(rate=0.5), Dense(units=32)]))
    bands = [opacity(band) for band in network(shapes).layout.shapes]
    assert bands[0] == max(bands)
    assert bands[1] == 0
    assert bands[2] > 0


def test_maps_are_sheets_and_smaller_pictures_are_smaller_sheets() -> None:
    shapes = traced(ExperimentConfig(layers=[Conv2D(filters=32), Conv2D(filters=32, strides=4), Flatten()]))
    picture, large, small, flat, _ = rows(network(shapes))
    assert [trace.marker.symbol for trace in (picture, large, small, flat)] == ["square"] * 3 + ["circle"]
    assert large.marker.size[0] > small.marker.size[0]
    assert 1 == len(picture.x) < len(large.x) == len(small.x) < 32


def test_layers_that_only_change_values_are_hollow() -> None:
    filled, hollow = rows(network(traced(ExperimentConfig(layers=[Dense(units=8), Dropout(rate=0.5)]))))[1:3]
    assert filled.marker.color != hollow.marker.color == "rgba(0, 0, 0, 0)"
    assert hollow.marker.line.width > 0


def test_names_stand_at_their_layers_as_they_are() -> None:
    shapes = traced(ExperimentConfig(layers=[Dense(units=8)]))
    assert [text for text in texts_of(network(shapes, ["a <b>", "the end"])) if "<b>" in text] == [
        "<b>Input</b>",
        "<b>a &lt;b&gt;</b>",
        "<b>the end</b>",
    ]


def test_every_kind_of_layer_has_a_name() -> None:
    convolutions = [kind() for name, kind in LAYER_KINDS.items() if name not in ("flatten", "dense")]
    config = ExperimentConfig(layers=[*convolutions, Dense(units=4)])  # type: ignore[call-arg]
    assert len(network(traced(config)).data) == len(LAYER_KINDS) + 1
