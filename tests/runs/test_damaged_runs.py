"""Torn lines, damaged files and foreign folders: the other runs stay in sight, and the damaged one is told of."""

import ctypes
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from damaging import CASES, DAMAGES, NEWER_WORDS, copy_of, damaged_copy, make_whole_run

from toolkit.analysis.comparison import compare_runs
from toolkit.errors import ModelFileError, RunError
from toolkit.jobs.queue import Queue
from toolkit.runs import ORDERS, STATES, RunFolder, find_run_folder, list_runs, open_run, run_folders
from toolkit.runs.artifacts import open_model
from toolkit.runs.trash import TRASH

_GOOD = ("good-111111", "good-222222")
_BAD = "damaged-333333"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return make_whole_run(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def good_runs(whole: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for name in _GOOD:
        copy_of(whole, folder / name)
    return folder


@pytest.fixture
def root(good_runs: Path) -> Iterator[Path]:
    """Two good runs; what a test puts beside them is gone after it."""
    yield good_runs
    for path in set(good_runs.iterdir()) - {good_runs / name for name in _GOOD}:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _opened(root: Path) -> RunFolder | str:
    """The damaged run, or the sentence on why it can't be opened."""
    try:
        return open_run(root, _BAD)
    except RunError as error:
        return str(error)


def _read_everything(run: RunFolder) -> None:
    """All that pages and commands ask of a run that they show."""
    assert run.state in STATES
    assert run.result is None or run.result.state == run.state
    assert all(isinstance(event.event, str) for event in run.events())
    assert set(run.history().frame["epoch"]) <= set(range(7))
    assert run.history().state == run.state
    assert isinstance(run.created, str)
    assert run.worker_pid is None
    assert run.last_worker_pid is None or run.last_worker_pid > 0
    assert run.size() > 0
    assert run.stop_requested in (True, False)


@pytest.mark.parametrize("case", CASES)
def test_a_damaged_run_is_told_of_or_read_as_far_as_it_is_whole(root: Path, whole: RunFolder, case: str) -> None:
    damaged_copy(whole, root / _BAD, case)

    assert {run.id for run in list_runs(root)} - {_BAD} == set(_GOOD)
    assert {run.id for run, _ in Queue(root).look()} <= {_BAD}
    opened = _opened(root)
    if case in NEWER_WORDS:
        assert opened.startswith(f"This version of the toolkit can't read the run {_BAD}, and leaves it as it is: its ")
        assert NEWER_WORDS[case] in opened
        assert "delete" not in opened.lower()
    elif isinstance(opened, str):
        assert opened.startswith(f"The run {_BAD} is damaged: its config.json ")
        assert opened.endswith(f" Delete it with: python -m toolkit delete {_BAD} --root {root}")
        assert case.startswith("config.json: ")
    else:
        _read_everything(opened)
        assert compare_runs([opened, open_run(root, _GOOD[0])]).runs[1].overfitting.best_epoch == 2

    find_run_folder(root, _BAD).delete()
    assert {run.id for run in run_folders(root)} == set(_GOOD)
    assert sorted(os.listdir(root)) == [TRASH, *_GOOD]


@pytest.mark.parametrize("damage", [one for one in DAMAGES if one != "missing"])
def test_a_damaged_model_is_told_of(root: Path, whole: RunFolder, damage: str) -> None:
    run = damaged_copy(whole, root / _BAD, f"model.keras: {damage}")

    with pytest.raises((ModelFileError, RunError)) as caught:
        open_model(run)

    assert str(run.id) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.symlink_to(path.name),
        lambda path: path.symlink_to("nowhere"),
        lambda path: path.write_text("notes"),
        lambda path: os.mkfifo(path),
        lambda path: path.mkdir(),
        lambda path: (path / "config.json").mkdir(parents=True),
        lambda path: (path / "deep" / "er").mkdir(parents=True),
    ],
    ids=["a link to itself", "a link to nowhere", "a file", "a pipe", "a folder", "folders", "deep folders"],
)
def test_what_is_no_run_hides_none(root: Path, make: Callable[[Path], object]) -> None:
    make(root / "somebodys-own")

    for order in ORDERS:
        assert {run.id for run in list_runs(root, sort=order)} == set(_GOOD)
    assert Queue(root).waiting() == []
    with pytest.raises(RunError):
        open_run(root, "somebodys-own")


def test_somebodys_own_folder_is_never_deleted(root: Path) -> None:
    (root / "my-thesis").mkdir()
    (root / "my-thesis" / "chapter-1.txt").write_text("Once upon a time")

    with pytest.raises(RunError, match=r"^There is no run my-thesis in "):
        find_run_folder(root, "my-thesis")

    assert (root / "my-thesis" / "chapter-1.txt").exists()


@pytest.mark.parametrize("name", ["config.json", "events.jsonl", "result.json", "worker.lock", "."])
def test_what_may_not_be_read_hides_no_run(root: Path, whole: RunFolder, name: str) -> None:
    closed = copy_of(whole, root / _BAD).path / name
    closed.chmod(0)
    try:
        with _without_roots_rights():
            with pytest.raises(PermissionError):
                os.listdir(closed) if name == "." else closed.read_bytes()
            _assert_the_others_are_seen(root)
    finally:
        closed.chmod(0o700)


def _assert_the_others_are_seen(root: Path) -> None:
    assert {run.id for run in list_runs(root)} - {_BAD} == set(_GOOD)
    opened = _opened(root)
    if isinstance(opened, str):
        assert _BAD in opened
    else:
        _read_everything(opened)


@contextmanager
def _without_roots_rights() -> Iterator[None]:
    """Root may read everything. Until the end of the block, this thread is denied what a file's mode denies."""
    if os.geteuid() != 0:
        yield
        return
    libc, header, rights = ctypes.CDLL(None), (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, rights) == 0
    before = rights[0]
    rights[0] &= ~0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, of those in force
    assert libc.capset(header, rights) == 0
    try:
        yield
    finally:
        rights[0] = before
        assert libc.capset(header, rights) == 0
