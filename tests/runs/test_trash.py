"""Deleted runs: whole in the trash or whole in their place, brought back as they were, gone when it is time."""

import os
import shutil
import signal
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from damaging import CASES, NEWER_WORDS, copy_of, damaged_copy, make_whole_run
from test_newer_files import contents_of

from toolkit.config import ExperimentConfig
from toolkit.config.layers import Dense
from toolkit.errors import RunError, ToolkitError
from toolkit.experiment import run_experiment
from toolkit.jobs import worker
from toolkit.jobs.queue import Queue
from toolkit.jobs.supervisor import Supervisor
from toolkit.preflight import check_experiment
from toolkit.runs import (
    RunFolder,
    RunWriter,
    create_run,
    datasets_needed,
    find_run_folder,
    list_runs,
    open_run,
    sweep,
    trash,
)
from toolkit.runs.trash import DELETED, TRASH, empty_trash, keeps_runs, restore_run, trashed_runs

_CONFIG = ExperimentConfig(name="a test", dataset="digits", layers=[Dense(units=8)], epochs=2)
_MB = 1_000_000
#: Every damage of the file that names a run and of the one that locks it, and what makes other files unreadable.
_DAMAGED = [
    case
    for case in CASES
    if case not in NEWER_WORDS and (case.startswith(("config.json", "worker.lock")) or case.endswith("a folder"))
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return make_whole_run(tmp_path_factory.mktemp("whole"))


def _run(root: Path, *, megabytes: float = 0, **about: object) -> RunFolder:
    run = create_run(root, _CONFIG, asked_by="a test", **about)
    if megabytes:
        run.log_path.write_bytes(bytes(int(megabytes * _MB)))
    return run


def _refused(action: Callable[[], object]) -> str:
    with pytest.raises(ToolkitError) as caught:
        action()
    return str(caught.value)


def _without_lock(run: RunFolder) -> dict[str, bytes | None]:
    """The contents of a run but for the lock, which deleting it may have made."""
    return {name: content for name, (_, content) in contents_of(run.path).items() if name not in (".", "worker.lock")}


def test_a_deleted_run_lies_whole_in_the_trash_and_comes_back_as_it_was(tmp_path: Path) -> None:
    run, other = make_whole_run(tmp_path), _run(tmp_path)
    before = _without_lock(run)

    assert run.delete()

    (trashed,) = trashed_runs(tmp_path)
    assert (trashed.run_id, trashed.path.parent) == (run.id, tmp_path / TRASH)
    assert _without_lock(RunFolder(trashed.path)) == before
    assert trashed.size == RunFolder(trashed.path).size() > 0
    assert [one.id for one in list_runs(tmp_path)] == [other.id]
    assert not run.path.exists()

    assert restore_run(tmp_path, run.id) == run.path
    assert _without_lock(run) == before
    assert trashed_runs(tmp_path) == []
    assert open_run(tmp_path, run.id).state == "finished"


@pytest.mark.parametrize("case", _DAMAGED)
def test_a_damaged_run_goes_into_the_trash_and_comes_back_as_damaged(
    whole: RunFolder, tmp_path: Path, case: str
) -> None:
    run = damaged_copy(whole, tmp_path / "damaged-123456", case)
    names = set(os.listdir(run.path))

    assert run.delete()
    assert [one.run_id for one in trashed_runs(tmp_path)] == [run.id]
    restore_run(tmp_path, run.id)

    # Deleting makes the lock where there is none, or where it points to nowhere.
    assert set(os.listdir(run.path)) - {"worker.lock", "nowhere"} == names - {"worker.lock"}


@pytest.mark.parametrize("is_relative", [True, False])
def test_of_a_linked_run_the_link_alone_comes_and_goes(tmp_path: Path, is_relative: bool) -> None:
    elsewhere, root = _run(tmp_path / "elsewhere", megabytes=1), tmp_path / "runs"
    root.mkdir()
    target = Path("..", "elsewhere", elsewhere.id) if is_relative else elsewhere.path
    (root / elsewhere.id).symlink_to(target)
    before = _without_lock(elsewhere)

    assert open_run(root, elsewhere.id).delete()
    assert trashed_runs(root)[0].size < 1000, "what it points to is not freed"
    restore_run(root, elsewhere.id)
    assert (root / elsewhere.id).readlink() == target
    assert open_run(root, elsewhere.id).config == _CONFIG

    open_run(root, elsewhere.id).delete()
    assert [one.run_id for one in empty_trash(root, everything=True)] == [elsewhere.id]
    assert os.listdir(root) == [TRASH]
    assert _without_lock(elsewhere) == before


def test_a_run_that_trains_stays(tmp_path: Path) -> None:
    run = _run(tmp_path)
    with closing(RunWriter.claim(run)) as writer:
        writer.append({"event": "note", "sentence": "It learns."})
        before = contents_of(tmp_path)
        assert _refused(run.delete) == f"The run {run.id} is training. Stop it first."
        assert contents_of(tmp_path) == before


def test_a_folder_that_can_not_be_moved_says_so_and_stays(tmp_path: Path) -> None:
    run = _run(tmp_path)
    (tmp_path / TRASH).write_text("a file in its place")
    (run.path / "worker.lock").touch()
    before = contents_of(tmp_path)

    told = _refused(run.delete)

    assert told.startswith(f"The run {run.id} can't be deleted ([Errno ")
    assert told.endswith(f"Remove {run.path} by hand.")
    assert contents_of(tmp_path) == before


def test_an_id_that_is_taken_again_is_not_overwritten(tmp_path: Path) -> None:
    run = _run(tmp_path)
    run.delete()
    make_whole_run(tmp_path / "other").path.rename(run.path)
    before = contents_of(tmp_path)

    assert _refused(lambda: restore_run(tmp_path, run.id)) == (
        f"The run {run.id} can't be brought back: there is {run.path} already. Delete that one first."
    )
    assert contents_of(tmp_path) == before


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch, lambda path: path.symlink_to("nowhere")])
def test_nor_is_anything_else_of_that_name(tmp_path: Path, make: Callable[[Path], object]) -> None:
    run = _run(tmp_path)
    run.delete()
    make(run.path)

    assert "already" in _refused(lambda: restore_run(tmp_path, run.id))
    assert len(trashed_runs(tmp_path)) == 1


