"""A picture becomes a row like the training pictures, whatever their classes are called.

Letters are prepared as EMNIST's makers did (G. Cohen and others, 2017), clothes after Fashion-MNIST's description:
light grey areas on black whose longest side fills the picture.
"""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage

from toolkit.datasets import Dataset
from toolkit.datasets.pictures import resize_picture
from toolkit.errors import ConfigError, DataError
from toolkit.handwriting import (
    digit_rows,
    from_pixels,
    holds_digits,
    prepare_digit,
    prepare_picture,
    to_pixels,
)
from toolkit.handwriting.preparation import training_style

_DIGITS = "0123456789"


def _seven(size: tuple[int, int] = (200, 200)) -> Image.Image:
    """A black 7 on white paper."""
    page = Image.new("L", size, 255)
    ImageDraw.Draw(page).line([(60, 40), (130, 40), (85, 160)], fill=0, width=10, joint="curve")
    return page


def _own(x: np.ndarray, names: str = _DIGITS) -> Dataset:
    y = np.arange(len(x)) % len(names)
    return Dataset("own", x, y, x, y, tuple(names))


def _with_rows(data: Dataset, change: Callable[[np.ndarray], np.ndarray], names: str = _DIGITS) -> Dataset:
    """Two hundred rows of a data set as somebody's own."""
    return _own(change(data.x_train[:200]), names)


def _as_in_emnist(rows: np.ndarray) -> np.ndarray:
    """Blurred at 128 × 128, cut out, in the middle of a square, 24 pixels long, with a border of 2."""
    made = np.zeros((len(rows), 28, 28), np.uint8)
    for row, small in zip(rows, made, strict=True):
        large = Image.fromarray(row).resize((128, 128), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(1))
        ink = large.crop(large.point(lambda level: 255 * (level > 20)).getbbox())
        side = max(ink.size)
        square = Image.new("L", (side, side))
        square.paste(ink, ((side - ink.width) // 2, (side - ink.height) // 2))
        small[2:-2, 2:-2] = np.asarray(square.resize((24, 24), Image.Resampling.BICUBIC))
    return made


def _clothes(count: int = 200) -> np.ndarray:
    """Shirts, trousers, coats, shoes, bags and boots: grey, uneven, 28 pixels long, light on black."""
    random = np.random.default_rng(3)
    shapes = (
        [(8, 0, 19, 27), (1, 2, 26, 9)],
        [(9, 0, 13, 27), (15, 0, 19, 27), (9, 0, 19, 6)],
        [(4, 0, 23, 27), (0, 4, 27, 24)],
        [(0, 14, 27, 21), (0, 10, 12, 14)],
        [(0, 8, 27, 25), (9, 3, 18, 5)],
        [(3, 0, 14, 27), (14, 19, 27, 27)],
    )
    rows = np.zeros((count, 28, 28), np.uint8)
    for number, row in enumerate(rows):
        picture = Image.new("L", (28, 28))
        for box in shapes[number % len(shapes)]:
            ImageDraw.Draw(picture).rectangle(box, fill=int(random.integers(90, 240)))
        row[:] = np.asarray(picture) * (1 - 0.3 * random.random((28, 28)))
    return rows


def _at_random_places(rows: np.ndarray) -> np.ndarray:
    random, made = np.random.default_rng(4), np.zeros((len(rows), 56, 56), np.uint8)
    for row, large in zip(rows, made, strict=True):
        top, left = random.integers(0, 29, 2)
        large[top : top + 28, left : left + 28] = row
    return made


_CUT_OUT: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "MNIST": lambda x: x,
    "with a channel": lambda x: x[..., None],
    "from 0 to 1": lambda x: x / 255,
    "from -1 to 1": lambda x: x / 127.5 - 1,
    "with a wider border": lambda x: np.pad(x, [(0, 0), (2, 2), (2, 2)]),
    "black on white": lambda x: 255 - x,
    "as in EMNIST": _as_in_emnist,
}


@pytest.mark.parametrize("names", [_DIGITS, "abcdefghij", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"])
@pytest.mark.parametrize("kind", _CUT_OUT)
def test_signs_that_are_cut_out_and_centred_are_known_by_their_pixels(mnist: Dataset, kind: str, names: str) -> None:
    assert holds_digits(_with_rows(mnist, _CUT_OUT[kind], names))


def test_scikit_learns_digits_are_cut_out_too(digits: Dataset) -> None:
    assert holds_digits(digits)


_OTHERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "clothes": lambda x: _clothes(len(x)),
    "clothes from 0 to 1": lambda x: _clothes(len(x)) / 255,
    "at random places": _at_random_places,
    "not square": lambda x: x[:, 4:-4],
    "in colour": lambda x: np.repeat(x[..., None], 3, axis=-1),
    "rows of a table": lambda x: x.reshape(len(x), -1) / 255,
    "noise": lambda x: np.random.default_rng(5).integers(0, 256, x.shape).astype(np.uint8),
    "nothing": np.zeros_like,
}


@pytest.mark.parametrize("kind", _OTHERS)
def test_other_pictures_are_no_signs_even_if_their_classes_are_called_0_to_9(mnist: Dataset, kind: str) -> None:
    assert not holds_digits(_with_rows(mnist, _OTHERS[kind]))


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1)], ids=str)
def test_a_picture_for_data_of_digits_is_prepared(mnist: Dataset, shape: tuple[int, ...]) -> None:
    made = prepare_picture(_seven(), _with_rows(mnist, lambda x: x.reshape(-1, *shape)))

    assert (made.preparation, made.remarks) == ("digit", ())
    assert made.row.shape == shape
    np.testing.assert_array_equal(made.row.reshape(28, 28), prepare_digit(_seven()).pixels)


