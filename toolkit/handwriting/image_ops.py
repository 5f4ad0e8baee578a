"""Operations on pictures of handwriting, one per function: uint8 grey values in, uint8 out.

Every picture is an array of shape (height, width) with values from 0 to 255. `handwriting.STEPS` gives the order of
the operations and the reason for each.
"""

import numpy as np
from PIL import Image
from scipy import ndimage

SIDE, DIGIT_SIDE = 28, 20
#: Stroke widths of MNIST's digits in pixels, the longest side being 20: 5 % are thinner, 5 % thicker.
PEN_WIDTHS = (2.0, 3.6)

_LIGHTING_SIDE = 24
#: Paper below this level is too dark to divide by: a difference of a few levels would scale the ink several times.
_DARK_PAPER = 64
_TOUCHING = np.ones((3, 3))
#: What is fainter does not connect patches of ink.
_FAINT = 40


def even_lighting(page: np.ndarray) -> np.ndarray:
    """Divide by the brightness of light paper, or subtract that of dark paper: shadows disappear and the ink stays."""
    light = _light_on_paper(page)
    level = float(np.median(light))
    # The small page is too coarse at a shadow's edge: there each pixel decides which side it is on.
    lowest = _enlarged(ndimage.minimum_filter(light, 3), page.shape)
    highest = _enlarged(ndimage.maximum_filter(light, 3), page.shape)
    paper = np.clip(page, lowest, highest)
    return uint8(page - paper + level if level < _DARK_PAPER else page * (level / np.maximum(paper, 16)))


def _light_on_paper(page: np.ndarray) -> np.ndarray:
    """How bright the paper is, on a page shrunk to 24 pixels: the median of a window 0.8 times as long as that.

    A median keeps a shadow's edge and ignores ink that covers less than half of the window. Beyond the page's
    edge, brightness is extrapolated.
    """
    small = resized(page, scaled_shape(page.shape, min(1.0, _LIGHTING_SIDE / max(page.shape))))
    reach = round(0.4 * max(small.shape))
    wide = np.pad(small.astype(np.float32), reach, mode="reflect", reflect_type="odd")
    windows = np.lib.stride_tricks.sliding_window_view(wide, (2 * reach + 1, 2 * reach + 1)).reshape(*small.shape, -1)
    middle = windows.shape[-1] // 2
    # Three times as fast as scipy's median filter, which sorts more than needed.
    return np.clip(np.partition(windows, middle, axis=-1)[..., middle], 0, 255)


