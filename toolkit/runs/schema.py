"""What the files of a run must hold, checked where they are read: whoever reads them further on can rely on it."""

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
    """The fields that readers use, none of them required by all; what else a file holds is its own."""

    # Built when first used: `--help` does not owe anybody that.
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
    """The value in a JSON file. Raises `OSError`, or `ValueError` where it is no JSON or holds NaN."""
    # It takes half the time of Python's own, which counts where thousands of runs are listed.
    return from_json(path.read_bytes(), allow_inf_nan=False)


def read_result(path: Path) -> dict[str, Any] | None:
    """What result.json holds but for its schema number, or None where there is none, or it can't be read here."""
    try:
        return dict(_checked_result(path, stamp_of(path)))
    except (OSError, ValueError):  # pydantic's findings are a ValueError
        return None


# Whoever describes a run asks for its state, its message and its figures, one after the other.
@lru_cache(maxsize=16)
def _checked_result(path: Path, stamp: object) -> Any:
    result = read_json(path)
    _Result.model_validate(result)
    if unknown := unknown_number(result):
        raise ValueError(unknown)
    return {name: value for name, value in result.items() if name != SCHEMA_KEY}


def unknown_state(path: Path) -> str:
    """What is to be said of a result.json whose state is a word that no run of this version ends in; else empty."""
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
    """The first line of a file of one sentence; empty where there is none, or it is damaged."""
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline(_LONGEST_SENTENCE).strip()
    except (OSError, ValueError):
        return ""


def read_events(path: Path) -> list[dict[str, Any]]:
    """The valid lines of events.jsonl, oldest first; none where the file is missing or no file."""
    try:
        with path.open("rb") as file:
            return list(valid_events(file))
    except OSError:
        return []


def cut_to_valid(path: Path) -> None:
    """Take a damaged line of events.jsonl away, and what follows it, before more is written after it."""
    with path.open("rb") as file:
        lines = file.readlines()
    valid = lines[: sum(1 for _ in valid_events(lines))]
    os.truncate(path, sum(map(len, valid)))


def valid_events(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The events up to the first damaged line; a torn last line, which has no line feed yet, waits for its end."""
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
    """What an event is checked against; one that is no object of a kind fails that check."""
    kind = event.get("event") if isinstance(event, dict) else None
    return _EVENTS.get(kind, _Event) if isinstance(kind, str) else _Event