def test_one_that_is_not_there_is_answered_with_the_nearest(tmp_path: Path) -> None:
    run = _run(tmp_path)
    run.delete()

    assert _refused(lambda: restore_run(tmp_path, f"{run.id}0")) == (
        f"There is no run {run.id}0 in the trash of {tmp_path}. Did you mean {run.id}?"
    )
    for name in ("", "..", "../runs", "/etc", run.id.upper()):
        assert _refused(lambda name=name: restore_run(tmp_path, name)).startswith("There is no run ")


def test_a_waiting_run_in_the_trash_is_not_trained_and_waits_again_when_it_is_back(tmp_path: Path) -> None:
    run, other = _run(tmp_path, queued=True), _run(tmp_path, queued=True)
    queue, supervisor = Queue(tmp_path), Supervisor(tmp_path)
    (held,) = (one for one in queue.waiting() if one.id == run.id)

    run.delete()
    before = contents_of(tmp_path / TRASH)
    assert worker._train(held, worker._Request()) is False
    supervisor.look()
    assert queue.waiting() == Queue(tmp_path).waiting() == [other]
    assert contents_of(tmp_path / TRASH) == before

    restore_run(tmp_path, run.id)
    supervisor.look()
    assert supervisor.is_needed
    assert {one.id for one in queue.waiting()} == {run.id, other.id}


