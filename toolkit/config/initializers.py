"""The initializers that a config can name, and how to write one: its name, and a number if it takes one.

To add one of Keras's, add its line to `INITIALIZERS` and regenerate docs/choices.md;
tests/config/test_choices.py reports what is missing.
"""

import math
import re
from typing import Annotated

from pydantic import AfterValidator

from ..errors import listed

#: name -> (the keyword of its number, the default); None: the initializer takes no number.
INITIALIZERS: dict[str, tuple[str, float] | None] = {
    "glorot_uniform": None,
    "glorot_normal": None,
    "he_uniform": None,
    "he_normal": None,
    "lecun_uniform": None,
    "lecun_normal": None,
    "zeros": None,
    "ones": None,
    "random_normal": ("stddev", 0.05),
    "truncated_normal": ("stddev", 0.05),
    "constant": ("value", 0.0),
}
INITIALIZER_HELP = f"{listed(INITIALIZERS)}; a number may follow, as in random_normal(0.01)"


def parse_initializer(text: str) -> tuple[str, dict[str, float]]:
    """Split `"random_normal(0.01)"` into `("random_normal", {"stddev": 0.01})`.

    Raises `ValueError` for an unknown name, or for a number that the initializer does not take.
    """
    match = re.fullmatch(r"\s*(\w+)\s*(?:\(\s*(?:\w+\s*=\s*)?(-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*\))?\s*", text)
    if match is None or match[1] not in INITIALIZERS:
        raise ValueError(INITIALIZER_HELP)
    number = INITIALIZERS[match[1]]
    if number is None:
        if match[2] is not None:
            raise ValueError(f"{match[1]} without a number")
        return match[1], {}
    value = number[1] if match[2] is None else float(match[2])
    if not math.isfinite(value):
        raise ValueError(f"{match[1]} with a finite number")
    if number[0] == "stddev" and value <= 0:
        raise ValueError(f"{match[1]} with a standard deviation above 0")
    return match[1], {number[0]: value}


def _checked_initializer(text: str) -> str:
    parse_initializer(text)
    return text.strip()


Initializer = Annotated[str, AfterValidator(_checked_initializer)]
