"""Pixels and table values as users save them -> the few forms that a `Dataset` has."""

import numpy as np

from ..config.shapes import shown
from ..errors import DataError
from .channels import usual_channels

Parts = dict[str, np.ndarray]

#: Pixels with a maximum above this and at most 255 are taken to be in the usual range 0…255.
_DARKEST_WHITE = 64


def clean_values(name: str, parts: Parts) -> tuple[Parts, tuple[str, ...]]:
    """Bring the values of all parts into one form.

    parts: "train", and "test" if there is one: numbers of shape (rows, values), (rows, height, width),
    (rows, height, width, channels) or (rows, channels, height, width).
    Channels become the last axis, and transparent pixels white.
    Rows of values become float32, unless they are uint8. Pictures: floats in [−1, 1] stay; pixels that fill 0…255
    become uint8 if they are whole numbers, else they are divided by 255; all others are divided by the largest value.

    Returns the parts in that form and notes on what was done. Raises `DataError` for other shapes, for values that
    are not numbers, and if the parts' rows differ in shape.
    """
    arranged, notes = usual_channels(name, parts)
    squeezed = {part: _without_grey_axis(_checked(f"{name}: x_{part}", x)) for part, x in arranged.items()}
    shapes = {part: x.shape[1:] for part, x in squeezed.items()}
    if len(set(shapes.values())) > 1:
        raise DataError(
            f"{name}: the rows of both parts must have one shape. Received: {shown(shapes['train'])} in x_train and "
            f"{shown(shapes['test'])} in x_test. Check how the file was written."
        )
    if len(shapes["train"]) > 1:
        pixels, scaled = _pixels(name, squeezed)
        return pixels, (*notes, *scaled)
    with np.errstate(over="ignore"):  # Values too large for float32 become infinite, which `Dataset` refuses.
        rows = {part: x if x.dtype == np.uint8 else x.astype(np.float32) for part, x in squeezed.items()}
    return rows, _blurred_note(name, squeezed["train"])


def is_blurred(values: np.ndarray, middle: float) -> bool:
    """Whether float32 makes some different values equal, and has at least four times finer steps around the middle.

    values: finite numbers of shape (rows,), such as Unix times.
    """
    if np.abs(values).max() < 4 * np.abs(values - middle).max():
        return False
    different = np.unique(values)
    return len(np.unique(different.astype(np.float32))) < len(different)


def _blurred_note(name: str, x: np.ndarray) -> tuple[str, ...]:
    """A note on the columns whose values lose their differences as float32. x: of shape (rows, values)."""
    if x.dtype.itemsize < 4 or x.dtype == np.float32 or not np.isfinite(x.sum(dtype=np.float64)):
        return ()
    blurred = [
        str(place)
        for place, column in enumerate(x.T.astype(np.float64, copy=False))
        if is_blurred(column, float(np.median(column)))
    ]
    if not blurred:
        return ()
    columns = ", ".join(blurred[:10]) + (", …" if len(blurred) > 10 else "")
    return (
        f"{name}: float32 can't tell the values apart in x[:, i] for i = {columns}. Subtract their median before you "
        "save them.",
    )


def _checked(where: str, x: np.ndarray) -> np.ndarray:
    if x.dtype.kind not in "buif":
        raise DataError(f"{where} must hold numbers. Received: {x.dtype}. Save plain numbers.")
    if x.ndim not in (2, 3, 4) or 0 in x.shape:
        raise DataError(
            f"{where} must have the shape (rows, values), (rows, height, width) or (rows, height, width, channels). "
            f"Received: {x.shape}. Change it with reshape before saving."
        )
    if x.ndim == 4 and x.shape[3] not in (1, 3):
        raise DataError(
            f"{where} must have 1 or 3 channels as the last axis. Received: {x.shape}. Keep three: x[..., :3]."
        )
    return x


def _without_grey_axis(x: np.ndarray) -> np.ndarray:
    return x[..., 0] if x.ndim == 4 and x.shape[3] == 1 else x


def _pixels(name: str, parts: Parts) -> tuple[Parts, tuple[str, ...]]:
    low = min(float(x.min()) for x in parts.values())
    high = max(float(x.max()) for x in parts.values())
    largest = max(abs(low), abs(high))
    kinds = {x.dtype.kind for x in parts.values()}
    if (kinds == {"f"} and largest <= 1) or not np.isfinite(largest):
        return {part: x.astype(np.float32) for part, x in parts.items()}, ()
    if low >= 0 and _DARKEST_WHITE < high <= 255:
        if all(x.dtype.kind != "f" or np.array_equal(x, np.floor(x)) for x in parts.values()):
            return {part: x.astype(np.uint8) for part, x in parts.items()}, ()
        largest = 255.0
    scaled = {part: x.astype(np.float32) / np.float32(largest or 1) for part, x in parts.items()}
    return scaled, (f"{name}: the pixels lie in {low:g}…{high:g} and were divided by {largest or 1:g}.",)
