"""A user's picture -> a row like those a network was trained on, by what its training pictures look like."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image
from scipy import ndimage

from ..datasets import Dataset
from ..datasets.pictures import resize_picture
from ..datasets.preprocessing import scale
from ..errors import ConfigError, DataError, Problem, nearest
from . import image_ops
from .digit import PreparedDigit, prepare_digit
from .image_ops import DIGIT_SIDE, SIDE

PREPARATIONS = ("digit", "resize", "none")
#: What was done besides, by key.
REMARKS = {
    "inverted": "Its light and dark were exchanged, as the training pictures are {training}.",
    "ink_inverted": "The digit was then made dark on light, as the training pictures are.",
}
_SOME_ROWS = 1000
#: Pixels above this level are ink; a border below _BLACK is black, one above 255 − _BLACK is white.
_INK, _BLACK = 63, 24
#: In parts of the side: how much the length of the ink may vary, and how far its centre may lie from the middle.
_LENGTHS, _OFF_CENTRE = 0.2, 0.12
#: The share of the ink that is more than 7 of 28 pixels thick: hardly any of strokes, much of a shirt or a shoe.
_SOLID = 0.25


@dataclass(frozen=True)
class TrainingStyle:
    """How the training pictures hold their ink.

    longest: the ink's usual longest side in pixels. by_mass: whether its centre of mass is in the middle, rather than
    that of its box. inverted: whether it is dark on light. cut_out: whether all are single signs made of strokes, cut
    out, of one size and centred.
    """

    longest: int
    by_mass: bool
    inverted: bool
    cut_out: bool


@dataclass(frozen=True, eq=False)
class PreparedPicture:
    """A picture as a row of a data set, and how it became one.

    row: uint8 of shape `data.row_shape`, which `from_pixels` turns into a row of the data. preparation: what was done.
    digit: the steps, if it was prepared as a digit. remarks: a sentence for each thing that was done besides.
    """

    row: np.ndarray
    preparation: Literal["digit", "resized", "none"]
    digit: PreparedDigit | None = None
    remarks: tuple[str, ...] = ()


def holds_digits(data: Dataset) -> bool:
    """Whether a data set's rows look like the output of `prepare_digit`, so that a user's picture must be prepared too.

    That is: its rows are square grey pictures of digits, letters or other signs, cut out, of one size, and centred.
    The classes' names don't matter.
    """
    return can_prepare(data) and training_style(data).cut_out


def can_prepare(data: Dataset) -> bool:
    """Whether a data set's rows are square grey pictures."""
    return data.is_pictures and data.row_shape[2:] in ((), (1,)) and data.row_shape[0] == data.row_shape[1]


def training_style(data: Dataset) -> TrainingStyle:
    """How the training pictures of a data set that `can_prepare` hold their ink, judged by a thousand of them."""
    found: TrainingStyle | None = data.__dict__.get("_training_style")
    if found is None:
        found = _style(to_pixels(_some_rows(data), data).reshape(-1, *data.row_shape[:2]))
        data.__dict__["_training_style"] = found  # Every stroke on the page asks again.
    return found


