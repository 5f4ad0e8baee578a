"""Questions and answers between processes: a line of JSON each, arrays in it as base64."""

import base64
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


def encode(message: dict[str, Any]) -> bytes:
    """A message as one line. It may hold what JSON can hold, and NumPy arrays of numbers."""
    return json.dumps(message, default=_array_to_json).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """The message that `encode` got, with lists in place of tuples."""
    message: dict[str, Any] = json.loads(line, object_hook=_array_from_json)
    return message


def _array_to_json(array: "np.ndarray") -> dict[str, Any]:
    return {"base64": base64.b64encode(array.tobytes()).decode(), "dtype": array.dtype.str, "shape": array.shape}


def _array_from_json(value: dict[str, Any]) -> Any:
    if value.keys() != {"base64", "dtype", "shape"}:
        return value
    import numpy as np  # The supervisor imports this package and does not need NumPy: 13 MB.

    return np.frombuffer(base64.b64decode(value["base64"]), value["dtype"]).reshape(value["shape"])
