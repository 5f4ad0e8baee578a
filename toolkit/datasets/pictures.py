"""Picture files: opening untrusted ones, resizing, and showing."""

import os
import warnings
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import DataError
from ..formatting import shortened

_MOST_PIXELS, _MOST_BYTES = 4_000_000, 40_000_000
#: Phones take 12 to 24 megapixels. JPEG can be decoded at a half or a quarter of its size, while the shorter side keeps
#: at least this many pixels.
_MOST_OF_PHOTO, _SHORTER_SIDE_OF_PHOTO = 25_000_000, 700
#: Visible on light and on dark backgrounds.
_EDGE = 128


def open_picture(source: str | Path | BinaryIO, name: str | None = None) -> Image.Image:
    """Open a PNG or JPEG file, turned upright. Its size is checked before its pixels are decoded.

    source: a path, or an open file; name: what messages call it.
    A JPEG photo of more than 4 and at most 25 megapixels is read at a half or a quarter of its width and height.
    Raises `DataError` if the file is missing, not such a picture, or larger than that.
    """
    name = name or str(source)
    try:
        _check_bytes(source, name)
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(source, formats=("PNG", "JPEG"))
        if picture.format == "JPEG" and _MOST_PIXELS < picture.width * picture.height <= _MOST_OF_PHOTO:
            picture.draft(None, (_SHORTER_SIDE_OF_PHOTO, _SHORTER_SIDE_OF_PHOTO))
        if picture.width * picture.height > _MOST_PIXELS:
            raise DataError(
                f"{name} has {picture.width:,} × {picture.height:,} pixels; at most 4 megapixels are read. "
                "Scale it down."
            )
        upright: Image.Image = ImageOps.exif_transpose(picture)
    except DataError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise DataError(f"{name} is huge; at most 4 megapixels are read. Scale it down.") from None
    except FileNotFoundError:
        raise DataError(f"There is no picture {name}. Check the folder and the name.") from None
    except Exception as error:  # Pillow raises many types of exceptions for damaged pixels and metadata.
        reason = "it is neither" if isinstance(error, UnidentifiedImageError) else shortened(str(error))
        raise DataError(f"{name} can't be read as a PNG or JPEG picture ({reason}). Save it again as PNG.") from None
    if upright.mode.startswith("I"):  # 16 bits per pixel, which Pillow's `convert` clips at 255.
        return Image.fromarray((np.asarray(upright, np.uint32) >> 8).astype(np.uint8))
    return upright


def _check_bytes(source: str | Path | BinaryIO, name: str) -> None:
    """Refuse anything but a regular file, since a pipe might never end, and files larger than the limit."""
    if isinstance(source, str | Path):
        status = os.stat(source)
        if not S_ISREG(status.st_mode):
            raise DataError(f"{name} can't be read as a PNG or JPEG picture (it is not a file). Name one.")
        size = status.st_size
    else:
        size = source.seek(0, os.SEEK_END)
        source.seek(0)
    if size > _MOST_BYTES:
        raise DataError(f"{name} is {size / 1e6:,.0f} MB; at most {_MOST_BYTES / 1e6:.0f} MB are read. Scale it down.")


def resize_picture(picture: Image.Image, row_shape: tuple[int, ...]) -> np.ndarray:
    """A picture for a network that was not trained on MNIST: resized with anti-aliasing and nothing else.

    row_shape: (height, width) or (height, width, channels). Returns uint8 of that shape.
    """
    mode = "RGB" if len(row_shape) == 3 and row_shape[2] == 3 else "L"
    resized = on_white(picture).convert(mode).resize((row_shape[1], row_shape[0]), Image.Resampling.BOX)
    return np.asarray(resized, np.uint8).reshape(row_shape)


def on_white(picture: Image.Image) -> Image.Image:
    """The picture on a white background, which shows through where it is transparent."""
    layered = picture.convert("RGBA")
    paper = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(paper, layered)


def shown_pictures(pictures: np.ndarray) -> np.ndarray:
    """Pictures of a data set for display: light ink on black becomes dark ink on white.

    pictures: uint8 or float of shape (rows, height, width) or (rows, height, width, 3).
    Returns uint8 of the same shape.
    """
    if pictures.dtype != np.uint8:
        low, high = min(float(pictures.min()), 0.0), max(float(pictures.max()), 1.0)
        pictures = np.round((pictures - low) * (255 / (high - low))).astype(np.uint8)
    on_black = pictures.ndim == 3 and np.median(pictures) < 64
    return 255 - pictures if on_black else pictures


def framed(picture: Image.Image | np.ndarray, side: int) -> Image.Image:
    """A picture centred on a transparent square with a thin grey edge; small ones are enlarged without blur.

    picture: a PIL image, or uint8 of shape (height, width), (height, width, 1) or (height, width, 3). side: of the
    square, in pixels.
    """
    if not isinstance(picture, Image.Image):
        picture = Image.fromarray(picture[..., 0] if picture.shape[2:] == (1,) else picture)
    longest, room = max(picture.size), side - 2
    way = Image.Resampling.NEAREST if longest <= room else Image.Resampling.BOX
    mode = "LA" if picture.mode in ("1", "L", "LA") else "RGBA"
    fitting = ImageOps.contain(picture.convert(mode), (room, room), way)
    square = Image.new(mode, (side, side))
    edged = ImageOps.expand(fitting, 1, (_EDGE,) * (len(mode) - 1) + (255,))
    square.paste(edged, ((side - edged.width) // 2, (side - edged.height) // 2))
    return square
