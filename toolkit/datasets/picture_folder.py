"""Pictures with a class each, on disk or in a zip file -> arrays."""

import sys
from collections import Counter
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from ..config.shapes import shown
from ..errors import DataError
from ..formatting import count, shortened
from .labels import check_class_name
from .picture_files import LabelledFile, picture_parts
from .pictures import OpenedPicture, on_white, open_measured
from .raw import RawData
from .stored_files import StoredFile, files_of

#: The size of all pictures in memory: the 60,000 of CIFAR-10 take 184 MB.
_MOST_BYTES_KEPT = 500_000_000
#: Pixels to decode from a zip, which may be small and hold very many: a base, and more per byte, as drawings have.
_PIXELS_IN_ZIP, _PIXELS_A_BYTE = 300_000_000, 20
_MOST_FILE_BYTES = 20_000_000
#: What a picture that can't be read counts as: how far its decoding came is unknown.
_PIXELS_OF_BROKEN, _MOST_NAMED = 4_000_000, 5
#: How far the colours of a grey pixel may differ in a file that stores brightness and colour apart.
_ROUNDING = 4
#: Larger pictures are scaled down: a network for a lesson learns from small ones.
MOST_SIDE = 64


def read_picture_folder(path: Path) -> RawData:
    """Read one sub-folder per class, named after the class; or `train`, `test` and `val` with such sub-folders.

    path: the folder, or a zip of it, which is not unpacked to disk. The parts' names may be `training`, `Test_Set` and
    the like. Instead of folders of classes, a table beside the pictures may tell the class of each: `labels.csv`.
    A single folder around all others is ignored, and so are hidden files and other types of files.
    The pictures become uint8 of shape (rows, height, width) if all are grey, else (rows, height, width, 3), resized to
    the most common size, at most 64 pixels a side. Pictures that can't be read are left out; a note names them.
    Raises `DataError` if there are no pictures with classes, or most of them can't be read.
    """
    with files_of(path) as files:
        found = picture_parts(path, files)
        reading = _Reading(path, sum(map(len, found.parts.values())))
        loaded = {part: reading.loaded(of_part) for part, of_part in found.parts.items()}
    labels = {part: _labels(path, [file for file, _ in of_part]) for part, of_part in loaded.items()}
    pictures = {part: [picture for _, picture in of_part] for part, of_part in loaded.items()}
    sizes = Counter(picture.size for of_part in pictures.values() for picture in of_part)
    (width, height), _ = sizes.most_common(1)[0]
    stacked = {part: _stacked(of_part, (width, height)) for part, of_part in pictures.items()}
    if all(_is_grey(x) for x in stacked.values()):
        stacked = {part: x[..., 1] for part, x in stacked.items()}
    notes = [*found.notes, *reading.notes()]
    if reading.scaled or len(sizes) > 1:
        notes.append(f"{path.name}: all pictures were resized to {shown((height, width))} pixels (height × width).")
    if skipped := len(files) - len(found.tables) - found.num_pictures:
        notes.append(f"{path.name}: {count(skipped, 'file')} skipped: only pictures of a class are read.")
    return RawData(
        stacked["train"],
        labels["train"],
        stacked.get("test"),
        labels.get("test"),
        stacked.get("validation"),
        labels.get("validation"),
        notes=tuple(notes),
    )


def _labels(path: Path, files: list[LabelledFile]) -> np.ndarray:
    for name in {file.label for file in files}:
        check_class_name(path.name, name)
    return np.array([file.label for file in files])