def _enlarged(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    height, width = shape
    return np.asarray(Image.fromarray(values).resize((width, height), Image.Resampling.BILINEAR))


def ink_is_dark(page: np.ndarray) -> tuple[bool, bool]:
    """Whether the ink is darker than the paper, which fills most of the border; and whether that is certain.

    Compares how far pixels lie above and below the border's median, beyond its noise. Uncertain if many lie far off
    on both sides, or if the border itself is both dark and light.
    """
    width = max(1, round(min(page.shape) / 40))
    edges = (page[:width], page[-width:], page[:, :width], page[:, -width:])
    border = np.concatenate([edge.ravel() for edge in edges]).astype(np.float32)
    paper = np.median(border)
    noise = 3 * 1.4826 * np.median(np.abs(border - paper))
    darker, lighter = (np.square(np.clip(sign * (paper - page) - noise, 0, None)).sum() for sign in (1, -1))
    inked = np.abs(border - paper) > np.abs(page - paper).max() / 2
    sure = min(darker, lighter) <= max(darker, lighter) / 4 and inked.mean() < 0.35
    return bool(darker >= lighter), bool(sure)


def white_on_black(page: np.ndarray) -> np.ndarray:
    """The negative of the page if its ink is dark, else the page."""
    return 255 - page if ink_is_dark(page)[0] else page


def without_paper(page: np.ndarray) -> np.ndarray:
    """Set the paper to 0; light ink keeps its soft edges, from 0 to 255. All 0 if nothing stands out.

    Otsu's threshold on a slightly blurred page separates ink from paper. Values above the midpoint of paper and
    threshold count as the soft edge of a stroke.
    """
    smooth = ndimage.gaussian_filter(page.astype(np.float32), 1)
    threshold = otsu(smooth)
    inked = smooth > threshold
    if inked.all() or not inked.any():
        return np.zeros_like(page)
    paper, ink = float(np.median(smooth[~inked])), float(smooth[inked].mean())
    noise = 1.4826 * float(np.median(np.abs(page - smooth)))
    if ink - paper < max(20, noise):
        return np.zeros_like(page)
    lowest = (paper + threshold) / 2
    return uint8((smooth - lowest) * (255 / (ink - lowest)))


def otsu(values: np.ndarray) -> float:
    """The threshold that best separates two groups of values (N. Otsu, 1979)."""
    counts, edges = np.histogram(values, bins=256)
    middles, below = (edges[:-1] + edges[1:]) / 2, np.cumsum(counts)
    sums, above = np.cumsum(counts * middles), below[-1] - below
    valid = (below > 0) & (above > 0)
    means_below = sums / np.maximum(below, 1)
    means_above = (sums[-1] - sums) / np.maximum(above, 1)
    between = np.where(valid, below * above * (means_below - means_above) ** 2, 0)
    return float(middles[int(between.argmax())])


def without_specks(ink: np.ndarray) -> np.ndarray:
    """Drop patches with less than 2 % of the ink; detached strokes have more, the letters of a word have not."""
    patches, count = ndimage.label(ink > _FAINT, structure=_TOUCHING)
    if count < 2:
        return ink
    patches = ndimage.maximum_filter(patches, 3) * (ink > 0)  # With the soft edges, which would join letters.
    amounts = np.bincount(patches.ravel(), weights=ink.ravel(), minlength=count + 1)
    keep = amounts >= 0.02 * amounts.sum()
    keep[0] = False
    return ink * keep[patches]


def pen_width(ink: np.ndarray) -> float:
    """The stroke width in pixels, scaled to a digit whose longest side is 20; 0 without ink.

    The mean distance of a stroke's pixels from its edge is a quarter of its width.
    """
    digit = cropped(ink)
    distances = ndimage.distance_transform_edt(np.pad(digit > 127, 1))
    inside = distances[distances > 0]
    return float(4 * inside.mean() - 1) * DIGIT_SIDE / max(digit.shape) if len(inside) else 0.0


def with_usual_pen(ink: np.ndarray) -> np.ndarray:
    """Bring strokes that are thinner or wider than nearly all of MNIST's into that range; at most halve their width."""
    width = pen_width(ink)
    if not width or PEN_WIDTHS[0] <= width <= PEN_WIDTHS[1]:
        return ink
    target = max(float(np.clip(width, *PEN_WIDTHS)), width / 2)
    pixel = max(cropped(ink).shape) / DIGIT_SIDE
    inside = ink > 127
    outwards = ndimage.distance_transform_edt(~inside) - ndimage.distance_transform_edt(inside)
    edge = np.where(outwards > 0, outwards - 0.5, outwards + 0.5)
    # The new edge is soft across half a pixel of the final picture.
    return uint8(255 * (((target - width) * pixel / 2 - edge) / max(pixel / 2, 1) + 0.5))


def cropped(ink: np.ndarray) -> np.ndarray:
    """The bounding box of all ink; the whole picture if there is none."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return ink
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def scaled(ink: np.ndarray, side: int = SIDE, digit_side: int = DIGIT_SIDE) -> np.ndarray:
    """Scale the longest side to `digit_side` and the maximum to 255, and centre on `side` × `side` zeros."""
    small = resized(ink, scaled_shape(ink.shape, digit_side / max(ink.shape))).astype(np.float32)
    small *= 255 / max(float(small.max()), 1)
    top, left = ((side - length) // 2 for length in small.shape)
    return _placed(uint8(small), top, left, side)


def centred(ink: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Move the centre of mass to the middle, pixel 14 (counted from 0) of 28 × 28; all ink stays inside."""
    picture = ink if ink.shape == (side, side) else stretched(ink)
    digit = cropped(picture)
    if not digit.any():
        return picture
    centre = ndimage.center_of_mass(digit)
    top, left = (
        int(np.clip(round(side // 2 - place), 0, side - length))
        for place, length in zip(centre, digit.shape, strict=True)
    )
    return _placed(digit, top, left, side)


def stretched(picture: np.ndarray) -> np.ndarray:
    """The whole picture resized to 28 × 28, whatever its shape."""
    return picture if picture.shape == (SIDE, SIDE) else resized(picture, (SIDE, SIDE))


def resized(picture: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Resize to (height, width); when shrinking, each new pixel is the mean of those it covers."""
    return np.asarray(Image.fromarray(picture).resize(shape[::-1], Image.Resampling.BOX))


def shows_several(ink: np.ndarray) -> bool:
    """Whether patches of similar height lie apart, as two digits do and the strokes of one digit don't."""
    digits = cropped(ink)
    digits = resized(digits, scaled_shape(digits.shape, min(1.0, 100 / max(digits.shape))))
    patches, _ = ndimage.label(digits > 63, structure=_TOUCHING)
    heights = [box[0].stop - box[0].start for box in ndimage.find_objects(patches)]
    tall = [number for number, height in enumerate(heights, 1) if height >= 0.6 * max(heights)]
    for number in tall:
        others = np.isin(patches, [other for other in tall if other != number])
        if others.any() and ndimage.distance_transform_edt(patches != number)[others].min() > 0.2 * max(heights):
            return True
    return False


def scaled_shape(shape: tuple[int, ...], scale: float) -> tuple[int, int]:
    """Height and width, scaled and rounded, at least 1."""
    height, width = (max(1, round(length * scale)) for length in shape)
    return height, width


def _placed(small: np.ndarray, top: int, left: int, side: int) -> np.ndarray:
    canvas = np.zeros((side, side), np.uint8)
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


def uint8(values: np.ndarray) -> np.ndarray:
    """Grey values rounded and clipped to 0…255."""
    return np.clip(values, 0, 255).round().astype(np.uint8)
