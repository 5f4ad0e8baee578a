"""A picture in grey, of a workable size: by its brightness, or where that does not show the ink, by its colours."""

import numpy as np
from PIL import Image, ImageOps

from .image_ops import even_lighting, otsu, resized, scaled_shape, uint8

_WORKING_SIDES = (112, 800)
#: Colours are compared on a page of this length.
_COLOUR_SIDE = 100
#: Levels by which red, green and blue must differ from grey, at the least, for a page to be looked at in colour.
_COLOURFUL = 12
#: The paper's level on a page made from its colours.
_PAPER = 235
#: How much more must differ in colour than in brightness, and the difference that brightness must show to be enough.
_TIMES, _ENOUGH = 2.0, 8.0


def grey(picture: Image.Image) -> np.ndarray:
    """Turn upright by the EXIF data, fill transparency, convert to grey, and resize the longest side to 112 to 800.

    Where ink and paper are equally light, the page shows how far a pixel's colour is from the paper's.
    """
    upright: Image.Image = ImageOps.exif_transpose(picture)
    if not upright.has_transparency_data:
        return _by_colour(upright) if upright.mode not in ("L", "1") else _workable(upright.convert("L"))
    layered = upright.convert("RGBA")
    light, opacity = np.asarray(layered.convert("L")), np.asarray(layered.getchannel("A"), np.float32) / 255
    return _workable(Image.fromarray(uint8(light * opacity + _backing(light, opacity) * (1 - opacity))))


def first_channel(picture: Image.Image) -> np.ndarray:
    """A picture's first channel as stored: red, for an RGB picture."""
    channel = picture.convert("RGB") if picture.mode in ("P", "CMYK", "1") else picture
    return _workable(channel.getchannel(0).convert("L"))


def _by_colour(picture: Image.Image) -> np.ndarray:
    """The page in grey, or along the direction of colour in which its ink differs from its paper."""
    light = _workable(picture.convert("L"))
    colours = picture.convert("RGB")
    shape = scaled_shape((picture.height, picture.width), min(1.0, _COLOUR_SIDE / max(picture.size)))
    small = np.asarray(colours.resize(shape[::-1], Image.Resampling.BOX), np.float32)
    if np.ptp(small, axis=2).max() < _COLOURFUL:
        return light
    shown = _separation(even_lighting(resized(light, shape)).astype(np.float32))
    if shown >= _ENOUGH:
        return light
    even = np.stack([even_lighting(channel) for channel in uint8(small).transpose(2, 0, 1)], axis=-1)
    direction, paper = _direction(even.astype(np.float32))
    if _separation((even - paper) @ direction) < _TIMES * max(shown, 1):
        return light
    channels = [even_lighting(_workable(channel)) for channel in colours.split()]
    distance = np.stack(channels, axis=-1).astype(np.float32) @ direction - float(paper @ direction)
    return uint8(_PAPER - distance)


def _direction(even: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The unit vector in RGB along which an evenly lit page varies most, from its paper to its ink; and the paper."""
    colours = even.reshape(-1, 3)
    paper = np.median(colours, axis=0)
    away = colours - paper
    _, vectors = np.linalg.eigh(away.T @ away)
    direction = vectors[:, -1]
    along = away @ direction
    return (direction if (along**3).sum() > 0 else -direction).astype(np.float32), paper


def _separation(values: np.ndarray) -> float:
    """The standard deviation between the two groups that Otsu's threshold makes."""
    high = values > otsu(values)
    share = float(high.mean())
    if share in (0.0, 1.0):
        return 0.0
    return float((values[high].mean() - values[~high].mean()) * np.sqrt(share * (1 - share)))


def _backing(light: np.ndarray, opacity: np.ndarray) -> float:
    """The grey value to put behind a transparent picture, so that its ink shows, whether black or white."""
    drawn = light[opacity > 0.5]
    if not len(drawn):
        return 255.0
    if np.ptp(drawn) > 64 and len(drawn) > light.size / 2:  # The paper itself has been drawn.
        return float(np.median(drawn))
    return 255.0 if drawn.mean() < 128 else 0.0


def _workable(picture: Image.Image) -> np.ndarray:
    """Resize: large enough for strokes of several pixels, small enough to be fast."""
    longest = max(picture.size)
    smallest, largest = _WORKING_SIDES
    if longest > largest:
        return resized(np.asarray(picture), scaled_shape((picture.height, picture.width), largest / longest))
    times = max(1, -(-smallest // longest))  # An integer, so that pixel edges stay sharp.
    return np.asarray(picture.resize((times * picture.width, times * picture.height), Image.Resampling.BICUBIC))
