"""Validates what the browser sends as a drawing."""

from base64 import b64decode
from collections.abc import Mapping
from io import BytesIO
from typing import Any

from toolkit.datasets.pictures import open_picture
from toolkit.errors import ToolkitError

#: The prefix of the picture that a canvas sends.
_PICTURE_IN_LETTERS = "data:image/png;base64,"


def is_drawing(sent: Any, largest: int) -> bool:
    """Whether a canvas without a background could have sent this: the strokes, and a picture of them.

    largest: the most pixels that the longer side of the picture may have.
    """
    if not isinstance(sent, Mapping) or sent.get("backgroundFit") is not None:
        return False
    drawing = sent.get("drawing")
    if not isinstance(drawing, Mapping):
        return drawing is None
    raw, data = drawing.get("raw"), drawing.get("data")
    return (raw is None or isinstance(raw, Mapping)) and (data is None or _is_picture(data, largest))


def _is_picture(letters: Any, largest: int) -> bool:
    if not isinstance(letters, str) or not letters.startswith(_PICTURE_IN_LETTERS):
        return False
    try:
        picture = open_picture(BytesIO(b64decode(letters.removeprefix(_PICTURE_IN_LETTERS))), name="canvas")
    except (ToolkitError, ValueError):
        return False
    return picture.mode == "RGBA" and max(picture.size) <= largest
