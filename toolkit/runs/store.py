"""The runs folder: making, finding and listing runs."""

import errno
import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..config import ExperimentConfig
from ..config.schema_version import RUN_SECTION, SCHEMA, SCHEMA_KEY
from ..errors import ConfigError, Problem, RunError, nearest
from ..system.backend import environment
from ..system.files import make_durable, write_json
from ..system.locks import check_system
from .folder import STATES, RunFolder
from .newer import NEWER
from .root import told_command
from .schema import Outcome
from .trash import DELETED, is_in_trash, trashed_runs

_NEW = ".new-"
#: Seconds after which no process still works on a folder; its ctime says when it was renamed.
_LEFT_AFTER = 600

_RUN_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,80}")


def create_run(
    root: Path,
    config: ExperimentConfig,
    *,
    asked_by: str,
    fill: Callable[[Path], object] = lambda folder: None,
    **about: Any,
) -> RunFolder:
    """Create a queued run. It is built under another name and then renamed, so that nobody sees half a run.

    fill: adds files to the folder before it gets its name, such as a result; the run has then ended already.

    about: the fields of config.json beside the experiment: weights_from (a run id or None), tensorboard,
    queued (whether workers may take the run), session (the browser in which it was started). It names the user's own
    data by their absolute path, with their SHA-256.
    Raises `RunError` if the folder can't be written, `ToolkitError` on Windows.
    """
    check_system()
    # The supervisor imports this module and does not need NumPy, which takes 13 MB.
    from ..datasets import UNKNOWN_DATA, fingerprint, is_own

    if is_own(config.dataset) and config.dataset != UNKNOWN_DATA:
        path = Path(config.dataset).expanduser().resolve()
        config = config.replace(dataset=str(path))
        about = {**about, "data_sha256": fingerprint(path) if path.exists() else None}
    section = {
        SCHEMA_KEY: SCHEMA,
        "created": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "asked_by": asked_by,
        **about,
    }
    record = {**config.model_dump(mode="json"), RUN_SECTION: {**section, "seed": config.seed, **environment()}}
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=_NEW, dir=root) as folder:
            building = Path(folder) / "run"
            building.mkdir()
            write_json(building / "config.json", record)
            fill(building)
            path = _rename_to_free_id(building, root, slug(config.name))
        make_durable(root)
    except OSError as error:
        raise RunError(
            f"The run can't be written into {root} ({error}). Free some space or choose another folder."
        ) from error
    return RunFolder(path)


def _rename_to_free_id(building: Path, root: Path, slug: str) -> Path:
    """Move a run into place under an unused id: renaming onto a folder with content fails."""
    for _ in range(9):
        path = root / f"{slug}-{secrets.token_hex(3)}"
        try:
            return building.rename(path)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
    raise FileExistsError(f"too many runs are called {slug}")


def open_run(root: Path, run_id: str) -> RunFolder:
    """The run of that id.

    Raises `RunError` with the nearest known id, or if its config.json is damaged, or if this version of the toolkit
    can't read the run.
    """
    run = find_run_folder(root, run_id)
    run.refuse_newer()
    _ = run.config
    return run


def find_run_folder(root: Path, run_id: str) -> RunFolder:
    """The run of that id, which may be damaged. Raises `RunError` with the nearest known id."""
    run = RunFolder(root / run_id)
    if not is_run_id(run_id) or not _holds_a_run(run.path):
        if is_in_trash(root, run_id):
            restoring = told_command("restore", run_id, root=root)
            raise RunError(f"There is no run {run_id} in {root}: it was deleted. Bring it back with: {restoring}")
        known = [one.id for one in list_runs(root)]
        remedy = nearest(run_id, known) if len(known) in range(1, 10) or _is_near(run_id, known) else ""
        name, listing = run_id or "without a name", f"List them with: {told_command('runs', root=root)}"
        raise RunError(f"There is no run {name} in {root}. {remedy or listing}")
    return run