class _Reading:
    """Opens pictures within limits, and counts those that can't be read."""

    def __init__(self, path: Path, num_pictures: int) -> None:
        self._path, self._num_pictures = path, num_pictures
        self._most = _PIXELS_IN_ZIP + _PIXELS_A_BYTE * path.stat().st_size if path.is_file() else sys.maxsize
        self._kept = self._decoded = 0
        self._broken: list[tuple[LabelledFile, DataError]] = []
        self.scaled, self._num_deep = False, 0

    def loaded(self, files: list[LabelledFile]) -> list[tuple[LabelledFile, Image.Image]]:
        """The pictures that can be read, scaled down and in colour.

        Raises `DataError` if they are too many for the memory, or most can't be read, or all of a class.
        """
        found = []
        for file in files:
            try:
                opened = _opened(self._path, file.file)
            except DataError as error:
                self._leave_out(file, error)
                continue
            picture = _small(opened.picture)
            found.append((file, picture))
            self.scaled |= opened.num_pixels > picture.width * picture.height
            self._num_deep += opened.is_deep
            self._count(picture.width * picture.height, opened.num_pixels)
        if lost := {file.label for file in files} - {file.label for file, _ in found}:
            broken, reason = next(one for one in self._broken if one[0].label in lost)
            raise DataError(f"{self._path.name}: no picture of class {shortened(broken.label)} can be read. {reason}")
        return found

    def notes(self) -> list[str]:
        """A sentence that names the pictures that can't be read, and one on those of more than 8 bits."""
        deep = f"{self._path.name}: {count(self._num_deep, 'picture')} had more than 8 bits a pixel; 8 were kept."
        notes = [deep] if self._num_deep else []
        if not self._broken:
            return notes
        names = ", ".join(shortened(file.file.name) for file, _ in self._broken[:_MOST_NAMED])
        more = f" and {len(self._broken) - _MOST_NAMED:,} more" if len(self._broken) > _MOST_NAMED else ""
        return [
            *notes,
            f"{self._path.name}: {len(self._broken):,} of {count(self._num_pictures, 'picture')} can't be read and had "
            f"to be left out: {names}{more}.",
        ]

    def _leave_out(self, file: LabelledFile, error: DataError) -> None:
        self._broken.append((file, error))
        self._count(0, _PIXELS_OF_BROKEN)
        if 2 * len(self._broken) > self._num_pictures:
            raise DataError(f"{self._path.name}: most pictures can't be read. The first of them: {self._broken[0][1]}")

    def _count(self, kept: int, decoded: int) -> None:
        self._kept, self._decoded = self._kept + kept, self._decoded + decoded
        if self._decoded > self._most or 3 * self._kept > _MOST_BYTES_KEPT:
            raise DataError(
                f"{self._path.name} holds more pictures than are read: over {self._decoded / 1e6:,.0f} megapixels. "
                f"Keep a part of them, or scale them down to {MOST_SIDE} pixels a side, which is all that is used."
            )


def _opened(path: Path, file: StoredFile) -> OpenedPicture:
    name = f"{path.name}: {shortened(file.name)}"
    if file.size > _MOST_FILE_BYTES:
        raise DataError(
            f"{name} is {file.size / 1e6:,.0f} MB; at most {_MOST_FILE_BYTES / 1e6:.0f} MB are read. Scale the picture "
            "down."
        )
    with file.content() as content:
        return open_measured(BytesIO(content.read()), name)


def _small(opened: Image.Image) -> Image.Image:
    """A picture at no more than 64 pixels a side, in colour."""
    # Takes half the time if nothing is transparent.
    picture = (on_white(opened) if opened.has_transparency_data else opened).convert("RGB")
    if max(picture.size) > MOST_SIDE:
        picture.thumbnail((MOST_SIDE, MOST_SIDE), Image.Resampling.BOX)
    return picture


def _stacked(pictures: list[Image.Image], size: tuple[int, int]) -> np.ndarray:
    same = (one if one.size == size else one.resize(size, Image.Resampling.BOX) for one in pictures)
    return np.stack([np.asarray(one, np.uint8) for one in same])


def _is_grey(x: np.ndarray) -> bool:
    """Whether the colours of each pixel are equal, but for the rounding of JPEG and WebP."""
    return all(int(np.ptp(row, axis=-1).max()) <= _ROUNDING for row in x)
