"""What the files of a run must hold, checked as they are read, so that all other code can rely on it."""

import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator
from pydantic_core import from_json

from ..config.schema_version import SCHEMA_KEY, stamp_of, unknown_number
from ..formatting import shortened
from ..training.history import IMPORTED, Baseline

ENDED = ("finished", "stopped", "diverged", "failed", IMPORTED)

_LONGEST_SENTENCE = 1000

_LARGEST = 2**53

_Count = Annotated[int, Field(ge=0, le=_LARGEST)]
#: A whole number stays one, so that it is told as it stands in the file.
_Figure = Annotated[int, Field(ge=-_LARGEST, le=_LARGEST)] | float


def _count_or_none(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= _LARGEST else None


def _text_or_empty(value: object) -> str:
    return value if isinstance(value, str) else ""


#: Of these, what is no count or no text spoils neither its line nor its file.
_MaybeCount = Annotated[int | None, PlainValidator(_count_or_none)]
_MaybeText = Annotated[str, PlainValidator(_text_or_empty)]


class _Record(BaseModel):
    """The fields that readers use; what else a file holds is kept beside them."""

    # Built when first used, so that `--help` stays fast.
    model_config = ConfigDict(strict=True, allow_inf_nan=False, defer_build=True, frozen=True, extra="allow")

    def as_dict(self) -> dict[str, Any]:
        """All that the file holds of it, known and unknown."""
        return self.model_dump(exclude_unset=True)


class Verdict(_Record):
    """What was said of overfitting when a run ended; see `toolkit.analysis.overfitting.OverfittingReport`."""

    state: str
    sentence: str
    best_epoch: _Count | None = None
    best_step: _Count | None = None
    since_epoch: _Count | None = None
    since_step: _Count | None = None


class Outcome(_Record):
    """What came of a run, as far as that is known; `Outcome()`: nothing yet.

    state: one of `ENDED`, "interrupted", or empty before. message: why it did not end as planned. parameters: of an
    imported network. rows_without_answer: see `toolkit.analysis.metrics.Evaluation`, which `from_dict` makes of this.
    """

    state: str = ""
    message: str = ""
    engine: str = ""
    epochs: _Count | None = None
    steps: _Count | None = None
    seconds: _Figure | None = None
    test_loss: _Figure | None = None
    test_accuracy: _Figure | None = None
    test_rows: _Count | None = None
    rows_without_answer: _MaybeCount = None
    parameters: _Count | None = None
    confusion_matrix: list[list[_Count]] | None = None
    overfitting: Verdict | None = None
    model_sha256: str | None = None
    weights_sha256: str | None = None


class RunResult(Outcome):
    """What result.json holds."""

    state: Literal["finished", "stopped", "diverged", "failed", "imported"]


class Event(_Record):
    """A line of events.jsonl, of whatever kind.

    time: when it was written, in seconds since 1970. It is not checked, so that a wrong one spoils no line.
    """

    event: str
    time: object = None


class StateEvent(Event):
    """A run has entered a state; message: why."""

    state: _MaybeText = ""
    message: _MaybeText = ""


class Measurement(Event):
    """What was measured after an epoch or a logged step; see `toolkit.training.history.COLUMNS`."""

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


class SamplesEvent(Event):
    """What the network says of the test rows that are followed; None where that is no number.

    epoch, step: those of the measurement before it. They are not checked either.
    """

    epoch: object = None
    step: object = None
    labels: list[_Count]
    probabilities: list[list[float | None]]


class Note(Event):
    """What was adapted to the data, in a sentence."""

    sentence: str


class BaselineEvent(Event):
    """What always answering one class scores; see `toolkit.training.history.Baseline`."""

    label: str
    accuracy: Annotated[float, Field(ge=0, le=1)]
    rows: Annotated[int, Field(ge=1, le=_LARGEST)]
    measured_on: Literal["validation", "training"]

    @property
    def baseline(self) -> Baseline:
        """As the history has it."""
        return Baseline(self.label, self.accuracy, self.rows, self.measured_on)


_EVENTS: dict[str, type[Event]] = {
    "state": StateEvent,
    "epoch": Measurement,
    "samples": SamplesEvent,
    "note": Note,
    "baseline": BaselineEvent,
}
#: Where a line that the writer wrote tells its kind.
_KIND = slice(len(b'{"event": "'), 30)
#: Words that stand for numbers in Python's JSON, and in no valid line.
_NO_NUMBERS = (b"NaN", b"Infinity")


def read_json(path: Path) -> Any:
    """The value in a JSON file. Raises `OSError`, or `ValueError` if it is not JSON or holds NaN."""
    # It takes half the time of Python's own, which matters when thousands of runs are listed.
    return from_json(path.read_bytes(), allow_inf_nan=False)


def read_result(path: Path) -> RunResult | None:
    """result.json without its schema number; None if there is none, or this version can't read it."""
    try:
        return _checked_result(path, stamp_of(path))
    except (OSError, ValueError):  # pydantic's ValidationError is a ValueError
        return None


# Callers ask for a run's state, message and metrics one after the other.
@lru_cache(maxsize=16)
def _checked_result(path: Path, stamp: object) -> RunResult:
    result = read_json(path)
    if isinstance(result, dict):
        if unknown := unknown_number(result):
            raise ValueError(unknown)
        result.pop(SCHEMA_KEY, None)
    return RunResult.model_validate(result)


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


def read_events(path: Path) -> list[Event]:
    """The valid lines of events.jsonl, oldest first; none if it is missing or not a file."""
    try:
        with path.open("rb") as file:
            return list(valid_events(file))
    except OSError:
        return []


def cut_to_valid(path: Path) -> None:
    """Cut events.jsonl off at its first damaged line, before more lines are written."""
    with path.open("rb") as file:
        valid = sum(1 for _ in valid_events(file))
        file.seek(0)
        length = sum(len(line) for line in islice(file, valid))
    os.truncate(path, length)


def valid_events(lines: Iterable[bytes]) -> Iterator[Event]:
    """The events up to the first damaged line, without a last line that has no line feed yet."""
    for line in lines:
        if not line.endswith(b"\n"):
            return
        try:
            event = _event_in(line)
        except ValueError:
            return
        yield event


def _event_in(line: bytes) -> Event:
    """The event of a line. Raises `ValueError` where it holds none."""
    # As the writer begins it: without a dictionary in between, a measurement is read in half the time.
    kind = _EVENTS.get(line[_KIND].partition(b'"')[0].decode("ascii", "replace"))
    if kind is not None and not any(word in line for word in _NO_NUMBERS):
        event = kind.model_validate_json(line)
        if _EVENTS.get(event.event) is kind:
            return event
    return event_of(from_json(line, allow_inf_nan=False))


def event_of(values: Any) -> Event:
    """An event as the record of its kind. Raises `ValueError` where it is none."""
    kind = values.get("event") if isinstance(values, dict) else None
    return (_EVENTS.get(kind, Event) if isinstance(kind, str) else Event).model_validate(values)
