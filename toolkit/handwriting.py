"""Any picture of a digit -> 28 × 28 pixels as MNIST's were made.

MNIST's makers cropped each digit, scaled its longest side to 20 pixels and put its centre of mass in
the middle of 28 × 28, white ink on black. A network that has only seen such pictures fails on others:
a digit 4 pixels off the centre costs a linear classifier more than half of its accuracy.
"""

import numpy as np
from PIL import Image

from .errors import DataError
from .pictures import on_white
from .pictures import open_picture as open_picture
from .pictures import resize_picture as resize_picture

SIDE, DIGIT_SIDE = 28, 20


def prepare_digit(picture: Image.Image) -> np.ndarray:
    """Cut the digit out and place it as MNIST does; ink on light or dark paper.

    Returns uint8 of shape (28, 28): ink up to 255 on 0. Raises `DataError` where there is no ink.
    """
    ink = _ink(_grey(picture))
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        raise DataError("There is no ink in the picture. Draw one digit, dark on light paper or light on dark.")
    return _centred(_scaled(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]))


def _grey(picture: Image.Image) -> np.ndarray:
    return np.asarray(on_white(picture).convert("L"), np.float32)


def _ink(grey: np.ndarray) -> np.ndarray:
    """How much ink each pixel holds, 0…255; the paper, which the border shows, becomes 0."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    paper = float(np.median(border))
    ink = np.abs(grey - paper)
    # Only what differs from the paper in the direction that most of the ink does.
    darker = np.square(np.clip(paper - grey, 0, None)).sum() >= np.square(np.clip(grey - paper, 0, None)).sum()
    ink[(grey > paper) == darker] = 0
    if ink.max() < 20:
        return np.zeros_like(ink)
    threshold = _otsu(ink)
    # Soft edges are kept: what lies a little below the threshold is half inked.
    return np.clip((ink - threshold / 2) / max(float(ink.max()) - threshold / 2, 1), 0, 1) * 255


def _otsu(values: np.ndarray) -> float:
    """The threshold that separates two groups of values best (N. Otsu, 1979)."""
    counts, edges = np.histogram(values, bins=256)
    middles, below = (edges[:-1] + edges[1:]) / 2, np.cumsum(counts)
    sums, above = np.cumsum(counts * middles), below[-1] - below
    valid = (below > 0) & (above > 0)
    means_below = sums / np.maximum(below, 1)
    means_above = (sums[-1] - sums) / np.maximum(above, 1)
    between = np.where(valid, below * above * (means_below - means_above) ** 2, 0)
    return float(middles[int(between.argmax())])


def _scaled(ink: np.ndarray) -> np.ndarray:
    scale = DIGIT_SIDE / max(ink.shape)
    size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
    small = np.asarray(Image.fromarray(ink.astype(np.uint8)).resize(size, Image.Resampling.BOX), np.float32)
    return small * (255 / max(float(small.max()), 1))


def _centred(small: np.ndarray) -> np.ndarray:
    """Put the centre of mass at pixel 14, counted from 0."""
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    rows, columns = np.indices(small.shape)
    tops = [
        int(np.clip(round(SIDE / 2 - float((axis * small).sum() / small.sum())), 0, SIDE - length))
        for axis, length in ((rows, small.shape[0]), (columns, small.shape[1]))
    ]
    canvas[tops[0] : tops[0] + small.shape[0], tops[1] : tops[1] + small.shape[1]] = small.round()
    return canvas
