"""Takes the lines of ruled paper, grids, boxes and forms out of a page, without breaking the strokes they cross.

Light ink on dark paper, grey values. As staff lines are taken out of sheet music: only where the ink is as thin as the
line.
"""

from dataclasses import replace
from itertools import combinations

import numpy as np
from scipy import ndimage

from .image_ops import without_paper
from .straight_strokes import SHORTEST, Line, straight_strokes, thickness_along

#: Lines are looked for on a page of this length.
_SIDE = 256
#: In parts of the page: how near to an edge or to another line an end must lie.
_NEAR = 0.012
#: Lines that meet are square to each other, within 4 degrees.
_ASKEW = 0.07
#: Printed lines are often paler than ink.
_INKED = 40


def without_lines(page: np.ndarray) -> np.ndarray:
    """Take out long straight lines that belong to the paper; the page itself if there are none."""
    for _ in range(2):  # Without its darkest lines, paler ones may stand out.
        ink = without_paper(page) > _INKED
        times = -(-max(page.shape) // _SIDE)
        lines = lines_of_paper(_pooled(ink, times))
        if not lines:
            break
        cleaned = page.copy()
        for line in lines:
            _erase(cleaned, ink, line, times)
        page = cleaned
    return page


def lines_of_paper(ink: np.ndarray) -> list[Line]:
    """The lines, on a page of bool, that reach from edge to edge or to other lines, or far beyond the digit."""
    found = straight_strokes(ink)
    if not found:
        return []
    found = found + _sides(ink, found)
    lines = _network(found, ink.shape)
    others = [line for line in found if line not in lines]
    rest = _erased(ink, lines)
    lines += _underlines(others, rest)
    lines += _ticks([line for line in others if line not in lines], lines, ink.shape)
    if sum(_is_across(line, ink.shape) for line in lines) > 1:
        return lines
    digit = _digit(_erased(ink, lines)) if lines else None
    return lines if digit and _longest_side(digit) >= 0.06 * max(ink.shape) else []


def _network(found: list[Line], shape: tuple[int, ...]) -> list[Line]:
    """The lines both of whose ends lie at the page's edge or at another such line; a stroke of a digit ends freely."""
    long = [line for line in found if not line.drawn or line.length > 0.5 * max(shape)]
    across = [line for line in long if _is_across(line, shape)]
    if min(sum(line.axis == axis for line in across) for axis in (0, 1)) > 1:  # On a grid any stroke begins at a line.
        ends = [line for line in long if _at_edge(line, line.start, shape) or _at_edge(line, line.end, shape)]
        return across + [line for line in ends if line not in across and line.length > 0.3 * max(shape)]
    lines = _boxes(found, _NEAR * max(shape) + 2) + long
    while True:
        kept = [line for line in lines if all(_is_held(line, end, lines, shape) for end in (line.start, line.end))]
        if len(kept) == len(lines):
            return lines
        lines = kept


def _sides(ink: np.ndarray, found: list[Line]) -> list[Line]:
    """The sides of boxes of which the digit hides a part: from end to end of two parallel lines of the same length."""
    near, sides = _NEAR * max(ink.shape) + 2, []
    straight = found[:12]
    for number, one in enumerate(straight):
        for other in straight[number + 1 :]:
            alike = one.axis == other.axis and abs(one.slope - other.slope) < _ASKEW
            if not alike or max(abs(one.start - other.start), abs(one.end - other.end)) > 3 * near:
                continue
            first, last = sorted((one, other), key=lambda line: line.at(line.start))
            for from_end, to_end in ((first.start, last.start), (first.end, last.end)):
                start, end = first.at(from_end), last.at(to_end)
                if end - start < SHORTEST * max(ink.shape) or any(
                    _meets(one, from_end, line, near) and line.start <= start + near and line.end >= end - near
                    for line in straight
                ):
                    continue
                slope = (to_end - from_end) / (end - start)
                side = Line(1 - one.axis, from_end - slope * start, slope, start, end, one.thickness)
                if abs(slope + one.slope) < _ASKEW and _inked_share(ink, side) > 0.85:
                    sides.append(side)
    return sides


def _inked_share(ink: np.ndarray, line: Line) -> float:
    page = ink if line.axis == 1 else ink.T
    along = np.arange(max(0, round(line.start)), min(page.shape[1], round(line.end) + 1))
    rows = np.round(line.offset + line.slope * along).astype(int)[None] + np.arange(-2, 3)[:, None]
    return float(page[rows.clip(0, len(page) - 1), along[None]].any(axis=0).mean()) if len(along) else 0.0


def _boxes(lines: list[Line], near: float) -> list[Line]:
    """The sides of boxes: two parallel lines each way that meet at their ends, however crooked or hidden by a digit."""
    sides: list[Line] = []
    level, upright = ([line for line in lines if line.axis == axis][:10] for axis in (1, 0))
    for top, bottom in combinations(level, 2):
        if abs(top.slope - bottom.slope) >= _ASKEW:
            continue
        for left, right in combinations(upright, 2):
            box = (top, bottom, left, right)
            if all(_corner(one, other, near) for one in (top, bottom) for other in (left, right)):
                thickness = min(line.thickness for line in box)
                sides += [replace(line, thickness=thickness, drawn=False) for line in box]
    return sides


def _corner(one: Line, other: Line, near: float) -> bool:
    """Whether an end of each is at an end of the other."""
    return any(_meets(one, end, other, near) for end in (one.start, one.end)) and any(
        _meets(other, end, one, near) for end in (other.start, other.end)
    )


def _is_across(line: Line, shape: tuple[int, ...]) -> bool:
    return _at_edge(line, line.start, shape) and _at_edge(line, line.end, shape)


def _is_held(line: Line, end: float, lines: list[Line], shape: tuple[int, ...]) -> bool:
    """Whether an end of a line lies at the page's edge or at another line, square to it."""
    near = _NEAR * max(shape) + 2
    return _at_edge(line, end, shape) or any(_meets(line, end, other, near) for other in lines)


def _at_edge(line: Line, end: float, shape: tuple[int, ...]) -> bool:
    along, across, near = end, line.at(end), _NEAR * max(shape) + 4
    return bool(
        min(along, shape[line.axis] - 1 - along) <= near or min(across, shape[1 - line.axis] - 1 - across) <= near
    )


def _meets(line: Line, end: float, other: Line, near: float) -> bool:
    across = line.at(end)
    return (
        other.axis != line.axis
        and abs(other.slope + line.slope) < _ASKEW
        and abs(other.at(across) - end) <= near + other.thickness / 2
        and other.start - near <= across <= other.end + near
    )


def _erased(ink: np.ndarray, lines: list[Line]) -> np.ndarray:
    if not lines:
        return ink
    rest, page = ink.copy(), ink.astype(np.uint8)
    for line in lines:
        _erase(page, rest, line, 1)
    return rest


def _digit(ink: np.ndarray) -> tuple[slice, slice] | None:
    """The box of the largest patch off the page's edge that is not merely a level stroke."""
    patches, _ = ndimage.label(ink, structure=np.ones((3, 3)))
    boxes = [
        (rows, columns)
        for rows, columns in ndimage.find_objects(patches)
        if rows.start > 0 and columns.start > 0 and rows.stop < ink.shape[0] and columns.stop < ink.shape[1]
        if columns.stop - columns.start < 4 * (rows.stop - rows.start)
    ]
    return max(boxes, key=_longest_side, default=None)


def _longest_side(box: tuple[slice, slice]) -> int:
    return max(span.stop - span.start for span in box)


def _underlines(others: list[Line], rest: np.ndarray) -> list[Line]:
    """Level lines that end freely, but reach beyond all that is left without them on both sides."""
    lines: list[Line] = []
    for line in [one for one in others if one.axis == 1][:6]:
        box = _digit(_erased(rest, [*lines, line]))
        if box is None or _longest_side(box) < 0.1 * max(rest.shape) or line.length < 1.5 * _longest_side(box):
            break
        room = 0.15 * _longest_side(box)
        if line.start < box[1].start - room and line.end > box[1].stop + room:
            lines.append(line)
    return lines


def _ticks(others: list[Line], lines: list[Line], shape: tuple[int, ...]) -> list[Line]:
    """The upright ticks of a comb: two or more of a length, each with one end at a line of the paper."""
    near = _NEAR * max(shape) + 2
    standing = [
        one for one in others if any(_meets(one, end, line, near) for line in lines for end in (one.start, one.end))
    ]
    return [
        one
        for one in standing
        if sum(other.axis == one.axis and abs(other.length - one.length) <= 0.2 * one.length for other in standing) > 1
    ]


def _erase(page: np.ndarray, ink: np.ndarray, line: Line, times: int) -> None:
    """Take a line out of a page `times` as large as the one it was found on, and out of its ink.

    Where a stroke crosses it, the ink is thicker than the line, and stays.
    """
    if line.axis == 0:
        page, ink = page.T, ink.T
    first, last = int(line.start * times) - times, int((line.end + 1) * times) + times
    room = _NEAR * max(page.shape) + 4 * times
    first = 0 if first < room else first
    last = page.shape[1] if last > page.shape[1] - room else last
    columns = np.arange(first, last)
    places = line.offset * times + (times - 1) / 2 + line.slope * (columns - (times - 1) / 2)
    part = ink[:, columns]
    above, below, found = thickness_along(part, places, reach=2 + times, most=int(2 * line.thickness * times) + 4)
    if not found.any():
        return
    widths = above + below + 1
    usual = min(float(np.median(widths[found])), line.thickness * times)
    thin = found & (widths <= 1.6 * usual + 1)
    columns, top, bottom = columns[thin], (places - above)[thin].astype(int), (places + below)[thin].astype(int)
    soft = 1 if page.dtype == bool or (times == 1 and max(page.shape) < _SIDE) else 2
    height = page.shape[0]
    outside = (
        page[np.clip(top - soft - 1, 0, height - 1), columns].astype(int),
        page[np.clip(bottom + soft + 1, 0, height - 1), columns].astype(int),
    )
    paper = (outside[0] + outside[1]) // 2
    for away in range(int((bottom - top).max(initial=0)) + 2 * soft + 1):
        row = top - soft + away
        inside = (row <= bottom + soft) & (row >= 0) & (row < height)
        page[row[inside], columns[inside]] = np.minimum(page[row[inside], columns[inside]], paper[inside])
        ink[row[inside], columns[inside]] = False


def _pooled(ink: np.ndarray, times: int) -> np.ndarray:
    """A page shrunk by a whole number; a pixel is inked if any of those it covers is, so that thin lines stay."""
    if times == 1:
        return ink
    height, width = (-(-length // times) * times for length in ink.shape)
    padded = np.zeros((height, width), bool)
    padded[: ink.shape[0], : ink.shape[1]] = ink
    return np.asarray(padded.reshape(height // times, times, width // times, times).any(axis=(1, 3)))
