"""EMNIST's peculiarities: its pictures are transposed, and its labels are numbers of letters.

Source: G. Cohen, S. Afshar, J. Tapson and A. van Schaik, "EMNIST: an extension of MNIST to handwritten letters", 2017.
"""

import re
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, digits

import numpy as np

_SPLITS = ("balanced", "byclass", "bymerge", "digits", "letters", "mnist")
#: In these, the lower-case letters that look like upper-case ones share their class.
_MERGED = digits + ascii_uppercase + "abdefghnqrt"
#: Split -> the first label, and what it and the next ones stand for.
_CHARACTERS = {
    "balanced": (0, _MERGED),
    "bymerge": (0, _MERGED),
    "byclass": (0, digits + ascii_uppercase + ascii_lowercase),
    "digits": (0, digits),
    "letters": (1, ascii_uppercase),
    "mnist": (0, digits),
}
_LONGEST_MAPPING = 10_000


def is_emnist(data: str) -> bool:
    """Whether files of this name are EMNIST's; data: a name such as `emnist-letters`."""
    return split_of(data) is not None


def split_of(data: str) -> str | None:
    """The split of EMNIST that a name tells, such as `letters`; None for a name of other data."""
    words = data.split("-")
    return next((word for word in words if word in _SPLITS), None) if "emnist" in words else None


def upright(x: np.ndarray) -> np.ndarray:
    """EMNIST's pictures of shape (rows, 28, 28) as a person reads them."""
    return np.ascontiguousarray(x.transpose(0, 2, 1))


def class_letters(split: str | None, folder: Path) -> dict[int, str]:
    """Label -> the character that it stands for, upper-case if both share a class.

    From `emnist-…-mapping.txt` in the folder, which has a line per label: the label and the characters' codes. Without
    that file, as published.
    """
    if split not in _CHARACTERS:
        return {}
    mapping = folder / f"emnist-{split}-mapping.txt"
    if mapping.is_file() and mapping.stat().st_size <= _LONGEST_MAPPING:
        lines = [line.split() for line in mapping.read_text("ascii", "replace").splitlines()]
        if lines and all(len(line) >= 2 and all(re.fullmatch(r"\d{1,3}", word) for word in line) for line in lines):
            return {int(label): chr(int(code)) for label, code, *_ in lines}
    first, characters = _CHARACTERS[split]
    return dict(enumerate(characters, first))
