"""Very long curves, drawn with the points that show."""

import numpy as np

#: About as many as a chart has columns of pixels where two stand side by side.
_COLUMNS = 500
#: Curves of no more points are drawn as they are.
MOST_POINTS = 4 * _COLUMNS


def thinned(places: np.ndarray, values: np.ndarray, *, keep: float | None = None) -> np.ndarray:
    """Which points of a curve to draw, so that it looks as if all were drawn.

    Of the points in one column of pixels, the first, the last, the lowest and the highest are kept; the line through
    these four covers the same pixels. So no extreme is lost, nor the end of a gap. All are kept where there are no
    more than `MOST_POINTS`.
    places: rising, shape (points,). values: without NaN, of the same shape. keep: a place that is kept whatever its
    value.

    Returns the numbers of the points, rising, at most `MOST_POINTS` and the one to keep.
    Source: U. Jugel and others, "M4: a visualization-oriented time series data aggregation", 2014.
    """
    if len(places) <= MOST_POINTS:
        return np.arange(len(places))
    width = (places[-1] - places[0]) / _COLUMNS or 1
    columns = np.minimum((places - places[0]) // width, _COLUMNS - 1)
    first = np.flatnonzero(np.diff(columns, prepend=-1))
    last = np.append(first[1:], len(places)) - 1
    # The points of a column stand in the same places of this order, from the lowest to the highest.
    by_value = np.lexsort((values, columns))
    kept = np.flatnonzero(places == keep) if keep is not None else first
    return np.unique(np.concatenate([first, last, by_value[first], by_value[last], kept]))
