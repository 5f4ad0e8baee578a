"""A disk that is full: what was written stays good, why a run broke off is said, and nothing is left behind."""

import errno
import os
import shutil
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from toolkit.config import ExperimentConfig
from toolkit.config.layers import Dense
from toolkit.errors import ModelFileError, RunError
from toolkit.experiment import run_experiment
from toolkit.runs import RunFolder, RunWriter, create_run, store, sweep

_CONFIG = ExperimentConfig(name="a test", dataset="digits", layers=[Dense(units=8)], epochs=3)
_NOTE = {"event": "note", "sentence": "A sentence."}
_FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return create_run(tmp_path, _CONFIG, asked_by="a test")


def test_a_line_for_which_there_is_only_half_the_room_is_taken_back_and_refused(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel writes what fits and says how much that was."""
    write = os.write
    with closing(RunWriter.claim(run)) as writer:
        writer.append(_NOTE)
        before = run.events()
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", lambda descriptor, line: write(descriptor, line[: len(line) // 2]))
            with pytest.raises(OSError, match="No space left on device"):
                writer.append(_NOTE)
        assert run.events() == before

        writer.append(_NOTE)

    assert [event.event for event in run.events()] == ["note", "note"]


def _full_while_there_is(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk on which the room that was kept back is all there is."""
    write = os.write

    def write_where_there_is_room(descriptor: int, line: bytes) -> int:
        if room.exists():
            raise _FULL
        return write(descriptor, line)

    monkeypatch.setattr(os, "write", write_where_there_is_room)


def test_the_last_words_find_the_room_that_was_kept_back_for_them(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(RunWriter.claim(run)) as writer:
        room = run.path / ".room"
        assert room.stat().st_blocks * 512 >= 1 << 16
        _full_while_there_is(room, monkeypatch)
        with pytest.raises(OSError, match="No space left"):
            writer.append(_NOTE)
        writer.finish({"state": "failed", "message": "Something must be mended."})

    assert (run.state, run.message) == ("failed", "Something must be mended.")
    assert [path.name for path in run.path.rglob(".*")] == []


def test_a_run_for_which_there_is_not_even_that_room_waits(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, content: bytes) -> None:
        raise _FULL

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", fail)
        with pytest.raises(RunError) as caught:
            run_experiment(run)

    assert str(caught.value) == (
        f"The run {run.id} can't be written (No space left on device). Free some space, or see that its folder can be "
        "written."
    )
    assert run.state == "queued"
    RunWriter.claim(run).close()


def _figures(run: RunFolder) -> list[dict[str, Any]]:
    clocks = ("time", "seconds")
    events = [event for event in run.events() if event.event != "state"]
    return [{name: value for name, value in event.as_dict().items() if name not in clocks} for event in events]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    run = create_run(tmp_path_factory.mktemp("unbroken"), _CONFIG, asked_by="a test")
    run_experiment(run)
    return run


@pytest.mark.parametrize("where", ["checkpoint", "events", "model"])
def test_a_run_on_a_full_disk_is_interrupted_with_a_sentence_and_resumed_when_there_is_room(
    run: RunFolder, unbroken: RunFolder, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def fail(*arguments: Any, **settings: Any) -> None:
        raise _FULL

    def fill(event: dict[str, Any]) -> None:
        if event.get("epoch") == 2 and event["event"] == "samples":
            patch.setattr(target, fail)

    target = {
        "checkpoint": "toolkit.training.trainer.save_checkpoint",
        "events": "toolkit.runs.writer.RunWriter.append",
        "model": "toolkit.models.storage.write_atomically",
    }[where]
    with monkeypatch.context() as patch:
        result = run_experiment(run, report=fill)

    assert (run.state, result.state) == ("interrupted", "interrupted")
    assert result.message == "The disk is full. All that was measured is kept: free some space, then resume the run."
    # Where not a line can be written any more, nothing can be.
    assert run.message == ("" if where == "events" else result.message)
    assert _figures(run) == _figures(unbroken)[: len(_figures(run))]

    run_experiment(run, resume=True)

    assert (run.state, run.message) == ("finished", "")
    assert _figures(run) == _figures(unbroken)


def test_a_file_beyond_the_limit_interrupts_the_run_and_names_the_limit(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **settings: Any) -> None:
        raise ModelFileError("It can't be written.") from OSError(errno.EFBIG, "File too large")

    monkeypatch.setattr("toolkit.models.storage.save_model", fail)
    message = run_experiment(run).message
    assert message.startswith("A file of the run would be larger than 1,000 MB, the limit for one run (TOOLKIT_MAX_FI")
    assert (run.state, run.message) == ("interrupted", message)


def test_what_a_killed_worker_was_writing_is_taken_away_by_the_next(run: RunFolder) -> None:
    RunWriter.claim(run).close()
    (run.path / "worker.lock").write_text("4321")
    left = [run.path / ".writing-4321-abc", run.checkpoint_path.parent / ".writing-4321-def"]
    others = run.path / ".writing-9999-abc"
    for folder in (*left, others):
        folder.mkdir()
        (folder / "state.npz").write_bytes(b"half")

    RunWriter.claim(run, resume=True).close()

    assert [folder for folder in (*left, others) if folder.exists()] == [others]


def test_what_is_left_of_deleted_and_half_made_runs_is_swept_up_after_some_minutes(
    run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (".deleted-a-run-abc", ".new-xyz", ".jobs", "my own folder"):
        shutil.copytree(run.path, tmp_path / name)
    before = {path.name for path in tmp_path.iterdir()}

    sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == before

    now = time.time()
    monkeypatch.setattr(store.time, "time", lambda: now + 700)
    sweep(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {run.id, ".jobs", "my own folder"}
