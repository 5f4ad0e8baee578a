"""Very long curves, reduced to the points that are visible."""

import numpy as np

#: About the width in pixels of a chart when two are side by side.
_COLUMNS = 500
#: Curves with at most this many points are drawn in full.
MOST_POINTS = 4 * _COLUMNS


def thinned(places: np.ndarray, values: np.ndarray, *, keep: float | None = None) -> np.ndarray:
    """Which points of a curve to draw, so that it looks as if all were drawn.

    In each column of pixels, the first, last, lowest and highest points are kept; the line through these four covers
    the same pixels. So no extreme is lost, nor the end of a gap. All points are kept if there are at most
    `MOST_POINTS`.
    places: ascending, shape (points,). values: without NaN, of the same shape. keep: a place that is always kept.

    Returns the indices of the points, ascending: at most `MOST_POINTS`, plus the one to keep.
    Source: U. Jugel and others, "M4: a visualization-oriented time series data aggregation", 2014.
    """
    if len(places) <= MOST_POINTS:
        return np.arange(len(places))
    width = (places[-1] - places[0]) / _COLUMNS or 1
    columns = np.minimum((places - places[0]) // width, _COLUMNS - 1)
    first = np.flatnonzero(np.diff(columns, prepend=-1))
    last = np.append(first[1:], len(places)) - 1
    # In this order, the points of a column keep its slots, but go from the lowest to the highest.
    by_value = np.lexsort((values, columns))
    kept = np.flatnonzero(places == keep) if keep is not None else first
    return np.unique(np.concatenate([first, last, by_value[first], by_value[last], kept]))
