"""Whether the columns of a table are the pixels of pictures, and the shape of those."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt

import numpy as np

from ..config.reading import FLAT, NUMBERS, picture_shape
from ..config.shapes import Shape, shown
from ..errors import ConfigError, Problem
from .csv_cells import Table

#: Without pixels' names, tables of fewer columns are more likely something else.
_FEWEST = 64
_NUMBERED = re.compile(r"(?:pixels?|pix|px|p)[ _.-]?(\d{1,6})", re.IGNORECASE)
_PLACED = re.compile(r"(?:pixels?|pix|px|p|r|row)?[ _.-]?(\d{1,4})(?:[x_.,:-]|[ _.-]?c(?:ol)?[ _.-]?)(\d{1,4})", re.I)


@dataclass(frozen=True)
class Pixels:
    """The columns of the pixels, row by row of the picture, and its shape; are_named: whether the names say so."""

    names: tuple[str, ...]
    shape: Shape
    are_named: bool = False

    def of(self, rows: np.ndarray) -> np.ndarray:
        """Rows of pixels as pictures, colours last. rows: of shape (rows, pixels)."""
        return as_pictures(rows, self.shape)


def as_pictures(rows: np.ndarray, shape: Shape) -> np.ndarray:
    """Rows of pixels as pictures with their colours, if any, as the last axis."""
    pictures = rows.reshape(len(rows), *shape)
    is_colours_first = len(shape) == 3 and shape[0] in (1, 3) and shape[2] not in (1, 3)
    return np.ascontiguousarray(np.moveaxis(pictures, 1, -1)) if is_colours_first else pictures


def named_pixels(names: Sequence[str]) -> tuple[str, ...]:
    """The columns that are named as pixels, in the order of the picture; empty if there are none, or some are missing.

    `pixel0, pixel1, …`, `p_0_0, p_0_1, …`, `1x1, 1x2, …`.
    """
    for pattern in (_PLACED, _NUMBERED):
        found = {name: tuple(map(int, match.groups())) for name in names if (match := pattern.fullmatch(name))}
        if len(found) >= 4 and _is_complete(list(found.values())):
            return tuple(sorted(found, key=found.__getitem__))
    return ()


def find_pixels(table: Table, features: Sequence[str], told: str | None) -> Pixels | None:
    """The pixels among the features of a table; None if its rows are no pictures.

    told: the config's `shape`. Without it, rows are pictures if the names of columns say so, or if there are at least
    64 columns, as many as a square (grey or in three colours) has pixels, all whole numbers from 0 to 255.
    Raises `ConfigError` if the told shape has another number of pixels.
    """
    if told in (FLAT, NUMBERS):
        return None
    named = named_pixels(features)
    if told is not None and (shape := picture_shape(told)) is not None:
        columns = named if int(np.prod(shape)) == len(named) else tuple(features)
        if int(np.prod(shape)) != len(columns):
            expected = f"a shape of {len(columns):,} pixels, one for each column"
            raise ConfigError([Problem("shape", expected, told, _remedy(len(columns)))])
        return Pixels(columns, shape, are_named=bool(named))
    if named:
        shape = _placed_shape(named) or _square(len(named))
        return Pixels(named, shape, are_named=True) if shape else None
    shape = _square(len(features))
    if shape is None or len(features) < _FEWEST or not _are_bytes(table, features):
        return None
    return Pixels(tuple(features), shape)


def _remedy(count: int) -> str:
    shape = _square(count)
    return f"Try {'x'.join(map(str, shape))}." if shape else "Leave other columns out with leave_out, or choose flat."


def looks_like_pixels(table: Table, features: Sequence[str]) -> bool:
    """Whether columns without names hold the pixels of a square picture."""
    return len(features) >= _FEWEST and _square(len(features)) is not None and _are_bytes(table, features)


def picture_note(file: str, pixels: Pixels) -> str:
    """What was recognised, and how to change it."""
    count = f"{len(pixels.names):,}"
    why = f"the {count} columns named as pixels" if pixels.are_named else f"{count} columns of whole numbers to 255"
    return (
        f"{file}: {why} were read as pictures of {shown(pixels.shape)}. If they are none, choose the shape flat "
        "(--shape flat)."
    )


def _are_bytes(table: Table, features: Sequence[str]) -> bool:
    for name in features:
        cells = table.cells[name]
        values = cells.values
        if cells.codes is not None and bool(cells.is_text.any()):
            return False
        if values.dtype == np.uint8:
            continue
        if not bool(((values >= 0) & (values <= 255) & (values == np.floor(values))).all()):
            return False
    return True


def _is_complete(places: list[tuple[int, ...]]) -> bool:
    """Whether numbers count from 0 or 1 without gaps, in each direction."""
    sizes = 1
    for numbers in zip(*places, strict=True):
        low, high = min(numbers), max(numbers)
        if low > 1:
            return False
        sizes *= high - low + 1
    return sizes == len(set(places)) == len(places)


def _placed_shape(names: Sequence[str]) -> Shape | None:
    matches = [_PLACED.fullmatch(name) for name in names]
    if not all(matches):
        return None
    lengths = [len({match.group(side) for match in matches if match}) for side in (1, 2)]
    return tuple(lengths) if lengths[0] * lengths[1] == len(names) and min(lengths) > 1 else None


def _square(count: int) -> Shape | None:
    """The shape of a square picture of that many numbers: grey, or in three colours."""
    side = isqrt(count)
    if side > 1 and side * side == count:
        return (side, side)
    side = isqrt(count // 3)
    return (side, side, 3) if side > 1 and 3 * side * side == count else None