def test_what_names_a_deleted_run_is_told_how_to_bring_it_back(tmp_path: Path) -> None:
    run = _run(tmp_path)
    run.delete()

    sentence = (
        f"There is no run {run.id} in {tmp_path}: it was deleted. Bring it back with: python -m toolkit restore "
        f"{run.id} --root {tmp_path}"
    )
    assert _refused(lambda: find_run_folder(tmp_path, run.id)) == sentence
    assert _refused(lambda: check_experiment(_CONFIG, tmp_path, run.id)) == sentence
    empty_trash(tmp_path, everything=True)
    assert "it was deleted" not in _refused(lambda: find_run_folder(tmp_path, run.id))


def test_a_training_whose_weights_are_in_the_trash_fails_with_that_sentence_and_goes_once_they_are_back(
    tmp_path: Path,
) -> None:
    source = _run(tmp_path)
    run_experiment(source)
    one, other = (_run(tmp_path, weights_from=source.id) for _ in range(2))
    source.delete()

    assert f"There is no run {source.id} in {tmp_path}: it was deleted." in run_experiment(one).message
    restore_run(tmp_path, source.id)
    assert run_experiment(other).state == "finished"


def test_a_stopped_run_that_was_deleted_and_is_back_goes_on_to_the_end(tmp_path: Path) -> None:
    run, seen = _run(tmp_path), []
    run_experiment(run, report=lambda event: seen.append(event["event"]), should_stop=lambda: seen.count("epoch") > 1)
    assert run.state == "stopped"
    run.delete()
    restore_run(tmp_path, run.id)

    assert run_experiment(run, resume=True).state == "finished"
    assert [record["epoch"] for record in run.history().records] == [0, 1, 2]


def _deleted(root: Path, days_ago: float, megabytes: float = 0) -> str:
    """A run in the trash since then; its id."""
    run = _run(root, megabytes=megabytes)
    run.delete()
    (place,) = (one.path for one in trashed_runs(root) if one.run_id == run.id)
    stem, when = place.name.rsplit("-", 1)
    place.rename(place.with_name(f"{stem}-{int(when, 16) - int(days_ago * 86_400_000):011x}"))
    return run.id


def test_what_is_older_than_the_setting_goes_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, young = _deleted(tmp_path, 6.5), _deleted(tmp_path, 1)
    assert empty_trash(tmp_path) == []

    monkeypatch.setenv("TOOLKIT_TRASH_DAYS", "5")

    assert [one.run_id for one in empty_trash(tmp_path)] == [old]
    assert [one.run_id for one in trashed_runs(tmp_path)] == [young]
    assert os.listdir(tmp_path) == [TRASH]


def test_the_oldest_go_where_all_take_more_than_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [_deleted(tmp_path, days, megabytes=1) for days in (3, 2, 1)]
    monkeypatch.setenv("TOOLKIT_TRASH_MB", "2.5")
    assert [one.run_id for one in empty_trash(tmp_path)] == ids[:1]

    monkeypatch.setenv("TOOLKIT_TRASH_MB", "1.5")
    run = _run(tmp_path, megabytes=1)
    assert run.delete()
    assert [one.run_id for one in trashed_runs(tmp_path)] == [run.id]


@pytest.mark.parametrize(
    ("variable", "value"), [("TOOLKIT_TRASH_MB", "0.5"), ("TOOLKIT_TRASH_MB", "0"), ("TOOLKIT_TRASH_DAYS", "0")]
)
def test_a_run_for_which_the_trash_has_no_room_is_gone_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    run = _run(tmp_path, megabytes=1)
    assert not keeps_runs(run.size())

    assert not run.delete()

    assert trashed_runs(tmp_path) == []
    assert os.listdir(tmp_path) == [TRASH]


def test_where_the_disk_is_nearly_full_the_trash_is_emptied_until_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [_deleted(tmp_path, days, megabytes=1) for days in (3, 2, 1)]
    usage, kept = namedtuple("usage", "free"), trash.KEPT_FREE

    def free(_root: Path) -> object:
        return usage(kept - 1.5 * _MB + (3 - len(trashed_runs(tmp_path))) * _MB)

    monkeypatch.setattr(shutil, "disk_usage", free)

    assert [one.run_id for one in empty_trash(tmp_path)] == ids[:2]
    assert [one.run_id for one in trashed_runs(tmp_path)] == ids[2:]


