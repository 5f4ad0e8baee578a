"""JSON from a stranger: parsed whole and checked before its content is used."""

import json
import math
from typing import Any

from ...errors import ModelFileError
from .limits import MOST_DEPTH, MOST_DIGITS, MOST_JSON
from .refusals import REMEDY, harmless, refusal


def parse_json(content: bytes, name: str) -> dict[str, Any]:
    """The object in a JSON text. name: its name in error messages.

    Raises `ModelFileError` for another encoding than UTF-8, for anything but an object, a duplicate key, NaN,
    infinity, a number with too many digits, and for a text that is too long or nested too deeply.
    """
    if len(content) > MOST_JSON:
        raise refusal(name, f"at most {MOST_JSON:,} bytes", f"{len(content):,} bytes")
    try:
        value = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_whole,
            parse_float=_number,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError:
        raise refusal(name, "JSON in UTF-8", "bytes that are none") from None
    except RecursionError:
        raise _too_deep(name) from None
    except ValueError as error:
        raise ModelFileError(f"{name} is not JSON as Keras writes it: {harmless(str(error))}. {REMEDY}") from None
    if not isinstance(value, dict):
        raise refusal(name, "a JSON object", value)
    _check_depth(value, name)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"the number {digits[:MOST_DIGITS]} is infinite")
    return value


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not a number")


def _check_depth(value: Any, name: str) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MOST_DEPTH:
            raise _too_deep(name)
        inner = [one for one in level if isinstance(one, (dict, list))]
        level = [child for one in inner for child in (one.values() if isinstance(one, dict) else one)]


def _too_deep(name: str) -> ModelFileError:
    return refusal(name, f"nested at most {MOST_DEPTH} deep", "a deeper one")
