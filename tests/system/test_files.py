"""Files are whole or absent, whatever happens while they are written."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from benchmarks.reliability.full_disk import files_of_at_most
from toolkit.system.files import sha256_of, write_atomically, write_json


def _fail_half_way(temporary: Path) -> None:
    temporary.write_text("half of the n")
    raise OSError(28, "No space left on device")


def test_the_new_content_takes_the_place_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text("old")

    write_atomically(path, lambda temporary: temporary.write_text("new"))

    assert path.read_text() == "new"


def test_a_failing_write_keeps_the_old_file_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text("old")

    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, _fail_half_way)

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_failing_write_makes_no_file_where_there_was_none(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        write_atomically(tmp_path / "report.txt", _fail_half_way)

    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_beside_a_file_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"

    write_atomically(path, lambda temporary: temporary.write_text("new"))

    assert list(tmp_path.iterdir()) == [path]


def test_readers_see_the_old_file_while_the_new_one_is_written(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text("old")
    seen = []

    def write(temporary: Path) -> None:
        temporary.write_text("new, and longer")
        seen.append(path.read_text())

    write_atomically(path, write)

    assert seen == ["old"]


def test_the_file_is_written_under_the_same_suffix_on_the_same_disk(tmp_path: Path) -> None:
    """Keras chooses the format by the suffix, and only a rename on one disk is atomic."""
    path, seen = tmp_path / "model.weights.h5", []

    write_atomically(path, lambda temporary: seen.append(temporary) or temporary.write_text("new"))

    assert seen[0].name.endswith(".weights.h5")
    assert seen[0] != path
    assert tmp_path in seen[0].parents


def test_the_content_is_durable_before_the_name_and_the_name_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, fsync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: calls.append("fsync") or fsync(descriptor))
    monkeypatch.setattr(os, "replace", lambda source, target: calls.append("replace") or replace(source, target))

    write_atomically(tmp_path / "report.txt", lambda temporary: temporary.write_text("new"))

    assert calls == ["fsync", "replace", "fsync"]


@pytest.mark.parametrize("room", [0, 1, 500, 1999])
def test_a_disk_that_fills_up_on_the_way_keeps_the_old_file(tmp_path: Path, room: int) -> None:
    """The kernel itself refuses the byte that is one too many."""
    path = tmp_path / "result.json"
    write_json(path, {"text": "old"})

    with files_of_at_most(room), pytest.raises(OSError, match="File too large"):
        write_json(path, {"text": "new" * 1000})

    assert json.loads(path.read_text()) == {"text": "old"}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_disk_that_fails_at_the_last_moment_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    path = tmp_path / "result.json"
    write_json(path, {"text": "old"})

    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, function, fail)
    with pytest.raises(OSError, match="No space left"):
        write_json(path, {"text": "new"})

    assert json.loads(path.read_text()) == {"text": "old"}
    assert list(tmp_path.iterdir()) == [path]


def test_json_is_readable_and_keeps_every_language(tmp_path: Path) -> None:
    value = {"name": "첫 실험 – 1", "losses": [0.1, None], "accuracy": 0.9708}

    write_json(tmp_path / "result.json", value)

    text = (tmp_path / "result.json").read_text(encoding="utf-8")
    assert json.loads(text) == value
    assert "첫 실험" in text
    assert '\n  "accuracy": 0.9708' in text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_json_refuses_what_is_no_number_and_keeps_the_old_file(tmp_path: Path, value: float) -> None:
    path = tmp_path / "result.json"
    write_json(path, {"loss": 1.0})

    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"losses": [0.5, value]})

    assert json.loads(path.read_text()) == {"loss": 1.0}
    assert list(tmp_path.iterdir()) == [path]


def test_a_files_hash_is_that_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(b"abc")
    assert sha256_of(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    path.write_bytes(bytes(range(256)) * 5000)
    assert sha256_of(path) == hashlib.sha256(path.read_bytes()).hexdigest()
