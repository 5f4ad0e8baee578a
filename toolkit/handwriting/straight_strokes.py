"""Finds thin straight strokes on a page of ink; they may belong to the paper or to the digit.

Method: P. Hough, "Method and means for recognizing complex patterns", 1962.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

#: Slopes of up to 17 degrees from level and upright.
_SLOPES = np.tan(np.radians(np.arange(-17, 17.5, 1)))
#: In parts of the page: the shortest line, and the thickest.
SHORTEST, _THICKEST = 0.1, 0.035
_MOST_LINES, _MOST_TRIES = 90, 140


@dataclass(frozen=True)
class Line:
    """A straight line from `start` to `end` along one axis: across = offset + slope * along; thickness across it.

    drawn: whether it is as crooked, or as uneven, as a line drawn by hand.
    axis: 1 if it runs along the columns (level), 0 if along the rows (upright).
    """

    axis: int
    offset: float
    slope: float
    start: float
    end: float
    thickness: float
    drawn: bool = True

    @property
    def length(self) -> float:
        """Along its axis."""
        return self.end - self.start

    def at(self, along: float) -> float:
        """Where it is, across its axis."""
        return self.offset + self.slope * along


def straight_strokes(ink: np.ndarray) -> list[Line]:
    """All thin straight strokes of some length, the longest first."""
    longest = max(ink.shape)
    shortest, thickest = SHORTEST * longest, max(3, round(_THICKEST * longest))
    thick = ndimage.maximum_filter(ndimage.minimum_filter(ink, thickest + 1, mode="nearest"), thickest + 1)
    points = np.argwhere(ink & ~thick)
    votes = [_Votes(points, axis, ink.shape) for axis in (0, 1)]
    found: list[Line] = []
    for _ in range(_MOST_TRIES):
        best = max(votes, key=lambda one: one.most)
        if best.most < 0.7 * shortest or len(found) == _MOST_LINES:
            break
        offset, slope = best.fitted()
        lines = _runs(ink, best.axis, offset, slope, shortest, thickest)
        found += lines
        near = np.abs(points[:, 1 - best.axis] - offset - slope * points[:, best.axis])
        taken = near <= 1.6
        for line in lines:
            along = points[:, best.axis]
            taken |= (near <= line.thickness / 2 + 1.6) & (along >= line.start) & (along <= line.end)
        for one in votes:
            one.remove(points[taken])
        points = points[~taken]
        for one in votes:
            one.points = points
    return sorted(found, key=lambda line: -line.length)


class _Votes:
    """How many points lie on each line of one axis: `counts` of shape (slopes, offsets), two pixels to an offset."""

    def __init__(self, points: np.ndarray, axis: int, shape: tuple[int, ...]) -> None:
        self.axis, self.points = axis, points
        self.margin = int(abs(_SLOPES).max() * shape[axis]) + 2
        self.width = (shape[1 - axis] + 2 * self.margin) // 2 + 2
        self.counts = self._count(points)

    def _count(self, points: np.ndarray) -> np.ndarray:
        offsets = points[:, 1 - self.axis] - _SLOPES[:, None] * points[:, self.axis] + self.margin
        places = (offsets / 2).astype(np.int32) + np.arange(len(_SLOPES), dtype=np.int32)[:, None] * self.width
        counted = np.bincount(places.ravel(), minlength=len(_SLOPES) * self.width)
        return counted.reshape(len(_SLOPES), self.width)

    @property
    def most(self) -> int:
        return int(self.counts.max())

    def remove(self, points: np.ndarray) -> None:
        self.counts = self.counts - self._count(points)

    def fitted(self) -> tuple[float, float]:
        """Offset and slope of the line with most points, fitted to them."""
        index, place = np.unravel_index(int(self.counts.argmax()), self.counts.shape)
        slope, offset = float(_SLOPES[index]), 2.0 * int(place) + 1 - self.margin
        across, along = self.points[:, 1 - self.axis].astype(float), self.points[:, self.axis].astype(float)
        for band in (4.0, 2.5, 1.8):
            near = np.abs(across - offset - slope * along) <= band
            if near.sum() < 8 or np.ptp(along[near]) < 8:
                break
            x, y = along[near], across[near]
            middle = x.mean()
            slope = float(((x - middle) * y).sum() / np.square(x - middle).sum())
            offset = float(y.mean() - slope * middle)
        return offset, slope


def _runs(ink: np.ndarray, axis: int, offset: float, slope: float, shortest: float, thickest: float) -> list[Line]:
    """The parts of a line that are inked without a gap, long enough and thin."""
    page = ink if axis == 1 else ink.T
    along = np.arange(page.shape[1])
    places = offset + slope * along
    rows = np.round(places).astype(int)
    near = np.zeros(len(along), bool)
    for row in (rows - 2, rows - 1, rows, rows + 1, rows + 2):
        inside = (row >= 0) & (row < len(page))
        near[inside] |= page[row[inside], along[inside]]
    inked = np.flatnonzero(near)
    gaps = np.flatnonzero(np.diff(inked) > 5)
    spans = (
        [
            slice(int(first), int(last) + 1)
            for first, last in zip(inked[np.r_[0, gaps + 1]], inked[np.r_[gaps, len(inked) - 1]], strict=True)
            if last - first + 1 >= shortest
        ]
        if len(inked)
        else []
    )
    if not spans:
        return []
    lines = []
    for span in spans:
        columns, middles = along[span], places[span].copy()
        above, below, found = thickness_along(page[:, span], middles, reach=2, most=int(2 * thickest))
        widths = (above + below + 1)[found]
        middles = (middles + (below - above) / 2 - offset - slope * columns)[found]
        width = float(np.median(widths))
        alike = (widths <= 1.6 * width + 1).mean()
        if width <= thickest + 1 and alike > 0.5 and width <= 0.2 * (span.stop - span.start):
            thin = widths <= 1.6 * width + 1
            off = middles[thin] - np.median(middles[thin])
            straight = max(np.percentile(np.abs(one), 60) for one in (off, widths[thin] - width)) <= 0.5
            lines.append(Line(axis, offset, slope, float(span.start), float(span.stop - 1), width, not straight))
    return lines


def thickness_along(
    ink: np.ndarray, places: np.ndarray, *, reach: int, most: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each column: how many inked pixels lie above and below the line's one, and whether it is inked at all.

    places: the line's row in each column of `ink`. reach: how far from there an inked pixel may lie.
    The ink's middle is moved into `places`.
    """
    columns = np.arange(len(places))
    rows = np.round(places).astype(int)
    best = np.full(len(places), -1)
    for away in sorted(range(-reach, reach + 1), key=abs, reverse=True):
        row = rows + away
        inside = (row >= 0) & (row < ink.shape[0])
        hit = np.zeros(len(places), bool)
        hit[inside] = ink[row[inside], columns[inside]]
        best[hit] = row[hit]
    found = best >= 0
    extents = []
    for step in (-1, 1):
        extent, alive = np.zeros(len(places), int), found.copy()
        for away in range(1, most + 1):
            row = best + step * away
            alive &= (row >= 0) & (row < ink.shape[0])
            if not alive.any():
                break
            alive[alive] = ink[row[alive], columns[alive]]
            extent += alive
        extents.append(extent)
    places[:] = best
    return extents[0], extents[1], found
