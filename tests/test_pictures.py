"""Pictures of a data set as a person looks at them; opening and resizing is tested with the handwriting."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from toolkit.errors import DataError
from toolkit.pictures import open_picture, shown_pictures


def test_an_open_file_is_a_picture_too_and_is_called_as_asked() -> None:
    content = BytesIO()
    Image.new("L", (3, 2), 7).save(content, "PNG")
    assert open_picture(BytesIO(content.getvalue())).size == (3, 2)
    with pytest.raises(
        DataError, match=r"^pets\.zip: a\.png can't be read as a PNG or JPEG picture \(it is neither\)\."
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
