"""Picture files: opened with care, resized, and shown."""

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
#: Phones take 12 to 24 megapixels. The format lets a photo be decoded at a half or a quarter of its size, so that
#: its shorter side still has this many pixels.
_MOST_OF_PHOTO, _SHORTER_SIDE_OF_PHOTO = 25_000_000, 700
#: Seen on light and on dark.
_EDGE = 128


def open_picture(source: str | Path | BinaryIO, name: str | None = None) -> Image.Image:
    """Open a PNG or JPEG file, turned upright. Its size is checked before its pixels are decoded.

    source: a path, or an open file; name: what messages call it.
    A JPEG photo of more than 4 and at most 25 megapixels is read at a half or a quarter of its width and height.
    Raises `DataError` where the file is missing, no such picture, or larger than that.
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
    except Exception as error:  # Pillow raises many kinds for damaged pixels and for damaged notes beside them.
        reason = "it is neither" if isinstance(error, UnidentifiedImageError) else shortened(str(error))
        raise DataError(f"{name} can't be read as a PNG or JPEG picture ({reason}). Save it again as PNG.") from None
    if upright.mode.startswith("I"):  # 16 bits a pixel, which Pillow's `convert` cuts off at 255.
        return Image.fromarray((np.asarray(upright, np.uint32) >> 8).astype(np.uint8))
    return upright


def _check_bytes(source: str | Path | BinaryIO, name: str) -> None:
    """Refuse what is no file, which might never end, and a file that is larger than any picture to be read."""
    if isinstance(source, str | Path):
        status = os.stat(source)
        if not S_ISREG(status.st_mode):
            raise DataError(f"{name} can't be read as a PNG or JPEG picture (it is no file). Name one.")
        size = status.st_size
    else:
        size = source.seek(0, os.SEEK_END)
        source.seek(0)
    if size > _MOST_BYTES:
        raise DataError(f"{name} has {size / 1e6:,.0f} MB; at most {_MOST_BYTES / 1e6:.0f} MB are read. Scale it down.")


def resize_picture(picture: Image.Image, row_shape: tuple[int, ...]) -> np.ndarray:
    """A picture for a network that was not trained on MNIST: resized with anti-aliasing, nothing else.

    row_shape: (height, width) or (height, width, channels). Returns uint8 of that shape.
    """
    mode = "RGB" if len(row_shape) == 3 and row_shape[2] == 3 else "L"
    resized = on_white(picture).convert(mode).resize((row_shape[1], row_shape[0]), Image.Resampling.BOX)
    return np.asarray(resized, np.uint8).reshape(row_shape)


def on_white(picture: Image.Image) -> Image.Image:
    """The picture on white paper: where it is transparent, the paper shows."""
    layered = picture.convert("RGBA")
    paper = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(paper, layered)


def shown_pictures(pictures: np.ndarray) -> np.ndarray:
    """Pictures of a data set as a person looks at them: light ink on black becomes dark ink on white paper.

    pictures: uint8 or float of shape (rows, height, width) or (rows, height, width, 3).
    Returns uint8 of the same shape.
    """
    if pictures.dtype != np.uint8:
        low, high = min(float(pictures.min()), 0.0), max(float(pictures.max()), 1.0)
        pictures = np.round((pictures - low) * (255 / (high - low))).astype(np.uint8)
    on_black = pictures.ndim == 3 and np.median(pictures) < 64
    return 255 - pictures if on_black else pictures


def framed(picture: Image.Image | np.ndarray, side: int) -> Image.Image:
    """A picture in the middle of a transparent square with a thin grey edge, small ones enlarged without blur.

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
