"""The run folder: the only module that knows its files.

saved_models/<run_id>/
  config.json        the experiment, and under "run" the versions, thread count and who asked
  events.jsonl       one line a measurement, a set of sample predictions, a note, a change of state
  checkpoint/        the newest complete state of weights and optimizer
  model.keras        the whole model; model.weights.h5: its weights alone
  result.json        the evaluation; written last, its presence means that the run has ended
  samples.npz        the test pictures whose predictions are followed
  worker.lock        held by the process that trains, for as long as it lives
  stop               its presence asks the training to stop; worker.log: for people
"""

import errno
import json
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from .backend import environment
from .config import RUN_SECTION, ExperimentConfig
from .errors import RunError, ToolkitError, nearest
from .files import make_durable, write_json
from .history import History
from .locks import FileLock, is_locked

DEFAULT_ROOT = Path("saved_models")
ENDED = ("finished", "stopped", "diverged", "failed")
STATES = ("queued", "running", *ENDED, "interrupted")

_RUN_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,80}")


@dataclass(frozen=True)
class RunFolder:
    """One run on disk. Reading never changes it; what is read is what the files hold now."""

    path: Path

    @property
    def id(self) -> str:
        """The run's name on disk: made by the program, never by a user."""
        return self.path.name

    @cached_property
    def record(self) -> dict[str, Any]:
        """config.json as it stands: it never changes once the run exists."""
        try:
            record = json.loads(self._file("config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise RunError(f"The run {self.id} has no readable config.json ({error}). Delete the run.") from error
        if not isinstance(record, dict):
            raise RunError(f"The run {self.id} has a config.json that is no object of fields. Delete the run.")
        return record

    @cached_property
    def config(self) -> ExperimentConfig:
        """The experiment."""
        return ExperimentConfig.from_json(json.dumps(self.record))

    @property
    def about(self) -> Mapping[str, Any]:
        """What config.json says beside the experiment: created, asked_by, threads, versions, weights_from, …"""
        section = self.record.get(RUN_SECTION)
        return section if isinstance(section, dict) else {}

    @property
    def created(self) -> str:
        """When the run was asked for, ISO 8601 in UTC."""
        return str(self.about.get("created", ""))

    @property
    def state(self) -> str:
        """One of `STATES`, derived from what is on disk: a dead process can't leave a wrong one behind."""
        result = self.result
        if result is not None:
            return str(result.get("state", "failed"))
        # A writer locks before its first line: a run that has lines and no lock has lost its writer. Asked the
        # other way round, a run that is claimed between the two looks would seem to have lost it.
        started = self._file("events.jsonl").exists()
        if is_locked(self._file("worker.lock")):
            return "running"
        # The worker may have written its result between the two looks.
        if self.result is not None:
            return self.state
        return "interrupted" if started else "queued"

    @property
    def result(self) -> dict[str, Any] | None:
        """result.json, or None while the run has not ended."""
        try:
            result = json.loads(self._file("result.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        return result if isinstance(result, dict) else None

    def events(self) -> list[dict[str, Any]]:
        """The valid lines of events.jsonl, oldest first; a torn last line waits for its end."""
        try:
            content = self._file("events.jsonl").read_bytes()
        except FileNotFoundError:
            return []
        return list(_valid_lines(content))

    def history(self, events: list[dict[str, Any]] | None = None) -> History:
        """The measurements so far, and how the training ended; events: where they have been read already."""
        events, state = self.events() if events is None else events, self.state
        result = self.result or {}
        return History(
            records=tuple(event for event in events if event["event"] == "epoch"),
            state=state,
            step=result.get("steps", 0),
            epochs=result.get("epochs", 0),
            message=result.get("message", ""),
            notes=tuple(event.get("sentence", "") for event in events if event["event"] == "note"),
        )

    @property
    def model_path(self) -> Path:
        """The whole model."""
        return self._file("model.keras")

    @property
    def weights_path(self) -> Path:
        """The weights alone."""
        return self._file("model.weights.h5")

    @property
    def last_finite_path(self) -> Path:
        """For a diverged run: the weights before the loss stopped being a number."""
        return self._file("last_finite.weights.h5")

    @property
    def checkpoint_path(self) -> Path:
        """The newest complete state of weights and optimizer."""
        return self._file("checkpoint") / "state.npz"

    @property
    def samples_path(self) -> Path:
        """The test pictures whose predictions are followed."""
        return self._file("samples.npz")

    @property
    def tensorboard_path(self) -> Path:
        """Where `--tensorboard` writes."""
        return self._file("tensorboard")

    @property
    def log_path(self) -> Path:
        """For people: tracebacks and warnings."""
        return self._file("worker.log")

    def request_stop(self) -> None:
        """Ask the training to stop; what was learnt is kept."""
        self._file("stop").touch()

    @property
    def stop_requested(self) -> bool:
        """Whether somebody asked the training to stop."""
        return self._file("stop").exists()

    @property
    def worker_pid(self) -> int | None:
        """The process that trains now."""
        return self.last_worker_pid if is_locked(self._file("worker.lock")) else None

    @property
    def last_worker_pid(self) -> int | None:
        """The process that trained last; it may be gone, and its number taken by another."""
        try:
            text = self._file("worker.lock").read_text()
        except FileNotFoundError:
            return None
        return int(text) if text.isdigit() else None

    def size(self) -> int:
        """How many bytes the folder takes."""
        return sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file())

    def delete(self) -> None:
        """Remove the folder for good. Raises `RunError` while the run is training."""
        if self.state == "running":
            raise RunError(f"The run {self.id} is training. Stop it first.")
        shutil.rmtree(self.path)

    def _file(self, name: str) -> Path:
        return self.path / name


class RunWriter:
    """The one process that may write into a run folder: it holds worker.lock while it lives."""

    def __init__(self, run: RunFolder, lock: FileLock) -> None:
        self.run = run
        self._lock = lock
        run.checkpoint_path.parent.mkdir(exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._events = os.open(run.path / "events.jsonl", flags, 0o644)

    @classmethod
    def claim(cls, run: RunFolder) -> Self | None:
        """Become the run's writer, or return None where it has ended or another process is at it."""
        lock = FileLock.claim(run.path / "worker.lock")
        if lock is None:
            return None
        if run.result is not None or (run.path / "events.jsonl").exists():
            lock.release()
            return None
        lock.write(str(os.getpid()))
        return cls(run, lock)

    def append(self, event: Mapping[str, Any]) -> None:
        """Add one line to events.jsonl: one write, made durable before this returns."""
        line = json.dumps({**event, "time": round(time.time(), 3)}, ensure_ascii=False, allow_nan=False)
        os.write(self._events, line.encode() + b"\n")
        os.fsync(self._events)

    def finish(self, result: Mapping[str, Any]) -> None:
        """Write result.json, which ends the run."""
        self.append({"event": "state", "state": result["state"], "message": result.get("message", "")})
        write_json(self.run.path / "result.json", result)

    def close(self) -> None:
        """Let go of the run."""
        os.close(self._events)
        self._lock.release()


def create_run(root: Path, config: ExperimentConfig, *, asked_by: str, **about: Any) -> RunFolder:
    """Make a queued run: built under another name and renamed, so that nobody sees half of one.

    about: what config.json keeps beside the experiment: weights_from (a run id or None), tensorboard,
    queued (whether workers may take the run). Data of one's own are named by their whole path there, and their
    SHA-256 is kept.
    Raises `RunError` where the folder can't be written.
    """
    # The supervisor imports this module and can do without NumPy: 13 MB.
    from .datasets import fingerprint, is_own

    if is_own(config.dataset):
        path = Path(config.dataset).expanduser().resolve()
        config = config.replace(dataset=str(path))
        about = {**about, "data_sha256": fingerprint(path) if path.exists() else None}
    section = {"created": datetime.now(UTC).isoformat(timespec="milliseconds"), "asked_by": asked_by, **about}
    record = {**config.model_dump(mode="json"), RUN_SECTION: {**section, "seed": config.seed, **environment()}}
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=root) as folder:
            building = Path(folder) / "run"
            building.mkdir()
            write_json(building / "config.json", record)
            path = _rename_to_free_id(building, root, slug(config.name))
        make_durable(root)
    except OSError as error:
        raise RunError(
            f"The run can't be written into {root} ({error}). Free some space or choose another folder."
        ) from error
    return RunFolder(path)


def _rename_to_free_id(building: Path, root: Path, slug: str) -> Path:
    """Put a run in place under an id that no other has: renaming onto a folder with content fails."""
    for _ in range(9):
        path = root / f"{slug}-{secrets.token_hex(3)}"
        try:
            return building.rename(path)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
    raise FileExistsError(f"too many runs are called {slug}")


def open_run(root: Path, run_id: str) -> RunFolder:
    """The run of that id. Raises `RunError` with the nearest known id."""
    run = RunFolder(root / run_id)
    if not _RUN_ID.fullmatch(run_id) or not (run.path / "config.json").is_file():
        known = [one.id for one in list_runs(root)]
        remedy = nearest(run_id, known) if len(known) in range(1, 10) or _is_near(run_id, known) else ""
        raise RunError(f"There is no run {run_id} in {root}. {remedy or 'List them with: python -m toolkit runs'}")
    return run


def list_runs(root: Path) -> list[RunFolder]:
    """All readable runs, newest first. Foreign and damaged folders are passed over."""
    return sorted(filter(_is_readable, run_folders(root)), key=lambda run: (run.created, run.id), reverse=True)


def run_folders(root: Path) -> list[RunFolder]:
    """Every folder that is named like a run, in no order and unread."""
    try:
        folders = [entry for entry in os.scandir(root) if _RUN_ID.fullmatch(entry.name) and entry.is_dir()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(f"The runs in {root} can't be read ({error}). Choose another folder.") from error
    return [RunFolder(Path(entry.path)) for entry in folders]


def _is_readable(run: RunFolder) -> bool:
    try:
        return bool(run.config.name)
    except ToolkitError:
        return False


def _is_near(run_id: str, known: list[str]) -> bool:
    return nearest(run_id, known).startswith("Did you mean")


def _valid_lines(content: bytes) -> Iterator[dict[str, Any]]:
    for line in content.split(b"\n")[:-1]:
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            return
        if not isinstance(event, dict) or "event" not in event:
            return
        yield event


def slug(name: str) -> str:
    """A title as a part of a folder's name: plain letters, digits and hyphens."""
    words = re.findall(r"[a-z0-9]+", name.lower())
    return "-".join(words)[:40].strip("-") or "run"
