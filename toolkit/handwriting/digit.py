"""Any picture of a digit -> 28 × 28 pixels prepared as in MNIST, step by step.

MNIST's makers cropped each digit, scaled its longest side to 20 pixels and put its centre of mass in
the middle of 28 × 28, white ink on black. A network that has only seen such pictures fails on others:
shifting digits 4 pixels off the centre costs a linear classifier more than half of its accuracy.
`benchmarks/README.md` shows how much each step gains on raw photos and scans.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from PIL import Image

from ..datasets.pictures import open_picture as open_picture
from ..errors import ConfigError, DataError, Problem, nearest
from . import colour, image_ops, lines, marks, sheet


@dataclass(frozen=True)
class StepInfo:
    """A step's title, its reason, and its operation on a grey picture: uint8 (height, width)."""

    title: str
    why: str
    apply: Callable[[np.ndarray], np.ndarray]


#: The steps by key, in order. The first one makes the grey picture for the others.
STEPS: dict[str, StepInfo] = {
    "grey": StepInfo(
        "Upright and grey",
        "A camera notes which way it was held, a drawing may have no paper behind it, and ink may have any colour. "
        "The network knows only brightness.",
        lambda picture: picture,
    ),
    "sheet": StepInfo(
        "Only the sheet",
        "Around a sheet on a desk there is the desk. It is darker than the paper, as ink is, and there is far more of "
        "it. A sheet that lies askew is turned upright.",
        sheet.only_sheet,
    ),
    "lighting": StepInfo(
        "Even light",
        "On a photo one side of the paper is darker than the other, or a hand throws its shadow: without this "
        "step the shadow would be taken for ink.",
        image_ops.even_lighting,
    ),
    "polarity": StepInfo(
        "White on black",
        "The network has only seen light ink on a dark background; most people write dark on light.",
        image_ops.white_on_black,
    ),
    "lines": StepInfo(
        "No printed lines",
        "A grid, a ruled line, a margin or the box of a form is as dark as ink. Where a stroke crosses a line it is "
        "thicker than the line, and stays.",
        lines.without_lines,
    ),
    "threshold": StepInfo(
        "Ink without paper",
        "In MNIST the background is exactly 0. Paper never is, and each of its pixels would add to every sum in the "
        "network.",
        image_ops.without_paper,
    ),
    "digit": StepInfo(
        "Only the digit",
        "Punch holes, a finger at the edge, a label or an underline are marks too. The digit is the largest that is "
        "made of strokes and does not touch the edge; its detached strokes lie close to it.",
        marks.only_digit,
    ),
    "specks": StepInfo(
        "No specks",
        "One grain of dust far from the digit makes the box around it too large, and the digit in it too small.",
        image_ops.without_specks,
    ),
    "pen": StepInfo(
        "A usual pen",
        "MNIST's strokes are about 2 to 4 pixels wide. A felt pen closes the loops of an 8, a hairline hardly shows.",
        image_ops.with_usual_pen,
    ),
    "crop": StepInfo(
        "A tight box",
        "Where on the page the digit stands says nothing about which digit it is.",
        image_ops.cropped,
    ),
    "scale": StepInfo(
        "20 pixels long",
        "In MNIST each digit's longest side is 20 pixels and its proportions are kept.",
        image_ops.scaled,
    ),
    "centre": StepInfo(
        "Centre of mass in the middle",
        "In MNIST the centre of the ink is the centre of the picture. A dense network looks at fixed pixels: "
        "shifted by two of them, a digit is a different picture to it.",
        image_ops.centred,
    ),
}

#: The preparation's warnings, by key.
WARNINGS: dict[str, str] = {
    "no_ink": "There is no ink in the picture. Draw one digit, dark on light paper or light on dark.",
    "several_digits": "There seem to be several digits, and the network answers with one. Cut out one digit.",
    "marks": "It is unclear which mark on the page is the digit. Cut it out, with some empty paper around it.",
    "polarity_unsure": "It is unclear which is ink and which is paper. Leave some empty paper around the digit.",
    "thin": "The pen is unusually thin for the size of the digit. Take a thicker one, or write smaller.",
    "thick": "The pen is unusually thick for the size of the digit. Take a thinner one, or write larger.",
}
#: Stroke widths in pixels of 20; 998 of 1,000 of MNIST's digits lie between 1.7 and 4.9.
_THIN, _THICK = 1.3, 5.5


