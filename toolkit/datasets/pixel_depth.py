"""Pictures of more than 8 bits a pixel -> 8 bits, stretched if they use only a part of their range."""

import numpy as np
from PIL import Image

from ..errors import DataError

#: Grey values of 256: a picture of less contrast is stretched over its own range, unless it is blank.
_LOW_CONTRAST, _BLANK = 64, 4


def to_8_bits(picture: Image.Image, name: str) -> Image.Image:
    """A grey picture of 16 or 32 bits or of floats, as uint8; others are returned as they are.

    White is the largest number of as many bits as the picture uses: 4,095 of a camera with 12 bits, 65,535 of a scanner
    with 16; Pillow's `convert` would clip at 255. White is 1 for floats in [0, 1]. Pictures with negative numbers or of
    hardly any contrast are stretched from their darkest to their brightest pixel.
    Raises `DataError` if a number is not finite.
    """
    if picture.mode[0] not in "IF":
        return picture
    pixels = np.asarray(picture, np.float64)
    if not np.isfinite(pixels).all():
        raise DataError(f"{name} must hold finite numbers. Received: NaN or infinity. Save it again as PNG.")
    low, high = float(pixels.min()), float(pixels.max())
    white = _white(high, is_float=picture.mode == "F")
    contrast = 255 * (high - low) / white
    if low < 0 or _BLANK < contrast < _LOW_CONTRAST:
        pixels, white = pixels - low, high - low
    return Image.fromarray(np.round(255 * pixels / (white or 1)).astype(np.uint8))


def _white(high: float, *, is_float: bool) -> float:
    if is_float and high <= 1:
        return 1.0
    return float(2 ** int(high).bit_length() - 1) if high > 255 or not is_float else 255.0


def stretched_colours(picture: Image.Image) -> Image.Image:
    """A picture in RGB or RGBA that had 16 bits a colour, of which Pillow keeps 8: brightened if that made it dark."""
    high = int(np.asarray(picture)[..., :3].max())
    if not 0 < high < 128:
        return picture
    factor = 255 / (2 ** high.bit_length() - 1)
    brighter = [int(factor * value + 0.5) if value <= high else 255 for value in range(256)]
    as_it_is = list(range(256))
    return picture.point([value for band in picture.getbands() for value in (as_it_is if band == "A" else brighter)])
