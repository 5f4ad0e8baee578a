"""A row on its way into a network: its figures hold the numbers that they were given."""

import numpy as np
import pytest

from toolkit.figures import Patch, Shades, one_hot_boxes, pixel_picture, value_grid, value_strip

PICTURE = np.arange(20, dtype=np.uint8).reshape(4, 5)
INK, PAPER = Shades(0, 255), Shades(0, 255, high_is_dark=False)


def test_a_patch_is_the_part_of_the_picture_that_its_frame_encloses() -> None:
    patch = Patch(top=1, left=2, side=3)
    np.testing.assert_array_equal(patch.of(PICTURE), [[7, 8, 9], [12, 13, 14], [17, 18, 19]])
    frame, _ = pixel_picture(PICTURE, patch, INK).layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (1.5, 4.5, 0.5, 3.5)


def test_a_picture_is_drawn_from_the_top_with_its_own_values_to_hover_over() -> None:
    figure = pixel_picture(PICTURE, Patch(0, 0, 2), INK)
    np.testing.assert_array_equal(figure.data[0].z, PICTURE)
    assert list(figure.layout.yaxis.range) == [3.5, -0.5]
    assert figure.layout.yaxis.scaleanchor == "x"


def test_a_photograph_is_drawn_in_its_colours() -> None:
    photograph = np.random.default_rng(0).integers(0, 256, (4, 5, 3), np.uint8)
    np.testing.assert_array_equal(pixel_picture(photograph, Patch(0, 0, 2), INK).data[0].z, photograph)


@pytest.mark.parametrize(("shades", "highest_is_dark"), [(INK, True), (PAPER, False)])
def test_high_values_are_dark_or_light_as_asked(shades: Shades, highest_is_dark: bool) -> None:
    (_, lowest), (_, highest) = value_grid(PICTURE, shades).data[0].colorscale
    assert (int(highest[1:], 16) < int(lowest[1:], 16)) == highest_is_dark


def test_every_cell_holds_its_number() -> None:
    cells = value_grid(PICTURE / 255, Shades(0, 1), decimals=2).data[0]
    np.testing.assert_array_equal(cells.z, PICTURE / 255)
    assert cells.texttemplate == "%{z:.2f}"
    assert (cells.zmin, cells.zmax) == (0, 1)


def test_a_strip_is_one_line_of_all_numbers_with_a_frame_around_some() -> None:
    figure = value_strip(PICTURE.ravel(), INK, marked=range(5, 10))
    np.testing.assert_array_equal(figure.data[0].z, PICTURE.reshape(1, 20))
    frame = figure.layout.shapes[0]
    assert (frame.x0, frame.x1) == (4.5, 9.5)
    assert list(figure.layout.xaxis.ticktext) == ["0", "19"]
    assert len(value_strip(PICTURE.ravel(), INK).layout.shapes) == 1


def test_a_label_is_a_single_one_below_the_name_of_its_class() -> None:
    boxes = one_hot_boxes(np.array([0.0, 1.0, 0.0]), ("ant", "bee", "cat"))
    assert boxes.data[0].z.tolist() == [[0, 1, 0]]
    assert boxes.data[0].texttemplate == "%{z:.0f}"
    assert list(boxes.layout.xaxis.ticktext) == ["ant", "bee", "cat"]
    assert one_hot_boxes(np.eye(1, 200)[0], [str(one) for one in range(200)]).data[0].texttemplate is None
