"""Pictures of a data set as a person looks at them; opening and resizing is tested with the handwriting."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from toolkit.datasets.pictures import framed, open_picture, shown_pictures
from toolkit.errors import DataError


def test_an_open_file_is_a_picture_too_and_is_called_as_asked() -> None:
    content = BytesIO()
    Image.new("L", (3, 2), 7).save(content, "PNG")
    assert open_picture(BytesIO(content.getvalue())).size == (3, 2)
    with pytest.raises(
        DataError,
        match=r"^pets\.zip: a\.png can't be read as a picture \(it is not PNG, JPEG, WebP, GIF, BMP, TIFF or HEIC\)\.",
    ):
        open_picture(BytesIO(b"no"), "pets.zip: a.png")


def test_light_ink_on_black_becomes_dark_ink_on_white() -> None:
    pictures = np.zeros((2, 4, 4), np.uint8)
    pictures[:, 1, 1] = 255
    np.testing.assert_array_equal(shown_pictures(pictures), 255 - pictures)


def test_photographs_and_dark_ink_stay_as_they_are() -> None:
    for pictures in (np.zeros((2, 4, 4, 3), np.uint8), np.full((2, 4, 4), 200, np.uint8)):
        np.testing.assert_array_equal(shown_pictures(pictures), pictures)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.0, 1.0)])
def test_floats_are_spread_over_all_greys(low: float, high: float) -> None:
    shown = shown_pictures(np.array([[[low, high, high, high]]]))
    assert (shown.dtype, shown.ravel().tolist()) == (np.uint8, [0, 255, 255, 255])


@pytest.mark.parametrize(("size", "read"), [((4032, 3024), (1008, 756)), ((3024, 4032), (756, 1008))])
def test_a_photo_of_12_megapixels_is_read_smaller(size: tuple[int, int], read: tuple[int, int]) -> None:
    content = BytesIO()
    photo = Image.new("L", size, 200)
    photo.paste(50, (0, 0, size[0] // 2, size[1] // 2))
    photo.save(content, "JPEG")
    picture = open_picture(content)
    assert picture.size == read
    assert abs(picture.getpixel((10, 10)) - 50) < 3
    assert abs(picture.getpixel((read[0] - 10, 10)) - 200) < 3


def test_a_photo_of_more_than_25_megapixels_and_a_long_strip_are_refused() -> None:
    for size in ((6000, 4400), (12000, 600)):
        content = BytesIO()
        Image.new("L", size).save(content, "JPEG")
        with pytest.raises(DataError, match=r"pixels; at most 4 megapixels are read. Scale it down\.$"):
            open_picture(content, "photo.jpg")


def test_a_small_picture_is_framed_enlarged_without_blur() -> None:
    square = np.asarray(framed(np.array([[0, 200]], np.uint8), 42))
    assert square.shape == (42, 42, 2)
    levels, opacity = square[..., 0], square[..., 1]
    # An edge of one pixel, 40 × 20 pixels of the picture in its middle, and nothing around it.
    assert np.flatnonzero(opacity.any(axis=1)).tolist() == list(range(10, 32))
    assert (levels[11:31, 1:21] == 0).all()
    assert (levels[11:31, 21:41] == 200).all()
    assert (levels[[10, 31]] == 128).all()
    assert opacity[10:32].min() == 255


def test_a_large_picture_is_framed_smaller_and_in_its_colours() -> None:
    for picture in (np.full((300, 300, 3), (10, 20, 30), np.uint8), np.full((300, 300, 1), 7, np.uint8)):
        square = framed(picture, 42)
        assert square.size == (42, 42)
        assert np.asarray(square)[20, 20, :-1].tolist() == picture[0, 0].tolist()
