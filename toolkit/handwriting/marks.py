"""Which of the marks on a page are the digit: not holes, fingers, labels, underlines or frames.

A mark is a connected patch of light ink on a black page, as `without_paper` leaves it.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

_TOUCHING = np.ones((3, 3))
#: Marks with less of the digit's ink than this are specks, which `without_specks` drops.
_SPECK = 0.02
#: What is fainter does not connect marks.
_FAINT = 40
#: In parts of the digit's longest side: how near its detached strokes are, and how tall another digit would be.
_NEAR, _TALL = 0.14, 0.6
#: The part of its box that a frame encloses, and how much of that is ink at most.
_RECTANGLE, _HOLLOW = 0.86, 0.75


@dataclass(frozen=True)
class Mark:
    """A mark's box, its inked pixels, and whether it touches the page's edge."""

    number: int
    top: int
    left: int
    bottom: int
    right: int
    area: float
    at_edge: bool

    @property
    def height(self) -> int:
        """Of its box."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Of its box."""
        return self.right - self.left

    @property
    def size(self) -> int:
        """The longest side."""
        return max(self.height, self.width)

    @property
    def filled(self) -> float:
        """The inked part of its box."""
        return self.area / (self.height * self.width)

    @property
    def is_blob(self) -> bool:
        """Whether it is as solid as a punch hole, longer than wide or not."""
        return self.filled > 0.66 and self.size < 2 * min(self.height, self.width)

    @property
    def is_level(self) -> bool:
        """Whether it is as flat as an underline."""
        return self.width > 3 * self.height

    def gap(self, other: "Mark") -> float:
        """The distance between the boxes, 0 if they overlap."""
        down = max(self.top - other.bottom, other.top - self.bottom, 0)
        across = max(self.left - other.right, other.left - self.right, 0)
        return float(np.hypot(down, across))

    def encloses(self, other: "Mark") -> bool:
        """Whether the other's box lies inside this one's."""
        return (
            self.top < other.top and self.left < other.left and self.bottom > other.bottom and self.right > other.right
        )


@dataclass(frozen=True, eq=False)
class Choice:
    """The marks taken for the digit, those left out that could be one, and whether the choice is clear.

    patches: int (height, width), the number of the mark at each pixel. specks: the numbers of marks too small to count.
    """

    patches: np.ndarray
    digit: list[Mark]
    rivals: list[Mark]
    specks: list[int]
    clear: bool


def only_digit(ink: np.ndarray) -> np.ndarray:
    """Drop all marks that are not the digit's, except for specks."""
    choice = choose(ink)
    return _with(ink, choice, [mark.number for mark in choice.digit] + choice.specks)


def digit_and_rivals(ink: np.ndarray, choice: Choice) -> np.ndarray:
    """The marks of the digit, and those that could be another one."""
    return _with(ink, choice, [mark.number for mark in choice.digit + choice.rivals])


def _with(ink: np.ndarray, choice: Choice, numbers: list[int]) -> np.ndarray:
    keep = np.zeros(int(choice.patches.max()) + 1, bool)
    keep[numbers] = True
    return ink * keep[choice.patches]


