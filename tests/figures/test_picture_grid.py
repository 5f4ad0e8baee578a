"""Pictures in a grid, and predictions, mistakes and templates made of it."""

from base64 import b64decode
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from toolkit.analysis.metrics import Mistake
from toolkit.errors import DataError
from toolkit.figures import picture_grid, prediction_grid, templates, worst_mistakes
from toolkit.figures.style import AGAINST, FOR, RIGHT, WRONG

NAMES = ("ant", "bee", "caterpillar")
PICTURES = np.arange(3 * 16, dtype=np.uint8).reshape(3, 4, 4)


def drawn(figure: Any) -> list[np.ndarray]:
    """The pictures as a browser gets them."""
    found = []
    for image in figure.layout.images:
        start, content = image.source.split(",", 1)
        assert start == "data:image/png;base64"
        found.append(np.asarray(Image.open(BytesIO(b64decode(content)))))
    return found


def captions(figure: Any) -> list[str]:
    return list(figure.data[1].text)


def has_frame(picture: np.ndarray) -> bool:
    return picture.ndim == 3 and bytes(picture[0, 0, :3]).hex() == WRONG[1:]


def test_pictures_are_enlarged_pixel_by_pixel() -> None:
    (picture, *_) = drawn(picture_grid(PICTURES, ["a", "b", "c"]))

    assert picture.shape == (112, 112)
    np.testing.assert_array_equal(picture[14::28, 14::28], PICTURES[0])


@pytest.mark.parametrize(
    ("shape", "side"), [((6, 9), (72, 108)), ((5, 5, 1), (110, 110)), ((8, 8, 3), (112, 112, 3)), ((400, 600), None)]
)
def test_grey_and_colour_pictures_of_any_size_keep_their_proportions(shape: Any, side: Any) -> None:
    (picture,) = drawn(picture_grid(np.full((1, *shape), 200, np.uint8), ["a"]))

    assert picture.shape == (side or (149, 224))
    assert (picture == 200).all()


def test_floats_are_spread_over_the_grey_levels() -> None:
    (dark, light) = drawn(picture_grid(np.array([[[-1.0, 0.0]], [[1.0, 3.0]]]), ["a", "b"]))

    assert (dark[0, 0], dark[0, -1], light[0, 0], light[0, -1]) == (0, 64, 128, 255)


def test_the_grid_goes_from_left_to_right_and_down() -> None:
    figure = picture_grid(np.zeros((7, 2, 2), np.uint8), [str(number) for number in range(7)], columns=3)

    assert [(image.x, int(image.y)) for image in figure.layout.images] == [
        *((0, 0), (1, 0), (2, 0)),
        *((0, 1), (1, 1), (2, 1)),
        (0, 2),
    ]
    assert captions(figure) == list("0123456")
    assert figure.layout.height == 3 * 150


def test_no_picture_gives_an_empty_grid() -> None:
    assert not picture_grid(np.zeros((0, 4, 4), np.uint8), []).layout.images


def test_words_are_shown_as_they_are_with_their_lines() -> None:
    figure = picture_grid(PICTURES[:1], ["<b>a</b>\nb"], hover=["x & y\nz"])

    assert captions(figure) == ["&lt;b&gt;a&lt;/b&gt;<br>b"]
    assert list(figure.data[0].hovertext) == ["x &amp; y<br>z"]


def test_wrong_predictions_have_a_frame_a_cross_and_the_true_class() -> None:
    probabilities = np.array([[0.996, 0.004, 0.0], [0.2, 0.1, 0.7], [0.3, 0.3, 0.4]])

    figure = prediction_grid(PICTURES, [0, 2, 2], probabilities, NAMES, true_labels=[0, 1, 2])

    assert captions(figure) == ["ant · 99 %", "✗ caterpil… · 70 %<br>is bee", "caterpil… · 40 %"]
    assert [has_frame(picture) for picture in drawn(figure)] == [False, True, False]


def test_hovering_shows_row_truth_and_the_highest_probabilities_first() -> None:
    probabilities = np.array([[0.1, 0.2, 0.7]])

    figure = prediction_grid(PICTURES[:1], [2], probabilities, NAMES, true_labels=[1], rows=[1234])

    assert list(figure.data[0].hovertext) == [
        "row 1,234, in truth bee<br>caterpillar: 70.0 %<br>bee: 20.0 %<br>ant: 10.0 %"
    ]