def test_for_black_digits_on_white_a_picture_is_prepared_and_turned_around(mnist: Dataset) -> None:
    made = prepare_picture(_seven(), _with_rows(mnist, lambda x: 255 - x))

    np.testing.assert_array_equal(made.row, 255 - prepare_digit(_seven()).pixels)
    assert made.remarks == ("The digit was then made dark on light, as the training pictures are.",)


def test_a_letter_gets_the_length_and_the_place_of_the_training_letters(mnist: Dataset) -> None:
    letters = _with_rows(mnist, _as_in_emnist, "abcdefghij")

    row = prepare_picture(_seven(), letters).row

    rows, columns = np.flatnonzero((row > 63).any(axis=1)), np.flatnonzero((row > 63).any(axis=0))
    assert abs(np.ptp(rows) + 1 - training_style(letters).longest) <= 1
    assert abs(rows[0] - (27 - rows[-1])) <= 1
    assert abs(columns[0] - (27 - columns[-1])) <= 1


def test_a_picture_for_digits_of_another_size_gets_the_length_and_the_centre_that_those_have(
    mnist: Dataset, digits: Dataset
) -> None:
    small = prepare_picture(_seven(), digits).row
    padded = prepare_picture(_seven(), _with_rows(mnist, lambda x: np.pad(x, [(0, 0), (2, 2), (2, 2)]))).row

    assert small.shape == (8, 8)
    assert small[[0, -1]].any(axis=1).all()  # scikit-learn's digits fill their 8 rows
    assert padded.shape == (32, 32)
    assert ndimage.center_of_mass(padded) == pytest.approx((16, 16), abs=0.6)


def test_a_picture_of_just_the_size_of_other_digits_is_taken_as_it_is(digits: Dataset) -> None:
    made = prepare_picture(Image.fromarray(digits.x_test[0]), digits)

    assert made.preparation == "resized"
    np.testing.assert_array_equal(made.row, digits.x_test[0])


def test_a_picture_for_other_data_is_merely_resized(toy: Dataset) -> None:
    made = prepare_picture(_seven(), toy)

    assert (made.preparation, made.digit) == ("resized", None)
    np.testing.assert_array_equal(made.row, resize_picture(_seven(), toy.row_shape))


