"""Pictures sorted into one folder per class, on disk or in a zip file."""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from ..config.shapes import shown
from ..errors import DataError
from ..formatting import count, shortened
from .labels import check_class_name
from .picture_files import PictureFile, files_of, picture_parts
from .pictures import on_white, open_picture
from .raw import RawData

#: The size of all pictures in memory: the 60,000 of CIFAR-10 take 184 MB.
_MOST_BYTES_KEPT = 500_000_000
#: Pixels to decode from a zip, which may be small and hold very many: a base, and more per byte, as drawings have.
_PIXELS_IN_ZIP, _PIXELS_A_BYTE = 300_000_000, 20
#: Larger pictures are scaled down: a network for a lesson learns from small ones.
MOST_SIDE = 64


def read_picture_folder(path: Path) -> RawData:
    """Read one sub-folder per class, named after the class; or `train` and `test`, in any case, with such sub-folders.

    path: the folder, or a zip of it, which is not unpacked to disk. A single folder around all others is ignored, and
    so are pictures beside the classes, hidden files and other types of files.
    The pictures become uint8 of shape (rows, height, width) if all are grey, else (rows, height, width, 3), resized to
    the most common size, at most 64 pixels a side.
    Raises `DataError` if there are no such folders, if there are others, such as `val`, beside `train`, or if a
    picture can't be read.
    """
    with files_of(path) as files:
        parts = picture_parts(path, files)
        labels = {part: _labels(path, of_part) for part, of_part in parts.items()}
        loaded, scaled = _loaded(path, parts)
    kept = sum(map(len, loaded.values()))
    sizes = Counter(picture.size for of_part in loaded.values() for picture in of_part)
    (width, height), _ = sizes.most_common(1)[0]
    stacked = {part: _stacked(of_part, (width, height)) for part, of_part in loaded.items()}
    if all(_is_grey(x) for x in stacked.values()):
        stacked = {part: x[..., 0] for part, x in stacked.items()}
    notes = []
    if scaled or len(sizes) > 1:
        notes.append(f"{path.name}: all pictures were resized to {shown((height, width))} pixels (height × width).")
    if skipped := len(files) - kept:
        notes.append(f"{path.name}: {count(skipped, 'file')} skipped: only PNG and JPEG pictures of a class are read.")
    x_test, y_test = stacked.get("test"), labels.get("test")
    return RawData(stacked["train"], labels["train"], x_test, y_test, notes=tuple(notes))


def _labels(path: Path, files: list[PictureFile]) -> np.ndarray:
    names = [file.place.parts[0] for file in files]
    for name in set(names):
        check_class_name(path.name, name)
    return np.array(names)


def _loaded(path: Path, parts: dict[str, list[PictureFile]]) -> tuple[dict[str, list[Image.Image]], bool]:
    """The pictures of each part, scaled down and in colour, and whether any had to be scaled down."""
    loaded: dict[str, list[Image.Image]] = {part: [] for part in parts}
    most = _PIXELS_IN_ZIP + _PIXELS_A_BYTE * path.stat().st_size if path.is_file() else sys.maxsize
    kept = decoded = 0
    for part, files in parts.items():
        for file in files:
            picture, num_pixels = _small(path, file)
            loaded[part].append(picture)
            kept, decoded = kept + picture.width * picture.height, decoded + num_pixels
            if decoded > most or 3 * kept > _MOST_BYTES_KEPT:
                raise DataError(
                    f"{path.name} holds more pictures than are read: over {decoded / 1e6:,.0f} megapixels. Keep a "
                    f"part of them, or scale them down to {MOST_SIDE} pixels a side, which is all that is used."
                )
    return loaded, decoded > kept


def _small(path: Path, file: PictureFile) -> tuple[Image.Image, int]:
    """A picture at no more than 64 pixels a side, in colour, and how many pixels it had."""
    with file.content() as content:
        opened = open_picture(content, f"{path.name}: {shortened(file.name)}")
    # Takes half the time if nothing is transparent.
    picture = (on_white(opened) if opened.has_transparency_data else opened).convert("RGB")
    num_pixels = picture.width * picture.height
    if max(picture.size) > MOST_SIDE:
        picture.thumbnail((MOST_SIDE, MOST_SIDE), Image.Resampling.BOX)
    return picture, num_pixels


def _stacked(pictures: list[Image.Image], size: tuple[int, int]) -> np.ndarray:
    same = (one if one.size == size else one.resize(size, Image.Resampling.BOX) for one in pictures)
    return np.stack([np.asarray(one, np.uint8) for one in same])


def _is_grey(x: np.ndarray) -> bool:
    return np.array_equal(x[..., 0], x[..., 1]) and np.array_equal(x[..., 0], x[..., 2])