def test_where_the_truth_is_not_known_nothing_is_marked() -> None:
    figure = prediction_grid(PICTURES[:1], [1], np.array([[0.1, 0.8, 0.1]]), NAMES)

    assert captions(figure) == ["bee · 80 %"]
    assert not has_frame(drawn(figure)[0])
    assert "truth" not in figure.data[0].hovertext[0]


def test_a_network_without_numbers_is_not_sure_of_anything() -> None:
    figure = prediction_grid(PICTURES[:1], [0], np.full((1, 3), np.nan), NAMES, true_labels=[1])

    assert captions(figure) == ["✗ – · –<br>is bee"]
    assert figure.data[0].hovertext[0].endswith("no probabilities: the output is NaN or infinite")


def test_rows_of_a_table_are_bars_and_wrong_ones_are_hatched_and_crossed() -> None:
    probabilities = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [np.nan] * 3])

    figure = prediction_grid(np.zeros((3, 4)), [0, 1, 0], probabilities, NAMES, true_labels=[0, 2, 1])

    (bars,) = figure.data
    assert list(bars.x) == [0.9, 0.8, 0.001]
    assert list(bars.text) == ["ant", "✗ bee, is caterpillar", "✗ –, is bee"]
    assert list(bars.marker.pattern.shape) == ["", "/", "/"]
    assert list(bars.marker.color) == [RIGHT, WRONG, WRONG]


def test_the_worst_mistakes_are_shown_with_both_probabilities_and_the_loss() -> None:
    mistakes = [Mistake(7, "ant", "bee", 0.001, 0.98, 6.9078), Mistake(3, "bee", "caterpillar", 0.1, 0.5, 2.3026)]

    figure = worst_mistakes(mistakes, PICTURES[:2])

    assert captions(figure) == ["✗ bee · 98 %<br>is ant", "✗ caterpil… · 50 %<br>is bee"]
    assert figure.data[0].hovertext[0] == "row 7, in truth ant<br>bee: 98.0 %<br>ant: 0.1 %<br>loss 6.91"


def test_a_softmax_regression_has_a_template_a_class_blue_for_and_orange_against() -> None:
    weights = np.zeros((4, 3), np.float32)
    weights[0, 0], weights[3, 0], weights[1, 1] = 2.0, -1.0, 0.5

    figure = templates(weights, (2, 2), class_names=NAMES)

    first, second, _ = drawn(figure)
    assert captions(figure) == list(NAMES)
    assert tuple(first[0, 0]) == (*bytes.fromhex(FOR[1:]), 255)
    assert tuple(first[-1, -1]) == (*bytes.fromhex(AGAINST[1:]), 128)
    assert first[0, -1, 3] == 0
    assert second[0, -1, 3] == 64
    assert figure.data[0].hovertext[0] == "ant<br>weights from -1.000 to 2.000"


def test_of_many_units_the_strongest_are_drawn() -> None:
    weights = np.tile(np.arange(50), (4, 1)) * 1.0

    assert captions(templates(weights, (2, 2, 1)))[:2] == ["unit 50", "unit 49"]
    assert len(captions(templates(weights, (2, 2)))) == 20


@pytest.mark.parametrize("channels", [1, 3])
def test_filters_are_drawn_as_the_mean_of_their_channels(channels: int) -> None:
    weights = np.random.default_rng(1).normal(size=(3, 3, channels, 2))
    means = weights.mean(axis=2)

    figure = templates(weights, (28, 28, channels))

    for number, picture in zip(captions(figure), drawn(figure), strict=True):
        ours = means[..., int(number.removeprefix("filter ")) - 1]
        clear = np.round(255 * np.abs(ours) / np.abs(means).max())
        np.testing.assert_array_equal(picture[18::37, 18::37, 3], clear)


def test_weights_on_a_table_are_one_chart_around_zero() -> None:
    weights = np.array([[1.0, -3.0], [0.0, 2.0]])

    (chart,) = templates(weights, (2,), class_names=NAMES[:2]).data

    np.testing.assert_array_equal(chart.z, weights)
    assert (list(chart.x), list(chart.y), chart.zmin, chart.zmax) == (["ant", "bee"], [1, 2], -3.0, 3.0)


def test_units_that_do_not_see_the_rows_themselves_are_refused() -> None:
    with pytest.raises(DataError) as caught:
        templates(np.zeros((9, 5)), (6, 6))
    assert str(caught.value) == (
        "The first layer with weights must see 36 values, one for each of a row of shape (6, 6), to be drawn as "
        "pictures. Received: weights of shape (9, 5)."
    )
