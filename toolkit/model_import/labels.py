"""The class names of an imported network: a text file with one a line, such as Teachable Machine's labels.txt."""

import re

from ..errors import DataError
from .guard import harmless

#: The name of such a file beside a model.
LABELS_FILE = "labels.txt"
#: Bytes of the file, classes, and letters of a name.
MOST_LABEL_BYTES, _MOST_CLASSES, _LONGEST = 200_000, 10_000, 100
_NUMBERED = re.compile(r"(\d{1,5})[ \t:,;]+(\S.*)")


def read_labels(content: bytes, name: str = LABELS_FILE) -> tuple[str, ...]:
    """The names in the order of the network's outputs. name: the file's, for error messages.

    Numbers at the beginning of the lines are left out if they count them from 0, as in `0 Cat`.
    Raises `DataError` for a text that is too long or not in UTF-8, for fewer than two names, for a name that is
    empty, too long or there twice.
    """
    where = harmless(name)
    if len(content) > MOST_LABEL_BYTES:
        raise _refused(where, f"at most {MOST_LABEL_BYTES:,} bytes", f"{len(content):,} bytes or more")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused(where, "a text in UTF-8", "bytes that are none") from None
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not 2 <= len(lines) <= _MOST_CLASSES:
        raise _refused(where, f"2 to {_MOST_CLASSES:,} names, one a line", f"{len(lines):,}")
    numbered = [_NUMBERED.fullmatch(line) for line in lines]
    names = [match[2] if match and int(match[1]) == number else None for number, match in enumerate(numbered)]
    found = tuple(lines if None in names else filter(None, names))
    for one in found:
        if len(one) > _LONGEST or harmless(one) != one:
            raise _refused(where, f"names of at most {_LONGEST} printable letters", harmless(one, 60))
    if len(set(found)) < len(found):
        twice = next(one for number, one in enumerate(found) if one in found[:number])
        raise _refused(where, "names that differ", f"{twice} twice")
    return found


def _refused(where: str, expected: str, received: str) -> DataError:
    return DataError(f"{where} must hold {expected}. Received: {received}. Write one class name a line.")