def test_on_a_full_disk_that_takes_no_trash_a_run_is_removed_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, mkdir = _run(tmp_path), Path.mkdir

    def full(path: Path, *details: object, **more: object) -> None:
        if path.name == TRASH:
            raise OSError(28, "No space left on device")
        mkdir(path, *details, **more)

    monkeypatch.setattr(Path, "mkdir", full)

    assert run.delete() is False
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("variable", ["TOOLKIT_TRASH_DAYS", "TOOLKIT_TRASH_MB"])
@pytest.mark.parametrize("value", ["-1", "ten", "nan", "inf"])
def test_a_setting_that_makes_no_sense_is_told_before_anything_is_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    run = _run(tmp_path)
    before = contents_of(tmp_path)
    monkeypatch.setenv(variable, value)

    assert _refused(run.delete).startswith(f"{variable} must be a number from 0. Received: {value}. Try ")
    assert contents_of(tmp_path) == before


def test_somebodys_own_files_in_the_trash_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / TRASH / "my notes").mkdir(parents=True)
    (tmp_path / TRASH / "README").touch()

    assert trashed_runs(tmp_path) == empty_trash(tmp_path, everything=True) == []
    assert sorted(os.listdir(tmp_path / TRASH)) == ["README", "my notes"]


def test_the_data_of_a_run_in_the_trash_are_still_needed(tmp_path: Path) -> None:
    config = ExperimentConfig(dataset=str(tmp_path / "own.csv"))
    run = create_run(tmp_path / "runs", config, asked_by="a test")
    run.delete()
    assert datasets_needed(tmp_path / "runs") == {config.dataset}


def test_the_trash_is_no_run_and_is_not_swept(tmp_path: Path) -> None:
    run = _run(tmp_path)
    run.delete()
    sweep(tmp_path)
    assert list_runs(tmp_path) == []
    assert len(trashed_runs(tmp_path)) == 1


def test_a_half_removed_run_is_neither_here_nor_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who empties the trash is killed while files go: what is left is swept later, and can't be brought back."""
    run = _run(tmp_path)
    run.delete()

    def killed(_path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        empty_trash(tmp_path, everything=True)

    assert trashed_runs(tmp_path) == []
    assert [name.startswith(f"{DELETED}{run.id}-") for name in os.listdir(tmp_path) if name != TRASH] == [True]
    with pytest.raises(RunError, match=r"^There is no run "):
        restore_run(tmp_path, run.id)


_TO_AND_FRO = """
import sys
from pathlib import Path
from toolkit.runs import RunFolder
from toolkit.runs.trash import restore_run
root, run_id = Path(sys.argv[1]), sys.argv[2]
print("at it", flush=True)
while True:
    RunFolder(root / run_id).delete()
    restore_run(root, run_id)
"""


def test_a_kill_at_any_moment_leaves_the_run_whole_here_or_there(tmp_path: Path) -> None:
    run = make_whole_run(tmp_path)
    before, project = _without_lock(run), Path(__file__).resolve().parents[2]
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", _TO_AND_FRO, str(tmp_path), run.id], cwd=project, stdout=subprocess.PIPE, text=True
        )
        with process:
            assert process.stdout.readline() == "at it\n"
            while not (tmp_path / TRASH).exists():
                assert process.poll() is None
            process.send_signal(signal.SIGKILL)
        there = trashed_runs(tmp_path)
        assert len(there) + run.path.exists() == 1
        if there:
            restore_run(tmp_path, run.id)
        assert _without_lock(run) == before


def test_a_copy_of_a_run_in_the_trash_is_the_one_that_was_deleted_last(tmp_path: Path) -> None:
    run = make_whole_run(tmp_path)
    copy = copy_of(run, tmp_path / "copy")
    run.delete()
    copy.rename("the newer one")
    copy.path.rename(run.path)
    run.delete()

    restore_run(tmp_path, run.id)

    assert open_run(tmp_path, run.id).config.name == "the newer one"
