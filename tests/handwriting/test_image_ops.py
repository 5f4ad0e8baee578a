"""The operations behind `prepare_digit`, against NumPy, SciPy and shapes whose measures are known."""

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from toolkit.handwriting import image_ops


def _bar(width: int, length: int = 100) -> np.ndarray:
    """An upright bar of white ink in the middle of 140 × 140."""
    page = np.zeros((140, 140), np.uint8)
    left = 70 - width // 2
    page[20 : 20 + length, left : left + width] = 255
    return page


def test_the_threshold_separates_two_groups_best() -> None:
    """N. Otsu's criterion, tried for every threshold by hand."""
    random = np.random.default_rng(0)
    values = np.concatenate([random.normal(60, 12, 4000), random.normal(170, 25, 700)])

    def between_groups(threshold: float) -> float:
        low, high = values[values <= threshold], values[values > threshold]
        return len(low) * len(high) * (low.mean() - high.mean()) ** 2

    best = max(np.linspace(30, 220, 500), key=between_groups)

    assert between_groups(image_ops.otsu(values)) == pytest.approx(between_groups(best), rel=1e-3)


@pytest.mark.parametrize("level", [40, 130, 220])
def test_even_lighting_leaves_evenly_lit_paper_as_it_is(level: int) -> None:
    page = np.full((90, 120), level, np.uint8)

    np.testing.assert_array_equal(image_ops.even_lighting(page), page)


def test_even_lighting_gives_back_what_the_paper_reflects() -> None:
    """A page is light times reflection; ink that reflects a quarter does so in the dark corner as well."""
    light = np.linspace(230, 70, 160)[None, :] * np.ones((160, 1))
    reflection = np.ones((160, 160))
    reflection[30:130, 30:36] = reflection[30:130, 120:126] = 0.25

    even = image_ops.even_lighting((light * reflection).round().astype(np.uint8)).astype(float)

    paper = float(np.median(even))
    assert np.abs(even[:, 60:100] - paper).max() <= 10
    assert even[40:120, 33].mean() / paper == pytest.approx(0.25, abs=0.05)
    assert even[40:120, 123].mean() / paper == pytest.approx(0.25, abs=0.05)


def test_paper_becomes_nothing_and_strokes_keep_soft_edges() -> None:
    page = ndimage.gaussian_filter(np.where(_bar(14) > 0, 200.0, 40.0), 2).astype(np.uint8)

    inked = image_ops.without_paper(page)

    assert not inked[:, :50].any()
    assert inked[70, 70] == 255
    assert 0 < inked[70, 62] < 255


def test_patches_with_less_than_two_percent_of_the_ink_are_specks() -> None:
    page = _bar(10)  # 1,000 pixels of ink
    page[5:9, 5:9] = 255  # 16
    page[5:10, 100:105] = 255  # 25

    kept = image_ops.without_specks(page)

    assert not kept[5:9, 5:9].any()
    assert kept[5:10, 100:105].all()
    np.testing.assert_array_equal(kept[20:120], page[20:120])


@pytest.mark.parametrize("width", [6, 10, 16, 24])
def test_the_width_of_a_pen_is_measured_in_pixels_of_twenty(width: int) -> None:
    assert image_ops.pen_width(_bar(width)) == pytest.approx(width / 5, rel=0.15)


def test_the_width_of_a_pen_does_not_depend_on_the_size_of_the_picture() -> None:
    page = Image.new("L", (400, 400))
    ImageDraw.Draw(page).ellipse((80, 60, 320, 340), outline=255, width=36)
    large = np.asarray(page)

    assert image_ops.pen_width(large[::2, ::2]) == pytest.approx(image_ops.pen_width(large), rel=0.05)


def test_a_page_without_ink_has_no_pen() -> None:
    assert image_ops.pen_width(np.zeros((28, 28), np.uint8)) == 0
    assert not image_ops.with_usual_pen(np.zeros((28, 28), np.uint8)).any()


@pytest.mark.parametrize(("width", "expected"), [(2, 2.0), (5, 2.0), (14, 14 / 5), (26, 3.6)])
def test_a_pen_is_brought_to_a_usual_width(width: int, expected: float) -> None:
    assert image_ops.pen_width(image_ops.with_usual_pen(_bar(width))) == pytest.approx(expected, rel=0.2)


def test_a_usual_pen_is_left_alone() -> None:
    np.testing.assert_array_equal(image_ops.with_usual_pen(_bar(14)), _bar(14))


def test_a_box_is_as_tight_as_the_ink() -> None:
    assert image_ops.cropped(_bar(14)).shape == (100, 14)
    assert image_ops.cropped(_bar(14)).all()


@pytest.mark.parametrize("shape", [(100, 14), (14, 100), (60, 60), (5, 3)], ids=str)
def test_scaling_keeps_the_proportions(shape: tuple[int, int]) -> None:
    box = image_ops.cropped(image_ops.scaled(np.full(shape, 90, np.uint8)))

    assert max(box.shape) == 20
    assert box.shape[0] / box.shape[1] == pytest.approx(shape[0] / shape[1], rel=0.1)
    assert box.max() == 255


def test_shrinking_takes_the_mean_of_the_pixels() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (80, 60)).astype(np.uint8)

    shrunk = image_ops.resized(picture, (20, 15))

    np.testing.assert_allclose(
        shrunk, picture.reshape(20, 4, 15, 4).mean(axis=(1, 3)), atol=1.01
    )  # Pillow rounds rows and columns apart


def test_the_centre_of_mass_comes_to_the_middle() -> None:
    digit = np.zeros((28, 28), np.uint8)
    digit[4:24, 9] = digit[20:24, 9:17] = 255

    centred = image_ops.centred(digit)

    assert ndimage.center_of_mass(centred) == pytest.approx((14, 14), abs=0.5)
    assert centred.sum() == digit.sum()


def test_a_digit_is_not_pushed_over_the_edge() -> None:
    lopsided = np.zeros((28, 28), np.uint8)
    lopsided[2:24, 3:25] = 1
    lopsided[2:6, 3:7] = 255

    assert image_ops.centred(lopsided).sum() == lopsided.sum()


def test_the_border_says_which_is_paper() -> None:
    white_on_black = _bar(14)

    assert image_ops.ink_is_dark(white_on_black) == (False, True)
    assert image_ops.ink_is_dark(255 - white_on_black) == (True, True)
    np.testing.assert_array_equal(image_ops.white_on_black(255 - white_on_black), white_on_black)
    np.testing.assert_array_equal(image_ops.white_on_black(white_on_black), white_on_black)