def test_a_dark_picture_on_white_is_turned_around_for_light_ones_on_black() -> None:
    made = prepare_picture(_seven(), _own(_clothes()))

    np.testing.assert_array_equal(made.row, 255 - resize_picture(_seven(), (28, 28)))
    assert made.remarks == ("Its light and dark were exchanged, as the training pictures are light on dark.",)


def test_a_training_picture_itself_and_a_light_picture_on_black_are_not_turned_around() -> None:
    clothes = _clothes()
    for picture in (Image.fromarray(clothes[4]), Image.fromarray(255 - np.asarray(_seven()))):
        made = prepare_picture(picture, _own(clothes))

        assert made.remarks == ()
        np.testing.assert_array_equal(made.row, resize_picture(picture, (28, 28)))


def test_the_preparation_can_be_chosen(mnist: Dataset) -> None:
    ink = Image.fromarray(mnist.x_test[0])

    resized = prepare_picture(_seven(), mnist, prepare="resize")
    cut_out = prepare_picture(_seven(), _own(_clothes()), prepare="digit")
    as_it_is = prepare_picture(ink, mnist, prepare="none")

    assert [made.preparation for made in (resized, cut_out, as_it_is)] == ["resized", "digit", "none"]
    np.testing.assert_array_equal(resized.row, resize_picture(_seven(), (28, 28)))
    assert cut_out.digit is not None
    np.testing.assert_array_equal(as_it_is.row, mnist.x_test[0])


def test_a_preparation_that_is_not_possible_is_explained(mnist: Dataset) -> None:
    in_colour = _with_rows(mnist, lambda x: np.repeat(x[..., None], 3, axis=-1))
    with pytest.raises(DataError) as small:
        prepare_picture(_seven((200, 180)), mnist, prepare="none")
    with pytest.raises(DataError) as colour:
        prepare_picture(_seven(), in_colour, prepare="digit")
    with pytest.raises(ConfigError) as unknown:
        prepare_picture(_seven(), mnist, prepare="digits")

    assert str(small.value) == (
        "Without preparation, a picture must have 28 × 28 pixels, as the training pictures of mnist have. "
        "Received: 200 × 180. Resize it, or let it be prepared."
    )
    assert str(colour.value) == (
        "Only for square grey training pictures can a digit be cut out. Received: 28 × 28 × 3 in own. Choose resize."
    )
    assert str(unknown.value) == ("prepare must be one of digit, resize, none. Received: 'digits'. Did you mean digit?")


def test_steps_can_be_left_out_of_a_picture_for_a_data_set_too(mnist: Dataset) -> None:
    made = prepare_picture(_seven(), mnist, skip={"polarity"})

    np.testing.assert_array_equal(made.row, prepare_digit(_seven(), skip={"polarity"}).pixels)
    assert made.digit is not None
    assert "polarity" not in {step.key for step in made.digit.steps}


def test_several_digits_become_rows_at_once(mnist: Dataset, digits: Dataset) -> None:
    pages = (_seven(), _seven().transpose(Image.Transpose.ROTATE_180))
    prepared = [prepare_digit(page).pixels for page in pages]

    np.testing.assert_array_equal(digit_rows(prepared, mnist), prepared)
    expected = [prepare_picture(page, digits).row for page in pages]
    np.testing.assert_array_equal(digit_rows(prepared, digits), expected)


@pytest.mark.parametrize(
    "change", [lambda x: x, lambda x: x / 255, lambda x: x / 127.5 - 1], ids=["bytes", "0…1", "±1"]
)
def test_ones_own_digit_is_in_the_range_of_the_data(mnist: Dataset, change: Callable[[np.ndarray], np.ndarray]) -> None:
    data = _with_rows(mnist, change)
    page = Image.fromarray(255 - mnist.x_test[0]).resize((280, 280))

    made = prepare_picture(page, data)

    assert made.preparation == "digit"
    np.testing.assert_array_equal(made.row, prepare_digit(page).pixels)
    np.testing.assert_allclose(from_pixels(made.row, data), change(made.row), atol=1e-6)
    np.testing.assert_array_equal(to_pixels(data.x_train, data), mnist.x_train[:200])
