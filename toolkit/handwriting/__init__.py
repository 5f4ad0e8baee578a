"""A picture of a digit -> 28 × 28 pixels as in MNIST, step by step."""

from .digit import (
    STEPS,
    WARNINGS,
    PreparedDigit,
    digit_rows,
    from_pixels,
    holds_digits,
    open_picture,
    prepare_digit,
    prepare_picture,
    to_pixels,
)

__all__ = [
    "STEPS",
    "WARNINGS",
    "PreparedDigit",
    "digit_rows",
    "from_pixels",
    "holds_digits",
    "open_picture",
    "prepare_digit",
    "prepare_picture",
    "to_pixels",
]
