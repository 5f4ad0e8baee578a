"""A picture of a digit -> 28 × 28 pixels as in MNIST, step by step; any picture -> a row like the training pictures."""

from .digit import STEPS, WARNINGS, PreparedDigit, open_picture, prepare_digit
from .preparation import (
    PREPARATIONS,
    PreparedPicture,
    can_prepare,
    digit_rows,
    from_pixels,
    holds_digits,
    prepare_picture,
    to_pixels,
)

__all__ = [
    "PREPARATIONS",
    "STEPS",
    "WARNINGS",
    "PreparedDigit",
    "PreparedPicture",
    "can_prepare",
    "digit_rows",
    "from_pixels",
    "holds_digits",
    "open_picture",
    "prepare_digit",
    "prepare_picture",
    "to_pixels",
]
