"""One run on disk: what its files say; renaming, resuming and deleting it. paths.py names the files."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from operator import attrgetter
from typing import Any

from ..config import ExperimentConfig
from ..config.reading import as_it_was_read
from ..config.schema_version import RUN_SECTION, stamp_of
from ..errors import RunError, ToolkitError
from ..system.files import write_json
from ..system.locks import FileLock
from ..training.history import COLUMNS, History
from .newer import NEWER, why_not_deleted
from .requests import RunRequests
from .root import told_command
from .schema import (
    ENDED,
    BaselineEvent,
    Event,
    Measurement,
    Note,
    Outcome,
    RunResult,
    read_events,
    read_json,
    read_result,
    read_sentence,
)
from .trash import empty_trash, folder_size, put_into_trash

#: The fields of an imported run's config that are known; how it was trained is not.
IMPORTED_FIELDS = ("dataset", "label", "layers", "from_logits")

_FIGURES = attrgetter(*COLUMNS)

STATES = ("queued", "running", *ENDED, "interrupted", NEWER)


@dataclass(frozen=True)
class RunFolder(RunRequests):
    """One run on disk. Reading never changes it; each read returns what the files hold now.

    config.json is read once: it changes only by `rewrite`.
    """

    @cached_property
    def record(self) -> dict[str, Any]:
        """config.json as it stands. Raises `RunError` if it can't be read."""
        try:
            record = read_json(self._file("config.json"))
        except (OSError, ValueError) as error:
            raise self._damaged(f"can't be read ({error})") from error
        if not isinstance(record, dict):
            raise self._damaged("is not a JSON object")
        return record

    @cached_property
    def config(self) -> ExperimentConfig:
        """The experiment. Raises `RunError` if config.json can't be read here, or holds none."""
        self.refuse_newer()
        try:
            return ExperimentConfig(**as_it_was_read({RUN_SECTION: {}, **self.record}))
        except RunError:
            raise
        except (ToolkitError, RecursionError) as error:
            raise self._damaged(f"holds no experiment ({error})") from error

    @property
    def legible(self) -> Mapping[str, Any]:
        """`record`, or empty if it can't be read: lists also name runs that this version can't use."""
        try:
            return self.record
        except RunError:
            return {}

    @property
    def title(self) -> str:
        """The run's title in a list; its id if no title can be read."""
        name = self.legible.get("name")
        return name if isinstance(name, str) and name else self.id

    @property
    def about(self) -> Mapping[str, Any]:
        """The fields of config.json beside the experiment: created, asked_by, threads, versions, weights_from, …"""
        section = self.record.get(RUN_SECTION)
        return section if isinstance(section, dict) else {}

    @property
    def session(self) -> str:
        """The unguessable id of the browser that last started or resumed the run; empty if none did."""
        return str(self.about.get("session") or "")

    @property
    def imported(self) -> Mapping[str, Any]:
        """The file that an imported run comes from; empty for a run that was trained here.

        file: its name. sha256. input_shape, outputs: of the network. unnamed_layers: those that a config has no name
        for; holds_all_weights: whether none of them has weights. pixels: what the network learned, in words; None if
        that is the usual, or not known. loss: Keras's name of the loss that it was compiled with. labels: the names of
        its classes, if they were brought with it.
        """
        about = self.about.get("imported")
        return about if isinstance(about, dict) else {}

    @property
    def created(self) -> str:
        """When the run was created, ISO 8601 in UTC; empty if that can't be read."""
        return str(self.about.get("created", "")) if self.legible else ""

    @property
    def state(self) -> str:
        """One of `STATES`, derived from what is on disk: a dead process can't leave a wrong one behind."""
        if self.newer:
            return NEWER
        # Checked first: whoever claims the run removes this request last.
        resumed, result = self.resume_requested, self.result
        if result is not None and not (resumed and self.has_broken_off):
            return result.state
        # A writer locks before its first line: a run that has lines and no lock has lost its writer. Checked the
        # other way round, a run that is claimed between the two checks would seem to have lost it.
        started = self._file("events.jsonl").exists()
        if self._is_training():
            return "running"
        # The worker may have written its result between the two checks, or have started and ended.
        if self.resume_requested != resumed or (self.result is None) != (result is None):
            return self.state
        if resumed and self.has_broken_off:
            return "queued"
        return "interrupted" if started else "queued"

    @property
    def result(self) -> RunResult | None:
        """result.json; None while the run has not ended, or if the file is damaged."""
        return read_result(self._file("result.json"))

    @property
    def message(self) -> str:
        """Why the run ended or was interrupted, in a sentence; empty if it ended as planned, or nobody knows."""
        if why := self.newer:
            return why
        result = self.result
        return read_sentence(self._file("interrupted")) if result is None else result.message

    @property
    def stamp(self) -> tuple[tuple[int, int, int] | None, ...]:
        """A value that changes whenever config.json or result.json does; far cheaper than reading them."""
        return stamp_of(self._file("config.json")), stamp_of(self._file("result.json"))

    def events(self) -> list[Event]:
        """The valid lines of events.jsonl, oldest first, without a last line that is still being written."""
        return read_events(self._file("events.jsonl"))

    @property
    def events_stamp(self) -> tuple[int, int]:
        """The modification time (ns) and size (bytes) of events.jsonl, 0 and 0 without one: new lines change them."""
        _, *changed = stamp_of(self._file("events.jsonl")) or (0, 0, 0)
        return changed[0], changed[1]

    def history(self, events: Sequence[Event] | None = None) -> History:
        """The measurements so far, and how the training ended. events: pass them if they have been read already."""
        events, state = self.events() if events is None else events, self.state
        result = self.result or Outcome()
        return History(
            records=tuple(_by_column(event) for event in events if isinstance(event, Measurement)),
            state=state,
            step=result.steps or 0,
            epochs=result.epochs or 0,
            message=self.message,
            notes=tuple(event.sentence for event in events if isinstance(event, Note)),
            baseline=next((event.baseline for event in events if isinstance(event, BaselineEvent)), None),
            engine=result.engine,
        )

    def request_resume(self) -> None:
        """Ask the workers to resume a stopped or interrupted run; an earlier request to stop is withdrawn.

        A run that is queued or running stays as it is. Raises `RunError` if the run has ended, its folder can't be
        written, or a newer version made it.
        """
        self.refuse_newer()
        try:
            lock = FileLock.claim(self._file("worker.lock"))
            if lock is None:
                return
            # Nobody can start or resume the run in between, so no request is left behind in a run that trains.
            with lock:
                if not self.has_broken_off:
                    raise RunError(f"The run {self.id} was not stopped or interrupted. Start another one.")
                if not self.resume_requested:
                    self._file("stop").unlink(missing_ok=True)
                    self._file("resume").touch()
            # Queues look for new runs when the folder that holds them has changed.
            os.utime(self.path.parent)
        except OSError as error:
            raise RunError(
                f"The run {self.id} can't be resumed ({error}). Free some space, or see that the folder can be written."
            ) from error

    @property
    def queued_since(self) -> str:
        """When the run was created, or last asked to resume; ISO 8601 in UTC."""
        try:
            seconds = self._file("resume").stat().st_mtime
        except OSError:
            return self.created
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")

    @property
    def has_broken_off(self) -> bool:
        """Whether the run was started and has not ended; True while it trains, always False for a newer run."""
        if self.newer:
            return False
        result = self.result
        return self._file("events.jsonl").exists() if result is None else result.state == "stopped"

    def size(self) -> int:
        """The size of the folder in bytes."""
        return folder_size(self.path)

    def rename(self, title: str) -> None:
        """Give the run another title; its id and its folder keep their names.

        Other objects that have read config.json keep the old title.
        Raises `ConfigError` if the title is not valid, `RunError` if the run is damaged or can't be written; the old
        title then stays.
        """
        self.refuse_newer()
        name = self.config.replace(name=title).name
        try:
            self.rewrite(name=name)
        except (OSError, ValueError) as error:
            raise RunError(
                f"The run {self.id} can't be renamed ({error}). Its title is as before. Free some space, or see that "
                "the folder can be written."
            ) from error

    def rewrite(self, **fields: Any) -> None:
        """Change fields of config.json. Raises `OSError` or `ValueError` if it can't be written; it stays as it was."""
        write_json(self._file("config.json"), {**self.record, **fields})
        for read_before in ("record", "config"):
            self.__dict__.pop(read_before, None)

    def delete(self) -> bool:
        """Move the run, damaged or not, into the trash, and remove from that what is too old or too large.

        Returns whether it can be restored: if it is too large for the trash, or the disk is nearly full, it is gone
        for good. Raises `RunError` if the run is training, its folder can't be moved, or a newer version of the toolkit
        made it; `ToolkitError` if a limit of the trash is invalid.
        """
        if why := why_not_deleted(self.path):
            raise RunError(why)
        place = put_into_trash(self.path)
        empty_trash(self.path.parent)
        return place is not None and os.path.lexists(place)

    def _damaged(self, how: str) -> RunError:
        deleting = told_command("delete", self.id, root=self.path.parent)
        return RunError(f"The run {self.id} is damaged: its config.json {how}. Delete it with: {deleting}")


def _by_column(event: Measurement) -> dict[str, Any]:
    """A measurement as `History.records` has it."""
    return dict(zip(COLUMNS, _FIGURES(event), strict=True))
