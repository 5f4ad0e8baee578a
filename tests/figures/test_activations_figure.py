"""What a layer makes of one row, as cells or as pictures."""

from base64 import b64decode
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from toolkit.figures import MOST_FILTERS, MOST_UNITS, activations
from toolkit.figures.style import AGAINST, FOR


def drawn(figure: Any) -> list[np.ndarray]:
    sources = [image.source.split(",", 1)[1] for image in figure.layout.images]
    return [np.asarray(Image.open(BytesIO(b64decode(source)))) for source in sources]


def test_units_are_cells_in_the_layers_order_from_left_to_right_and_down() -> None:
    values = np.arange(1.0, 65.0)

    (cells,) = activations(values).data

    np.testing.assert_array_equal(np.array(cells.z).ravel(), values)
    np.testing.assert_array_equal(np.array(cells.customdata).ravel(), np.arange(1, 65))
    assert np.array(cells.z).shape == (2, 32)


def test_a_dot_marks_the_units_that_give_exactly_zero() -> None:
    (cells,) = activations(np.array([0.0, 0.5, -0.5, 0.0, 1e-9])).data

    assert np.array(cells.text).ravel().tolist()[:5] == ["·", "", "", "·", ""]
    assert set(np.array(cells.text).ravel()[5:]) == {""}
    assert np.isnan(np.array(cells.z).ravel()[5:].astype(float)).all()


def test_zero_lies_in_the_middle_of_the_colours() -> None:
    (cells,) = activations(np.array([0.5, -2.0])).data

    assert (cells.zmin, cells.zmax) == (-2, 2)
    assert [color for place, color in cells.colorscale if place == 0.5] == [
        "rgba(232, 89, 12, 0)",
        "rgba(47, 111, 237, 0)",
    ]


@pytest.mark.parametrize(("count", "most"), [(MOST_UNITS, MOST_UNITS), (1024, MOST_UNITS)])
def test_of_a_wide_layer_the_first_units_are_drawn(count: int, most: int) -> None:
    (cells,) = activations(np.ones(count)).data

    assert np.isfinite(np.array(cells.z, float)).sum() == most


def test_filters_are_pictures_blue_above_zero_and_orange_below() -> None:
    values = np.zeros((2, 2, 3))
    values[0, 0] = (4.0, -4.0, 2.0)

    positive, negative, weaker = drawn(activations(values))

    assert positive[0, 0].tolist() == [*bytes.fromhex(FOR[1:]), 255]
    assert negative[0, 0].tolist() == [*bytes.fromhex(AGAINST[1:]), 255]
    assert weaker[0, 0, 3] == 128
    assert positive[-1, -1, 3] == 0


def test_of_many_filters_the_first_ones_are_drawn_with_their_numbers() -> None:
    figure = activations(np.random.default_rng(1).random((7, 7, 64)))

    assert len(figure.layout.images) == MOST_FILTERS
    assert list(figure.data[1].text) == [str(number) for number in range(1, MOST_FILTERS + 1)]


@pytest.mark.parametrize("values", [np.full(3, np.nan), np.full((2, 2, 2), np.inf), np.zeros(4), np.zeros((2, 2, 1))])
def test_values_that_are_no_numbers_and_layers_of_zeros_can_be_drawn(values: np.ndarray) -> None:
    assert activations(values).layout.height > 0