def choose(ink: np.ndarray) -> Choice:
    """The largest mark off the page's edge that is neither solid, nor level, nor a frame; and what lies close to it."""
    patches, _ = ndimage.label(ink > _FAINT, structure=_TOUCHING)
    patches = ndimage.maximum_filter(patches, 3) * (ink > 0)  # The soft edge of a stroke, but no faint line beyond it.
    marks = _marks(ink, patches)
    if not marks:
        return Choice(patches, [], [], [], True)
    inked = [mark for mark in marks if mark.area > 0]
    largest = max((mark.size for mark in inked), default=0)
    candidates = [mark for mark in inked if mark.size >= max(0.03 * max(ink.shape), 0.08 * largest)] or marks
    likely = [mark for mark in candidates if not (mark.at_edge or mark.is_blob or mark.is_level)]
    framed = [mark for mark in likely if not _is_frame(mark, likely)]
    off_edge = [mark for mark in candidates if not mark.at_edge]
    best = max(framed or off_edge or candidates, key=lambda mark: (mark.size, mark.area))
    digit = _with_strokes(best, marks)
    specks = [mark.number for mark in marks if mark.area < _SPECK * best.area and mark not in digit]
    left_out = [mark for mark in candidates if mark not in digit and mark.number not in specks]
    rivals = [mark for mark in left_out if not mark.is_blob and not mark.is_level and mark.height >= _TALL * best.size]
    at_edge = [mark for mark in rivals if mark.at_edge and _is_cut_off_stroke(mark, best, patches)]
    clear = bool(framed or len(candidates) == 1) and not at_edge and not best.is_blob and not best.is_level
    clear = clear and not _holds_a_frame(best, patches)
    rivals = [mark for mark in rivals if not mark.at_edge]
    return Choice(patches, digit, rivals, specks, clear)


def _marks(ink: np.ndarray, patches: np.ndarray) -> list[Mark]:
    boxes = [box or (slice(0, 1), slice(0, 1)) for box in ndimage.find_objects(patches)]
    areas = np.bincount(patches.ravel(), weights=ink.ravel() / 255, minlength=len(boxes) + 1)
    height, width = ink.shape
    return [
        Mark(
            number,
            rows.start,
            columns.start,
            rows.stop,
            columns.stop,
            float(areas[number]),
            rows.start == 0 or columns.start == 0 or rows.stop == height or columns.stop == width,
        )
        for number, (rows, columns) in enumerate(boxes, 1)
    ]


def _is_frame(mark: Mark, others: list[Mark]) -> bool:
    """Whether a mark encloses another that is large enough for the digit in a frame."""
    return any(mark.encloses(other) and other.size >= 0.3 * mark.size for other in others)


def _holds_a_frame(mark: Mark, patches: np.ndarray) -> bool:
    """Whether a digit has grown together with the frame around it: its outline is a rectangle, and not solid."""
    inside = ndimage.binary_fill_holes(patches[mark.top : mark.bottom, mark.left : mark.right] == mark.number)
    outlined = float(inside.sum())
    return outlined > _RECTANGLE * inside.size and mark.area < _HOLLOW * outlined


def _is_cut_off_stroke(mark: Mark, best: Mark, patches: np.ndarray) -> bool:
    """Whether a mark at the edge may be a digit that is cut off: not a line along the edge, nor a finger's outline."""
    if mark.area < 0.5 * best.area or mark.width < 0.1 * best.size:
        return False
    inside = patches[mark.top : mark.bottom, mark.left : mark.right] == mark.number
    closed = np.pad(inside, 1)
    beyond = (mark.top == 0, mark.bottom == patches.shape[0], mark.left == 0, mark.right == patches.shape[1])
    for at_edge, outer, inner in zip(
        beyond,
        (closed[0], closed[-1], closed[:, 0], closed[:, -1]),
        (closed[1], closed[-2], closed[:, 1], closed[:, -2]),
        strict=True,
    ):
        inked = np.flatnonzero(inner)
        if at_edge and len(inked):
            outer[inked[0] : inked[-1] + 1] = True
    return bool(ndimage.binary_fill_holes(closed)[1:-1, 1:-1].mean() < 0.6)


def _with_strokes(best: Mark, marks: list[Mark]) -> list[Mark]:
    """A mark and those close to it, such as the bar of a 5, but not what lies below it like an underline."""
    digit, more = [best], True
    while more:
        more = False
        for mark in marks:
            if mark in digit or mark.area < _SPECK * best.area:
                continue
            beneath = mark.is_level and mark.top >= best.bottom - 0.1 * best.size
            close = any(mark.gap(one) <= _NEAR * best.size for one in digit)
            if close and not beneath and not mark.at_edge and mark.size <= 1.2 * best.size:
                digit.append(mark)
                more = True
    return digit