def list_runs(
    root: Path,
    *,
    state: str | None = None,
    dataset: str | None = None,
    name: str | None = None,
    limit: int | None = None,
    sort: str = "created",
    newer: bool = False,
) -> list[RunFolder]:
    """All readable runs, newest first. Foreign and damaged folders are skipped.

    state: only runs in this state, one of `STATES`. dataset: only runs on this data set, spelled as in their config.
    name: only runs whose title contains this text, in any case. sort: one of `ORDERS`; runs without the value come
    last. limit: the first N runs, at least 1. newer: whether to include runs that only a newer version of the
    toolkit can read, as that state does: they have a `title` and a `message`, but no `config`.

    >>> list_runs(Path("saved_models"), state="finished", sort="test_accuracy", limit=3)  # doctest: +SKIP

    Raises `ConfigError` for an unknown state or order, `RunError` if the folder can't be read.
    """
    _check_filters(state, sort, limit)
    runs = [
        run
        for folder in run_folders(root)
        if (run := _listed(folder, newer or state == NEWER))
        and (dataset is None or dataset_of(run) == dataset)
        and (name is None or name.casefold() in run.title.casefold())
        and (state is None or run.state == state)
    ]
    runs.sort(key=_ORDERS["created"][0], reverse=True)
    key, largest_first = _ORDERS[sort]
    runs.sort(key=key, reverse=largest_first)
    return runs[:limit]


def run_folders(root: Path) -> list[RunFolder]:
    """Every folder that is named like a run, unordered and unread."""
    names = [name for name in names_in(root) if is_run_id(name)]
    return [RunFolder(root / name) for name in names if os.path.isdir(root / name)]


def names_in(root: Path) -> list[str]:
    """The names of all that lies in a runs folder, unordered. Raises `RunError` if it can't be read."""
    try:
        return os.listdir(root)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(f"The runs in {root} can't be read ({error}). Choose another folder.") from error


def dataset_of(run: RunFolder) -> str:
    """The data set that a run's config names, even if nothing else can be read; empty if that can't be read either."""
    name = run.legible.get("dataset")
    return name if isinstance(name, str) else ""


def datasets_needed(root: Path) -> set[str]:
    """The data sets of all runs, including those in the trash and those that this version can't read."""
    runs = [*run_folders(root), *(RunFolder(one.path) for one in trashed_runs(root))]
    return {name for run in runs if (name := dataset_of(run))}


def sweep(root: Path) -> None:
    """Remove, after some minutes, what is left of runs whose creation or deletion was killed."""
    with suppress(OSError):
        for folder in root.iterdir():
            if folder.name.startswith((DELETED, _NEW)) and time.time() - folder.lstat().st_ctime > _LEFT_AFTER:
                shutil.rmtree(folder, ignore_errors=True)


def _test_accuracy(run: RunFolder) -> float:
    accuracy = (run.result or Outcome()).test_accuracy
    return -1.0 if accuracy is None else float(accuracy)


#: Order of a list -> its sort key, and whether the largest comes first. Ties stay newest first.
_ORDERS: dict[str, tuple[Callable[[RunFolder], Any], bool]] = {
    "created": (lambda run: (run.created, run.id), True),
    "test_accuracy": (_test_accuracy, True),
    "name": (lambda run: run.title.casefold(), False),
}
ORDERS = tuple(_ORDERS)


def _check_filters(state: str | None, sort: str, limit: int | None) -> None:
    problems = []
    if state is not None and state not in STATES:
        problems.append(Problem("state", "the state of a run", state or "an empty text", nearest(state, STATES)))
    if sort not in ORDERS:
        problems.append(Problem("sort", "an order of runs", sort or "an empty text", nearest(sort, ORDERS)))
    if limit is not None and limit < 1:
        problems.append(Problem("limit", "a whole number of at least 1", str(limit), "Try 10."))
    if problems:
        raise ConfigError(problems)


def _listed(folder: RunFolder, newer: bool) -> RunFolder | None:
    """The list's entry for a folder; None if it is damaged, or newer and newer runs are not wanted."""
    if folder.newer:
        return folder if newer else None
    return _readable(folder.path, folder.stamp)


# A page lists all runs on every rerun: what was read of thousands is cached until their files change.
@lru_cache(maxsize=4096)
def _readable(path: Path, stamp: object) -> RunFolder | None:
    """The run with its config read; None if that is damaged."""
    run = RunFolder(path)
    try:
        return run if run.config.name else None
    except RunError:
        return None


def _holds_a_run(folder: Path) -> bool:
    """Whether the folder has a file that only runs have: a user's own folder is left alone."""
    return any(os.path.lexists(folder / name) for name in ("config.json", "events.jsonl", "result.json"))


def _is_near(run_id: str, known: list[str]) -> bool:
    return nearest(run_id, known).startswith("Did you mean")


def is_run_id(name: str) -> bool:
    """Whether a folder of that name is listed as a run: names come from the program, and into addresses."""
    return _RUN_ID.fullmatch(name) is not None


def slug(name: str) -> str:
    """A title as part of a folder's name: plain letters, digits and hyphens."""
    words = re.findall(r"[a-z0-9]+", name.lower())
    return "-".join(words)[:40].strip("-") or "run"
