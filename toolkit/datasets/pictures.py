"""Picture files: opening untrusted ones, resizing, and showing."""

import os
import warnings
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO, NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from ..errors import DataError
from ..formatting import shortened
from .picture_formats import FORMAT_NAMES, OF_CAMERAS, is_heic, opened_formats
from .pixel_depth import stretched_colours, to_8_bits

_MOST_PIXELS, _MOST_BYTES = 4_000_000, 40_000_000
#: Phones take 12 to 24 megapixels. A photo is read at a half or a quarter of its size, while the shorter side keeps at
#: least this many pixels.
_MOST_OF_PHOTO, _SHORTER_SIDE_OF_PHOTO = 25_000_000, 700
#: Decoding WebP takes 16 bytes a pixel.
_MOST_OF_WEBP = 12_500_000
_USUAL_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"})
#: Visible on light and on dark backgrounds.
_EDGE = 128


def open_picture(source: str | Path | BinaryIO, name: str | None = None) -> Image.Image:
    """Open a picture file, turned upright: PNG, JPEG, WebP, GIF, BMP, TIFF, or HEIC with pillow-heif installed.

    Its size is checked before its pixels are decoded. Of several frames or pages, the first is read. Pictures of 16
    bits become 8 bits, stretched if they use only a part of their range.
    source: a path, or an open file; name: what messages call it.
    A JPEG or HEIC photo of more than 4 and at most 25 megapixels (WebP: 12.5) is read at a half or less of its width
    and height.
    Raises `DataError` if the file is missing, not such a picture, or larger than that.
    """
    return open_measured(source, name or str(source)).picture


class OpenedPicture(NamedTuple):
    """A picture, the number of pixels that were decoded for it, and whether it was stored with more than 8 bits."""

    picture: Image.Image
    num_pixels: int
    is_deep: bool


def open_measured(source: str | Path | BinaryIO, name: str) -> OpenedPicture:
    """As `open_picture`, with more about the picture."""
    try:
        _check_file(source, name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Of damaged metadata, which are not needed.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _decoded(Image.open(source, formats=opened_formats()), name)
    except DataError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise DataError(f"{name} is huge; at most 4 megapixels are read. Scale it down.") from None
    except FileNotFoundError:
        raise DataError(f"There is no picture {name}. Check the folder and the name.") from None
    except Exception as error:  # Pillow raises many types of exceptions for damaged pixels and metadata.
        reason = f"it is not {FORMAT_NAMES}" if isinstance(error, UnidentifiedImageError) else shortened(str(error))
        raise DataError(f"{name} can't be read as a picture ({reason}). Save it again as PNG.") from None


def _decoded(picture: Image.Image, name: str) -> OpenedPicture:
    shrink, num_pixels = _shrink_factor(picture), picture.width * picture.height
    if picture.width // shrink * (picture.height // shrink) > _MOST_PIXELS:
        raise DataError(
            f"{name} has {picture.width:,} × {picture.height:,} pixels; at most 4 megapixels are read. Scale it down."
        )
    if shrink > 1:
        picture = _reduced(picture, shrink)
    stored = str([tile.args for tile in getattr(picture, "tile", ())])
    cut_to_8_bits = picture.mode in ("RGB", "RGBA") and ";16" in stored
    upright: Image.Image = ImageOps.exif_transpose(picture)
    if cut_to_8_bits:
        upright = stretched_colours(upright)
    is_deep = cut_to_8_bits or upright.mode[0] in "IF"
    return OpenedPicture(_in_usual_mode(to_8_bits(upright, name)), num_pixels, is_deep)


def _shrink_factor(picture: Image.Image) -> int:
    """The part of its width and height at which a photo is read; 1 for other pictures."""
    most = _MOST_OF_WEBP if picture.format == "WEBP" else _MOST_OF_PHOTO
    if picture.format not in OF_CAMERAS or not _MOST_PIXELS < picture.width * picture.height <= most:
        return 1
    fitting = [factor for factor in (2, 4, 8) if min(picture.size) // factor >= _SHORTER_SIDE_OF_PHOTO]
    return max(fitting, default=1)


def _reduced(picture: Image.Image, factor: int) -> Image.Image:
    """A photo at a part of its width and height. Only JPEG can be decoded at that size; HEIC would take a thumbnail."""
    smaller = (picture.width // factor, picture.height // factor)
    if isinstance(picture, JpegImageFile) and picture.draft(None, smaller):
        return picture
    return picture.reduce(factor)


def _in_usual_mode(picture: Image.Image) -> Image.Image:
    return picture if picture.mode in _USUAL_MODES else picture.convert("RGBA")


def _check_file(source: str | Path | BinaryIO, name: str) -> None:
    """Refuse anything but a regular file, since a pipe might never end; large files; HEIC if it can't be opened."""
    if isinstance(source, str | Path):
        status = os.stat(source)
        if not S_ISREG(status.st_mode):
            raise DataError(f"{name} can't be read as a picture (it is not a file). Name one.")
        size = status.st_size
    else:
        size = source.seek(0, os.SEEK_END)
    if size > _MOST_BYTES:
        raise DataError(f"{name} is {size / 1e6:,.0f} MB; at most {_MOST_BYTES / 1e6:.0f} MB are read. Scale it down.")
    if "HEIF" not in opened_formats() and is_heic(_start(source)):
        raise DataError(
            f"{name} is a HEIC picture, as iPhones take them, and the reader for them is not installed. Save it as "
            'JPEG, or install the reader: pip install "keras-teaching-toolkit[heic]".'
        )


def _start(source: str | Path | BinaryIO) -> bytes:
    if isinstance(source, str | Path):
        with open(source, "rb") as file:
            return file.read(12)
    source.seek(0)
    start = source.read(12)
    source.seek(0)
    return start


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