@dataclass(frozen=True, eq=False)
class Step:
    """One applied step: its key in `STEPS` and the picture after it, uint8 of shape (height, width)."""

    key: str
    picture: np.ndarray

    @property
    def title(self) -> str:
        """The step's title for a learner."""
        return STEPS[self.key].title

    @property
    def why(self) -> str:
        """What would go wrong without the step, in a sentence or two."""
        return STEPS[self.key].why

    @property
    def pixels(self) -> np.ndarray:
        """The network's input if the preparation ended here: uint8 (28, 28)."""
        return image_ops.stretched(self.picture)


@dataclass(frozen=True, eq=False)
class PreparedDigit:
    """A digit ready for a network, and how it was prepared.

    pixels: uint8 (28, 28), a row as in MNIST; all 0 if there is no ink.
    steps: the applied steps, in order. ink: "dark" or "light" on its paper, None if that step was skipped.
    warnings: a sentence for each key of `WARNINGS` that applies.
    """

    pixels: np.ndarray
    steps: tuple[Step, ...]
    ink: Literal["dark", "light"] | None
    warnings: dict[str, str]


def prepare_digit(picture: Image.Image | np.ndarray, *, skip: Collection[str] = ()) -> PreparedDigit:
    """Cut the digit out of a picture and place it as in MNIST; on light, dark or transparent paper.

    picture: a PIL image, or uint8 of shape (height, width), (height, width, 3) for RGB or (height, width, 4)
    for RGBA. skip: keys of `STEPS` to leave out; the result has the same shape. A picture without ink gets
    the warning `no_ink`, so that an empty canvas needs no special case.

    >>> prepare_digit(np.zeros((200, 200), np.uint8)).warnings["no_ink"]
    'There is no ink in the picture. Draw one digit, dark on light paper or light on dark.'

    Raises `DataError` for an array of another dtype or shape, `ConfigError` with the nearest name for an unknown step.
    Method: Y. LeCun et al., "Gradient-based learning applied to document recognition", 1998, section III.A.
    """
    for key in skip:
        if key not in STEPS:
            raise ConfigError([Problem("skip", "the name of a step", repr(key), nearest(key, list(STEPS)))])
    image = _as_image(picture)
    after = {"": colour.first_channel(image) if "grey" in skip else colour.grey(image)}
    for key, step in STEPS.items():
        last = next(reversed(after.values()))
        after[key] = last if key in skip else step.apply(last)
    is_dark, sure = image_ops.ink_is_dark(after["lighting"])
    return PreparedDigit(
        pixels=image_ops.stretched(after["centre"]),
        steps=tuple(Step(key, after[key]) for key in STEPS if key not in skip),
        ink=None if "polarity" in skip else "dark" if is_dark else "light",
        warnings={key: WARNINGS[key] for key in _doubts(after, sure, skip)},
    )


def _as_image(picture: Image.Image | np.ndarray) -> Image.Image:
    if isinstance(picture, Image.Image):
        return picture
    pixels: Any = np.asarray(picture)
    grey_or_colour = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (3, 4))
    if pixels.dtype != np.uint8 or not grey_or_colour or pixels.size == 0:
        raise DataError(
            "A picture must be a PIL image or an array of uint8 of shape (height, width), (height, width, 3) or "
            f"(height, width, 4). Received: {pixels.dtype} of shape {pixels.shape}."
        )
    return Image.fromarray(pixels)


def _doubts(after: dict[str, np.ndarray], sure: bool, skip: Collection[str]) -> list[str]:
    """The keys of the warnings that apply; `after`: the picture after each step. `sure`: whether the polarity is."""
    if not after["centre"].any():
        return ["no_ink"]
    if {"polarity", "threshold"} & set(skip):  # The paper may be taken for ink, so the digit can't be judged.
        return []
    unsure = [] if sure else ["polarity_unsure"]
    if "digit" not in skip:
        choice = marks.choose(after["threshold"])
        candidates = marks.digit_and_rivals(after["threshold"], choice)
        if not choice.clear:
            return [*unsure, "marks"]
    else:
        candidates = after["specks"]
    if image_ops.shows_several(candidates):  # Pen width is relative to the size of one digit.
        return [*unsure, "several_digits"]
    width = image_ops.pen_width(after["specks"])
    return unsure + (["thin"] if width < _THIN else ["thick"] if width > _THICK else [])
