"""What the files of a run must hold, checked as they are read, so that all other code can rely on it."""

import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json

from ..config.schema_version import SCHEMA_KEY, stamp_of, unknown_number
from ..formatting import shortened
from ..training.history import IMPORTED

ENDED = ("finished", "stopped", "diverged", "failed", IMPORTED)

_LONGEST_SENTENCE = 1000

_Count = Annotated[int, Field(ge=0, le=2**53)]


class _Checked(BaseModel):
    """The fields that readers use; not every file has them all, and other fields are allowed."""

    # Built when first used, so that `--help` stays fast.
    model_config = ConfigDict(strict=True, allow_inf_nan=False, defer_build=True)


class _Verdict(_Checked):
    state: str
    sentence: str
    best_epoch: _Count | None = None
    best_step: _Count | None = None
    since_epoch: _Count | None = None
    since_step: _Count | None = None


class _Result(_Checked):
    state: Literal["finished", "stopped", "diverged", "failed", "imported"]
    message: str = ""
    engine: str = ""
    epochs: _Count | None = None
    steps: _Count | None = None
    seconds: float | None = None
    test_loss: float | None = None
    test_accuracy: float | None = None
    test_rows: _Count | None = None
    parameters: _Count | None = None
    confusion_matrix: list[list[_Count]] | None = None
    overfitting: _Verdict | None = None
    model_sha256: str | None = None
    weights_sha256: str | None = None


class _Event(_Checked):
    event: str


class _Measurement(_Event):
    epoch: _Count
    step: _Count
    loss: float | None = None
    accuracy: float | None = None
    val_loss: float | None = None
    val_accuracy: float | None = None
    honest_loss: float | None = None
    honest_accuracy: float | None = None
    learning_rate: float | None = None
    seconds: float | None = None


class _Samples(_Event):
    labels: list[_Count]
    probabilities: list[list[float | None]]


class _Note(_Event):
    sentence: str


_EVENTS: dict[str, type[_Event]] = {"epoch": _Measurement, "samples": _Samples, "note": _Note}


def read_json(path: Path) -> Any:
    """The value in a JSON file. Raises `OSError`, or `ValueError` if it is not JSON or holds NaN."""
    # It takes half the time of Python's own, which matters when thousands of runs are listed.
    return from_json(path.read_bytes(), allow_inf_nan=False)


def read_result(path: Path) -> dict[str, Any] | None:
    """result.json without its schema number; None if there is none, or this version can't read it."""
    try:
        return dict(_checked_result(path, stamp_of(path)))
    except (OSError, ValueError):  # pydantic's ValidationError is a ValueError
        return None


# Callers ask for a run's state, message and metrics one after the other.
@lru_cache(maxsize=16)
def _checked_result(path: Path, stamp: object) -> Any:
    result = read_json(path)
    _Result.model_validate(result)
    if unknown := unknown_number(result):
        raise ValueError(unknown)
    return {name: value for name, value in result.items() if name != SCHEMA_KEY}


def unknown_state(path: Path) -> str:
    """What is wrong with a result.json whose state this version does not know; empty if it knows the state."""
    return _unknown_state(path, stamp_of(path))


@lru_cache(maxsize=4096)
def _unknown_state(path: Path, stamp: object) -> str:
    try:
        result = read_json(path) if stamp else None
    except (OSError, ValueError):
        return ""
    state = result.get("state") if isinstance(result, dict) else None
    known = not isinstance(state, str) or not state or state in ENDED
    return "" if known else f"has the unknown state {shortened(str(state))}"


def read_sentence(path: Path) -> str:
    """The first line of a file of one sentence; empty if there is none, or it is damaged."""
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline(_LONGEST_SENTENCE).strip()
    except (OSError, ValueError):
        return ""


def read_events(path: Path) -> list[dict[str, Any]]:
    """The valid lines of events.jsonl, oldest first; none if it is missing or not a file."""
    try:
        with path.open("rb") as file:
            return list(valid_events(file))
    except OSError:
        return []


def cut_to_valid(path: Path) -> None:
    """Cut events.jsonl off at its first damaged line, before more lines are written."""
    with path.open("rb") as file:
        lines = file.readlines()
    valid = lines[: sum(1 for _ in valid_events(lines))]
    os.truncate(path, sum(map(len, valid)))


def valid_events(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The events up to the first damaged line, without a last line that has no line feed yet."""
    for line in lines:
        if not line.endswith(b"\n"):
            return
        try:
            event = from_json(line, allow_inf_nan=False)
            _kind_of(event).model_validate(event)
        except ValueError:
            return
        yield event


def _kind_of(event: Any) -> type[_Event]:
    """The model that an event is checked against; anything but an object of a known kind fails the check."""
    kind = event.get("event") if isinstance(event, dict) else None
    return _EVENTS.get(kind, _Event) if isinstance(kind, str) else _Event