def _some_rows(data: Dataset) -> np.ndarray:
    """A thousand training rows from all over, since rows may be sorted by class."""
    return data.x_train[:: max(1, len(data.x_train) // _SOME_ROWS)][:_SOME_ROWS]


def _style(pictures: np.ndarray) -> TrainingStyle:
    side = pictures.shape[1]
    border = float(np.median(_borders(pictures)))
    inverted = border > 255 - _BLACK
    light = 255 - pictures if inverted else pictures
    ink = light > _INK
    inked = ink[ink.any(axis=(1, 2))]
    if not len(inked):
        return TrainingStyle(side, by_mass=False, inverted=inverted, cut_out=False)
    lengths = np.maximum(*(_extent(np.asarray(inked.any(axis=axis))) for axis in (1, 2)))
    light = light[ink.any(axis=(1, 2))].astype(np.float64)
    places = np.arange(side) - side // 2
    off = np.stack([(light.sum(axis=axis) * places).sum(axis=1) / light.sum(axis=(1, 2)) for axis in (1, 2)])
    window = max(3, round(side * 7 / SIDE))
    thick = ndimage.grey_erosion(inked.astype(np.uint8), (1, window, window), mode="constant").astype(bool)
    thick = ndimage.grey_dilation(thick.astype(np.uint8), (1, window, window)).astype(bool) & inked
    solid = thick.sum(axis=(1, 2)) / inked.sum(axis=(1, 2))
    tenth, ninetieth = np.percentile(lengths, (10, 90))
    cut_out = (
        (border < _BLACK or inverted)
        and ninetieth - tenth <= max(1, _LENGTHS * side)
        and float(np.percentile(np.abs(off), 90)) <= max(1.0, _OFF_CENTRE * side)
        and float(np.median(solid)) <= _SOLID
    )
    by_mass = bool(np.percentile(np.abs(off), 90) <= 0.03 * side)
    return TrainingStyle(int(np.median(lengths)), by_mass, inverted, bool(cut_out))


def _borders(pictures: np.ndarray) -> np.ndarray:
    """The pixels along the edges of each picture: of shape (rows, pixels)."""
    edges = (pictures[:, 0], pictures[:, -1], pictures[:, :, 0], pictures[:, :, -1])
    return np.concatenate(edges, axis=1)


def _extent(along: np.ndarray) -> np.ndarray:
    """From the first to the last inked pixel of each row: bool (rows, pixels) -> (rows,)."""
    return along.shape[1] - along.argmax(axis=1) - along[:, ::-1].argmax(axis=1)


def to_pixels(rows: np.ndarray, data: Dataset) -> np.ndarray:
    """Rows of a data set of pictures as uint8, from 0 for its black to 255 for its white."""
    if data.x_train.dtype == np.uint8:
        return rows
    black, white = data.pixel_range
    return np.round((rows - black) * (255 / (white - black))).clip(0, 255).astype(np.uint8)


def from_pixels(pixels: np.ndarray, data: Dataset) -> np.ndarray:
    """uint8 pixels in the data set's own form: uint8 too, or float32 from its black to its white."""
    if data.x_train.dtype == np.uint8:
        return pixels
    black, white = data.pixel_range
    return scale(pixels) * np.float32(white - black) + np.float32(black)


def prepare_picture(
    picture: Image.Image, data: Dataset, *, skip: Collection[str] = (), prepare: str | None = None
) -> PreparedPicture:
    """A picture as a row of a data set of pictures, prepared as the training pictures are.

    prepare: "digit" cuts the digit or letter out and places it as theirs are; "resize" only resizes; "none" takes the
    pixels as they are. By default, whichever fits the training pictures. skip: as in `prepare_digit`. If the data's
    digits are not of MNIST's size, a picture of exactly their size has too few pixels to separate ink from paper: it is
    used as it is.

    Raises `ConfigError` for another preparation, `DataError` if the chosen one is not possible.
    """
    if prepare not in (None, *PREPARATIONS):
        known = ", ".join(PREPARATIONS)
        raise ConfigError([Problem("prepare", f"one of {known}", repr(prepare), nearest(str(prepare), PREPARATIONS))])
    height, width = data.row_shape[:2]
    fits = picture.size == (width, height)
    if prepare == "none":
        if not fits:
            raise DataError(
                f"Without preparation, a picture must have {width} × {height} pixels, as the training pictures of "
                f"{data.name} have. Received: {picture.width} × {picture.height}. Resize it, or let it be prepared."
            )
        return PreparedPicture(resize_picture(picture, data.row_shape), "none")
    if prepare == "digit" and not can_prepare(data):
        raise DataError(
            "Only for square grey training pictures can a digit be cut out. "
            f"Received: {' × '.join(map(str, data.row_shape))} in {data.name}. Choose resize."
        )
    small = fits and (height, width) != (SIDE, SIDE)
    if prepare == "digit" or (prepare is None and holds_digits(data) and not small):
        prepared = prepare_digit(picture, skip=skip)
        remarks = (REMARKS["ink_inverted"],) if training_style(data).inverted else ()
        return PreparedPicture(digit_rows([prepared.pixels], data)[0], "digit", prepared, remarks)
    return _resized(picture, data, invert=prepare is None)


def _resized(picture: Image.Image, data: Dataset, *, invert: bool) -> PreparedPicture:
    """The picture resized; and inverted if it is clearly dark on light and all training pictures the other way round.

    Pixels that already have the data's size may be one of its own rows, which a single white border would turn around.
    """
    row = resize_picture(picture, data.row_shape)
    if not invert or data.row_shape[2:] not in ((), (1,)) or picture.size == data.row_shape[1::-1]:
        return PreparedPicture(row, "resized")
    training = _paper(to_pixels(_some_rows(data), data).reshape(-1, *data.row_shape[:2]))
    own = _paper(row.reshape(1, *data.row_shape[:2]))
    if {training, own} != {"light on dark", "dark on light"}:
        return PreparedPicture(row, "resized")
    return PreparedPicture(255 - row, "resized", remarks=(REMARKS["inverted"].format(training=training),))


def _paper(pictures: np.ndarray) -> str | None:
    """Whether pictures are light on dark or dark on light, by the borders of four in five of them; None if neither."""
    levels = np.median(_borders(pictures), axis=1)
    if (levels < _BLACK).mean() >= 0.8:
        return "light on dark"
    return "dark on light" if (levels > 160).mean() >= 0.8 else None


def digit_rows(pictures: Sequence[np.ndarray], data: Dataset) -> np.ndarray:
    """Pictures of digits as rows of a data set that `can_prepare`, with the size and the place of its own digits.

    pictures: uint8 of shape (28, 28) each, such as `PreparedDigit.pixels` or `Step.pixels`.
    Returns uint8 of shape (rows, *data.row_shape).
    """
    side, style = data.row_shape[0], training_style(data)
    rows = list(pictures)
    if side != SIDE or not style.by_mass or abs(style.longest - DIGIT_SIDE) > 1:
        rows = [image_ops.scaled(image_ops.cropped(one), side, style.longest) for one in rows]
        if style.by_mass:
            rows = [image_ops.centred(one, side) for one in rows]
    stacked = np.stack(rows)
    return (255 - stacked if style.inverted else stacked).reshape(-1, *data.row_shape)
