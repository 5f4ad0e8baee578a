"""A file from a stranger through the throw-away process: what is left of it, and what is not."""

import io
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from files import write_keras
from hostile import H5, endless_heap, unopenable

from toolkit.errors import ConfigError, ModelFileError, RunError
from toolkit.jobs import ModelFile, import_model, model_import, open_model_file
from toolkit.model_import.guard.limits import MOST_BYTES
from toolkit.runs import list_runs


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path) -> Iterator[None]:
    """Whatever was refused leaves no run and no file of its own behind."""
    yield
    root = tmp_path / "runs"
    assert not root.exists() or [path.name for path in root.iterdir()] in ([], [".jobs"])


def refused(path: Path, folder: Path, **settings: str) -> str:
    with pytest.raises((ModelFileError, ConfigError)) as caught, open_model_file(path) as file:
        import_model(folder / "runs", file, asked_by="a test", **settings)
    return str(caught.value)


def test_the_process_says_what_the_guard_finds(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    H5["an external link"](path)
    assert refused(path, tmp_path) == (
        "The link model_weights/x must be one to what is in the file itself. Received: a soft or external link. Save "
        "the model again with plain Keras, and see that the file arrives whole."
    )


def test_a_file_that_leads_hdf5_round_in_circles_is_ended_by_the_kernel(tmp_path: Path) -> None:
    path, began = tmp_path / "model.h5", time.monotonic()
    endless_heap(path)
    assert refused(path, tmp_path) == (
        "The file takes longer to open than any model of its size. Save the model again with plain Keras."
    )
    assert time.monotonic() - began < 15


def test_a_process_that_dies_takes_nobody_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_keras(tmp_path / "model.keras")
    start = model_import.start_module

    def start_and_kill(*arguments: str, **settings: Path) -> object:
        worker = start(*arguments, **settings)
        os.kill(worker.pid, 9)
        return worker

    monkeypatch.setattr(model_import, "start_module", start_and_kill)
    assert refused(path, tmp_path) == (
        "The file can't be opened: the process that tried was ended by SIGKILL, sent by hand or by the system for lack "
        f"of memory. Save the model again with plain Keras; {tmp_path / 'runs' / '.jobs' / 'import.log'} may say more."
    )


def test_only_files_are_opened(tmp_path: Path) -> None:
    found = {name: refused(path, tmp_path) for name, path in unopenable(tmp_path).items()}
    kind = "is not a file but a folder, a device or a pipe. Name a file."
    assert found == {
        "folder": f"{tmp_path}/folder.keras {kind}",
        "pipe": f"{tmp_path}/pipe.keras {kind}",
        "missing": f"{tmp_path}/missing.keras can't be read (No such file or directory). Name a model file.",
        "dangling": f"{tmp_path}/dangling.keras can't be read (No such file or directory). Name a model file.",
        "circle": f"{tmp_path}/circle.keras can't be read (Too many levels of symbolic links). Name a model file.",
    }


@pytest.mark.parametrize(("name", "received"), [("x" * 10_000, "xxx"), ("", "an empty text"), ("\udcff", "")])
def test_a_title_that_no_run_can_have_is_refused_before_anything_else(name: str, received: str, tmp_path: Path) -> None:
    sentence = refused(write_keras(tmp_path / "model.keras"), tmp_path, name=name)
    assert sentence.startswith("name must be a text of 1 to 80 characters.")
    assert received in sentence
    assert len(sentence) < 300


def test_a_file_that_its_process_hangs_over_is_refused_soon_and_the_next_one_has_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(*_: object, **__: object) -> subprocess.Popen[bytes]:
        code = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"
        return subprocess.Popen([sys.executable, "-c", code], start_new_session=True)

    monkeypatch.setattr(model_import, "start_module", start)
    monkeypatch.setattr("toolkit.jobs.heartbeat.SILENT_AFTER", 1.0)
    for _ in range(2):
        with pytest.raises(ModelFileError, match=r"the process that tried has not answered for \d+ seconds, and was"):
            import_model(tmp_path / "runs", ModelFile("model.keras", io.BytesIO(b"x")), asked_by="a test")


class Growing(io.RawIOBase):
    """A file that somebody writes to for ever."""

    def read(self, size: int = -1) -> bytes:
        return bytes(size)


def test_a_file_that_grows_while_it_is_read_is_read_up_to_the_limit(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError) as caught:
        import_model(tmp_path / "runs", ModelFile("model.keras", Growing()), asked_by="a test")
    assert str(caught.value) == (
        f"A model file must be at most {MOST_BYTES:,} bytes. Received: more than 50,000,000 bytes. Save it without the "
        "optimizer's state."
    )


def test_what_a_killed_import_left_is_cleared_away_after_an_hour(tmp_path: Path) -> None:
    old, new = (tmp_path / "runs" / f".importing-{name}" for name in ("old", "new"))
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    refused(tmp_path / "missing.keras", tmp_path)
    with pytest.raises(ModelFileError):
        import_model(tmp_path / "runs", ModelFile("model.keras", io.BytesIO(b"")), asked_by="a test")
    assert (old.exists(), new.exists()) == (False, True)
    new.rmdir()


def test_a_folder_that_cannot_be_written_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        RunError, match=r"Nothing can be imported into .*file/runs \(Not a directory\)\. Choose a folder"
    ):
        import_model(tmp_path / "file" / "runs", ModelFile("model.keras", io.BytesIO(b"x")), asked_by="a test")
    assert list_runs(tmp_path) == []
