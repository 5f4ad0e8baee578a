"""Finds a light sheet of paper on a dark desk, by its straight edges, and cuts it out upright."""

import numpy as np
from PIL import Image
from scipy import ndimage

from .image_ops import otsu, resized, scaled_shape

#: The sheet is looked for on a page shrunk to this length, without dark strokes of up to a twelfth of that.
_SIDE, _STROKE = 128, 11
#: Levels between sheet and desk; parts of the picture, of the sheet's convex outline, and of the sheet itself.
_LEAST_CONTRAST, _LEAST_AREA, _CONVEX, _RECTANGULAR = 35, 0.12, 0.88, 0.75
#: How dark the desk must be, in parts of the paper, by the number of the sheet's sides that are seen: a shadow on the
#: paper has an edge too, but rarely as many, and is rarely as dark.
_DARKEST_SHADOW = {1: 0.48, 2: 0.62, 3: 0.85, 4: 0.85}
_MOST_DEGREES = 20
_SIDEWAYS = np.radians(np.arange(0, 180, 7.5))


def only_sheet(page: np.ndarray) -> np.ndarray:
    """The inside of a light sheet on a dark desk, turned upright; the whole page if no sheet is seen."""
    small = resized(page, scaled_shape(page.shape, min(1.0, _SIDE / max(page.shape)))).astype(np.float32)
    if min(small.shape) < 2 * _STROKE:
        return page
    plain = ndimage.grey_closing(small, _STROKE)
    sheet = _sheet(plain)
    if sheet is None or not _is_sharp(sheet, small, plain):
        return page
    degrees = _turned_by(sheet)
    box, sides = _inner_box(sheet, degrees)
    if box is None or not sides or not _is_darker_than_shadow(sheet, small, sides):
        return page
    if not _has_ink(_cut(small, degrees, box, 1), _cut(plain, degrees, box, 1)):
        return page
    return _cut(page, degrees, box, max(page.shape) / max(small.shape))


def _sheet(plain: np.ndarray) -> np.ndarray | None:
    """The pixels of the largest light patch, holes filled, if it is large and convex."""
    threshold = otsu(plain)
    light = plain > threshold
    if not light.any() or light.all() or plain[light].mean() - plain[~light].mean() < _LEAST_CONTRAST:
        return None
    patches, _ = ndimage.label(light)
    sizes = np.bincount(patches.ravel())
    sizes[0] = 0
    sheet = ndimage.binary_fill_holes(patches == sizes.argmax())
    if sheet.mean() < _LEAST_AREA:
        return None
    rows, columns = np.indices(sheet.shape)
    outline = np.ones(sheet.shape, bool)
    for angle in _SIDEWAYS:
        along = rows * np.sin(angle) + columns * np.cos(angle)
        inside = along[sheet]
        outline &= (along >= inside.min()) & (along <= inside.max())
    return sheet if sheet.sum() >= _CONVEX * outline.sum() else None


def _is_sharp(sheet: np.ndarray, small: np.ndarray, plain: np.ndarray) -> bool:
    """Whether most of the difference between sheet and desk lies within a few pixels of the sheet's edge."""
    inside, beyond = ndimage.distance_transform_edt(sheet), ndimage.distance_transform_edt(~sheet)
    inner, outer = (inside > 1) & (inside <= 3), (beyond > 1) & (beyond <= 3)
    if not inner.any() or not outer.any():
        return False
    step = np.median(plain[inner]) - np.median(small[outer])
    return bool(step > 0.6 * (np.median(plain[sheet]) - np.median(small[~sheet])))


def _is_darker_than_shadow(sheet: np.ndarray, small: np.ndarray, sides: int) -> bool:
    paper, desk = float(np.median(small[sheet])), float(np.median(small[~sheet]))
    return desk <= _DARKEST_SHADOW[sides] * paper and paper - desk >= _LEAST_CONTRAST


def _turned_by(sheet: np.ndarray) -> float:
    """The degrees, counter-clockwise, by which the sheet must be turned for its edges to be level and upright."""
    edge = sheet & ~ndimage.binary_erosion(sheet, border_value=1)
    rows, columns = np.nonzero(edge)
    inside = (np.minimum(rows, columns) > 1) & (rows < sheet.shape[0] - 2) & (columns < sheet.shape[1] - 2)
    rows, columns = rows[inside], columns[inside]

    def sharpness(degrees: float) -> float:
        cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        places = (rows * cosine - columns * sine, columns * cosine + rows * sine)
        return sum(float(np.square(np.bincount((place + 2 * _SIDE).astype(int))).sum()) for place in places)

    candidates = np.arange(-_MOST_DEGREES, _MOST_DEGREES + 0.5, 0.5)
    best = float(candidates[int(np.argmax([sharpness(degrees) for degrees in candidates]))])
    return best if abs(best) >= 1.5 else 0.0


def _inner_box(sheet: np.ndarray, degrees: float) -> tuple[tuple[int, int, int, int] | None, int]:
    """Left, top, right and bottom of the largest box in the turned sheet; and how many of its edges are seen."""
    mask = Image.fromarray(np.where(sheet, 255, 1).astype(np.uint8))
    turned = np.asarray(mask.rotate(degrees, Image.Resampling.NEAREST, expand=True))  # 0 beyond the picture
    on_sheet, desk = turned == 255, turned == 1
    rows, columns = np.flatnonzero(on_sheet.any(axis=1)), np.flatnonzero(on_sheet.any(axis=0))
    left, top, right, bottom = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    while right - left > 8 and bottom - top > 8:
        shares = [
            desk[top:bottom, left].mean(),
            desk[top, left:right].mean(),
            desk[top:bottom, right - 1].mean(),
            desk[bottom - 1, left:right].mean(),
        ]
        worst = int(np.argmax(shares))
        if shares[worst] <= 0.03:
            break
        left, top = left + (worst == 0), top + (worst == 1)
        right, bottom = right - (worst == 2), bottom - (worst == 3)
    if (right - left) * (bottom - top) < _RECTANGULAR * sheet.sum():
        return None, 0
    beyond = (
        desk[top:bottom, max(left - 3, 0) : left],
        desk[max(top - 3, 0) : top, left:right],
        desk[top:bottom, right : right + 3],
        desk[bottom : bottom + 3, left:right],
    )
    seen = [bool(strip.size and strip.mean() > 0.25) for strip in beyond]
    box = (left + 2 * seen[0], top + 2 * seen[1], right - 2 * seen[2], bottom - 2 * seen[3])
    return box, sum(seen)


def _has_ink(small: np.ndarray, plain: np.ndarray) -> bool:
    """Whether something dark stands on evenly light paper, off its edge: a thick white digit has sharp edges too."""
    if not small.size or np.percentile(plain, 5) < 0.75 * np.median(plain):
        return False
    ink = plain - small > 20
    edges = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
    return bool(ink.mean() > 0.001 and edges.mean() < 0.3)


def _cut(page: np.ndarray, degrees: float, box: tuple[int, int, int, int], times: float) -> np.ndarray:
    picture = Image.fromarray(page)
    if degrees:
        paper = float(np.median(page[page > page.mean()]))
        fill = round(paper) if page.dtype == np.uint8 else paper
        picture = picture.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=fill)
    left, top, right, bottom = (round(place * times) for place in box)
    return np.asarray(picture.crop((left, top, min(right, picture.width), min(bottom, picture.height))))
