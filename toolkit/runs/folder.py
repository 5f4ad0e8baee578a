"""One run on disk: what its files say, and what can be done with the whole of it. paths.py says which files."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from operator import attrgetter
from typing import Any

from ..config import ExperimentConfig
from ..config.experiment import RUN_SECTION
from ..config.schema_version import SCHEMA_KEY, stamp_of
from ..errors import RunError, ToolkitError
from ..system.files import write_json
from ..system.locks import FileLock
from ..training.history import COLUMNS, History
from .newer import NEWER, why_not_deleted
from .paths import told_command
from .requests import RunRequests
from .schema import (
    ENDED,
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

#: What the config of an imported run tells of it; how it was trained nobody knows.
IMPORTED_FIELDS = ("dataset", "label", "layers", "from_logits")

_FIGURES = attrgetter(*COLUMNS)

STATES = ("queued", "running", *ENDED, "interrupted", NEWER)


@dataclass(frozen=True)
class RunFolder(RunRequests):
    """One run on disk. Reading never changes it; what is read is what the files hold now.

    config.json is read once: it changes only by `rewrite`.
    """

    @cached_property
    def record(self) -> dict[str, Any]:
        """config.json as it stands. Raises `RunError` where it can't be read."""
        try:
            record = read_json(self._file("config.json"))
        except (OSError, ValueError) as error:
            raise self._damaged(f"can't be read ({error})") from error
        if not isinstance(record, dict):
            raise self._damaged("is no object of fields")
        return record

    @cached_property
    def config(self) -> ExperimentConfig:
        """The experiment. Raises `RunError` where config.json can't be read here, or holds none."""
        self.refuse_newer()
        beside = (RUN_SECTION, SCHEMA_KEY)
        try:
            return ExperimentConfig(**{name: value for name, value in self.record.items() if name not in beside})
        except RunError:
            raise
        except (ToolkitError, RecursionError) as error:
            raise self._damaged(f"holds no experiment ({error})") from error

    @property
    def legible(self) -> Mapping[str, Any]:
        """`record`, empty where it can't be read: for lists, which name runs that this version can't use."""
        try:
            return self.record
        except RunError:
            return {}

    @property
    def title(self) -> str:
        """What a list calls the run: its id where nothing else is legible."""
        name = self.legible.get("name")
        return name if isinstance(name, str) and name else self.id

    @property
    def about(self) -> Mapping[str, Any]:
        """What config.json says beside the experiment: created, asked_by, threads, versions, weights_from, …"""
        section = self.record.get(RUN_SECTION)
        return section if isinstance(section, dict) else {}

    @property
    def session(self) -> str:
        """The browser in which the run was started or resumed last, unguessable; empty: not on the dashboard."""
        return str(self.about.get("session") or "")

    @property
    def imported(self) -> Mapping[str, Any]:
        """What is known of the file that an imported run comes from; empty for one that was trained here.

        file: its name. sha256. input_shape, outputs: of the network. unnamed_layers: those that the config does not
        name; holds_all_weights: whether none of these has weights.
        """
        about = self.about.get("imported")
        return about if isinstance(about, dict) else {}

    @property
    def created(self) -> str:
        """When the run was asked for, ISO 8601 in UTC; empty where that is not legible."""
        return str(self.about.get("created", "")) if self.legible else ""

    @property
    def state(self) -> str:
        """One of `STATES`, derived from what is on disk: a dead process can't leave a wrong one behind."""
        if self.newer:
            return NEWER
        # Looked at first: whoever claims the run takes this request away last.
        resumed, result = self.resume_requested, self.result
        if result is not None and not (resumed and self.has_broken_off):
            return result.state
        # A writer locks before its first line: a run that has lines and no lock has lost its writer. Asked the
        # other way round, a run that is claimed between the two looks would seem to have lost it.
        started = self._file("events.jsonl").exists()
        if self._is_training():
            return "running"
        # The worker may have written its result between the two looks, or have begun and ended.
        if self.resume_requested != resumed or (self.result is None) != (result is None):
            return self.state
        if resumed and self.has_broken_off:
            return "queued"
        return "interrupted" if started else "queued"

    @property
    def result(self) -> RunResult | None:
        """result.json, or None while the run has not ended; a damaged one is as good as none."""
        return read_result(self._file("result.json"))

    @property
    def message(self) -> str:
        """Why the run ended or broke off, in a sentence; empty where it ended as planned, or nobody knows."""
        if why := self.newer:
            return why
        result = self.result
        return read_sentence(self._file("interrupted")) if result is None else result.message

    @property
    def stamp(self) -> tuple[tuple[int, int, int] | None, ...]:
        """What changes whenever config.json or result.json do, and costs far less than to read them: for lists."""
        return stamp_of(self._file("config.json")), stamp_of(self._file("result.json"))

    def events(self) -> list[Event]:
        """The valid lines of events.jsonl, oldest first; a torn last line waits for its end."""
        return read_events(self._file("events.jsonl"))

    @property
    def events_stamp(self) -> tuple[int, int]:
        """Nanoseconds of its last change and bytes of events.jsonl, 0 and 0 without one: other lines, another stamp."""
        _, *changed = stamp_of(self._file("events.jsonl")) or (0, 0, 0)
        return changed[0], changed[1]

    def history(self, events: Sequence[Event] | None = None) -> History:
        """The measurements so far, and how the training ended; events: where they have been read already."""
        events, state = self.events() if events is None else events, self.state
        result = self.result or Outcome()
        return History(
            records=tuple(_by_column(event) for event in events if isinstance(event, Measurement)),
            state=state,
            step=result.steps or 0,
            epochs=result.epochs or 0,
            message=self.message,
            notes=tuple(event.sentence for event in events if isinstance(event, Note)),
            engine=result.engine,
        )

    def request_resume(self) -> None:
        """Ask the workers to go on with a run that was stopped or interrupted; a stop asked for before is over.

        Nothing changes where the run waits or trains already. Raises `RunError` where it has come to its end, its
        folder can't be written, or a newer version made it.
        """
        self.refuse_newer()
        try:
            lock = FileLock.claim(self._file("worker.lock"))
            if lock is None:
                return
            # Nobody begins or resumes the run in between: a request can't be left behind in a run that trains.
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
        """When the run was asked for, or asked to go on; ISO 8601 in UTC."""
        try:
            seconds = self._file("resume").stat().st_mtime
        except OSError:
            return self.created
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")

    @property
    def has_broken_off(self) -> bool:
        """Whether the run was begun and is not at its end; one that trains now is among them, a newer one never."""
        if self.newer:
            return False
        result = self.result
        return self._file("events.jsonl").exists() if result is None else result.state == "stopped"

    def size(self) -> int:
        """How many bytes the folder takes."""
        return folder_size(self.path)

    def rename(self, title: str) -> None:
        """Give the run another title; its id and its folder keep their name.

        Another object that has read config.json before keeps the old one.
        Raises `ConfigError` where a config would not take the title, `RunError` where the run is damaged or
        can't be written; the old title then stays.
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
        """Put other fields into config.json. Raises `OSError` or `ValueError` where it can't be written, unchanged."""
        write_json(self._file("config.json"), {**self.record, **fields})
        for read_before in ("record", "config"):
            self.__dict__.pop(read_before, None)

    def delete(self) -> bool:
        """Move the run into the trash, a damaged one too, and empty that of what is too old or too much.

        Returns whether it can be brought back: where it is too large for the trash, or the disk is nearly full, it is
        gone for good. Raises `RunError` while the run is training, where its folder can't be moved, or where a newer
        version of the toolkit made it; `ToolkitError` where a limit of the trash makes no sense.
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
